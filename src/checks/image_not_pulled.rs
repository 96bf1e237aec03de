//! A node cannot pull an image of the extension.
//!
//! Knowledge: INSTALL_GENEVA_SERVICE_NOT_READY and the public reports behind it (registry not reachable,
//! mirror that wants a sign-in, proxy, inspection); the words of containerd. The node pulls, not the pod:
//! network policies and CoreDNS have no part in it.

use super::check::{Check, Judgement};
use super::held::{Held, PODS, containers};
use crate::catalogue::{Match, Sign, classify};
use crate::facts::{Facts, Need, helpful};
use crate::finding::{Evidence, Finding, Hop, Remedy, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB115",
    name: "image-not-pulled",
    hop: Hop::Extension,
    title: "the nodes can pull the extension's images",
    needs: &[PODS[0], PODS[1], helpful(Need::Events), helpful(Need::ExtensionConfigs)],
    explains: &[
        "INSTALL_GENEVA_SERVICE_NOT_READY",
        "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        "UserErrorKubernetesBackupExtensionHasErrors",
        "KubernetesBackupCustomResourcesTrackingTimeOutError",
        "BackupPluginDeleteBackupOperationFailed",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a container of the extension, or of the extension manager in kube-system, waits for its image.

Why it matters
  The container does not start. During an installation helm waits, gives up and takes everything back.

How it is found
  The container waits with ErrImagePull, ImagePullBackOff or InvalidImageName. Why, the same place and the
  pod's events say: not found, sign-in wanted, registry not reached, certificate not trusted, proxy.

What to do
  What the reason asks for. The node pulls the image, so it is the node's network and DNS that count:
  security group, firewall, route, proxy; never a network policy or CoreDNS.

Sources
  Public reports; AKS's outbound network rules (mcr.microsoft.com and its data endpoints).
";

/// The words that the kubelet has for a container whose image does not come.
const WAITS: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
];

fn run(facts: &Facts) -> Judgement {
    let mut findings: Vec<Finding> = Vec::new();
    let mut told: Vec<(Subject, &str)> = Vec::new();
    for held in containers(facts)? {
        let Some(waiting) = held.status.state.waiting.as_ref() else { continue };
        let Some(reason) = waiting.reason.as_deref().filter(|reason| WAITS.contains(reason)) else { continue };
        let image = held.image();
        if told.iter().any(|(owner, other)| *owner == held.owner && *other == image) {
            continue;
        }
        let why = why(facts, &held);
        let registry = registry(image);
        let shown = if image.is_empty() { "its image" } else { image };
        let message = format!(
            "The container {} of {} waits for {shown} ({reason}). {}",
            held.status.name,
            held.owner_name(),
            words(reason, why.as_ref().map(|(found, _)| found.as_slice()).unwrap_or_default(), registry)
        );
        told.push((held.owner.clone(), image));
        // One finding a workload: further images of it are more of the same.
        if let Some(known) = findings.iter_mut().find(|known| known.subject == held.owner) {
            known.message.push('\n');
            known.message.push_str(&message);
            continue;
        }
        let mut finding =
            Finding::new(held.severity(facts), held.owner.clone(), message).concerning(held.pod.subject());
        let quote = waiting.message.as_ref().map_or(reason, |message| message.as_str());
        finding = finding.seen(Evidence::quoted(held.at("state.waiting"), quote));
        let signs: Vec<Sign> =
            why.as_ref().map(|(found, _)| found.iter().map(|f| f.sign).collect()).unwrap_or_default();
        if let Some((_, Some(event))) = why {
            finding = finding.seen(event);
        }
        let missing = facts
            .unread(Need::Events)
            .filter(|_| signs.is_empty())
            .map(|unread| format!("why the image does not come: {}", unread.why));
        findings.push(finding.without(missing).mended_by(remedy(reason, &signs, registry, &held)));
    }
    Ok(findings)
}

type Why = (Vec<Match>, Option<Evidence>);

/// Finds out why: in the container's own words, else in the newest event of its pod that says it.
fn why(facts: &Facts, held: &Held<'_>) -> Option<Why> {
    let telling = |text: &str| {
        let found = classify(text);
        let says = found.iter().any(|found| meaning(found.sign).is_some());
        says.then_some(found)
    };
    let own = held.status.state.waiting.as_ref().and_then(|waiting| waiting.message.as_ref());
    if let Some(found) = own.and_then(|text| telling(text)) {
        return Some((found, None));
    }
    let mut events: Vec<_> = facts
        .events
        .known_rows()
        .iter()
        .filter(|event| event.involved_object.kind == "Pod" && event.involved_object.name == held.pod.metadata.name)
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.when()));
    events.into_iter().find_map(|event| {
        let text = event.message.as_ref()?;
        let found = telling(text)?;
        Some((found, Some(Evidence::quoted(event.at(), text.as_str()))))
    })
}

