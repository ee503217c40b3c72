//! Connected components of the edges found so far.

/// A forest of disjoint sets, with halved paths.
pub(crate) struct Components {
    parents: Vec<u32>,
    sizes: Vec<u32>,
}

impl Components {
    /// Makes `n` components of one member each.
    pub(crate) fn new(n: usize) -> Self {
        Self { parents: (0..n as u32).collect(), sizes: vec![1; n] }
    }

    /// Finds the member that stands for the component of `member`.
    pub(crate) fn find(&mut self, member: u32) -> u32 {
        let mut at = member as usize;
        while self.parents[at] as usize != at {
            self.parents[at] = self.parents[self.parents[at] as usize];
            at = self.parents[at] as usize;
        }
        at as u32
    }

    /// Joins the components of two members; returns whether they were two.
    pub(crate) fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        if a == b {
            return false;
        }
        let (large, small) =
            if self.sizes[a as usize] >= self.sizes[b as usize] { (a, b) } else { (b, a) };
        self.parents[small as usize] = large;
        self.sizes[large as usize] += self.sizes[small as usize];
        true
    }

    /// Lists for each member the one that stands for its component.
    pub(crate) fn all(&mut self) -> Vec<u32> {
        (0..self.parents.len() as u32).map(|member| self.find(member)).collect()
    }
}
