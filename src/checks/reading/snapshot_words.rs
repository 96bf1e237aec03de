//! What the error of a snapshot means, and what helps.
//!
//! Knowledge: azure-backup.md section 1 and the public reports about snapshots; Azure's limits of 500 snapshots of a
//! disk and 200 of a file share. The drivers work by the cluster's identity; their controllers run in AKS's control
//! plane, outside the cluster's network.

use super::snapshots::Unready;
use crate::catalogue::{Captured, Sign};
use crate::facts::shell_word;

/// What an error means, and what helps.
pub struct Told {
    /// What is wrong, behind a count and a colon; a sentence without its end.
    pub what: String,
    /// What to do, in whole sentences.
    pub help: String,
    /// Commands that show it.
    pub commands: Vec<String>,
    /// Whether it passes by itself.
    pub passes: bool,
}

/// Reads what a snapshot's error means.
pub fn told(one: &Unready<'_>) -> Told {
    let Some(found) = &one.found else { return unknown(one) };
    match (found.sign, &found.captured) {
        (Sign::SnapshotRightMissing | Sign::ActionDenied, Captured::Permission { client, object, action, scope }) => {
            right([client, object, action, scope].map(|word| word.as_deref()))
        }
        (Sign::LinkedAuthorization, Captured::Permission { client, action, scope, .. }) => {
            linked(client.as_deref(), action.as_deref(), scope.as_deref())
        }
        (Sign::DenyAssignment, Captured::Permission { action, scope, .. }) => Told {
            what: format!(
                "a deny assignment forbids {}{}, whatever roles there are",
                action.as_deref().unwrap_or("it"),
                at(scope.as_deref())
            ),
            help:
                "See who made the deny assignment: a managed resource group, or a lockdown of the node resource group. \
                   Snapshots belong into a group of their own, outside of it."
                    .to_owned(),
            commands: Vec::new(),
            passes: false,
        },
        (Sign::RequestDisallowedByPolicy, Captured::Disallowed { assignment, resource_type, .. }) => {
            policy(assignment.as_deref(), resource_type.as_deref())
        }
        (Sign::ScopeLocked, Captured::Lock { scope, .. }) => Told {
            what: format!("a lock{} forbids it (UserErrorSnapshotResourceGroupHasLocks)", at(scope.as_deref())),
            help: "Have the lock removed: locks of the subscription and of the resource group count alike.".to_owned(),
            commands: scope
                .iter()
                .map(|scope| format!("az lock list --resource {} --output table", shell_word(scope)))
                .collect(),
            passes: false,
        },
        (sign, captured) => plain(sign, captured),
    }
}

fn plain(sign: Sign, captured: &Captured) -> Told {
    let name = match captured {
        Captured::Resource { name: Some(name), .. } | Captured::Name { name: Some(name) } => format!(" {name}"),
        _ => String::new(),
    };
    let (what, help, passes) = match sign {
        Sign::SnapshotLimit => (
            "the disk has as many snapshots as Azure allows: 500, or 200 of a file share (UserErrorPVSnapshotLimitReached)"
                .to_owned(),
            "Shorten the retention in the backup policy and let the vault delete old recovery points; snapshots that \
             nothing knows any more count too.",
            false,
        ),
        Sign::DiskNotFound => (
            format!("Azure does not find the disk{name} (UserErrorPVNotFound)"),
            "See whether the disk is there. Where it is gone for good, its claim and volume keep failing in every backup \
             until they are removed or left out of it.",
            false,
        ),
        Sign::SnapshotNotFound => (
            format!("Azure does not find the snapshot{name} in the group and region where it was looked for"),
            "See whether somebody deleted the snapshot, and which group and region its class names.",
            false,
        ),
        Sign::ResourceGroupNotFound => (
            format!("Azure does not find the resource group{name}"),
            "The snapshot resource group of a backup instance cannot be changed: make it anew under the same name and \
             grant its roles again, or set up the backup instance anew.",
            false,
        ),
        Sign::SnapshotCopying => (
            "the snapshot is still copied in the background, as those of Premium SSD v2 and Ultra disks are, and the \
             backup did not wait that long"
                .to_owned(),
            "Wait: a snapshot that is copied becomes ready by itself, and the next one copies only what changed. Where \
             that is never in time, back up these disks less often, or fewer of them at once.",
            true,
        ),
        Sign::StorageNetworkDenied | Sign::FileShareNetworkDenied => (
            "the network rules of the file share's storage account keep the driver out; its controller runs in AKS's \
             control plane, outside the cluster's network"
                .to_owned(),
            "Mounting works all the same. See whether useDataPlaneAPI is set in the class: without it, the driver goes by \
             way of Azure Resource Manager. Azure Backup does not support file shares behind a private endpoint.",
            false,
        ),
        Sign::InTreeVolume => (
            "the volume is one of the in-tree driver, which has no snapshots".to_owned(),
            "Move such volumes to the CSI driver; Azure Backup leaves them out otherwise.",
            false,
        ),
        other => (other.about().meaning.to_owned(), "Mend what the error names.", false),
    };
    Told { what, help: help.to_owned(), commands: Vec::new(), passes }
}

