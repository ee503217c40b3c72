//! Command-line options, and which of them go together.

use std::path::PathBuf;
use std::str::FromStr;

use cli::Count;

use crate::choose::Wishes;
use crate::decode::Color;
use crate::fit::{Fit, Size};
use crate::recipe::Background;

/// Turns image files into one array with the names of its rows, and back. Row i of the array is
/// record i of the names, in natural order (img2 before img10); files of a list keep its order.
/// Files that are broken, too large or no images are skipped, each with its reason. JPEG, PNG,
/// WebP, GIF, BMP and TIFF are known by their content. Images are turned upright by their EXIF
/// orientation; of an animation the first frame counts. The same files give the same bytes,
/// whatever the number of threads.
#[derive(argh::FromArgs, argh::ArgsInfo)]
#[argh(
    help_triggers("-h", "--help"),
    example = "import-images --from photos --out images.npy --names names.csv\n\
        import-images --from letters.zip --out images.npy --names names.csv --size 28 \
        --labels folders --labels-out labels.npy --classes classes.json\n\
        encode-scattering --images images.npy --out features.npy\n\
        import-images --from images.npy --names names.csv --to pictures"
)]
pub struct Args {
    /// folder, with all folders below it; .zip, .tar or .tar.gz archive; text file with the path of
    /// an image a line, relative to its folder; with --to the array of images to write as files
    #[argh(option, arg_name = "path")]
    pub from: PathBuf,
    /// images to write: .npy, u1, (n, height, width), or in color (n, height, width, 3)
    #[argh(option, arg_name = "file")]
    pub out: Option<PathBuf>,
    /// names of the rows to write: .csv with row, file, width and height of the original, class
    /// with --labels, and duplicate_of, the first file with the same bytes; with --to the names to
    /// read
    #[argh(option, arg_name = "file")]
    pub names: Option<PathBuf>,
    /// files that were skipped, to write: .csv with file and reason
    #[argh(option, arg_name = "file")]
    pub skipped: Option<PathBuf>,
    /// auto, a side such as 28, or HxW; auto keeps one size of at most 64 pixels, else chooses 28
    /// for small gray drawings and the largest of 28, 32, 48 and 64 that most images fill (default
    /// auto)
    #[argh(option, arg_name = "size")]
    pub size: Option<Auto<Size>>,
    /// images of another shape: pad with the background, crop to the center, or stretch (default
    /// pad)
    #[argh(option, arg_name = "way")]
    pub fit: Option<Fit>,
    /// auto, gray or rgb; auto is gray if at most 2 % of the images looked at have color (default
    /// auto)
    #[argh(option, arg_name = "color")]
    pub color: Option<Auto<Gray>>,
    /// color where images are transparent and beside padded ones: white, black or #rrggbb (default
    /// white)
    #[argh(option, arg_name = "color")]
    pub background: Option<Background>,
    /// exchange light and dark: auto, yes or no; auto is yes for gray images if most of those
    /// looked at have a light background of one shade, which becomes 0 (default auto)
    #[argh(option, arg_name = "when")]
    pub invert: Option<Auto<YesNo>>,
    /// images that this program wrote: import new ones with the same size, fit, color, background
    /// and inversion, so that the same models serve
    #[argh(option, arg_name = "file")]
    pub like: Option<PathBuf>,
    /// folders: the first folder of a name is the class of the image
    #[argh(option, arg_name = "where")]
    pub labels: Option<Folders>,
    /// labels to write with --labels: .npy, i8, (n,), numbers of the classes in natural order
    #[argh(option, arg_name = "file")]
    pub labels_out: Option<PathBuf>,
    /// names of the classes to write with --labels: .json
    #[argh(option, arg_name = "file")]
    pub classes: Option<PathBuf>,
    /// share of the files that are drawn for a test set, above 0 and below 1
    #[argh(option, arg_name = "x")]
    pub test_share: Option<Share>,
    /// test images to write with --test-share, as --out
    #[argh(option, arg_name = "file")]
    pub test_out: Option<PathBuf>,
    /// names of the test images to write, as --names
    #[argh(option, arg_name = "file")]
    pub test_names: Option<PathBuf>,
    /// labels of the test images to write, as --labels-out
    #[argh(option, arg_name = "file")]
    pub test_labels_out: Option<PathBuf>,
    /// seed of the draw of --test-share (default 0)
    #[argh(option, arg_name = "n")]
    pub seed: Option<u64>,
    /// skip or stop: what to do at an image that cannot be used; stop does not stop at files that
    /// were never images, such as texts (default skip)
    #[argh(option, arg_name = "what")]
    pub on_error: Option<OnError>,
    /// folder to write with an array as --from: a PNG for each row; it must be new or empty; files
    /// are named after --names, or by their row
    #[argh(option, arg_name = "folder")]
    pub to: Option<PathBuf>,
    /// number of threads; no result depends on it (default all cores)
    #[argh(option, arg_name = "n")]
    pub threads: Option<Count>,
}

