//! What is in scope of a backup: what the backup instance says in Azure, else what the newest backup in the cluster was.

use schemars::JsonSchema;
use serde::Serialize;

use super::index::{DISK, FILE, Sight, is_nfs, private_endpoint};
use crate::facts::arm::{ArmId, BackupInstance};
use crate::facts::objects::{Backup, LabelSelector, Labels};
use crate::facts::{Binding, Facts, Need, Right, Unread};
use crate::finding::listing;

/// What a scope was read from (contract section 4, `judgedAgainst.scope`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The backup instance in Azure.
    Azure,
    /// The newest backup in the cluster.
    LastBackup,
    /// Nothing.
    None,
}

/// What one instance, or one backup, takes in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extent {
    /// What it is called.
    pub name: String,
    /// Whether it says nothing of what it takes in.
    is_silent: bool,
    /// Whether no backup is made by it.
    is_stopped: bool,
    /// The namespaces; none named means all.
    included: Vec<String>,
    /// The namespaces that are left out.
    excluded: Vec<String>,
    /// Whether claims are among the types of objects that are in.
    has_claims: bool,
    /// Only what bears labels: which, it says here.
    selectors: Vec<LabelSelector>,
    /// Labels in words that are no `key=value`.
    odd_selectors: Vec<String>,
    /// Whether one of several selectors is known to be enough.
    is_one_enough: bool,
    /// Whether volumes are in; `None` where nobody said.
    has_volumes: Option<bool>,
    /// The kinds of volumes that are in; `None` where nobody said.
    kinds: Option<Vec<String>>,
}

/// What is in scope.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What says so.
    pub basis: Basis,
    /// What takes in what; a claim that one of them takes in is in. Empty with [`Basis::Azure`]: nothing protects the cluster.
    pub extents: Vec<Extent>,
    /// The instance, in Azure's words.
    pub instance: Option<String>,
    /// The policy, in Azure's words.
    pub policy: Option<String>,
    /// Why Azure did not say, where it was asked.
    pub unread: Option<Unread>,
    /// Why there may be more instances, or newer backups, than these.
    partly: Option<Unread>,
    /// What earlier backups took in, where only backups say what is in scope: a cluster may have several instances.
    earlier: Vec<Extent>,
}

/// What keeps a claim out of all that makes backups; the order is that in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Out {
    /// Its namespace.
    Namespace,
    /// Claims are not among the types of objects that are in.
    Types,
    /// The labels that it lacks.
    Labels,
    /// Volumes are left out.
    Volumes,
    /// Volumes of its kind are left out.
    Kinds,
    /// What would take it in makes no backups.
    Stopped,
}

/// How a claim stands to what makes backups.
#[derive(Debug, Clone, Default)]
pub(super) struct Stand {
    /// What certainly keeps it out.
    pub(super) out: Option<Out>,
    /// Why nobody knows whether it is in.
    pub(super) doubt: Option<Unread>,
}

/// Whether something takes a claim in.
enum Takes {
    Yes,
    No,
    Doubt(Unread),
}

/// The words of Azure for the kinds of volumes (DataProtection's `includedVolumeTypes`).
const KIND_OF_DISKS: &str = "AzureDisk";
const KIND_OF_SHARES: &str = "AzureFileShareSMB";
/// So many different scopes of earlier backups are kept.
const MOST_EARLIER: usize = 20;

