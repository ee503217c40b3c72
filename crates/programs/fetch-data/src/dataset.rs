//! Lists the data sets: names, classes, license, authors, and where the files are published.

use std::fmt;
use std::str::FromStr;

use crate::published::{Content, PublishedFile};

/// The images to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dataset {
    FashionMnist,
    Mnist,
    Kmnist,
    /// Handwritten digits that this program carries with it.
    Digits,
    /// Shapes that this program draws.
    Synthetic,
}

/// A data set of four gzipped IDX files that others publish.
pub struct Published {
    pub train: SplitFiles,
    pub test: SplitFiles,
    /// URLs of folders with the four files, without a slash at the end.
    pub mirrors: &'static [&'static str],
    /// Environment variable that names a folder with the four files.
    pub variable: Option<&'static str>,
    /// Folder with the four files, relative to the working folder.
    pub neighbor: Option<&'static str>,
    /// Folder in which Keras keeps the four files, relative to the home folder.
    pub keras: Option<&'static str>,
    /// Folder in which torchvision keeps the four files, relative to its root.
    pub torchvision: &'static str,
}

/// The two files of one split.
pub struct SplitFiles {
    pub images: PublishedFile,
    pub labels: PublishedFile,
}

impl Dataset {
    const ALL: [Self; 5] =
        [Self::FashionMnist, Self::Mnist, Self::Kmnist, Self::Digits, Self::Synthetic];

    /// Gives the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::FashionMnist => "fashion-mnist",
            Self::Mnist => "mnist",
            Self::Kmnist => "kmnist",
            Self::Digits => "digits",
            Self::Synthetic => "synthetic",
        }
    }

    /// Gives the name of each class, in the order of the labels.
    pub fn classes(self) -> [&'static str; 10] {
        match self {
            Self::FashionMnist => [
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ],
            Self::Mnist | Self::Digits => ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            Self::Kmnist => ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
            Self::Synthetic => crate::synthetic::CLASSES,
        }
    }

    /// Gives the authors of the images and their license.
    pub fn attribution(self) -> &'static str {
        match self {
            Self::FashionMnist => {
                "Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, Zalando SE), MIT license"
            }
            Self::Mnist => "MNIST (LeCun, Cortes & Burges), CC BY-SA 3.0",
            Self::Kmnist => {
                "\"KMNIST Dataset\" (created by CODH), \
             adapted from \"Kuzushiji Dataset\" (created by NIJL and others), \
                 doi:10.20676/00000341, CC BY-SA 4.0"
            }
            Self::Digits => {
                "Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, \
             UCI Machine Learning Repository, \
                 doi:10.24432/C50P49, CC BY 4.0"
            }
            Self::Synthetic => {
                "synthetic images, drawn by this program: nothing found on them holds for real ones"
            }
        }
    }

    /// Gives the places of the files; none for images that this program carries or draws.
    pub fn published(self) -> Option<&'static Published> {
        match self {
            Self::FashionMnist => Some(&FASHION_MNIST),
            Self::Mnist => Some(&MNIST),
            Self::Kmnist => Some(&KMNIST),
            Self::Digits | Self::Synthetic => None,
        }
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dataset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|dataset| dataset.name() == name).ok_or_else(|| {
            format!("no such data set; there are {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

impl Published {
    /// Lists all files of the data set.
    pub fn files(&self) -> [&PublishedFile; 4] {
        [&self.train.images, &self.train.labels, &self.test.images, &self.test.labels]
    }
}

/// Name and length of each file when it is unpacked, the same in all data sets.
const TRAIN_IMAGES: (&str, u64) = ("train-images-idx3-ubyte", 47_040_016);
const TRAIN_LABELS: (&str, u64) = ("train-labels-idx1-ubyte", 60_008);
const TEST_IMAGES: (&str, u64) = ("t10k-images-idx3-ubyte", 7_840_016);
const TEST_LABELS: (&str, u64) = ("t10k-labels-idx1-ubyte", 10_008);

/// Describes a published file: its length and SHA-256, and the SHA-256 of its unpacked content if
/// that is known.
const fn file(
    (name, unpacked_bytes): (&'static str, u64),
    bytes: u64,
    sha256: &'static str,
    unpacked_sha256: Option<&'static str>,
) -> PublishedFile {
    let unpacked = match unpacked_sha256 {
        Some(sha256) => Some(Content { bytes: unpacked_bytes, sha256 }),
        None => None,
    };
    PublishedFile { name, packed: Content { bytes, sha256 }, unpacked }
}

static FASHION_MNIST: Published = Published {
    train: SplitFiles {
        images: file(
            TRAIN_IMAGES,
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            Some("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        ),
        labels: file(
            TRAIN_LABELS,
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            Some("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        ),
    },
    test: SplitFiles {
        images: file(
            TEST_IMAGES,
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            Some("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        ),
        labels: file(
            TEST_LABELS,
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            Some("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ),
    },
    mirrors: &[
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
    ],
    variable: Some("FASHION_MNIST_DIR"),
    neighbor: Some("../shared/fashion-mnist"),
    keras: Some(".keras/datasets/fashion-mnist"),
    torchvision: "FashionMNIST/raw",
};

static MNIST: Published = Published {
    train: SplitFiles {
        images: file(
            TRAIN_IMAGES,
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            Some("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ),
        labels: file(
            TRAIN_LABELS,
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            Some("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ),
    },
    test: SplitFiles {
        images: file(
            TEST_IMAGES,
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            Some("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ),
        labels: file(
            TEST_LABELS,
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            Some("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
    },
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ],
    variable: None,
    neighbor: None,
    keras: None, // Keras keeps a single mnist.npz
    torchvision: "MNIST/raw",
};

static KMNIST: Published = Published {
    train: SplitFiles {
        images: file(
            TRAIN_IMAGES,
            18_165_135,
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            None,
        ),
        labels: file(
            TRAIN_LABELS,
            29_497,
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            None,
        ),
    },
    test: SplitFiles {
        images: file(
            TEST_IMAGES,
            3_041_136,
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            None,
        ),
        labels: file(
            TEST_LABELS,
            5_120,
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            None,
        ),
    },
    mirrors: &[
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist",
    ],
    variable: None,
    neighbor: None,
    keras: None,
    torchvision: "KMNIST/raw",
};

#[cfg(test)]
mod tests;
