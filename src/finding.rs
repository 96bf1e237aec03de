//! What a check says when it finds trouble: the finding, its evidence and its remedy.
//!
//! Pure data that every other room may name. Fields and their meaning are fixed by the contract
//! (section 3); whether a finding is a root cause is decided elsewhere, in `checks::diagnosis`,
//! since no check knows the others.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Returns a time as people read it, to the minute: `2026-11-22 02:14 UTC`.
#[must_use]
pub fn minute(when: Timestamp) -> String {
    when.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns names as people list them: `a`, `a and b`, `a, b and c`, and how many more beyond `most`.
#[must_use]
pub fn listing<'n>(names: impl IntoIterator<Item = &'n str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= most => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..most].join(", "), names.len() - most),
    }
}

/// Returns a count with its noun: `1 pod`, `3 pods`.
#[must_use]
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// Returns a size as people write it: `32 GiB`, `1.5 TiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let Some((unit, shift)) = UNITS.iter().find(|(_, shift)| bytes >> shift > 0) else {
        return counted(usize::try_from(bytes).unwrap_or(usize::MAX), "byte", "bytes");
    };
    let whole = bytes >> shift;
    let tenths = ((bytes - (whole << shift)) >> (shift - 10)) * 10 / 1024;
    if tenths == 0 { format!("{whole} {unit}") } else { format!("{whole}.{tenths} {unit}") }
}

/// One stretch of the road that a backup takes.
///
/// The order is the order of the road; reports are sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hop {
    /// Sign-in and rights of the person who runs the command.
    You,
    /// The cluster itself: power state, nodes, API server.
    Cluster,
    /// The backup extension: its installation, pods and agent.
    Extension,
    /// Name resolution and the network path to Azure.
    Dns,
    /// Tokens and identities.
    Identity,
    /// The storage location, its account and its role.
    Storage,
    /// The backup vault and what it protects.
    Vault,
    /// Volumes and their snapshots.
    Volumes,
    /// Backups and restores themselves.
    Runs,
}

impl Hop {
    /// Every hop, in the order of the road.
    pub const ROAD: [Self; 9] = [
        Self::You,
        Self::Cluster,
        Self::Extension,
        Self::Dns,
        Self::Identity,
        Self::Storage,
        Self::Vault,
        Self::Volumes,
        Self::Runs,
    ];

    /// Returns the hop's name as the contract spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Cluster => "cluster",
            Self::Extension => "extension",
            Self::Dns => "dns",
            Self::Identity => "identity",
            Self::Storage => "storage",
            Self::Vault => "vault",
            Self::Volumes => "volumes",
            Self::Runs => "runs",
        }
    }
}

/// How much a finding hurts (contract section 2).
///
/// Ordered so that the worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A backup or restore fails, or loses data, now.
    Error,
    /// Data is unprotected, or will fail later.
    Warning,
    /// Neither.
    Info,
}

impl Severity {
    /// Returns the severity's name as the contract spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// The object that a finding is about; parts that do not apply are null.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The group and version, as in `velero.io/v1`.
    pub api_version: Option<String>,
    /// The kind in Kubernetes' own spelling.
    pub kind: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The id of an Azure resource.
    pub id: Option<String>,
}

impl Subject {
    /// Makes the subject of a namespaced object.
    pub fn namespaced(api_version: &str, kind: &str, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            api_version: Some(api_version.to_owned()),
            kind: Some(kind.to_owned()),
            namespace: Some(namespace.into()),
            name: Some(name.into()),
            id: None,
        }
    }

    /// Makes the subject of an object that lives in no namespace.
    pub fn cluster_wide(api_version: &str, kind: &str, name: impl Into<String>) -> Self {
        Self {
            api_version: Some(api_version.to_owned()),
            kind: Some(kind.to_owned()),
            namespace: None,
            name: Some(name.into()),
            id: None,
        }
    }

    /// Returns whether both are the same object; Azure writes one id in several letter cases.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(mine), Some(theirs)) => mine.eq_ignore_ascii_case(theirs),
            _ => self == other,
        }
    }

    /// Returns a short stable text: `kind/namespace/name`, or the id of an Azure resource.
    #[must_use]
    pub fn path(&self) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let parts = [self.kind.as_deref(), self.namespace.as_deref(), self.name.as_deref()];
        let mut text = String::new();
        for part in parts.into_iter().flatten() {
            if !text.is_empty() {
                text.push('/');
            }
            text.push_str(&part.to_lowercase());
        }
        text
    }
}

