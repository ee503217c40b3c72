use super::*;
use crate::dataset::Dataset;
use crate::published::tests::{ABC, UNPACKED};

#[test]
fn a_source_is_a_folder_or_a_url() {
    assert_eq!("some/folder".parse(), Ok(Source::Folder("some/folder".into())));
    assert_eq!("HTTPS://host/folder/".parse(), Ok(Source::Mirror("HTTPS://host/folder".into())));
    assert!("ftp://host/folder".parse::<Source>().unwrap_err().contains("ftp is not supported"));
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
    let all =
        [("HOME", "/home/a"), ("FASHION_MNIST_DIR", "/fashion"), ("TORCHVISION_ROOT", "/torch")];
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
    for told in ["empty: no such file", "wrong: wrong checksum", "--source FOLDER", "make demo"] {
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