/// A value, or the word `auto`.
pub enum Auto<T> {
    /// The value is chosen by the images.
    Auto,
    /// The value.
    Is(T),
}

impl<T: FromStr<Err = String>> FromStr for Auto<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Is) }
    }
}

/// `--color`
pub struct Gray(Color);

impl FromStr for Gray {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "gray" | "grey" => Ok(Self(Color::Gray)),
            "rgb" => Ok(Self(Color::Rgb)),
            _ => Err("expected auto, gray or rgb".into()),
        }
    }
}

/// `--invert`
pub struct YesNo(bool);

impl FromStr for YesNo {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "yes" => Ok(Self(true)),
            "no" => Ok(Self(false)),
            _ => Err("expected auto, yes or no".into()),
        }
    }
}

/// `--labels`
pub struct Folders;

impl FromStr for Folders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "folders" { Ok(Self) } else { Err("expected folders".into()) }
    }
}

/// `--test-share`
#[derive(Clone, Copy)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = text.parse().ok().filter(|share| 0.0 < *share && *share < 1.0);
        share.map(Self).ok_or_else(|| "expected a number above 0 and below 1".into())
    }
}

/// `--on-error`
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// Leaves an image out that cannot be used.
    Skip,
    /// Ends the program at an image that cannot be used.
    Stop,
}

impl FromStr for OnError {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "skip" => Ok(Self::Skip),
            "stop" => Ok(Self::Stop),
            _ => Err("expected skip or stop".into()),
        }
    }
}

impl Args {
    /// Gives the choices of the user, and which of them are left to the images.
    pub fn wishes(&self) -> Wishes {
        let color = match self.color {
            Some(Auto::Is(Gray(color))) => Some(color),
            _ => None,
        };
        Wishes {
            size: match self.size {
                Some(Auto::Is(size)) => Some(size),
                _ => None,
            },
            fit: self.fit.unwrap_or(Fit::Pad),
            color,
            background: self.background.unwrap_or(Background([255; 3])),
            invert: match self.invert {
                Some(Auto::Is(YesNo(invert))) => Some(invert),
                // Images in color are never inverted unasked.
                _ => (color == Some(Color::Rgb)).then_some(false),
            },
        }
    }

    /// Checks which options go together when images are imported.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn check_import(&self) -> anyhow::Result<()> {
        let needed = [
            (self.out.is_none() || self.names.is_none(), "give --out and --names, or --to"),
            (
                self.labels.is_some() && self.labels_out.is_none(),
                "--labels folders needs --labels-out",
            ),
            (
                self.labels.is_none() && (self.labels_out.is_some() || self.classes.is_some()),
                "--labels-out and --classes go with --labels folders",
            ),
            (
                self.test_share.is_some() && (self.test_out.is_none() || self.test_names.is_none()),
                "--test-share needs --test-out and --test-names",
            ),
            (
                self.test_share.is_some()
                    && self.labels.is_some() != self.test_labels_out.is_some(),
                "--test-labels-out goes with --labels folders and --test-share",
            ),
            (
                self.test_share.is_none()
                    && (self.test_out.is_some()
                        || self.test_names.is_some()
                        || self.test_labels_out.is_some()
                        || self.seed.is_some()),
                "--test-out, --test-names, --test-labels-out and --seed go with --test-share",
            ),
        ];
        if let Some((_, message)) = needed.into_iter().find(|(wrong, _)| *wrong) {
            return Err(cli::usage(message));
        }
        match self.like {
            Some(_) => cli::leave_out("--like brings the choices of its images", self.choices()),
            None => Ok(()),
        }
    }

    /// Lists the options that choose what a row looks like, and whether each was given.
    fn choices(&self) -> [(&'static str, bool); 5] {
        [
            ("--size", self.size.is_some()),
            ("--fit", self.fit.is_some()),
            ("--color", self.color.is_some()),
            ("--background", self.background.is_some()),
            ("--invert", self.invert.is_some()),
        ]
    }

    /// Checks which options go together when an array is written as files.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn check_export(&self) -> anyhow::Result<()> {
        let options = [
            ("--out", self.out.is_some()),
            ("--skipped", self.skipped.is_some()),
            ("--like", self.like.is_some()),
            ("--labels", self.labels.is_some()),
            ("--labels-out", self.labels_out.is_some()),
            ("--classes", self.classes.is_some()),
            ("--test-share", self.test_share.is_some()),
            ("--test-out", self.test_out.is_some()),
            ("--test-names", self.test_names.is_some()),
            ("--test-labels-out", self.test_labels_out.is_some()),
            ("--seed", self.seed.is_some()),
            ("--on-error", self.on_error.is_some()),
        ];
        let options = options.into_iter().chain(self.choices());
        cli::leave_out("--to writes the images of an array as files", options)
    }
}
