//! Where in the API a question goes, and what its answer must be about.

use crate::facts::is_built_in;

/// Where in the API a question goes.
#[derive(Debug, Clone)]
pub struct Path {
    pub(super) base: String,
    pub(super) query: Vec<(String, String)>,
    /// Whether the resource comes with Kubernetes itself, so that no server lacks it.
    pub(super) is_built_in: bool,
    /// What the answer must be about.
    pub(super) about: About,
    /// Whether only the metadata of the objects is asked for; what they hold never comes.
    pub(super) is_metadata_only: bool,
}

/// What an answer must be about, so that anything else is not taken for an empty one.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// An object of this name.
    Object(String),
    /// An object of this kind.
    Kind(String),
    /// Whatever the caller makes of it.
    Anything,
}

impl Path {
    /// Makes the path of a list: `group` is empty for the core group, `namespace` is `None` for all of them.
    #[must_use]
    pub fn list(group: &str, version: &str, namespace: Option<&str>, resource: &str) -> Self {
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let base = match namespace {
            Some(namespace) => format!("{root}/namespaces/{}/{resource}", escape(namespace)),
            None => format!("{root}/{resource}"),
        };
        Self {
            base,
            query: Vec::new(),
            is_built_in: is_built_in(group),
            about: About::Anything,
            is_metadata_only: false,
        }
    }

    /// Makes the path of one object.
    #[must_use]
    pub fn object(group: &str, version: &str, namespace: Option<&str>, resource: &str, name: &str) -> Self {
        let mut path = Self::list(group, version, namespace, resource);
        path.base = format!("{}/{}", path.base, escape(name));
        path.about = About::Object(name.to_owned());
        path
    }

    /// Makes the path of the server's version.
    #[must_use]
    pub fn version() -> Self {
        Self::discovery("/version".to_owned(), false, About::Anything)
    }

    /// Makes the path of what is known of an API group.
    #[must_use]
    pub fn group(group: &str) -> Self {
        Self::discovery(format!("/apis/{}", escape(group)), false, About::Kind("APIGroup".to_owned()))
    }

    /// Makes the path of what is known of one version of an API group.
    #[must_use]
    pub fn group_version(group: &str, version: &str) -> Self {
        let base = format!("/apis/{}/{}", escape(group), escape(version));
        Self::discovery(base, false, About::Kind("APIResourceList".to_owned()))
    }

    /// Makes the path of what is known of all API groups.
    #[must_use]
    pub fn groups() -> Self {
        Self::discovery("/apis".to_owned(), true, About::Kind("APIGroupList".to_owned()))
    }

    const fn discovery(base: String, is_built_in: bool, about: About) -> Self {
        Self { base, query: Vec::new(), is_built_in, about, is_metadata_only: false }
    }

    /// Asks only for the metadata of the objects: where they may be of any kind, they may be Secrets.
    ///
    /// Knowledge: the Kubernetes API concepts, "PartialObjectMetadataList"; a server that cannot answers 406.
    #[must_use]
    pub const fn metadata_only(mut self) -> Self {
        self.is_metadata_only = true;
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.query.push((key.to_owned(), value.into()));
        self
    }

    pub(super) fn uri(&self) -> String {
        let mut uri = self.base.clone();
        for (index, (key, value)) in self.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(key);
            uri.push('=');
            uri.push_str(&escape(value));
        }
        uri
    }
}

/// Escapes what may not stand in a URI; a name from a cluster must not end the path that it stands in.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
