//! The files that CoreDNS can see, as far as they are known.
//!
//! On AKS a pod of CoreDNS has two volumes that the kubelet writes (a hidden folder, and links to the keys), and little else: coredns-on-aks.md 1.3, 1.4.
//! May not look at any real file: everything here was handed in.

use std::collections::BTreeMap;

use super::configuration::File;
use super::source::Source;

/// Folders of an image or a pod that may hold files nobody told us of.
const OBSCURE: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv",
    "sys", "tmp", "usr", "var",
];

/// The kubelet's own entries in a volume; a pattern that matches them finds folders.
const KUBELET: &[&str] = &["..2026_01_01", "..data"];

/// The two volumes, and what else is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) corefile: String,
    pub(super) custom: BTreeMap<String, String>,
    pub(super) folder: String,
    pub(super) working: String,
    pub(super) others: BTreeMap<String, File>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<'f> {
    /// A file with this text.
    Text(&'f str, Source),
    /// A file that serves its purpose, with a text that is not known.
    Good,
    /// A folder.
    Folder,
    /// Nothing.
    Absent,
    /// Nobody told.
    Unknown,
}

impl Files {
    pub(super) fn new(corefile: String, custom: BTreeMap<String, String>) -> Self {
        Self { corefile, custom, folder: "/etc/coredns".to_owned(), working: "/".to_owned(), others: BTreeMap::new() }
    }

    /// Returns the path of a source.
    pub(super) fn path(&self, source: &Source) -> String {
        match source {
            Source::Corefile => format!("{}/Corefile", self.folder),
            Source::Custom(key) => format!("{}/custom/{key}", self.folder),
            Source::Other(path) => path.clone(),
        }
    }

    /// Returns a path from the root, from the folder in which CoreDNS was started.
    pub(super) fn absolute(&self, path: &str) -> String {
        join(&self.working, path)
    }

    /// Says what is at an absolute path.
    pub(super) fn find(&self, path: &str) -> Found<'_> {
        let path = clean(path);
        match self.others.get(&path) {
            Some(File::Text(text)) => return Found::Text(text, Source::Other(path)),
            Some(File::Good) => return Found::Good,
            None => {}
        }
        if let Some(inside) = below(&self.folder, &path) {
            return self.find_mounted(inside);
        }
        if path == "/dev/null" {
            return Found::Text("", Source::Other(path));
        }
        if path == "/etc/resolv.conf" || path == "/etc/hosts" {
            return Found::Good;
        }
        if self.working != "/" && below(&self.working, &path).is_some_and(|inside| !inside.is_empty()) {
            return Found::Absent;
        }
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if first.is_empty() || path == self.working {
            Found::Folder
        } else if OBSCURE.contains(&first) {
            Found::Unknown
        } else {
            Found::Absent
        }
    }

    fn find_mounted(&self, inside: &str) -> Found<'_> {
        let custom = |key: &str| match self.custom.get_key_value(key) {
            Some((key, text)) => Found::Text(text, Source::Custom(key.clone())),
            None => Found::Absent,
        };
        let parts: Vec<&str> = inside.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] | ["custom" | "..data"] | ["custom", "..data"] => Found::Folder,
            ["Corefile"] | ["..data", "Corefile"] => Found::Text(&self.corefile, Source::Corefile),
            ["custom", key] | ["custom", "..data", key] => custom(key),
            _ => Found::Absent,
        }
    }

    /// Returns the names in a folder, sorted by bytes as Go sorts them; `None` where nobody told.
    pub(super) fn names(&self, folder: &str) -> Option<Vec<String>> {
        let folder = clean(folder);
        let mut names: Vec<String> = match below(&self.folder, &folder) {
            Some("") => ["Corefile", "custom"].iter().chain(KUBELET).map(|name| (*name).to_owned()).collect(),
            Some("custom") => {
                self.custom.keys().cloned().chain(KUBELET.iter().map(|name| (*name).to_owned())).collect()
            }
            Some(_) => return Some(Vec::new()),
            None if self.find(&folder) == Found::Absent => return Some(Vec::new()),
            None => return None,
        };
        names.sort();
        Some(names)
    }

    /// Returns whether a name in a mounted folder is a folder itself.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        let last = path.rsplit('/').next().unwrap_or_default();
        KUBELET.contains(&last) || self.find(path) == Found::Folder
    }
}

/// Returns the rest of a path below a folder, without a slash before it.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// Returns a path from a folder, or as it is where it is absolute.
pub(super) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') { clean(path) } else { clean(&format!("{folder}/{path}")) }
}

/// Returns an absolute path without `.`, `..` and doubled slashes.
pub(super) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_where() {
        let custom = BTreeMap::from([("a.hosts".to_owned(), "x".to_owned())]);
        let files = Files::new("y".to_owned(), custom);
        assert_eq!(files.find("/etc/coredns/Corefile"), Found::Text("y", Source::Corefile));
        assert_eq!(files.find("/etc/coredns/custom/a.hosts"), Found::Text("x", Source::Custom("a.hosts".to_owned())));
        let hidden = files.find("/etc/coredns/custom/../custom/..data/a.hosts");
        assert_eq!(hidden, Found::Text("x", Source::Custom("a.hosts".to_owned())));
        assert_eq!(files.find("/etc/coredns/custom/b"), Found::Absent);
        assert_eq!(files.find("/etc/coredns/custom"), Found::Folder);
        assert_eq!(files.find("/etc/resolv.conf"), Found::Good);
        assert_eq!(files.find("/etc/other"), Found::Unknown);
        assert_eq!(files.find(&files.absolute("nope.txt")), Found::Absent);
        assert_eq!(files.find("/"), Found::Folder);
    }

    #[test]
    fn names_hold_the_kubelets_own() {
        let files = Files::new(String::new(), BTreeMap::from([("a.server".to_owned(), String::new())]));
        assert_eq!(files.names("/etc/coredns/custom").unwrap(), ["..2026_01_01", "..data", "a.server"]);
        assert_eq!(files.names("/nowhere").unwrap(), [""; 0]);
        assert_eq!(files.names("/var"), None);
    }
}
