//! The typed bits of a message that a diagnosis needs, in the message's own spelling.

use super::scheduling::Scheduling;

/// What a message says about its own trouble. Parts that the message does not have are `None`.
#[expect(missing_docs, reason = "each variant's sentence names its fields")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// The words alone.
    Nothing,
    /// A name that was looked up, and the resolver (`ip:port`) that was asked.
    Lookup { host: Option<String>, resolver: Option<String> },
    /// The other end of a connection: its name, and the address (`ip:port`) that was dialled.
    Endpoint { host: Option<String>, address: Option<String> },
    /// The identity that a token was asked for (as written, perhaps redacted), and the pod that asked.
    Identity { client_id: Option<String>, pod: Option<String> },
    /// What a workload identity token claims.
    Federation { issuer: Option<String>, subject: Option<String> },
    /// A refused action: who, what, where.
    Permission { client: Option<String>, object: Option<String>, action: Option<String>, scope: Option<String> },
    /// An admission denial: the constraint, policy or webhook, a policy's binding, and what it said.
    Denial { by: Option<String>, binding: Option<String>, said: Option<String> },
    /// A quota, and its words for what was asked for, what is used, and what the limit is.
    Quota { quota: Option<String>, requested: Option<String>, used: Option<String>, limited: Option<String> },
    /// An Azure Policy denial of an ARM request.
    Disallowed {
        assignment: Option<String>,
        resource: Option<String>,
        resource_type: Option<String>,
        method: Option<String>,
    },
    /// A lock: the operation that it blocks, and where it lies.
    Lock { operation: Option<String>, scope: Option<String> },
    /// A helm release that was not ready in time, its phase, and the resource that was not ready.
    Release { release: Option<String>, phase: Option<String>, namespace: Option<String>, resource: Option<String> },
    /// A helm hook that failed: of which release, in which phase, which Job, and why.
    Hook { release: Option<String>, phase: Option<String>, job: Option<String>, reason: Option<String> },
    /// A Kubernetes object that is there already, and the helm release that its annotations name, with its namespace.
    Existing {
        kind: Option<String>,
        namespace: Option<String>,
        name: Option<String>,
        owner: Option<String>,
        owner_namespace: Option<String>,
    },
    /// A Kubernetes object.
    Object { kind: Option<String>, namespace: Option<String>, name: Option<String> },
    /// A resource of Azure.
    Resource { resource_type: Option<String>, group: Option<String>, name: Option<String> },
    /// A container image.
    Image { image: Option<String> },
    /// One name: of a setting, a backup storage location, a plugin, a zone, a group; the sign says which.
    Name { name: Option<String> },
    /// The scheduler's reasons.
    Scheduling(Scheduling),
}

impl Captured {
    /// Returns whether nothing beyond the words was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let parts: &[&Option<String>] = match self {
            Self::Nothing => &[],
            Self::Lookup { host, resolver } => &[host, resolver],
            Self::Endpoint { host, address } => &[host, address],
            Self::Identity { client_id, pod } => &[client_id, pod],
            Self::Federation { issuer, subject } => &[issuer, subject],
            Self::Permission { client, object, action, scope } => &[client, object, action, scope],
            Self::Denial { by, binding, said } => &[by, binding, said],
            Self::Quota { quota, requested, used, limited } => &[quota, requested, used, limited],
            Self::Disallowed { assignment, resource, resource_type, method } => {
                &[assignment, resource, resource_type, method]
            }
            Self::Lock { operation, scope } => &[operation, scope],
            Self::Release { release, phase, namespace, resource } => &[release, phase, namespace, resource],
            Self::Hook { release, phase, job, reason } => &[release, phase, job, reason],
            Self::Existing { kind, namespace, name, owner, owner_namespace } => {
                &[kind, namespace, name, owner, owner_namespace]
            }
            Self::Object { kind, namespace, name } => &[kind, namespace, name],
            Self::Resource { resource_type, group, name } => &[resource_type, group, name],
            Self::Image { image: name } | Self::Name { name } => &[name],
            Self::Scheduling(_) => return false,
        };
        parts.iter().all(|part| part.is_none())
    }

    /// Returns the host that the message is about, if it names one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Lookup { host, .. } | Self::Endpoint { host, .. } => host.as_deref(),
            _ => None,
        }
    }
}