/// Says what a sign means for a pull; `None` where it says nothing about one.
const fn meaning(sign: Sign) -> Option<&'static str> {
    Some(match sign {
        Sign::TlsUntrusted => {
            "The node does not trust the certificate that REGISTRY shows: something on the way inspects TLS"
        }
        Sign::ProxyAuthRequired => "A proxy on the way to REGISTRY wants a sign-in (407)",
        Sign::ProxyUnreachable => "The proxy on the way to REGISTRY cannot be reached",
        Sign::DnsNoSuchHost => "The node's DNS knows no address for REGISTRY, or for a name that it leads to",
        Sign::DnsServerFailure => "The node's DNS fails or refuses to answer for REGISTRY",
        Sign::DnsTimeout => "The node's DNS does not answer when it is asked for REGISTRY",
        Sign::ConnectRefused => "The connection to REGISTRY is refused",
        Sign::ConnectReset => "The connection to REGISTRY is cut off on the way",
        Sign::NoRoute => "The node has no route to REGISTRY",
        Sign::WrongArchitecture => {
            "REGISTRY has no image for the node's processor or system; the extension needs Linux on x86-64"
        }
        Sign::ImageUnauthorized => "REGISTRY wants a sign-in, or refuses it",
        Sign::ImageNotFound => "REGISTRY answers that it does not have this image",
        Sign::ConnectTimeout | Sign::ImageNoRoute => "REGISTRY does not answer: the node cannot reach it",
        _ => return None,
    })
}

/// The more telling signs first: a pull that fails has several.
const ORDER: [Sign; 14] = [
    Sign::TlsUntrusted,
    Sign::ProxyAuthRequired,
    Sign::ProxyUnreachable,
    Sign::DnsNoSuchHost,
    Sign::DnsServerFailure,
    Sign::DnsTimeout,
    Sign::ConnectRefused,
    Sign::ConnectReset,
    Sign::NoRoute,
    Sign::ConnectTimeout,
    Sign::WrongArchitecture,
    Sign::ImageUnauthorized,
    Sign::ImageNotFound,
    Sign::ImageNoRoute,
];

fn leading(signs: &[Sign]) -> Option<Sign> {
    ORDER.into_iter().find(|sign| signs.contains(sign))
}

fn words(reason: &str, found: &[Match], registry: &str) -> String {
    let signs: Vec<Sign> = found.iter().map(|found| found.sign).collect();
    if reason == "InvalidImageName" {
        return "That is no valid image name.".to_owned();
    }
    if reason == "ErrImageNeverPull" {
        return "The pod forbids pulling, and the node does not have it.".to_owned();
    }
    match leading(&signs).and_then(meaning) {
        Some(meaning) => format!(
            "{}.",
            meaning.replace("REGISTRY", &format!("the registry {registry}")).replacen(
                "the registry",
                "The registry",
                usize::from(meaning.starts_with("REGISTRY"))
            )
        ),
        None => "Neither the container nor an event says why, so nothing is known about the cause yet.".to_owned(),
    }
}

fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

fn remedy(reason: &str, signs: &[Sign], registry: &str, held: &Held<'_>) -> Remedy {
    let data = if registry == "mcr.microsoft.com" { " and *.data.mcr.microsoft.com" } else { "" };
    let text = match leading(signs) {
        _ if reason == "InvalidImageName" => {
            "The name comes from the extension's settings or from something that rewrites images on the way in (a mutating \
             webhook). See what changes it."
                .to_owned()
        }
        Some(Sign::ImageNotFound) if registry == "mcr.microsoft.com" => {
            "Microsoft's registry does not, or no longer, have this version: have the extension upgraded, or installed in \
             another version. If the nodes pull by way of a mirror or a cache, see first whether that is what lacks it."
                .to_owned()
        }
        Some(Sign::ImageNotFound) => format!("Put the image into {registry}, or do not let images be rewritten to it."),
        Some(Sign::ImageUnauthorized) => format!(
            "Microsoft's registry wants no sign-in for these images: a mirror, a cache rule or a proxy in front of \
             {registry} does. Let it pass them without one, or give the nodes' kubelet identity the right to pull from it."
        ),
        Some(Sign::WrongArchitecture) => {
            "Give the extension a pool of Linux nodes on x86-64 (amd64), and keep its pods off the others.".to_owned()
        }
        Some(Sign::TlsUntrusted | Sign::ProxyAuthRequired | Sign::ProxyUnreachable) => format!(
            "Take {registry}{data} out of the inspection or the proxy, or make the proxy's certificate trusted by the \
             nodes (AKS's HTTP proxy settings take one)."
        ),
        Some(_) => format!(
            "Allow the nodes TCP 443 to {registry}{data}, in the security group of their subnet, the firewall or the \
             proxy, and let their DNS resolve these names. Both are needed: the layers come from the second. The node \
             pulls the image, so network policies and CoreDNS have no part in it."
        ),
        None => "See what the kubelet says of the pod: its newest events name the reason.".to_owned(),
    };
    let text = if registry != "mcr.microsoft.com" {
        text.replace(" Both are needed: the layers come from the second.", "")
    } else {
        text
    };
    Remedy::guided(text)
        .documented(format!(
            "kubectl --namespace {} describe pod {}",
            held.pod.metadata.namespace(),
            held.pod.metadata.name
        ))
        .documented("az aks egress-endpoints list --resource-group RESOURCE_GROUP --name CLUSTER")
}
