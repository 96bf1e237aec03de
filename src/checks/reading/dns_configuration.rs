//! CoreDNS's configuration, as the ConfigMaps hold it, read by the model of CoreDNS.
//!
//! Knowledge: coredns-on-aks.md 1.1 to 1.3: the Corefile is AKS's own, and what users add lies in coredns-custom beside it.

use crate::corefile::{Configuration, Place, Reading, Version};
use crate::facts::objects::{ConfigMap, Pod};
use crate::facts::{Facts, Need, Stop, Unread};
use crate::finding::{Subject, listing};

/// Reads the configuration of the cluster's CoreDNS.
///
/// # Errors
/// Where the ConfigMaps could not be read, where there is no Corefile, or where a part of one had to be redacted or is bytes.
pub fn reading(facts: &Facts) -> Result<Reading, Stop> {
    let maps = facts.dns_config.rows(Need::DnsConfig.what())?;
    let find = |name: &str| maps.iter().find(|map| map.metadata.name == name);
    let text = |map: &ConfigMap, key: &str| map.data.get(key).map(ToString::to_string);
    let Some(corefile) = find("coredns").and_then(|map| text(map, "Corefile")) else {
        return Err(Stop::not_applicable("there is no ConfigMap kube-system/coredns with a Corefile"));
    };
    let custom: Vec<(String, String)> = find("coredns-custom")
        .map(|map| map.data.iter().map(|(key, text)| (key.clone(), text.to_string())).collect())
        .unwrap_or_default();
    // What was taken out, or cut, would be judged as if CoreDNS read it so.
    let is_whole = |text: &str| !text.contains("[redacted]") && !text.contains("[…]");
    if !is_whole(&corefile) || !custom.iter().all(|(_, text)| is_whole(text)) {
        return Err(unknown("a part of CoreDNS's configuration looks like a secret and was left out"));
    }
    let bytes = find("coredns-custom").into_iter().flat_map(|map| map.binary_data.keys());
    let bytes = listing(bytes.map(String::as_str), 3);
    if !bytes.is_empty() {
        return Err(unknown(&format!(
            "coredns-custom holds keys as binaryData, which CoreDNS reads like the others and this tool does not: {bytes}"
        )));
    }
    Ok(Configuration::new(corefile, custom, version(facts)).read())
}

/// Says by which rules a configuration was judged, where those of the version that runs are not known.
pub fn judged_by(reading: &Reading) -> Option<String> {
    let (version, release) = reading.judged_by_another()?;
    Some(format!("The pods run CoreDNS {version}, which this tool does not know; judged by the rules of {release}."))
}

/// Makes the outcome of a check for what the model does not know.
pub fn unknown(why: &str) -> Stop {
    Stop::Inconclusive(Unread { why: why.to_owned(), missing: Vec::new() })
}

/// Returns CoreDNS's version, where all replicas have the same image.
fn version(facts: &Facts) -> Version {
    let mut images = facts.dns_pods.known_rows().iter().filter_map(image);
    match images.next() {
        Some(first) if images.all(|other| other == first) => Version::of_image(first),
        _ => Version::UNKNOWN,
    }
}

fn image(pod: &Pod) -> Option<&str> {
    let containers = pod.spec.containers.iter();
    containers.filter_map(|container| container.image.as_deref()).find(|image| image.contains("coredns"))
}

/// The ConfigMap of users, as the subject of a finding.
pub fn custom() -> Subject {
    Subject::namespaced("v1", "ConfigMap", "kube-system", "coredns-custom")
}

/// Returns the ConfigMap in which a place lies.
pub fn subject_of(place: Option<&Place>) -> Subject {
    let is_own = place.is_none_or(|place| place.to_string().contains("/coredns-custom"));
    if is_own { custom() } else { Subject::namespaced("v1", "ConfigMap", "kube-system", "coredns") }
}
