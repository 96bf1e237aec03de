//! Admission webhooks that must be asked and that nobody answers for.
//!
//! Knowledge: the Kubernetes documentation of dynamic admission control: with `failurePolicy: Fail`, which is also what an
//! unset one means, the API server refuses what nobody answered for.

use std::collections::BTreeMap;

use crate::facts::objects::{ServiceEndpoints, ServiceReference, Webhook, WebhookConfiguration};
use crate::finding::{Evidence, counted};

/// A webhook and the configuration that holds it.
pub type Asked<'f> = (&'f WebhookConfiguration, &'f Webhook);

/// Returns the Services without a ready endpoint, each with the webhooks that must be asked there.
pub fn unanswered<'f>(
    configurations: &'f [WebhookConfiguration],
    endpoints: &'f [ServiceEndpoints],
) -> Vec<(&'f ServiceEndpoints, Vec<Asked<'f>>)> {
    let mut groups: BTreeMap<&ServiceReference, (&ServiceEndpoints, Vec<Asked<'f>>)> = BTreeMap::new();
    for configuration in configurations {
        for webhook in configuration.webhooks.iter().filter(|webhook| must_be_asked(webhook)) {
            let Some(service) = &webhook.client_config.service else { continue };
            let Some(row) = endpoints.iter().find(|row| row.service == *service) else { continue };
            if row.ready == 0 && !row.is_external {
                groups.entry(service).or_insert_with(|| (row, Vec::new())).1.push((configuration, webhook));
            }
        }
    }
    groups.into_values().collect()
}

/// An unset policy counts as Fail.
fn must_be_asked(webhook: &Webhook) -> bool {
    webhook.failure_policy.as_deref().is_none_or(|policy| policy == "Fail")
}

/// Says how the Service is, as a sentence.
pub fn state(row: &ServiceEndpoints) -> String {
    let ServiceReference { namespace, name } = &row.service;
    match (row.exists, row.unready) {
        (false, _) => format!("Service {namespace}/{name} does not exist."),
        (true, 0) => format!("Service {namespace}/{name} has no endpoints, so no pod stands behind it."),
        (true, unready) => {
            let pods = counted(usize::try_from(unready).unwrap_or(usize::MAX), "pod", "pods");
            let them = if unready == 1 { "it is not" } else { "none of them is" };
            let stand = if unready == 1 { "stands" } else { "stand" };
            format!("{pods} {stand} behind Service {namespace}/{name}, and {them} ready.")
        }
    }
}

/// Points at what was seen of the Service; `of` says whose it is, where it is not this cluster's, else is empty.
pub fn seen(row: &ServiceEndpoints, of: &str) -> Evidence {
    let ServiceReference { namespace, name } = &row.service;
    if row.exists {
        let at = format!("endpointslices of service/{namespace}/{name}{of}");
        Evidence::quoted(at, format!("{} ready, {} not ready", row.ready, row.unready))
    } else {
        Evidence::quoted(format!("service/{namespace}/{name}{of}"), "not found")
    }
}
