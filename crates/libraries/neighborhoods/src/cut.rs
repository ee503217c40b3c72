//! Whether a group consists of two pieces that few links join.

use crate::graph::Graph;

/// Least share of the links of a group that each of two pieces has.
const LEAST_SHARE: f64 = 0.05;

/// Steps of the power iteration: what has not come apart by then is no weak spot.
const STEPS: usize = 100;

/// A cut of a group into two pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Share of the links of the group that the lesser piece has, above 0 and up to 0.5.
    pub share: f64,
    /// Links from one piece to the other over all links of the lesser piece, 0 to 1.
    pub conductance: f64,
}

impl Graph {
    /// Finds where the points of a group hang together least; links to other points do not count.
    ///
    /// Returns the cut of the lowest conductance that both pieces have at least a twentieth of the
    /// links in: between connected components if there are such, else along the second eigenvector
    /// of the normalized links (Shi and Malik, *Normalized Cuts and Image Segmentation*, 2000, with
    /// the sweep of Cheeger's inequality). The eigenvector is that of a hundred steps of power
    /// iteration, from a start that depends on nothing but the numbers of points. `None` for a
    /// group without links, or of which no piece is large enough.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use neighborhoods::{Graph, Neighborhoods};
    /// # use umap::{Metric, distinct_neighbors};
    /// let points = array![[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]];
    /// let neighbors = distinct_neighbors(points.view(), 3, Metric::Euclidean, &mut |_| ())?;
    /// let graph = Graph::of(&Neighborhoods::new(points, &neighbors, Metric::Euclidean)?);
    /// let cut = graph.weakest_cut(&[0, 1, 2, 3, 4, 5]).expect("there are two pieces");
    /// assert_eq!((cut.share, cut.conductance), (0.5, 0.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn weakest_cut(&self, members: &[usize]) -> Option<Cut> {
        let mut members = members.to_vec();
        members.sort_unstable();
        let part = Part::new(self, &members);
        let all = part.links();
        let largest = part.largest_component();
        let outside = all - part.links_of(&largest);
        if all == 0 {
            return None;
        }
        if outside as f64 >= LEAST_SHARE * all as f64 {
            let share = outside as f64 / all as f64;
            return Some(Cut { share: share.min(1.0 - share), conductance: 0.0 });
        }
        // The few points beside it hardly change how it hangs together.
        let mut members: Vec<usize> = largest.iter().map(|&at| members[at]).collect();
        members.sort_unstable();
        Part::new(self, &members).sweep()
    }
}

/// The links between the points of a group, which are numbered anew.
struct Part {
    links: Vec<Vec<u32>>,
}

impl Part {
    /// Takes the links between `members`, which ascend.
    fn new(graph: &Graph, members: &[usize]) -> Self {
        let place = |point: u32| members.binary_search(&(point as usize)).ok().map(|at| at as u32);
        let of = |&point: &usize| graph.links(point).iter().filter_map(|&p| place(p)).collect();
        Self { links: members.iter().map(of).collect() }
    }

    /// Counts all links, each from both ends.
    fn links(&self) -> usize {
        self.links.iter().map(Vec::len).sum()
    }

    fn links_of(&self, points: &[usize]) -> usize {
        points.iter().map(|&point| self.links[point].len()).sum()
    }

    /// Finds the points of the connected component with the most links, the first of equals.
    fn largest_component(&self) -> Vec<usize> {
        let mut seen = vec![false; self.links.len()];
        let mut largest = Vec::new();
        for first in 0..self.links.len() {
            if seen[first] {
                continue;
            }
            seen[first] = true;
            let mut component = vec![first];
            let mut at = 0;
            while at < component.len() {
                for &other in &self.links[component[at]] {
                    if !std::mem::replace(&mut seen[other as usize], true) {
                        component.push(other as usize);
                    }
                }
                at += 1;
            }
            if self.links_of(&component) > self.links_of(&largest) {
                largest = component;
            }
        }
        largest
    }

    /// Cuts along the second eigenvector.
    fn sweep(&self) -> Option<Cut> {
        let n = self.links.len();
        let all = self.links();
        let along = self.second_eigenvector();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| along[a].total_cmp(&along[b]).then(a.cmp(&b)));
        let mut is_left = vec![false; n];
        let (mut left, mut crossing) = (0, 0);
        let mut best: Option<Cut> = None;
        for point in order {
            is_left[point] = true;
            left += self.links[point].len();
            let inward = self.links[point].iter().filter(|&&other| is_left[other as usize]).count();
            // Links into the left piece no longer cross, and the others now do.
            crossing = crossing + self.links[point].len() - 2 * inward;
            let lesser = left.min(all - left);
            if (lesser as f64) < LEAST_SHARE * all as f64 {
                continue;
            }
            let conductance = crossing as f64 / lesser as f64;
            if best.is_none_or(|best| conductance < best.conductance) {
                best = Some(Cut { share: lesser as f64 / all as f64, conductance });
            }
        }
        best
    }

    /// Iterates half of the identity plus the normalized links, orthogonally to the first vector.
    fn second_eigenvector(&self) -> Vec<f64> {
        let degree: Vec<f64> = self.links.iter().map(|links| links.len().max(1) as f64).collect();
        let roots: Vec<f64> = degree.iter().map(|degree| degree.sqrt()).collect();
        let total: f64 = degree.iter().sum();
        let mut vector: Vec<f64> = (0..roots.len()).map(drawn).collect();
        let mut scaled = vec![0.0; roots.len()];
        for _ in 0..STEPS {
            let along = vector.iter().zip(&roots).map(|(x, root)| x * root).sum::<f64>() / total;
            vector.iter_mut().zip(&roots).for_each(|(x, root)| *x -= along * root);
            let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            scaled.iter_mut().zip(&vector).zip(&roots).for_each(|((to, x), root)| {
                *to = x / length / root;
            });
            for ((x, links), root) in vector.iter_mut().zip(&self.links).zip(&roots) {
                let sum: f64 = links.iter().map(|&other| scaled[other as usize]).sum();
                *x = 0.5 * (*x / length + sum / root);
            }
        }
        vector.iter().zip(&roots).map(|(x, root)| x / root).collect()
    }
}

/// Gives a number in -0.5..0.5 for a place that looks drawn (the mixer of splitmix64).
fn drawn(at: usize) -> f64 {
    let mut mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}