impl Scope {
    /// Finds what is in scope.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        // Of another cluster nothing is taken.
        let is_own = !matches!(facts.binding(), Binding::Contradicted(_));
        let unread = facts.backup_instances.unread("the backup instances of the cluster");
        let is_asked = !facts.is_unasked(Need::BackupInstances);
        let rows = facts.backup_instances.known_rows();
        let is_known = facts.backup_instances.known().is_some() && (unread.is_none() || !rows.is_empty());
        if is_own && is_known {
            let id = |ids: Vec<&ArmId>| {
                let names: Vec<&str> = ids.into_iter().map(ArmId::as_str).collect();
                (!names.is_empty()).then(|| names.join(", "))
            };
            return Self {
                basis: Basis::Azure,
                extents: rows.iter().map(Extent::of_instance).collect(),
                instance: id(rows.iter().map(|one| &one.id).collect()),
                policy: id(rows.iter().map(|one| &one.properties.policy_info.policy_id).collect()),
                unread: None,
                partly: unread,
                earlier: Vec::new(),
            };
        }
        let backups = facts.backups.known_rows();
        let newest = backups.iter().max_by_key(|backup| backup.began());
        let extents: Vec<Extent> = newest.map(Extent::of_backup).into_iter().collect();
        let mut earlier: Vec<Extent> = Vec::new();
        for backup in backups {
            let extent = Extent { name: String::new(), ..Extent::of_backup(backup) };
            if earlier.len() < MOST_EARLIER && !earlier.contains(&extent) {
                earlier.push(extent);
            }
        }
        Self {
            basis: if newest.is_some() { Basis::LastBackup } else { Basis::None },
            extents,
            instance: None,
            policy: None,
            unread: unread.filter(|_| is_asked),
            partly: newest.and_then(|_| facts.backups.unread("the backups")),
            earlier,
        }
    }

    /// Returns whether something is known to be in or out of scope.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !matches!(self.basis, Basis::None)
    }

    /// Judges how a claim stands to all that makes backups: in if one takes it in, out if none does.
    pub(super) fn stand(&self, sight: &Sight<'_, '_>) -> Stand {
        if self.extents.is_empty() {
            // Disks are in by themselves; shares have to be chosen.
            let is_open = self.basis == Basis::None && is_of_shares(sight);
            return Stand { out: None, doubt: is_open.then(|| self.kinds_not_told()) };
        }
        let mut left: Vec<(&Extent, Option<Unread>)> = self.extents.iter().map(|extent| (extent, None)).collect();
        for question in Out::ALL {
            left = left
                .into_iter()
                .filter_map(|(extent, doubt)| match self.asks(question, extent, sight) {
                    Takes::Yes => Some((extent, doubt)),
                    Takes::No => None,
                    Takes::Doubt(unread) => Some((extent, doubt.or(Some(unread)))),
                })
                .collect();
            if left.is_empty() {
                return match self.doubts(question, sight) {
                    Some(doubt) => Stand { out: None, doubt: Some(doubt) },
                    None => Stand { out: Some(question), doubt: None },
                };
            }
        }
        let is_in = left.iter().any(|(_, doubt)| doubt.is_none());
        Stand { out: None, doubt: left.into_iter().find_map(|(_, doubt)| doubt).filter(|_| !is_in) }
    }

    /// Returns why something that was not read may take in what all that was read leaves out.
    fn doubts(&self, out: Out, sight: &Sight<'_, '_>) -> Option<Unread> {
        let namespace = sight.claim.namespace.as_str();
        let was_in = out == Out::Namespace && self.earlier.iter().any(|extent| extent.takes_namespace(namespace));
        self.partly.clone().or_else(|| {
            was_in.then(|| Unread {
                why: "its namespace was not in the newest backup, and was in an earlier one: which of them still counts, Azure would say".to_owned(),
                missing: self.missing(),
            })
        })
    }

    fn asks(&self, question: Out, extent: &Extent, sight: &Sight<'_, '_>) -> Takes {
        let takes = |takes: bool| if takes { Takes::Yes } else { Takes::No };
        let silent = |why: &str| Takes::Doubt(Unread { why: why.to_owned(), missing: Vec::new() });
        match question {
            Out::Namespace if extent.is_silent => silent("the backup instance does not say what it takes in"),
            Out::Namespace => takes(extent.takes_namespace(&sight.claim.namespace)),
            Out::Types => takes(extent.has_claims),
            Out::Labels => extent.asks_labels(sight),
            Out::Volumes => match extent.has_volumes {
                Some(has_volumes) => takes(has_volumes),
                None if extent.is_silent => Takes::Yes,
                None => silent("the backup instance does not say whether it takes in volumes"),
            },
            Out::Kinds => self.asks_kind(extent, sight),
            Out::Stopped => takes(!extent.is_stopped),
        }
    }

    fn asks_kind(&self, extent: &Extent, sight: &Sight<'_, '_>) -> Takes {
        let is_disk = sight.volume_of(DISK).is_some();
        if !is_disk && !is_of_shares(sight) {
            return Takes::Yes;
        }
        let wanted = if is_disk { KIND_OF_DISKS } else { KIND_OF_SHARES };
        let is = |kind: &String, word: &str| kind.eq_ignore_ascii_case(word);
        match &extent.kinds {
            None if is_disk => Takes::Yes,
            None => Takes::Doubt(self.kinds_not_told()),
            Some(kinds) if kinds.iter().any(|kind| is(kind, wanted)) => Takes::Yes,
            Some(kinds) => {
                let odd: Vec<&str> = kinds
                    .iter()
                    .filter(|kind| !is(kind, KIND_OF_DISKS) && !is(kind, KIND_OF_SHARES))
                    .map(String::as_str)
                    .collect();
                if odd.is_empty() {
                    return Takes::No;
                }
                Takes::Doubt(Unread {
                    why: format!("the backup takes in volumes of a kind that is not known here: {}", listing(odd, 3)),
                    missing: Vec::new(),
                })
            }
        }
    }

    fn kinds_not_told(&self) -> Unread {
        let why = match self.basis {
            Basis::Azure => "azurefile: the backup instance does not say whether it takes in file shares",
            _ => "azurefile: whether the backup instance takes in file shares could not be read",
        };
        Unread { why: why.to_owned(), missing: self.missing() }
    }

    fn missing(&self) -> Vec<Right> {
        self.unread.iter().flat_map(|unread| unread.missing.clone()).collect()
    }

    /// Returns the kinds of volumes that are taken in where the claim is, in words.
    pub(super) fn kinds_in_words(&self, namespace: &str) -> String {
        let of_here = self.extents.iter().filter(|extent| extent.takes_namespace(namespace));
        let mut kinds: Vec<&str> =
            of_here.filter_map(|extent| extent.kinds.as_ref()).flatten().map(String::as_str).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.join(", ")
    }

    /// Returns the labels that are asked for where the claim is, in words.
    pub(super) fn labels_in_words(&self, namespace: &str) -> String {
        let of_here = self.extents.iter().filter(|extent| extent.takes_namespace(namespace));
        let mut words: Vec<String> = of_here.map(Extent::labels_in_words).filter(|words| !words.is_empty()).collect();
        words.sort_unstable();
        words.dedup();
        words.join(" or ")
    }
}

