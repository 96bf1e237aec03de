//! What the CoreDNS replicas answer.

use futures::future::join_all;

use super::{Live, refused};
use crate::cluster::{Refusal, ask_for_addresses};
use crate::facts::objects::{DnsAnswer, OtherAnswer};
use crate::facts::{Fetched, Need, Right, SYSTEM_NAMESPACE};

/// How many CoreDNS replicas are asked.
const MOST_REPLICAS: usize = 16;

impl Live<'_> {
    /// Asks every CoreDNS replica for the name that the agent needs, and for those of Azure that the extension needs.
    pub(super) async fn dns_answers(&self) -> Fetched<Vec<DnsAnswer>> {
        if let Some(unread) = self.unread_by(Need::DnsPods) {
            return unread;
        }
        let (name, others, replicas) = {
            let facts = self.facts.borrow();
            let replicas: Vec<String> = facts
                .dns_pods
                .known_rows()
                .iter()
                .filter(|pod| pod.is_ready())
                .map(|pod| pod.metadata.name.clone())
                .take(MOST_REPLICAS)
                .collect();
            let others: Vec<String> = facts.azure_names().into_iter().map(|needed| needed.name).collect();
            (facts.data_plane_endpoint(), others, replicas)
        };
        let Some(name) = name else {
            if let Some(unread) = self.unread_by(Need::Nodes) {
                return unread;
            }
            return Fetched::Failed("the region is not known, and with it the name to ask for".to_owned());
        };
        let answers = join_all(replicas.into_iter().map(|pod| {
            let (name, others) = (name.clone(), &others);
            async move {
                let outcome = ask_for_addresses(self.api, SYSTEM_NAMESPACE, &pod, &name, others).await;
                (DnsAnswer { pod, name, ..DnsAnswer::default() }, outcome)
            }
        }))
        .await;
        let mut rows = Vec::new();
        for (mut row, outcome) in answers {
            row.answer = match outcome {
                Ok(answers) => {
                    let told = others.iter().cloned().zip(answers.others);
                    row.others = told.map(|(name, answer)| OtherAnswer { name, answer }).collect();
                    Fetched::Got(answers.first)
                }
                Err(Refusal::Forbidden) => {
                    return Fetched::Denied(Right::kube("create", "", "pods/portforward", Some(SYSTEM_NAMESPACE)));
                }
                Err(refusal) => refused(refusal, None),
            };
            rows.push(row);
        }
        Fetched::Got(rows)
    }
}
