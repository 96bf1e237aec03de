//! A fact that several questions bring together, some of which may fail.

use super::fetched::{Fetched, Right, Unread};

/// Rows from several questions, and why some did not come.
#[derive(Debug, Default)]
pub struct Parts<T> {
    rows: Vec<T>,
    trouble: Vec<Unread>,
}

impl<T> Parts<T> {
    /// Begins with nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: Vec::new(), trouble: Vec::new() }
    }

    /// Adds what a question brought.
    pub fn add(&mut self, rows: impl IntoIterator<Item = T>) {
        self.rows.extend(rows);
    }

    /// Notes why something did not come.
    pub fn lack(&mut self, why: impl Into<String>) {
        self.lack_unread(Unread { why: why.into(), missing: Vec::new() });
    }

    /// Notes that something did not come for want of a right.
    pub fn lack_right(&mut self, right: Right) {
        self.lack_unread(Unread { why: format!("reading a part needs {}", right.words()), missing: vec![right] });
    }

    /// Notes why a question brought nothing, or not all.
    pub fn lack_unread(&mut self, unread: Unread) {
        if !self.trouble.contains(&unread) {
            self.trouble.push(unread);
        }
    }

    /// Keeps so many rows at most, and says of the rest that there are more.
    pub fn truncate(&mut self, most: usize, more: impl FnOnce(usize) -> String) {
        let surplus = self.rows.len().saturating_sub(most);
        if surplus > 0 {
            self.rows.truncate(most);
            self.lack(more(surplus));
        }
    }

    /// Returns the fact: whole where nothing is lacking; nothing that was read is lost where something is.
    #[must_use]
    pub fn together(self) -> Fetched<Vec<T>> {
        let Self { rows, trouble } = self;
        if trouble.is_empty() {
            return Fetched::Got(rows);
        }
        let why = trouble.iter().map(|unread| unread.why.as_str()).collect::<Vec<_>>().join("; ");
        let missing: Vec<Right> = trouble.into_iter().flat_map(|unread| unread.missing).collect();
        match (rows.is_empty(), missing.first()) {
            (false, _) => Fetched::Partial { got: rows, why, missing },
            (true, Some(right)) => Fetched::Denied(right.clone()),
            (true, None) => Fetched::Failed(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_read_is_lost_and_every_right_is_named() {
        let right = Right::kube("list", "", "pods", None);
        let mut parts = Parts::new();
        assert_eq!(Parts::<u8>::new().together(), Fetched::Got(Vec::new()));
        parts.lack_right(right.clone());
        parts.lack_right(right.clone());
        parts.lack("2 more were not asked for");
        parts.add([1, 2]);
        let Fetched::Partial { got, why, missing } = parts.together() else { unreachable!("rows and trouble") };
        assert_eq!((got, missing), (vec![1, 2], vec![right.clone()]));
        assert!(why.contains("list pods in the whole cluster; 2 more"), "{why}");
        let mut none = Parts::<u8>::new();
        none.lack_right(right.clone());
        assert_eq!(none.together(), Fetched::Denied(right));
    }
}
