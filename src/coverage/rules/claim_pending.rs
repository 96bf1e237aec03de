//! The claim is Pending: it has no volume yet. Why it waits, its class and the provisioner's own event say.
//!
//! Knowledge: the founding page's UserErrorPVCNotBoundToVolume; the words of the volume binder.

use crate::coverage::index::{Sight, VolumeSeen};
use crate::coverage::rule::Rule;
use crate::coverage::verdict::Said;
use crate::facts::objects::{Event, StorageClass};
use crate::facts::{Need, Text};

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB508",
    name: "claim-pending",
    title: "the claim waits for a volume",
    explains: &["UserErrorPVCNotBoundToVolume"],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    if !sight.is("Pending") {
        return None;
    }
    let said = Said::will_fail(format!("the claim is Pending: {}", why(sight)));
    let said = said.seen(format!("{} .status.phase", sight.at()), "Pending");
    Some(match newest(sight) {
        Some(event) => said.seen(event.at(), event.message.as_ref().map(Text::as_str).unwrap_or_default()),
        None => said,
    })
}

/// Says why it waits, in words that are the same for all claims of one cause.
fn why(sight: &Sight<'_, '_>) -> String {
    let facts = sight.index.facts;
    let is_whole = sight.index.lacks(Need::StorageClasses).is_none();
    let is_default = |class: &StorageClass| {
        class.metadata.annotation("storageclass.kubernetes.io/is-default-class").is_some_and(|is| is == "true")
    };
    if let Some(other) = named(sight) {
        return other.to_owned();
    }
    let class = match sight.claim.class.as_deref() {
        Some("") => return "it asks for no class, and no volume that is there fits it".to_owned(),
        None if is_whole && !facts.storage_classes.known_rows().iter().any(is_default) => {
            return "it names no class, and the cluster has no default class".to_owned();
        }
        None => None,
        Some(name) => match sight.index.class(name) {
            None if is_whole => return format!("there is no StorageClass {name}"),
            class => class,
        },
    };
    let told = newest(sight);
    let reason = told.and_then(|event| event.reason.as_ref()).map(Text::as_str).unwrap_or_default();
    let message =
        told.and_then(|event| event.message.as_ref()).map(|text| text.to_ascii_lowercase()).unwrap_or_default();
    let is_unused = sight.users.is_empty() && sight.index.lacks(Need::ClaimUsers).is_none();
    // What is normal of a claim that nobody uses: its class says so, whether or not an event still does.
    let waits_for_a_pod =
        class.is_some_and(|class| class.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"));
    match reason {
        "WaitForFirstConsumer" if sight.users.is_empty() => UNUSED.to_owned(),
        "WaitForFirstConsumer" | "WaitForPodScheduled" => "it waits for its pod to be given a node".to_owned(),
        "FailedBinding" => "no volume that is there fits it".to_owned(),
        "ProvisioningFailed" if message.contains("quota") => {
            "a quota of Azure keeps the volume from being made".to_owned()
        }
        "ProvisioningFailed" if message.contains("authorizationfailed") || message.contains("status code: 403") => {
            "Azure does not let the cluster make the volume".to_owned()
        }
        "ProvisioningFailed" => "its provisioner fails to make the volume".to_owned(),
        "ExternalProvisioning" | "Provisioning" => "its provisioner has not made the volume yet".to_owned(),
        _ if waits_for_a_pod && is_unused => UNUSED.to_owned(),
        _ => match facts.unread(Need::ClaimEvents) {
            Some(_) => "why, its events would say, and they could not be read".to_owned(),
            None => "no event says why".to_owned(),
        },
    }
}

/// What is normal of a claim that nobody uses.
const UNUSED: &str = "its class waits for the first pod that uses it, and none does; it has no data yet";

/// Says what is wrong with the volume that the claim names though it is bound to none.
fn named(sight: &Sight<'_, '_>) -> Option<&'static str> {
    match &sight.volume {
        VolumeSeen::Gone => Some("the volume that it names is not there"),
        VolumeSeen::There(_) if sight.other_claim().is_some() => {
            Some("the volume that it names is bound to another claim")
        }
        VolumeSeen::There(volume) if volume.phase.as_deref() == Some("Released") => {
            Some("the volume that it names is Released, left by a claim that is gone")
        }
        _ => None,
    }
}

/// Returns the newest warning about the claim, else the newest word; what an earlier claim of its name was told is none.
fn newest<'f>(sight: &Sight<'_, 'f>) -> Option<&'f Event> {
    let made = sight.claim.made;
    let is_of_it = |event: &&&Event| match (event.when(), made) {
        (Some(when), Some(made)) => when >= made,
        _ => true,
    };
    let is_warning = |event: &&&Event| event.kind.as_deref() == Some("Warning");
    let events = || sight.index.events(sight.claim).iter().filter(is_of_it);
    events().find(is_warning).or_else(|| events().next()).copied()
}