/// Returns whether a claim's volume is a share of which the kinds that were chosen decide.
///
/// A share that is never backed up is not left out by anybody's choice.
fn is_of_shares(sight: &Sight<'_, '_>) -> bool {
    sight.volume_of(FILE).is_some_and(|share| !is_nfs(share) && private_endpoint(share).is_none())
}

impl Out {
    const ALL: [Self; 6] = [Self::Namespace, Self::Types, Self::Labels, Self::Volumes, Self::Kinds, Self::Stopped];
}

impl Extent {
    fn of_instance(instance: &BackupInstance) -> Self {
        // What the states mean: azure's management client; whether backups go on while only their removal is suspended,
        // it does not say.
        const WITHOUT_BACKUPS: [&str; 7] = [
            "ProtectionStopped",
            "BackupSchedulesSuspended",
            "SoftDeleted",
            "SoftDeleting",
            "NotProtected",
            "ConfiguringProtectionFailed",
            "Invalid",
        ];
        let state = instance.properties.current_protection_state.as_deref().unwrap_or_default();
        let is_stopped = WITHOUT_BACKUPS.iter().any(|word| word.eq_ignore_ascii_case(state));
        let name = instance.label().to_owned();
        let Some(scope) = instance.scope() else {
            return Self { name, is_silent: true, is_stopped, has_claims: true, ..Self::default() };
        };
        let (mut selectors, mut odd_selectors) = (Vec::new(), Vec::new());
        for text in scope.label_selectors.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            match selector(text) {
                Some(selector) => selectors.push(selector),
                None => odd_selectors.push(text.to_owned()),
            }
        }
        Self {
            name,
            is_silent: false,
            is_stopped,
            included: scope.included_namespaces.clone(),
            excluded: scope.excluded_namespaces.clone(),
            has_claims: has_claims(&scope.included_resource_types, &scope.excluded_resource_types),
            selectors,
            odd_selectors,
            is_one_enough: false,
            has_volumes: scope.snapshot_volumes,
            kinds: (!scope.included_volume_types.is_empty()).then(|| scope.included_volume_types.clone()),
        }
    }

    fn of_backup(backup: &Backup) -> Self {
        let spec = &backup.spec;
        Self {
            name: backup.metadata.name.clone(),
            is_silent: false,
            is_stopped: false,
            included: spec.included_namespaces.clone(),
            excluded: spec.excluded_namespaces.clone(),
            has_claims: has_claims(&spec.included_resources, &spec.excluded_resources),
            selectors: spec
                .label_selector
                .iter()
                .chain(&spec.or_label_selectors)
                .filter(|selector| !selector.is_empty())
                .cloned()
                .collect(),
            odd_selectors: Vec::new(),
            is_one_enough: true,
            // Velero takes them where nobody says otherwise.
            has_volumes: Some(spec.snapshot_volumes != Some(false)),
            kinds: None,
        }
    }

    /// Returns whether a namespace is in.
    #[must_use]
    pub fn takes_namespace(&self, namespace: &str) -> bool {
        let is = |pattern: &String| pattern == "*" || fits(pattern, namespace);
        (self.included.is_empty() || self.included.iter().any(is)) && !self.excluded.iter().any(is)
    }

    /// Returns whether volumes of a namespace are in, as far as anybody said.
    #[must_use]
    pub fn takes_volumes_of(&self, namespace: &str) -> bool {
        !self.is_stopped && self.has_volumes != Some(false) && self.takes_namespace(namespace)
    }

    /// Returns whether an object with these labels is in; nothing where that cannot be told.
    ///
    /// Of several selectors of a backup instance nobody says whether one is enough, or all must fit: only where both
    /// ways come to the same is it certain.
    fn takes_labels(&self, labels: &Labels) -> Option<bool> {
        let known = self.selectors.iter().map(|selector| selector.takes_in(labels));
        let fits: Vec<Option<bool>> = known.chain(self.odd_selectors.iter().map(|_| None)).collect();
        if fits.is_empty() || (self.is_one_enough && fits.contains(&Some(true))) {
            return Some(true);
        }
        let first = *fits.first()?;
        fits.iter().all(|one| *one == first).then_some(first)?
    }

    fn asks_labels(&self, sight: &Sight<'_, '_>) -> Takes {
        let own = self.takes_labels(&sight.claim.labels);
        if own == Some(true) {
            return Takes::Yes;
        }
        // Velero takes a claim along with a pod that is backed up.
        let users = sight.users.iter().filter(|user| !is_left_out(&user.labels));
        let of_pods: Vec<Option<bool>> = users.map(|user| self.takes_labels(&user.labels)).collect();
        if of_pods.contains(&Some(true)) {
            return Takes::Yes;
        }
        if own.is_none() || of_pods.contains(&None) {
            let why = if self.odd_selectors.is_empty() {
                format!(
                    "the backup asks for several labels, and whether one is enough is not known: {}",
                    self.labels_in_words()
                )
            } else {
                format!("the backup asks for labels that are not understood here: {}", self.labels_in_words())
            };
            return Takes::Doubt(Unread { why, missing: Vec::new() });
        }
        // A pod that bears the label would take it along.
        sight.index.lacks(Need::ClaimUsers).map_or(Takes::No, Takes::Doubt)
    }

    /// Returns the labels that it asks for, in words.
    #[must_use]
    pub fn labels_in_words(&self) -> String {
        let known = self.selectors.iter().map(LabelSelector::words);
        let words: Vec<String> = known.chain(self.odd_selectors.iter().cloned()).collect();
        words.join(if self.is_one_enough { " or " } else { ", " })
    }
}

