//! Clusters and noise, counted and as text.

use ndarray::Array1;
use serde_json::{Value, json};

/// Most clusters that are listed.
const MOST: usize = 30;

/// Counts of the points of each cluster, and of noise.
pub struct Clusters {
    sizes: Vec<usize>,
    noise: usize,
}

impl Clusters {
    /// Counts the points of `k` clusters.
    pub fn of(labels: &Array1<i32>, k: usize) -> Self {
        let mut clusters = Self { sizes: vec![0; k], noise: 0 };
        for &label in labels {
            match usize::try_from(label) {
                Ok(label) => clusters.sizes[label] += 1,
                Err(_) => clusters.noise += 1,
            }
        }
        clusters
    }

    /// Gives the counts for the provenance.
    pub fn result(&self) -> Value {
        json!({ "clusters": self.sizes.len(), "noise": self.noise, "sizes": self.sizes })
    }

    /// Describes the clusters: a sentence, and a table of the largest ones.
    pub fn text(&self) -> String {
        let k = self.sizes.len();
        let n = self.noise + self.sizes.iter().sum::<usize>();
        let share = |count: usize| format!("{:.1} %", 100.0 * count as f64 / n.max(1) as f64);
        let row = |name: String, count: usize| vec![name, count.to_string(), share(count)];
        let mut largest: Vec<usize> = (0..k).collect();
        largest.sort_by_key(|&cluster| (std::cmp::Reverse(self.sizes[cluster]), cluster));
        largest.truncate(MOST);
        largest.sort_unstable();
        let mut rows: Vec<Vec<String>> =
            largest.iter().map(|&at| row(at.to_string(), self.sizes[at])).collect();
        if k > MOST {
            let listed: usize = largest.iter().map(|&at| self.sizes[at]).sum();
            rows.push(row(format!("{} smaller ones", k - MOST), n - self.noise - listed));
        }
        rows.push(row("noise".into(), self.noise));
        format!(
            "{k} {}, {} of {n} points are noise ({})\n\n{}",
            if k == 1 { "cluster" } else { "clusters" },
            self.noise,
            share(self.noise),
            cli::table(&["cluster", "points", "share"], rows)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_clusters_the_largest_are_listed() {
        let labels = (0..40).flat_map(|k| vec![k; 1 + k as usize]).chain([-1; 3]).collect();
        let text = Clusters::of(&labels, 40).text();
        assert!(text.starts_with("40 clusters, 3 of 823 points are noise (0.4 %)"), "{text}");
        assert!(text.contains("| 10 smaller ones |     55 |"), "{text}");
        assert!(text.contains("\n| 10 ") && !text.contains("\n| 9 "), "{text}");
    }
}
