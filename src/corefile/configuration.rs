//! What CoreDNS is given: the Corefile, the keys of coredns-custom, its version, and what is known of its pod.

use std::collections::BTreeMap;

use super::files::{self, Files};
use super::reading::Reading;
use super::version::Version;

/// A configuration, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    pub(super) files: Files,
    pub(super) version: Version,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) port: u16,
}

/// What is known of a file of the pod that is in neither ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// Its text.
    Text(String),
    /// It is there and fit for its purpose, but its text is not known.
    Good,
}

impl Configuration {
    /// Makes a configuration of a Corefile and the keys of coredns-custom, as AKS mounts them.
    pub fn new(
        corefile: impl Into<String>,
        custom: impl IntoIterator<Item = (String, String)>,
        version: Version,
    ) -> Self {
        Self {
            files: Files::new(corefile.into(), custom.into_iter().collect()),
            version,
            variables: BTreeMap::new(),
            port: 53,
        }
    }

    /// Says where the Corefile lies (`/etc/coredns` unless told) and in which folder CoreDNS was started (`/`).
    #[must_use]
    pub fn in_folders(mut self, corefile: &str, working: &str) -> Self {
        self.files.folder = files::clean(corefile);
        self.files.working = files::clean(working);
        self
    }

    /// Says which port the questions come to (53 unless told).
    #[must_use]
    pub fn on_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds what is known of another file.
    #[must_use]
    pub fn with_file(mut self, path: &str, file: File) -> Self {
        let path = self.files.absolute(path);
        self.files.others.insert(path, file);
        self
    }

    /// Adds a variable of CoreDNS's environment. Variables that are not given make the judgement unknown where they are used.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Returns the version that this configuration is for.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Reads the configuration the way CoreDNS does as it starts.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading::new(self)
    }
}
