//! Reads the path of a call: what it is about, in which scope, and how Azure names the right to it.

/// What a path of Azure Resource Manager is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `/subscriptions/S`.
    Subscription { path: String },
    /// `/subscriptions/S/resourceGroups`.
    Groups { subscription: String },
    /// `/subscriptions/S/resourceGroups/G`.
    Group { path: String },
    /// `/subscriptions/S/providers/NAMESPACE`.
    Provider { subscription: String, namespace: String },
    /// `SCOPE/providers/NAMESPACE/TYPE[/NAME[/TYPE…]]`.
    Resource(Resource),
}

/// A resource, or a collection of resources where the last type has no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The whole path as it was written, without a slash at its end.
    pub(crate) path: String,
    /// What stands before the last `/providers`; empty is the tenant.
    pub(crate) scope: String,
    pub(crate) namespace: String,
    pub(crate) types: Vec<String>,
    pub(crate) names: Vec<String>,
}

impl Resource {
    pub(crate) fn is_collection(&self) -> bool {
        self.types.len() > self.names.len()
    }

    /// Returns the type as it was written, `Microsoft.ContainerService/managedClusters`.
    pub(crate) fn kind(&self) -> String {
        format!("{}/{}", self.namespace, self.types.join("/"))
    }

    /// Returns the path of what this is a child of, if it is a child.
    pub(crate) fn parent(&self) -> Option<String> {
        if self.types.len() < 2 {
            return None;
        }
        let pairs: Vec<String> =
            self.types.iter().zip(&self.names).map(|(kind, name)| format!("{kind}/{name}")).collect();
        let of_parent = &pairs[..self.types.len() - 1];
        Some(format!("{}/providers/{}/{}", self.scope, self.namespace, of_parent.join("/")))
    }
}

impl Target {
    /// Reads a decoded path; `None` is one that Azure Resource Manager does not have.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        let is =
            |index: usize, word: &str| segments.get(index).is_some_and(|segment| segment.eq_ignore_ascii_case(word));
        let Some(providers) = segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers")) else {
            let path = path.to_owned();
            return match segments.len() {
                2 if is(0, "subscriptions") => Some(Self::Subscription { path }),
                3 if is(0, "subscriptions") && is(2, "resourcegroups") => {
                    Some(Self::Groups { subscription: format!("/subscriptions/{}", segments[1]) })
                }
                4 if is(0, "subscriptions") && is(2, "resourcegroups") => Some(Self::Group { path }),
                _ => None,
            };
        };
        let before = &segments[..providers];
        let scope = before.iter().fold(String::new(), |scope, segment| scope + "/" + segment);
        // A scope is nothing, a subscription, a group, or a resource.
        if !scope.is_empty() && Self::parse(&scope).is_none_or(|scope| matches!(scope, Self::Groups { .. })) {
            return None;
        }
        let (namespace, rest) = segments[providers + 1..].split_first()?;
        if rest.is_empty() {
            let of_subscription = before.len() == 2 && is(0, "subscriptions");
            return of_subscription.then(|| Self::Provider { subscription: scope, namespace: (*namespace).to_owned() });
        }
        Some(Self::Resource(Resource {
            path: path.to_owned(),
            scope,
            namespace: (*namespace).to_owned(),
            types: rest.iter().step_by(2).map(|&kind| kind.to_owned()).collect(),
            names: rest.iter().skip(1).step_by(2).map(|&name| name.to_owned()).collect(),
        }))
    }
}

/// Returns the subscription of a path, `/subscriptions/S`.
pub(crate) fn subscription_of(path: &str) -> Option<String> {
    let mut segments = path.strip_prefix('/')?.split('/');
    let first = segments.next()?;
    first.eq_ignore_ascii_case("subscriptions").then(|| segments.next())?.map(|id| format!("/subscriptions/{id}"))
}

/// Returns the resource group of a path, `/subscriptions/S/resourceGroups/G`.
pub(crate) fn group_of(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').take(4).collect();
    match segments.as_slice() {
        [first, id, third, name]
            if first.eq_ignore_ascii_case("subscriptions") && third.eq_ignore_ascii_case("resourcegroups") =>
        {
            Some(format!("/subscriptions/{id}/resourceGroups/{name}"))
        }
        _ => None,
    }
}

/// Returns the last part of a path.
pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Says whether a scope is another one or lies above it. Both may be in any case.
pub(crate) fn is_at_or_above(upper: &str, lower: &str) -> bool {
    let upper = upper.trim_end_matches('/').to_lowercase();
    let lower = lower.trim_end_matches('/').to_lowercase();
    // Management groups stand above every subscription; a lab has one chain of them.
    upper.is_empty()
        || upper.starts_with("/providers/microsoft.management/managementgroups/")
        || lower == upper
        || lower.strip_prefix(&upper).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(path: &str) -> Resource {
        match Target::parse(path) {
            Some(Target::Resource(resource)) => resource,
            other => panic!("{path} is {other:?}"),
        }
    }

    #[test]
    fn paths_are_read() {
        assert!(matches!(Target::parse("/subscriptions/s"), Some(Target::Subscription { .. })));
        assert!(matches!(Target::parse("/Subscriptions/s/resourcegroups/g/"), Some(Target::Group { .. })));
        assert!(matches!(Target::parse("/subscriptions/s/providers/Microsoft.Compute"), Some(Target::Provider { .. })));
        let extension = resource(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c/providers/Microsoft.KubernetesConfiguration/extensions/e",
        );
        assert!(extension.scope.ends_with("/managedClusters/c"));
        assert_eq!(extension.kind(), "Microsoft.KubernetesConfiguration/extensions");
        assert!(!extension.is_collection());
        let containers = resource(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers",
        );
        assert!(containers.is_collection());
        assert!(containers.parent().is_some_and(|parent| parent.ends_with("/storageAccounts/a/blobServices/default")));
        assert!(resource("/providers/Microsoft.ResourceGraph/resources").scope.is_empty());
        for nothing in [
            "",
            "/",
            "/x",
            "/subscriptions",
            "/subscriptions//resourceGroups",
            "/subscriptions/s/x/y",
            "/a/providers/b/c",
        ] {
            assert_eq!(Target::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn scopes_lie_above_each_other() {
        assert!(is_at_or_above("/subscriptions/S", "/subscriptions/s/resourceGroups/g"));
        assert!(is_at_or_above("/", "/subscriptions/s"));
        assert!(!is_at_or_above("/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/gg"));
        assert!(!is_at_or_above("/subscriptions/s/resourceGroups/g", "/subscriptions/s"));
    }
}
