//! The facts by what a verdict looks them up by: made once, asked for each claim.

use std::collections::{HashMap, HashSet};

use super::scope::{Scope, Stand, is_left_out};
use crate::facts::arm::{ArmId, Disk};
use crate::facts::objects::{ClaimReference, ClaimRow, ClaimUser, Event, SnapshotContent, StorageClass, VolumeRow};
use crate::facts::{Binding, Facts, Need, Unread};

/// The driver of Azure's disks.
pub(super) const DISK: &str = "disk.csi.azure.com";
/// The driver of Azure's file shares.
pub(super) const FILE: &str = "file.csi.azure.com";

/// What a volume of Azure's disks was before CSI.
pub(super) const IN_TREE_DISK: &str = "azureDisk";

/// The facts, by what they are looked up by.
pub struct Index<'f> {
    /// The facts.
    pub facts: &'f Facts,
    /// What is in scope.
    pub scope: Scope,
    /// Whether the policy keeps copies in the vault.
    pub has_vault_tier: bool,
    /// How many claims of disks the fullest of the instances takes in: a vault's limit counts them.
    pub disks_in_scope: usize,
    volumes: HashMap<&'f str, &'f VolumeRow>,
    classes: HashMap<&'f str, &'f StorageClass>,
    users: HashMap<(&'f str, &'f str), Vec<&'f ClaimUser>>,
    disks: HashMap<String, &'f Disk>,
    snapshots: HashMap<String, u64>,
    contents: HashMap<String, Vec<&'f SnapshotContent>>,
    events: HashMap<(&'f str, &'f str), Vec<&'f Event>>,
    nodes: HashSet<&'f str>,
    gone: HashSet<String>,
}

/// The volume behind a claim, as far as it is known.
#[derive(Debug, Clone)]
pub enum VolumeSeen<'f> {
    /// It is there.
    There(&'f VolumeRow),
    /// All volumes were read, and it is none of them.
    Gone,
    /// The claim names none.
    None,
    /// Nobody could read it.
    Unread(Unread),
}

/// What a rule sees of a claim.
pub struct Sight<'i, 'f> {
    /// Everything else.
    pub index: &'i Index<'f>,
    /// The claim.
    pub claim: &'f ClaimRow,
    /// Its volume.
    pub volume: VolumeSeen<'f>,
    /// The pods that use it.
    pub users: Vec<&'f ClaimUser>,
    /// How it stands to what makes backups.
    pub(super) stand: Stand,
}

/// Returns whether a share is used by NFS; the driver takes its own word for it, and the type of the file system.
pub(super) fn is_nfs(share: &VolumeRow) -> bool {
    ["protocol", "fstype"]
        .iter()
        .any(|key| share.attributes.get(key).is_some_and(|word| word.eq_ignore_ascii_case("nfs")))
}

/// Returns what says of a share that it is reached by a private endpoint: the key, and the value.
pub(super) fn private_endpoint(share: &VolumeRow) -> Option<(&'static str, &str)> {
    let kind = share.attributes.get("networkendpointtype").filter(|kind| kind.eq_ignore_ascii_case("privateEndpoint"));
    let server = share.attributes.get("server").filter(|host| host.to_ascii_lowercase().contains(".privatelink."));
    let by_kind = kind.map(|kind| ("networkEndpointType", kind));
    by_kind.or_else(|| server.map(|host| ("server", host)))
}