/// Says where, with a blank in front.
fn at(scope: Option<&str>) -> String {
    scope.map(|scope| format!(" at {}", group(scope))).unwrap_or_default()
}

/// Returns the resource group of a scope: every snapshot has a scope of its own, and roles belong on the group.
fn group(scope: &str) -> &str {
    scope.split("/providers/").next().filter(|group| !group.is_empty()).unwrap_or(scope)
}

fn right([client, object, action, scope]: [Option<&str>; 4]) -> Told {
    let who = client.map_or_else(|| "the driver's identity".to_owned(), |client| format!("the identity {client}"));
    let is_snapshot =
        action.is_some_and(|action| action.to_ascii_lowercase().starts_with("microsoft.compute/snapshots/"));
    let scope_of = scope.filter(|scope| is_plain(scope)).map(group);
    let mut commands = Vec::new();
    if let (Some(identity), Some(scope)) = (object.or(client).filter(|identity| is_plain(identity)), scope_of) {
        commands.push(format!(
            "az role assignment list --assignee {identity} --scope {scope} --include-inherited --output table"
        ));
    }
    // A role is only given for what the documentation gives it for, to an object id, which leaves no doubt who it is.
    let is_group = |scope: &&str| scope.to_ascii_lowercase().contains("/resourcegroups/");
    if let (true, Some(object), Some(scope)) =
        (is_snapshot, object.filter(|object| is_plain(object)), scope_of.filter(is_group))
    {
        commands.push(format!(
            "az role assignment create --assignee-object-id {object} --assignee-principal-type ServicePrincipal --role Contributor --scope {scope}"
        ));
    }
    let help = if is_snapshot {
        "The driver works by the cluster's identity: give that Contributor on the snapshot resource group, if the scope that \
         the message names is that group. A role that was granted minutes ago may not be in force yet."
    } else {
        "The driver works by the cluster's identity, which has no role with that action at that scope. Which role it should \
         have there, the owner of the scope says; Contributor on the snapshot resource group does not reach beyond that \
         group. A role that was granted minutes ago may not be in force yet."
    };
    Told {
        what: format!("{who} may not do {}{}", action.unwrap_or("it"), at(scope)),
        help: help.to_owned(),
        commands,
        passes: false,
    }
}

fn linked(client: Option<&str>, action: Option<&str>, scope: Option<&str>) -> Told {
    let who = client.map_or_else(|| "the driver's identity".to_owned(), |client| format!("the identity {client}"));
    Told {
        what: format!(
            "{who} may write snapshots, but not do {}{}, or that does not exist (LinkedAuthorizationFailed)",
            action.unwrap_or("what that takes"),
            scope.map(|scope| format!(" at {scope}")).unwrap_or_default(),
        ),
        help: "See whether that disk is there; if it is, give the cluster's identity a role on its resource group."
            .to_owned(),
        commands: Vec::new(),
        passes: false,
    }
}

fn policy(assignment: Option<&str>, kind: Option<&str>) -> Told {
    let is_snapshot = kind.is_none_or(|kind| kind.eq_ignore_ascii_case("Microsoft.Compute/snapshots"));
    Told {
        what: format!(
            "Azure Policy forbids the request{}{}{}",
            kind.map(|kind| format!(" for {kind}")).unwrap_or_default(),
            assignment.map(|name| format!(", by the assignment \"{name}\"")).unwrap_or_default(),
            if is_snapshot { " (UserErrorPVSnapshotDisallowedByPolicy)" } else { "" },
        ),
        help: "Have the snapshot resource group exempted from that assignment, or the policy changed.".to_owned(),
        commands: Vec::new(),
        passes: false,
    }
}

fn unknown(one: &Unready<'_>) -> Told {
    let has_words = one.content.status.error.as_ref().is_some_and(|error| error.message.is_some());
    let is_begun = one.content.status.snapshot_handle.as_ref().is_some_and(|handle| !handle.is_empty());
    if is_begun && !has_words {
        return Told {
            what: "Azure has begun it, since it has a handle, and it is not ready yet; those of Premium SSD v2 and Ultra disks \
                   are copied in the background, which can take hours"
                .to_owned(),
            help: "See in Azure how far the snapshot is (its completionPercent); one that is copied becomes ready by itself."
                .to_owned(),
            commands: Vec::new(),
            passes: true,
        };
    }
    let (what, help) = if has_words {
        ("the reason is not known here; the driver's words stand below", "See what the driver's words name.")
    } else {
        (
            "nothing says why: there is neither a result nor an error",
            "The driver, or the snapshot controller in front of it, has not answered. AKS runs both in its control plane: \
             see that the cluster's snapshot controller is switched on, then ask Azure's support.",
        )
    };
    Told { what: what.to_owned(), help: help.to_owned(), commands: Vec::new(), passes: false }
}

/// Returns whether a word from a message can stand in a command.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}
