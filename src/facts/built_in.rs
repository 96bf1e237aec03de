//! Which API groups come with Kubernetes itself.

/// Tells whether an API group comes with Kubernetes itself: no server lacks it, so a 404 for it is no word of one.
#[must_use]
pub fn is_built_in(group: &str) -> bool {
    // One without a dot is Kubernetes' own by its own rule. Groups of others may end in `.k8s.io` too.
    const OWN: [&str; 15] = [
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "scheduling",
        "storage",
    ];
    !group.contains('.') || group.strip_suffix(".k8s.io").is_some_and(|name| OWN.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_others_may_end_like_kubernetes_own() {
        for group in ["", "apps", "batch", "storage.k8s.io", "networking.k8s.io", "authorization.k8s.io"] {
            assert!(is_built_in(group), "{group}");
        }
        for group in ["velero.io", "snapshot.storage.k8s.io", "aadpodidentity.k8s.io", "metrics.k8s.io"] {
            assert!(!is_built_in(group), "{group}");
        }
    }
}
