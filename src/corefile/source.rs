//! Which text a thing stands in, and where: what a person opens to see it.

use std::fmt;

/// One of the texts that make up CoreDNS's configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The key `Corefile` of the ConfigMap `coredns`.
    Corefile,
    /// A key of the ConfigMap `coredns-custom`.
    Custom(String),
    /// Another file of the pod, by its path.
    Other(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corefile => f.write_str("configmap/kube-system/coredns .data[\"Corefile\"]"),
            Self::Custom(key) => write!(f, "configmap/kube-system/coredns-custom .data[\"{key}\"]"),
            Self::Other(path) => f.write_str(path),
        }
    }
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The text.
    pub source: Source,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} line {}", self.source, self.line)
    }
}