impl<'f> Index<'f> {
    /// Puts the facts in order; `vault_tier` is whether somebody wants to be judged as if copies were kept in the vault.
    #[must_use]
    pub fn of(facts: &'f Facts, vault_tier: bool) -> Self {
        let mut users: HashMap<(&str, &str), Vec<&ClaimUser>> = HashMap::new();
        for user in facts.claim_users.known_rows() {
            for claim in &user.claims {
                users.entry((user.namespace.as_str(), claim.as_str())).or_default().push(user);
            }
        }
        let mut contents: HashMap<String, Vec<&SnapshotContent>> = HashMap::new();
        for content in facts.snapshot_contents.known_rows() {
            if let Some(handle) = &content.spec.source.volume_handle {
                contents.entry(handle.to_ascii_lowercase()).or_default().push(content);
            }
        }
        let mut events: HashMap<(&str, &str), Vec<&Event>> = HashMap::new();
        for event in facts.claim_events.known_rows() {
            let of = (event.metadata.namespace(), event.involved_object.name.as_str());
            events.entry(of).or_default().push(event);
        }
        let lower = |id: &ArmId| id.as_str().to_ascii_lowercase();
        let is_disk = |disk: &&Disk| disk.kind.eq_ignore_ascii_case("disk");
        // Of another cluster nothing is taken.
        let is_own = !matches!(facts.binding(), Binding::Contradicted(_));
        let disks = facts.disks.known_rows().iter().filter(|_| is_own);
        let mut index = Self {
            facts,
            scope: Scope::of(facts),
            has_vault_tier: vault_tier || (is_own && has_vault_tier(facts)),
            disks_in_scope: 0,
            volumes: facts.all_volumes.known_rows().iter().map(|volume| (volume.name.as_str(), volume)).collect(),
            classes: facts
                .storage_classes
                .known_rows()
                .iter()
                .map(|class| (class.metadata.name.as_str(), class))
                .collect(),
            users,
            snapshots: disks.clone().filter_map(|disk| Some((lower(&disk.id), disk.count?))).collect(),
            disks: disks.filter(is_disk).map(|disk| (lower(&disk.id), disk)).collect(),
            contents,
            events,
            gone: facts.gone_disks.known_rows().iter().filter(|_| is_own).map(lower).collect(),
            nodes: facts.nodes.known_rows().iter().map(|node| node.metadata.name.as_str()).collect(),
        };
        let is_disk = |claim: &&ClaimRow| {
            let volume = claim.volume.as_deref().and_then(|name| index.volumes.get(name));
            volume.is_some_and(|volume| volume.driver == DISK) && !is_left_out(&claim.labels)
        };
        let mut counts = vec![0_usize; index.scope.extents.len()];
        if index.has_vault_tier {
            for claim in facts.all_claims.known_rows().iter().filter(is_disk) {
                for (count, extent) in counts.iter_mut().zip(&index.scope.extents) {
                    *count += usize::from(extent.takes_volumes_of(&claim.namespace));
                }
            }
        }
        index.disks_in_scope = counts.into_iter().max().unwrap_or_default();
        index
    }

    /// Returns the class of this name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&'f StorageClass> {
        self.classes.get(name).copied()
    }

    /// Returns whether the cluster has a node of this name; yes where its nodes could not be read.
    #[must_use]
    pub fn has_node(&self, name: &str) -> bool {
        self.facts.unread(Need::Nodes).is_some() || self.nodes.contains(name)
    }

    /// Returns how many snapshots Azure's index counts of a disk; nothing where it counts none, or was not asked.
    #[must_use]
    pub fn snapshots(&self, disk: &ArmId) -> Option<u64> {
        self.snapshots.get(&disk.as_str().to_ascii_lowercase()).copied()
    }

    /// Returns the snapshots of a volume, as the driver knows them.
    #[must_use]
    pub fn contents(&self, handle: &ArmId) -> &[&'f SnapshotContent] {
        self.contents.get(&handle.as_str().to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// Returns what was said last of a claim that waits.
    #[must_use]
    pub fn events(&self, claim: &'f ClaimRow) -> &[&'f Event] {
        self.events.get(&(claim.namespace.as_str(), claim.name.as_str())).map_or(&[], Vec::as_slice)
    }

    /// Returns the disk as Azure's index has it.
    #[must_use]
    pub fn disk(&self, id: &ArmId) -> Option<&'f Disk> {
        self.disks.get(&id.as_str().to_ascii_lowercase()).copied()
    }

    /// Returns whether Azure itself said of a disk that there is none.
    #[must_use]
    pub fn is_disk_gone(&self, disk: &ArmId) -> bool {
        self.gone.contains(&disk.as_str().to_ascii_lowercase())
    }

    /// Returns why a list does not hold all that there is; also where it is said not to exist, which these kinds do.
    #[must_use]
    pub fn lacks(&self, need: Need) -> Option<Unread> {
        let is_known = match need {
            Need::AllVolumes => self.facts.all_volumes.known().is_some(),
            Need::StorageClasses => self.facts.storage_classes.known().is_some(),
            Need::ClaimUsers => self.facts.claim_users.known().is_some(),
            _ => true,
        };
        let not_there = || Unread { why: format!("{} could not be read", need.what()), missing: Vec::new() };
        self.facts.unread(need).or_else(|| (!is_known).then(not_there))
    }

    /// Returns the kind of a claim's disk: as Azure has it, else as its driver was told.
    #[must_use]
    pub fn sku(&self, sight: &Sight<'_, 'f>) -> Option<&'f str> {
        let volume = sight.volume()?;
        let known = volume.handle.as_ref().and_then(|id| self.disk(id)).and_then(|disk| disk.sku.as_deref());
        known.or_else(|| volume.attributes.get("skuname"))
    }
}

