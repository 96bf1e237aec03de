//! Reads why the scheduler placed a pod on no node.
//!
//! What it is for: telling a shortage, which more nodes cure, from taints, selectors and volumes, which they do not.
//! What it may not do: decide; it says what the scheduler said.
//! Where the knowledge comes from: the wordings of kube-scheduler 1.18 to 1.35.

/// One `FailedScheduling` message, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduling {
    /// How many nodes would do.
    pub available: u32,
    /// How many nodes there are.
    pub total: u32,
    /// Why the others do not, in the order of the message.
    pub reasons: Vec<Reason>,
}

/// One reason, and how many nodes it holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `None` where the reason lies with the pod, not with nodes.
    pub nodes: Option<u32>,
    /// What is in the way.
    pub why: Why,
}

/// What keeps a pod from a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Too little of a resource: `cpu`, `memory`, `ephemeral-storage`, a device.
    Insufficient {
        /// The resource.
        resource: String,
    },
    /// The node's number of pods is reached.
    TooManyPods,
    /// A taint that the pod does not tolerate; newer schedulers do not name it.
    Taint {
        /// The taint's key.
        key: Option<String>,
        /// The taint's value.
        value: Option<String>,
    },
    /// The pod's node selector or node affinity.
    NodeSelector,
    /// The pod's volume is bound to another zone or node.
    VolumeZone,
    /// The pod's claims are not bound, and their class binds at once.
    ClaimsUnbound,
    /// No volume that fits the pod's claims.
    NoVolumeToBind,
    /// A claim of the pod does not exist.
    ClaimMissing {
        /// The claim.
        name: String,
    },
    /// The node is cordoned.
    Cordoned,
    /// The node is not ready.
    NotReady,
    /// The node's ports are taken.
    PortsTaken,
    /// The pod wants to be near other pods.
    PodAffinity,
    /// The pod, or another one, wants distance.
    PodAntiAffinity,
    /// The pod's topology spread constraints.
    TopologySpread,
    /// The node carries as many volumes as it can.
    VolumeCount,
    /// Anything else, in the scheduler's words.
    Other(String),
}

impl Why {
    /// Returns whether more or larger nodes cure it.
    #[must_use]
    pub fn is_shortage(&self) -> bool {
        match self {
            Self::Insufficient { resource } => {
                matches!(resource.as_str(), "cpu" | "memory" | "ephemeral-storage" | "pods")
            }
            Self::TooManyPods => true,
            _ => false,
        }
    }
}

impl Scheduling {
    /// Returns whether room is what at least one node lacks, so that more nodes of that kind would help.
    #[must_use]
    pub fn lacks_room(&self) -> bool {
        self.reasons.iter().any(|reason| reason.why.is_shortage())
    }
}

/// A message never had more reasons than there are predicates.
const MOST_REASONS: usize = 64;

/// Reads a scheduler's message, and returns `None` if it is none.
#[must_use]
pub fn scheduling(message: &str) -> Option<Scheduling> {
    let message = super::envelope::head(message);
    if message.contains("no nodes available to schedule pods") {
        return Some(Scheduling { available: 0, total: 0, reasons: Vec::new() });
    }
    let marker = "nodes are available";
    let at = message.find(marker)?;
    let (available, total) = fraction(&message[..at])?;
    let rest = message[at + marker.len()..].trim_start_matches([':', '.', ' ', '\n']);
    // What preemption would have brought repeats the nodes and is no reason.
    let rest = rest.find("preemption:").map_or(rest, |end| &rest[..end]);
    let rest = rest.find("no new claims to deallocate").map_or(rest, |end| &rest[..end]);
    let reasons = split(rest).into_iter().take(MOST_REASONS).filter_map(reason).collect();
    Some(Scheduling { available, total, reasons })
}

/// `0/5` at the end of a text.
fn fraction(text: &str) -> Option<(u32, u32)> {
    let text = text.trim_end();
    let start = text
        .rfind(|letter: char| !(letter.is_ascii_digit() || letter == '/'))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let (available, total) = text[start..].split_once('/')?;
    Some((available.parse().ok()?, total.parse().ok()?))
}

/// Splits at commas that begin another reason: not inside a taint's braces, nor before `that the pod didn't tolerate`.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                let next = text[index + 1..].trim_start();
                let counted = next.bytes().take_while(u8::is_ascii_digit).count();
                if counted > 0 && next[counted..].starts_with(' ')
                    || next.starts_with("pod has unbound")
                    || next.starts_with("persistentvolumeclaim ")
                {
                    parts.push(&text[start..index]);
                    start = index + 1;
                }
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// What stands in a reason, and what it means; the first that fits wins.
const WORDS: &[(&str, Why)] = &[
    ("too many pods", Why::TooManyPods),
    ("volume node affinity conflict", Why::VolumeZone),
    // Kubernetes 1.36: `node(s) didn't match PersistentVolume's node affinity`.
    ("persistentvolume's node affinity", Why::VolumeZone),
    ("no available volume zone", Why::VolumeZone),
    ("node affinity", Why::NodeSelector),
    ("node selector", Why::NodeSelector),
    ("requested node name", Why::NodeSelector),
    ("unbound immediate persistentvolumeclaims", Why::ClaimsUnbound),
    ("available persistent volumes to bind", Why::NoVolumeToBind),
    ("non-existent pv", Why::NoVolumeToBind),
    ("unschedulable", Why::Cordoned),
    ("free ports", Why::PortsTaken),
    ("anti-affinity", Why::PodAntiAffinity),
    ("pod affinity", Why::PodAffinity),
    ("topology spread constraints", Why::TopologySpread),
    ("max volume count", Why::VolumeCount),
    ("not ready", Why::NotReady),
];

fn reason(text: &str) -> Option<Reason> {
    let text = text.trim().trim_end_matches(['.', ',', '"', ' ']).trim();
    if text.is_empty() {
        return None;
    }
    let counted = text.bytes().take_while(u8::is_ascii_digit).count();
    let nodes = text[..counted].parse().ok();
    let said = text[counted..].trim();
    // The sentence of one reason; an event table may go on behind it.
    let lower = said.to_ascii_lowercase();
    let why = if let Some(resource) = lower.strip_prefix("insufficient ") {
        let end = resource
            .find(|letter: char| letter.is_whitespace() || letter == '.' && resource.ends_with('.'))
            .unwrap_or(resource.len());
        Why::Insufficient { resource: resource[..end].trim_end_matches('.').to_owned() }
    } else if lower.contains("taint") {
        taint(said)
    } else if let Some(name) = lower.find("persistentvolumeclaim \"").filter(|_| lower.contains("not found")) {
        let name = &said[name + "persistentvolumeclaim \"".len()..];
        Why::ClaimMissing { name: name[..name.find('"').unwrap_or(name.len())].to_owned() }
    } else {
        WORDS
            .iter()
            .find(|(words, _)| lower.contains(words))
            .map_or_else(|| Why::Other(said.to_owned()), |(_, why)| why.clone())
    };
    Some(Reason { nodes, why })
}

/// `had untolerated taint {key: value}`; newer: `had untolerated taint(s)`.
fn taint(said: &str) -> Why {
    let inside =
        said.find('{').map(|open| &said[open + 1..]).map(|inside| &inside[..inside.find('}').unwrap_or(inside.len())]);
    let Some(inside) = inside else { return Why::Taint { key: None, value: None } };
    let (key, value) = inside.split_once(':').unwrap_or((inside, ""));
    let part = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Why::Taint { key: part(key), value: part(value) }
}
