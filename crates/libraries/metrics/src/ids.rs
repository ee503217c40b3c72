//! Ids of classes and clusters: which are valid, and their numbers from 0.

use ndarray::ArrayView1;

use crate::Error;

/// Assignment of a point that belongs to no cluster, as HDBSCAN writes it.
pub(crate) const NOISE: i64 = -1;

/// Checks that assignments are clusters (0 or more) or noise (-1).
///
/// # Errors
///
/// Reports the first assignment below -1.
///
/// ```
/// use metrics::{Error, check_assignments};
/// use ndarray::array;
///
/// assert!(check_assignments(array![0, 7, -1].view()).is_ok());
/// let refused = check_assignments(array![0, -2].view());
/// assert_eq!(refused, Err(Error::BadAssignment { row: 1, value: -2 }));
/// ```
pub fn check_assignments(assignments: ArrayView1<i64>) -> Result<(), Error> {
    assignments.iter().enumerate().try_for_each(|(row, &id)| check_assignment(row, id))
}

pub(crate) fn check_assignment(row: usize, assignment: i64) -> Result<(), Error> {
    if assignment < NOISE { Err(Error::BadAssignment { row, value: assignment }) } else { Ok(()) }
}

/// Numbers ids from 0 in ascending order.
///
/// Returns the distinct ids without noise, and the number of each point's id. Noise has the number
/// after the last.
///
/// # Errors
///
/// Fails for 2^32 - 1 points or more.
pub(crate) fn number(ids: ArrayView1<i64>) -> Result<(Vec<i64>, Vec<u32>), Error> {
    if ids.len() >= u32::MAX as usize {
        return Err(Error::TooManyPoints { found: ids.len() });
    }
    let largest = ids.iter().copied().max().unwrap_or(NOISE);
    // Small ids are looked up in a table, others by bisection.
    if usize::try_from(largest).is_ok_and(|largest| largest / 4 <= ids.len() + 256) {
        let mut numbers = vec![u32::MAX; largest as usize + 1];
        ids.iter().filter(|&&id| id != NOISE).for_each(|&id| numbers[id as usize] = 0);
        let mut known = Vec::new();
        for (id, number) in numbers.iter_mut().enumerate().filter(|(_, number)| **number == 0) {
            *number = known.len() as u32;
            known.push(id as i64);
        }
        let noise = known.len() as u32;
        let number = |&id: &i64| if id == NOISE { noise } else { numbers[id as usize] };
        let numbered = ids.iter().map(number).collect();
        return Ok((known, numbered));
    }
    let mut known: Vec<i64> = ids.iter().copied().filter(|&id| id != NOISE).collect();
    known.sort_unstable();
    known.dedup();
    let number = |id: &i64| known.binary_search(id).unwrap_or(known.len()) as u32;
    let numbered = ids.iter().map(number).collect();
    Ok((known, numbered))
}

#[cfg(test)]
mod tests {
    use ndarray::Array1;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_are_numbered_alike_by_table_and_by_bisection(
            ids in prop::collection::vec(-1..40_i64, 1..60),
        ) {
            let ids = Array1::from(ids);
            // Far apart, so that no table can hold them; noise stays what it is.
            let far = ids.mapv(|id| if id == NOISE { NOISE } else { id << 40 });
            let (known, numbers) = number(ids.view()).unwrap();
            let (known_far, numbers_far) = number(far.view()).unwrap();
            prop_assert_eq!(&numbers, &numbers_far);
            prop_assert_eq!(known.iter().map(|id| id << 40).collect::<Vec<_>>(), known_far);
            for (&id, &number) in ids.iter().zip(&numbers) {
                let found = known.get(number as usize).copied().unwrap_or(NOISE);
                prop_assert_eq!(found, id);
            }
            let occurs = |id: &i64| ids.iter().any(|other| other == id);
            prop_assert!(known.is_sorted() && known.iter().all(occurs));
        }
    }
}