/// Reads `key=value`, or several with commas between them, all of which must fit; nothing of any other form.
fn selector(text: &str) -> Option<LabelSelector> {
    let is_of_labels = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let demand = |part: &str| {
        let (key, value) = part.split_once('=')?;
        let (key, value) = (key.trim(), value.strip_prefix('=').unwrap_or(value).trim());
        let is_plain = !key.is_empty() && key.chars().all(is_of_labels) && value.chars().all(is_of_labels);
        is_plain.then(|| (key.to_owned(), value.to_owned()))
    };
    let match_labels = text.split(',').map(demand).collect::<Option<Labels>>()?;
    // One key with two values fits nothing; that is no selector that anybody means.
    (match_labels.len() == text.split(',').count()).then(|| LabelSelector { match_labels, ..LabelSelector::default() })
}

/// Returns whether claims are among the types of objects that are taken in.
fn has_claims(included: &[String], excluded: &[String]) -> bool {
    let is_claims = |word: &String| {
        let word = word.to_ascii_lowercase();
        let word = word.rsplit('/').next().unwrap_or_default();
        let plural = word.split('.').next().unwrap_or_default();
        matches!(plural, "*" | "persistentvolumeclaims" | "persistentvolumeclaim" | "pvc" | "pvcs")
    };
    (included.is_empty() || included.iter().any(is_claims)) && !excluded.iter().any(is_claims)
}

/// The label by which Velero leaves an object out; no other value of it does that, and no annotation.
pub(super) const EXCLUDED: &str = "velero.io/exclude-from-backup";

/// Returns whether an object's labels leave it out of every backup.
pub(super) fn is_left_out(labels: &Labels) -> bool {
    labels.get(EXCLUDED).is_some_and(|value| value == "true")
}

/// Returns whether a pattern with `*` fits a namespace, as Velero takes it.
fn fits(pattern: &str, namespace: &str) -> bool {
    if !pattern.contains('*') {
        return pattern == namespace;
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| namespace.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}
