use super::*;

#[test]
fn a_name_means_its_data_set() {
    for dataset in Dataset::ALL {
        assert_eq!(dataset.to_string().parse(), Ok(dataset));
    }
    let error = "cifar".parse::<Dataset>().unwrap_err();
    assert!(error.contains("fashion-mnist, mnist, kmnist, digits, synthetic"), "{error}");
}

#[test]
fn checksums_are_whole_and_each_its_own() {
    let published = [&FASHION_MNIST, &MNIST, &KMNIST];
    let mut checksums: Vec<&str> = published
        .iter()
        .flat_map(|p| p.files())
        .flat_map(|file| file.unpacked.iter().chain([&file.packed]).map(|content| content.sha256))
        .collect();
    for checksum in &checksums {
        let lower_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(checksum.len() == 64 && checksum.chars().all(lower_hex), "{checksum}");
    }
    checksums.sort_unstable();
    checksums.dedup();
    assert_eq!(checksums.len(), 20);
}

#[test]
fn classes_differ() {
    for dataset in Dataset::ALL {
        let mut classes = dataset.classes();
        classes.sort_unstable();
        assert!(classes.windows(2).all(|pair| pair[0] != pair[1]), "{dataset}");
    }
}
