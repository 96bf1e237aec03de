//! What the server serves, and whether somebody answers behind what it calls.

use std::collections::BTreeSet;

use futures::future::join_all;
use jiff::Timestamp;
use serde::Deserialize;

use super::discovery::Group;
use super::{Live, refused, together};
use crate::cluster::{Path, Refusal};
use crate::facts::objects::{
    ApiGroup, ConfigMap, ServedGroup, ServedVersion, ServiceEndpoints, ServiceReference, WebhookConfiguration,
    plain_name,
};
use crate::facts::{Fetched, MICROSOFT_GROUP, Need, Parts, Right, SNAPSHOT_GROUP, SYSTEM_NAMESPACE};

/// The groups that the extension depends on.
const GROUPS: &[&str] = &["velero.io", MICROSOFT_GROUP, SNAPSHOT_GROUP];
/// How many versions of a group, and resources of a version, are looked at; the largest group known has a tenth.
const MOST_VERSIONS: usize = 20;
const MOST_RESOURCES: usize = 1000;
/// How many Services behind webhooks and APIServices are looked at.
const MOST_SERVICES: usize = 60;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resource {
    name: String,
}

impl Live<'_> {
    /// Asks discovery for the groups that the extension depends on; a group that is not served has no versions.
    pub(super) async fn served_groups(&self) -> Fetched<Vec<ServedGroup>> {
        let mut rows = Parts::new();
        for (group, answer) in
            join_all(GROUPS.iter().map(|group| async move { (*group, self.served(group).await) })).await
        {
            match answer {
                Ok(versions) => rows.add([ServedGroup { group: group.to_owned(), versions }]),
                Err(why) => rows.lack(format!("{group}: {why}")),
            }
        }
        rows.together()
    }

    async fn served(&self, group: &str) -> Result<Vec<ServedVersion>, String> {
        let told = |refusal: Refusal| match refusal {
            Refusal::Forbidden => "discovery is forbidden".to_owned(),
            Refusal::NotFound | Refusal::NoSuchKind => "not found".to_owned(),
            Refusal::Failed(why) => why,
        };
        let versions = match self.versions(group).await {
            Ok(versions) => versions,
            Err(Refusal::NotFound | Refusal::NoSuchKind) => return Ok(Vec::new()),
            Err(refusal) => return Err(told(refusal)),
        };
        if versions.len() > MOST_VERSIONS {
            return Err(format!("it has more than {MOST_VERSIONS} versions"));
        }
        let mut served = Vec::new();
        for version in versions {
            let Resources { resources } = match self.api.get(&Path::group_version(group, &version)).await {
                Ok(resources) => resources,
                // Served a moment ago and gone now: not served.
                Err(Refusal::NotFound | Refusal::NoSuchKind) => continue,
                Err(refusal) => return Err(told(refusal)),
            };
            if resources.len() > MOST_RESOURCES {
                return Err(format!("its version {version} has more than {MOST_RESOURCES} resources"));
            }
            let whole = resources.iter().filter(|resource| !resource.name.contains('/'));
            served.push(ServedVersion { version, resources: whole.map(|one| plain_name(&one.name)).collect() });
        }
        Ok(served)
    }

    /// Asks discovery for all groups and their versions.
    pub(super) async fn api_groups(&self) -> Fetched<Vec<ApiGroup>> {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Groups {
            groups: Vec<Named>,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Named {
            name: String,
            #[serde(flatten)]
            group: Group,
        }
        let groups = match self.api.get::<Groups>(&Path::groups()).await {
            Ok(Groups { groups }) => groups,
            Err(refusal) => return refused(refusal, None),
        };
        let rows = groups
            .into_iter()
            .map(|Named { name, group }| ApiGroup { group: plain_name(&name), versions: group.versions() });
        Fetched::Got(rows.collect())
    }

    /// Reads both kinds of admission webhooks.
    pub(super) async fn webhooks(&self) -> Fetched<Vec<WebhookConfiguration>> {
        let mut all = Fetched::NoSuchKind;
        for (resource, kind) in [
            ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
            ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
        ] {
            let path = Path::list("admissionregistration.k8s.io", "v1", None, resource);
            let right = Right::kube("list", "admissionregistration.k8s.io", resource, None);
            let mut one: Fetched<Vec<WebhookConfiguration>> =
                self.api.list(&path).await.unwrap_or_else(|refusal| refused(refusal, Some(right)));
            if let Some(rows) = one.known_mut() {
                // Items of a list do not repeat their kind.
                rows.iter_mut().for_each(|row| kind.clone_into(&mut row.kind));
            }
            all = together(all, one);
        }
        all
    }

    /// Counts the endpoints of every Service that a webhook or an APIService names.
    pub(super) async fn webhook_endpoints(&self) -> Fetched<Vec<ServiceEndpoints>> {
        let services: BTreeSet<ServiceReference> = {
            let facts = self.facts.borrow();
            let hooks = facts.webhooks.known_rows().iter().flat_map(|configuration| &configuration.webhooks);
            let called = hooks.filter_map(|webhook| webhook.client_config.service.clone());
            let parts = facts.api_services.known_rows().iter().filter_map(|part| part.spec.service.clone());
            called.chain(parts).collect()
        };
        if services.is_empty()
            && let Some(unread) = self.unread_by(Need::Webhooks)
        {
            return unread;
        }
        let surplus = services.len().saturating_sub(MOST_SERVICES);
        let wanted = services.into_iter().take(MOST_SERVICES);
        let answers = join_all(wanted.map(|service| self.endpoints(service))).await;
        let mut rows = Parts::new();
        for answer in answers {
            match answer {
                Ok(row) => rows.add([row]),
                Err((Refusal::Forbidden, right)) => rows.lack_right(right),
                Err((refusal, _)) => rows.lack(refusal.words()),
            }
        }
        if surplus > 0 {
            rows.lack(format!("{surplus} more Services were not looked at"));
        }
        rows.together()
    }

    async fn endpoints(&self, service: ServiceReference) -> Result<ServiceEndpoints, (Refusal, Right)> {
        let slices = || Right::kube("list", "discovery.k8s.io", "endpointslices", None);
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Slice {
            metadata: SliceMeta,
            endpoints: Option<Vec<Endpoint>>,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct SliceMeta {
            annotations: Option<SliceAnnotations>,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct SliceAnnotations {
            // Kubernetes' own: when what stands behind the endpoints last changed.
            #[serde(rename = "endpoints.kubernetes.io/last-change-trigger-time")]
            changed: Option<String>,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Endpoint {
            conditions: Conditions,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct Conditions {
            ready: Option<bool>,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct CalledService {
            spec: CalledServiceSpec,
        }
        #[derive(Deserialize, Default)]
        #[serde(default)]
        struct CalledServiceSpec {
            #[serde(rename = "type")]
            kind: String,
        }
        let mut found = ServiceEndpoints { exists: true, ..ServiceEndpoints::default() };
        let path = Path::list("discovery.k8s.io", "v1", Some(&service.namespace), "endpointslices")
            .with("labelSelector", format!("kubernetes.io/service-name={}", service.name));
        let partial = self
            .api
            .each(&path, |slice: Slice| {
                let changed = slice.metadata.annotations.and_then(|all| all.changed?.parse::<Timestamp>().ok());
                found.changed = found.changed.max(changed);
                for endpoint in slice.endpoints.unwrap_or_default() {
                    // The API says that an unset `ready` counts as true.
                    if endpoint.conditions.ready.unwrap_or(true) {
                        found.ready = found.ready.saturating_add(1);
                    } else {
                        found.unready = found.unready.saturating_add(1);
                    }
                }
            })
            .await
            .map_err(|refusal| (refusal, slices()))?;
        if let Some(why) = partial {
            return Err((Refusal::Failed(why), slices()));
        }
        if found.ready == 0 {
            let path = Path::object("", "v1", Some(&service.namespace), "services", &service.name);
            match self.api.get::<CalledService>(&path).await {
                Ok(called) => found.is_external = called.spec.kind == "ExternalName",
                Err(Refusal::NotFound) => found.exists = false,
                Err(refusal) => return Err((refusal, Right::kube("get", "", "services", None))),
            }
        }
        found.service = service;
        Ok(found)
    }

    /// Reads CoreDNS's configuration and what users add to it; what does not exist is left out.
    pub(super) async fn dns_config(&self) -> Fetched<Vec<ConfigMap>> {
        let mut rows = Vec::new();
        for name in ["coredns", "coredns-custom"] {
            let path = Path::object("", "v1", Some(SYSTEM_NAMESPACE), "configmaps", name);
            match self.api.get::<ConfigMap>(&path).await {
                Ok(map) => rows.push(map),
                Err(Refusal::NotFound) => {}
                Err(refusal) => return refused(refusal, self.right_of(Need::DnsConfig)),
            }
        }
        Fetched::Got(rows)
    }
}