/// Where something was seen, and the words that were seen there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// A pointer that a person can open, such as `pod/ns/name log container`.
    pub at: String,
    /// The words that were seen, where there are any.
    pub quote: Option<String>,
}

impl Evidence {
    /// Makes evidence that points at a place and quotes it.
    pub fn quoted(at: impl Into<String>, quote: impl Into<String>) -> Self {
        Self { at: at.into(), quote: Some(quote.into()) }
    }

    /// Makes evidence that points at a place.
    pub fn at(at: impl Into<String>) -> Self {
        Self { at: at.into(), quote: None }
    }

    /// Adds the words that were seen there.
    #[must_use]
    pub fn quoting(mut self, quote: impl Into<String>) -> Self {
        self.quote = Some(quote.into());
        self
    }
}

/// What mends a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remedy {
    /// The command of this tool that mends it; null until that command exists.
    pub command: Option<String>,
    /// The documented commands, in their safe form.
    pub documented: Vec<String>,
    /// What to do, in a sentence or two.
    pub text: String,
}

impl Remedy {
    /// Makes a remedy that a person carries out by hand.
    pub fn guided(text: impl Into<String>) -> Self {
        Self { command: None, documented: Vec::new(), text: text.into() }
    }

    /// Adds a documented command, to be copied as it stands.
    #[must_use]
    pub fn documented(mut self, command: impl Into<String>) -> Self {
        self.documented.push(command.into());
        self
    }
}

/// Trouble that a check found, before anybody asked what caused what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it hurts.
    pub severity: Severity,
    /// The object that it is about.
    pub subject: Subject,
    /// Further objects that it is about, for telling whether two findings concern the same thing.
    pub concerns: Vec<Subject>,
    /// What is wrong, in whole sentences; every one of them is something that was seen.
    pub message: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
    /// Microsoft's codes that it explains, where they are not all that its check may; none where Microsoft gave none.
    pub explains: Option<Vec<&'static str>>,
    /// A group name shared by findings of which one is true.
    pub alternatives: Option<String>,
    /// What would tell the members of that group apart.
    pub decide: Option<String>,
    /// What a helpful fact that could not be read would have added.
    pub not_read: Vec<String>,
    /// What mends it.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// Makes a finding without evidence or remedy; add them before returning it.
    pub fn new(severity: Severity, subject: Subject, message: impl Into<String>) -> Self {
        Self {
            severity,
            subject,
            concerns: Vec::new(),
            message: message.into(),
            evidence: Vec::new(),
            explains: None,
            alternatives: None,
            decide: None,
            not_read: Vec::new(),
            remedy: None,
        }
    }

    /// Adds a piece of evidence.
    #[must_use]
    pub fn seen(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds another object that the finding is about.
    #[must_use]
    pub fn concerning(mut self, subject: Subject) -> Self {
        self.concerns.push(subject);
        self
    }

    /// Narrows the codes that it explains to those that Microsoft gave.
    #[must_use]
    pub fn explaining(mut self, codes: impl IntoIterator<Item = &'static str>) -> Self {
        self.explains = Some(codes.into_iter().collect());
        self
    }

    /// Sets what mends it.
    #[must_use]
    pub fn mended_by(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// Puts the finding into a group of which one is true, with what would decide.
    #[must_use]
    pub fn one_of(mut self, group: impl Into<String>, decide: impl Into<String>) -> Self {
        self.alternatives = Some(group.into());
        self.decide = Some(decide.into());
        self
    }

    /// Notes what an unreadable fact would have added; nothing is noted for `None`.
    #[must_use]
    pub fn without(mut self, not_read: Option<String>) -> Self {
        self.not_read.extend(not_read);
        self
    }

    /// Returns whether the two findings are about a common object.
    #[must_use]
    pub fn shares_subject_with(&self, other: &Self) -> bool {
        let mine = || std::iter::once(&self.subject).chain(&self.concerns);
        std::iter::once(&other.subject).chain(&other.concerns).any(|theirs| mine().any(|m| m.is_same_as(theirs)))
    }
}
