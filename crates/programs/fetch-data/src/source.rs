//! Where the files of a published data set come from: folders first, then mirrors, in order, until
//! one has the file.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use artifact::FileRecord;

use crate::dataset::Published;
use crate::http::{self, Limits};
use crate::published::{Form, PublishedFile, Unusable, Verified};

/// Folder, in the output folder, that keeps downloads until all files are there: an interrupted run
/// goes on from them.
const KEPT: &str = ".download";

/// A place that may have the files under their published names.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Folder(PathBuf),
    /// URL of a folder, without a slash at its end.
    Mirror(String),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None if text.is_empty() => Err("give a folder or a URL".into()),
            None => Ok(Self::Folder(text.into())),
            Some((scheme, _))
                if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) =>
            {
                Ok(Self::Mirror(text.trim_end_matches('/').to_owned()))
            }
            Some((scheme, _)) => {
                Err(format!("{scheme} is not supported; give a folder or an http(s) URL"))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Mirror(url) => f.write_str(url),
        }
    }
}

/// All places to look in, in order: those `given`, this machine's usual folders, the public
/// mirrors.
pub fn sources(
    given: &[Source],
    published: &Published,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<Source> {
    // A variable that is set to nothing names the current folder by accident.
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let keras = folder("HOME").zip(published.keras).map(|(home, keras)| home.join(keras));
    // PyTorch's tutorials have `root="data"`.
    let torchvision = [Some(PathBuf::from("data")), folder("TORCHVISION_ROOT")];
    let torchvision =
        torchvision.into_iter().flatten().map(|root| root.join(published.torchvision));
    let folders = published
        .variable
        .and_then(folder)
        .into_iter()
        .chain(published.neighbour.map(PathBuf::from));
    let folders = folders.chain(keras).chain(torchvision).map(Source::Folder);
    let mirrors = published.mirrors.iter().map(|&url| Source::Mirror(url.to_owned()));
    given.iter().cloned().chain(folders).chain(mirrors).collect()
}

/// Gets files from the first of several sources that has them.
pub struct Fetcher {
    sources: Vec<Source>,
    offline: bool,
    limits: Limits,
    kept: PathBuf,
    /// The output folder, where it was not there before.
    new: Option<PathBuf>,
    /// The folder of the downloads, locked from the first of them on.
    lock: OnceCell<File>,
}

impl Fetcher {
    /// Looks in `sources`, in their order; in folders alone if `offline`. Downloads are kept in
    /// `out_dir` until [`Self::clean`].
    pub fn new(sources: Vec<Source>, offline: bool, limits: Limits, out_dir: &Path) -> Self {
        let new = (!out_dir.exists()).then(|| out_dir.to_owned());
        Self { sources, offline, limits, kept: out_dir.join(KEPT), new, lock: OnceCell::new() }
    }

    /// The verified bytes of `file`; says on stderr where they came from.
    ///
    /// # Errors
    /// No source has it. The message says of each why not.
    pub fn fetch(&self, file: &PublishedFile) -> anyhow::Result<Verified> {
        if let Ok(verified) = file.read(&self.kept.join(file.packed_name()), Form::Packed) {
            cli::note(&format!(
                "{}: verified, from an earlier run that was interrupted",
                file.packed_name()
            ));
            return Ok(verified);
        }
        let mut failures = Vec::new();
        for source in &self.sources {
            let outcome = match source {
                Source::Folder(folder) => self.look(folder, file),
                Source::Mirror(_) if self.offline => Err("skipped (--offline)".into()),
                Source::Mirror(url) => self.download(url, file),
            };
            match outcome {
                Ok(verified) => {
                    cli::note(&format!("{}: verified, from {source}", verified.record.path));
                    return Ok(verified);
                }
                Err(why) => failures.push(format!("{source}: {why}")),
            }
        }
        // A folder stays if it holds anything that a later run can go on from.
        for folder in [Some(&self.kept), self.new.as_ref()].into_iter().flatten() {
            let _ = fs::remove_dir(folder);
        }
        anyhow::bail!(
            "no source has {}: {}; give the folder that holds the four files as --source FOLDER, \
             or run `make demo`, \
             which needs no download",
            file.packed_name(),
            failures.join("; ")
        )
    }

    /// The file under any of the names that it may have in `folder`. The error is what is wrong
    /// with the first of them.
    fn look(&self, folder: &Path, file: &PublishedFile) -> Result<Verified, String> {
        let mut failure = None;
        for (path, form) in file.places(folder) {
            match file.read(&path, form) {
                Ok(verified) => return Ok(verified),
                Err(Unusable::Absent) => {}
                Err(Unusable::Wrong(why)) => {
                    // Whoever keeps a damaged file wants to hear of it, even when another source
                    // has a good one.
                    cli::warn(&format!("{}: refused: {why}", path.display()));
                    failure = failure.or(Some(why));
                }
            }
        }
        Err(failure.unwrap_or_else(|| Unusable::Absent.to_string()))
    }

    fn download(&self, url: &str, file: &PublishedFile) -> Result<Verified, String> {
        fs::create_dir_all(&self.kept)
            .map_err(|error| format!("cannot make {}: {error}", self.kept.display()))?;
        self.hold()?;
        let part = self.part(file);
        let name = file.packed_name();
        let bytes = http::download(&format!("{url}/{name}"), file, &part, &self.limits)?;
        // Without this a later run downloads the file again; this one has it.
        let _ = fs::rename(part, self.kept.join(&name));
        let (shape, sha256) = (Vec::new(), file.packed.sha256.to_owned());
        let record =
            FileRecord { path: name, dtype: None, shape, bytes: file.packed.bytes, sha256 };
        Ok(Verified { bytes, record })
    }

    /// Keeps other runs from writing into the same downloads. Where the file system knows no locks,
    /// wrong bytes are still found by their hash.
    fn hold(&self) -> Result<(), String> {
        if self.lock.get().is_none() {
            let kept = self.kept.display();
            let folder =
                File::open(&self.kept).map_err(|error| format!("cannot open {kept}: {error}"))?;
            if let Err(TryLockError::WouldBlock) = folder.try_lock() {
                return Err(format!("another run is downloading into {kept}, wait for it"));
            }
            self.lock.get_or_init(|| folder);
        }
        Ok(())
    }

    fn part(&self, file: &PublishedFile) -> PathBuf {
        self.kept.join(format!("{}.part", file.packed_name()))
    }

    /// Removes the downloads of `files`, and their folder if nothing else is in it.
    ///
    /// # Errors
    /// A file that is there but cannot be removed.
    pub fn clean(&self, files: &[&PublishedFile]) -> anyhow::Result<()> {
        for path in
            files.iter().flat_map(|file| [self.kept.join(file.packed_name()), self.part(file)])
        {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        let _ = fs::remove_dir(&self.kept); // not there, or not ours alone
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::published::tests::{ABC, UNPACKED};

    #[test]
    fn a_source_is_a_folder_or_a_url() {
        assert_eq!("some/folder".parse(), Ok(Source::Folder("some/folder".into())));
        assert_eq!(
            "HTTPS://host/folder/".parse(),
            Ok(Source::Mirror("HTTPS://host/folder".into()))
        );
        assert!(
            "ftp://host/folder".parse::<Source>().unwrap_err().contains("ftp is not supported")
        );
        assert!("".parse::<Source>().is_err());
    }

    #[test]
    fn sources_are_tried_in_the_order_promised() {
        let order = |dataset: Dataset, variables: &[(&str, &str)]| -> Vec<String> {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            let given = [Source::Folder("given".into())];
            sources(&given, dataset.published().unwrap(), variable)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let all = [
            ("HOME", "/home/a"),
            ("FASHION_MNIST_DIR", "/fashion"),
            ("TORCHVISION_ROOT", "/torch"),
        ];
        assert_eq!(
            order(Dataset::FashionMnist, &all),
            [
                "given",
                "/fashion",
                "../shared/fashion-mnist",
                "/home/a/.keras/datasets/fashion-mnist",
                "data/FashionMNIST/raw",
                "/torch/FashionMNIST/raw",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
            ]
        );
        let mnist = order(Dataset::Mnist, &all);
        assert_eq!(mnist[..3], ["given", "data/MNIST/raw", "/torch/MNIST/raw"]);
        let bare = order(Dataset::FashionMnist, &[("FASHION_MNIST_DIR", ""), ("HOME", "")]);
        assert_eq!(bare[1..3], ["../shared/fashion-mnist", "data/FashionMNIST/raw"]);
    }

    #[test]
    fn a_wrong_file_is_passed_over_for_a_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, wrong, good, out] =
            ["empty", "wrong", "good", "out"].map(|name| folder.path().join(name));
        [&empty, &wrong, &good].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
        fs::write(wrong.join("abc-idx1-ubyte.gz"), "abd").unwrap();
        fs::write(good.join("abc-idx1-ubyte.gz"), "abc").unwrap();
        let fetcher = |folders: &[&PathBuf]| {
            let sources = folders.iter().map(|&folder| Source::Folder(folder.clone())).collect();
            Fetcher::new(sources, true, Limits::default(), &out)
        };
        assert_eq!(fetcher(&[&empty, &wrong, &good]).fetch(&ABC).unwrap().bytes, b"abc");
        let error = fetcher(&[&empty, &wrong]).fetch(&ABC).err().unwrap().to_string();
        for told in ["empty: no such file", "wrong: wrong checksum", "--source FOLDER", "make demo"]
        {
            assert!(error.contains(told), "{told}: {error}");
        }
        let unreachable = Limits { attempts: 1, ..Limits::default() };
        let nobody = vec![Source::Mirror("http://127.0.0.1:1".into())];
        let new = folder.path().join("new");
        assert!(Fetcher::new(nobody, false, unreachable, &new).fetch(&ABC).is_err());
        assert!(!new.exists());
    }

    #[test]
    fn a_kept_download_is_used_once_and_then_removed() {
        let out = tempfile::tempdir().unwrap();
        let kept = out.path().join(KEPT);
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("abc-idx1-ubyte.gz"), "abc").unwrap();
        fs::write(kept.join("abc-idx1-ubyte.gz.part"), "a").unwrap();
        let fetcher = Fetcher::new(
            vec![Source::Mirror("http://unused".into())],
            true,
            Limits::default(),
            out.path(),
        );
        assert_eq!(fetcher.fetch(&ABC).unwrap().bytes, b"abc");
        fetcher.clean(&[&ABC]).unwrap();
        assert!(!kept.exists());
        let error = fetcher.fetch(&ABC).err().unwrap().to_string();
        assert!(error.contains("http://unused: skipped (--offline)"), "{error}");
    }

    #[test]
    fn only_one_run_downloads_into_a_folder() {
        let out = tempfile::tempdir().unwrap();
        let limits = Limits { attempts: 1, ..Limits::default() };
        let fetcher = || {
            Fetcher::new(
                vec![Source::Mirror("http://127.0.0.1:1".into())],
                false,
                limits.clone(),
                out.path(),
            )
        };
        let told = |fetcher: &Fetcher| fetcher.fetch(&ABC).err().unwrap().to_string();
        let first = fetcher();
        fs::create_dir(out.path().join(KEPT)).unwrap();
        fs::write(out.path().join(KEPT).join("abc-idx1-ubyte.gz.part"), "a").unwrap();
        assert!(!told(&first).contains("another run"));
        assert!(told(&fetcher()).contains("another run is downloading into"));
        drop(first);
        assert!(!told(&fetcher()).contains("another run"));
    }

    #[test]
    fn cleaning_leaves_what_is_not_ours() {
        let out = tempfile::tempdir().unwrap();
        let kept = out.path().join(KEPT);
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("notes.txt"), "mine").unwrap();
        let fetcher = Fetcher::new(Vec::new(), true, Limits::default(), out.path());
        fetcher.clean(&[&ABC]).unwrap();
        assert!(kept.join("notes.txt").exists());
    }

    #[test]
    fn files_are_found_unpacked_and_under_other_names() {
        for (place, content) in [
            ("abc-idx1-ubyte.gz", "abc"),
            ("abc.idx1-ubyte.gz", "abc"),
            ("abc-idx1-ubyte", UNPACKED),
            ("abc.idx1-ubyte", UNPACKED),
            ("raw/abc-idx1-ubyte.gz", "abc"),
            ("raw/abc.idx1-ubyte", UNPACKED),
            ("abc-idx1-ubyte/abc-idx1-ubyte", UNPACKED),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("mine").join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            // The folder itself, and the one that torchvision would have the files in.
            for given in ["mine", "mine/raw"] {
                let source = Source::Folder(folder.path().join(given));
                fs::create_dir_all(folder.path().join("mine/raw")).unwrap();
                let fetcher = Fetcher::new(vec![source], true, Limits::default(), folder.path());
                let found = fetcher.fetch(&ABC).unwrap();
                assert_eq!(found.bytes, content.as_bytes(), "{place} in {given}");
                let name = if content == "abc" { "abc-idx1-ubyte.gz" } else { "abc-idx1-ubyte" };
                assert_eq!(found.record.path, name, "{place} in {given}");
            }
        }
    }
}
