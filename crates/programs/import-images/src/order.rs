//! The order of rows: natural order of names.

use std::cmp::Ordering;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Compares names so that numbers in them count as numbers: `img2` stands before `img10`.
///
/// Folders are compared before what is in them. All else is compared byte by byte, so that the
/// order is the same on every machine, whatever its language.
pub fn natural(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (a.as_os_str().as_bytes(), b.as_os_str().as_bytes());
    let (mut left, mut right) = (a.split(|&byte| byte == b'/'), b.split(|&byte| byte == b'/'));
    loop {
        let ordering = match (left.next(), right.next()) {
            // Names that differ only in zeros before a number.
            (None, None) => return a.cmp(b),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => compare_parts(left, right),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// Compares two names without folders.
fn compare_parts(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let ordering = match (a.first(), b.first()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (left, right) = (take_number(&mut a), take_number(&mut b));
                left.len().cmp(&right.len()).then_with(|| left.cmp(right))
            }
            (Some(x), Some(y)) => {
                (a, b) = (&a[1..], &b[1..]);
                x.cmp(y)
            }
            (x, y) => return x.is_some().cmp(&y.is_some()),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// Takes the digits that `name` begins with, and gives them without zeros before them.
fn take_number<'a>(name: &mut &'a [u8]) -> &'a [u8] {
    let end = name.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(name.len());
    let (digits, rest) = name.split_at(end);
    *name = rest;
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers_and_folders_before_files() {
        let ordered = [
            "10",
            "IMG_2.jpg",
            "a/1.png",
            "a/02.png",
            "a/2.png",
            "a/10.png",
            "a b/1.png",
            "a-b/1.png",
            "img1.jpg",
            "img2.jpg",
            "img2a.jpg",
            "img10.jpg",
            "img010b.jpg",
            "img99999999999999999999998.jpg",
            "img99999999999999999999999.jpg",
            "ä.jpg",
        ];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(natural(a.as_ref(), b.as_ref()), i.cmp(&j), "{a} {b}");
            }
        }
    }
}
