//! Groups rows by their cluster, and names the files of each group.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use ndarray::ArrayView1;

/// The rows of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Number of the cluster; `None` for noise.
    pub cluster: Option<i64>,
    /// Rows, ascending.
    pub members: Vec<usize>,
}

/// Groups rows by their cluster, clusters ascending and noise last.
pub fn groups(assignments: ArrayView1<i64>) -> Vec<Group> {
    let mut members: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (row, &cluster) in assignments.iter().enumerate() {
        members.entry(cluster).or_default().push(row);
    }
    let noise = members.remove(&-1).map(|members| Group { cluster: None, members });
    let clusters =
        members.into_iter().map(|(cluster, members)| Group { cluster: Some(cluster), members });
    clusters.chain(noise).collect()
}

/// Names the folder of each group: `cluster-03`, or `noise`.
///
/// Numbers have as many digits as the largest, so that they sort, and at least two.
pub fn folder_names(groups: &[Group]) -> Vec<String> {
    let largest = groups.iter().filter_map(|group| group.cluster).max().unwrap_or(0);
    let digits = largest.to_string().len().max(2);
    let name = |group: &Group| match group.cluster {
        Some(cluster) => format!("cluster-{cluster:0digits$}"),
        None => "noise".to_owned(),
    };
    groups.iter().map(name).collect()
}

/// Names the links of `members`, each as its file is called, without the folders of the file.
///
/// Of several files of one name the first keeps it, and the others get a number: `a.jpg`,
/// `a-2.jpg`. Names that differ in case alone count as one, so that all file systems get the same.
pub fn link_names(members: &[usize], files: &[PathBuf]) -> Vec<OsString> {
    let key = |name: &OsStr| name.to_string_lossy().to_lowercase();
    let base = |row: usize| files[row].file_name().unwrap_or_default();
    // A number must not make the name of another member, whatever their order.
    let mut taken: HashSet<String> = members.iter().map(|&row| key(base(row))).collect();
    let mut next: HashMap<String, usize> = HashMap::new();
    let name = |&row: &usize| {
        let Some(number) = next.get_mut(&key(base(row))) else {
            next.insert(key(base(row)), 2);
            return base(row).to_owned();
        };
        loop {
            let numbered = numbered(base(row), *number);
            *number += 1;
            if taken.insert(key(&numbered)) {
                return numbered;
            }
        }
    };
    members.iter().map(name).collect()
}

/// Gives `a-2.jpg` for `a.jpg` and 2.
fn numbered(name: &OsStr, number: usize) -> OsString {
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or(name).to_owned();
    numbered.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn names(files: &[&str]) -> Vec<String> {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        let members: Vec<usize> = (0..files.len()).collect();
        let text = |name: OsString| name.to_string_lossy().into_owned();
        link_names(&members, &files).into_iter().map(text).collect()
    }

    #[test]
    fn folders_sort_by_cluster_and_noise_is_last() {
        let groups = groups(array![100, -1, 3, 100, 3].view());
        assert_eq!(folder_names(&groups), ["cluster-003", "cluster-100", "noise"]);
        let members: Vec<&[usize]> = groups.iter().map(|group| group.members.as_slice()).collect();
        assert_eq!(members, [[2, 4].as_slice(), &[0, 3], &[1]]);
    }

    #[test]
    fn equal_names_get_numbers_that_no_other_member_has() {
        assert_eq!(
            names(&["x/a.jpg", "y/a.jpg", "a-2.jpg", "z/A.JPG", "y/a"]),
            ["a.jpg", "a-3.jpg", "a-2.jpg", "A-4.JPG", "a"]
        );
        assert_eq!(names(&["p/.hidden", "q/.hidden"]), [".hidden", ".hidden-2"]);
        assert_eq!(names(&["p/a.tar.gz", "q/a.tar.gz"]), ["a.tar.gz", "a.tar-2.gz"]);
    }

    proptest::proptest! {
        #[test]
        fn names_of_links_are_never_equal(
            files in proptest::collection::vec("[ab]/[aA](-[23])?(\\.x)?", 1..20)
        ) {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            let lower = |name: &String| name.to_lowercase();
            let found: HashSet<String> = names(&files).iter().map(lower).collect();
            proptest::prop_assert_eq!(found.len(), files.len());
        }
    }
}