impl<'i, 'f> Sight<'i, 'f> {
    /// Looks at a claim.
    #[must_use]
    pub fn of(index: &'i Index<'f>, claim: &'f ClaimRow) -> Self {
        let key = (claim.namespace.as_str(), claim.name.as_str());
        let users = index.users.get(&key).cloned().unwrap_or_default();
        let volume = match claim.volume.as_deref().filter(|name| !name.is_empty()) {
            None => VolumeSeen::None,
            Some(name) => match index.volumes.get(name) {
                Some(volume) => VolumeSeen::There(volume),
                None => index.lacks(Need::AllVolumes).map_or(VolumeSeen::Gone, VolumeSeen::Unread),
            },
        };
        let mut sight = Self { index, claim, volume, users, stand: Stand::default() };
        sight.stand = index.scope.stand(&sight);
        sight
    }

    /// Returns the volume, where it is there.
    #[must_use]
    pub const fn volume(&self) -> Option<&'f VolumeRow> {
        match self.volume {
            VolumeSeen::There(volume) => Some(volume),
            _ => None,
        }
    }

    /// Returns the volume, where it is one of this driver.
    #[must_use]
    pub fn volume_of(&self, driver: &str) -> Option<&'f VolumeRow> {
        self.volume().filter(|volume| volume.driver == driver)
    }

    /// Returns the name of the class: the claim's own word counts, else the volume's.
    #[must_use]
    pub fn class(&self) -> Option<&'f str> {
        let of_volume = self.volume().and_then(|volume| volume.class.as_deref());
        self.claim.class.as_deref().or(of_volume)
    }

    /// Returns the claim that the volume is bound to, where that is another one.
    #[must_use]
    pub fn other_claim(&self) -> Option<&'f ClaimReference> {
        let of = self.volume()?.claim.as_ref().filter(|of| !of.name.is_empty())?;
        let is_elsewhere = !of.namespace.is_empty() && of.namespace != self.claim.namespace;
        (of.name != self.claim.name || is_elsewhere).then_some(of)
    }

    /// Returns where the claim is, as evidence points at it.
    #[must_use]
    pub fn at(&self) -> String {
        format!("persistentvolumeclaim/{}/{}", self.claim.namespace, self.claim.name)
    }

    /// Returns whether its phase is this word.
    #[must_use]
    pub fn is(&self, phase: &str) -> bool {
        self.claim.phase.as_deref() == Some(phase)
    }
}

/// Returns whether the policy that counts keeps copies in the vault: the one that was named, else those of the instances.
fn has_vault_tier(facts: &Facts) -> bool {
    let policies = facts.backup_policies.known_rows().iter();
    let named = facts.named.policy.as_ref();
    let instances = facts.backup_instances.known_rows();
    let counts = |id: &ArmId| match named {
        Some(named) => id == named || id.name().eq_ignore_ascii_case(named.name()),
        None => instances.iter().any(|one| one.properties.policy_info.policy_id == *id),
    };
    policies.filter(|policy| counts(&policy.id)).any(crate::facts::arm::BackupPolicy::has_vault_tier)
}
