//! What the CoreDNS replicas answer.

use futures::future::join_all;

use super::{Live, refused};
use crate::cluster::{Refusal, ask_for_address};
use crate::facts::objects::DnsAnswer;
use crate::facts::{Fetched, Need, Right, SYSTEM_NAMESPACE};

/// How many CoreDNS replicas are asked.
const MOST_REPLICAS: usize = 16;

impl Live<'_> {
    /// Asks every CoreDNS replica for the name that the agent needs.
    pub(super) async fn dns_answers(&self) -> Fetched<Vec<DnsAnswer>> {
        if let Some(unread) = self.unread_by(Need::DnsPods) {
            return unread;
        }
        let (name, replicas) = {
            let facts = self.facts.borrow();
            let replicas: Vec<String> = facts
                .dns_pods
                .known_rows()
                .iter()
                .filter(|pod| pod.is_ready())
                .map(|pod| pod.metadata.name.clone())
                .take(MOST_REPLICAS)
                .collect();
            (facts.data_plane_endpoint(), replicas)
        };
        let Some(name) = name else {
            if let Some(unread) = self.unread_by(Need::Nodes) {
                return unread;
            }
            return Fetched::Failed("the region is not known, and with it the name to ask for".to_owned());
        };
        let answers = join_all(replicas.into_iter().map(|pod| {
            let name = name.clone();
            async move {
                let outcome = ask_for_address(self.api, SYSTEM_NAMESPACE, &pod, &name).await;
                (DnsAnswer { pod, name, answer: Fetched::NotAsked }, outcome)
            }
        }))
        .await;
        let mut rows = Vec::new();
        for (mut row, outcome) in answers {
            row.answer = match outcome {
                Ok(answer) => Fetched::Got(answer),
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
