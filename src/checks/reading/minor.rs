//! The minor version of Kubernetes that a server or a node reports.

use std::fmt;

/// A minor version of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor {
    /// The number before the dot.
    pub major: u32,
    /// The number after it.
    pub minor: u32,
}

impl Minor {
    /// Reads `v1.35.4`, with or without what vendors put behind it.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().trim_start_matches('v').split('.');
        let digits = |part: &str| {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part.get(..end)?.parse().ok()
        };
        Some(Self { major: digits(parts.next()?)?, minor: digits(parts.next()?)? })
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vendors_put_behind_it_does_not_count() {
        let read = |text| Minor::parse(text).map(|read| (read.major, read.minor));
        assert_eq!(read("v1.35.4"), Some((1, 35)));
        assert_eq!(read("1.30+"), Some((1, 30)));
        for none in ["", "v1", "one.two", "v1.x"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
