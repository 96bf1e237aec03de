//! Whether the user has the rights that are more than reading, asked before they are used.
//!
//! An attempt that is refused stands in the audit log of the cluster, where it looks like one; a review does not.

use futures::future::join_all;
use serde_json::json;

use super::Live;
use crate::cluster::{Path, Refusal};
use crate::facts::{Right, Tier};

impl Live<'_> {
    /// Asks for each fact that takes more than reading whether the user has the rights; without one nothing is tried.
    pub(super) async fn review(&self) {
        let namespace = self.facts.borrow().extension.namespace.clone();
        let needs = self.needs.iter().copied().filter(|need| need.tier() == Tier::Ask);
        let rights = needs.flat_map(|need| need.rights(&namespace).into_iter().map(move |right| (need, right)));
        let reviewed = join_all(rights.map(|(need, right)| async move {
            let allowed = self.may(&right).await;
            (need, right, allowed)
        }))
        .await;
        for (need, right, allowed) in reviewed {
            // No answer is no missing right: the question itself says what is wrong.
            // Of several that are missing the first is named; with it comes the next, if it still lacks.
            let is_first = self.facts.borrow().denied(need).is_none();
            if is_first && matches!(allowed, Ok(false)) {
                self.facts.borrow_mut().deny(need, right);
            }
        }
    }

    /// Asks the server whether the user has a right; the question leaves nothing behind.
    async fn may(&self, right: &Right) -> Result<bool, Refusal> {
        let Right::Kube(right) = right else { return Ok(true) };
        let (resource, subresource) = right.resource.split_once('/').unwrap_or((&right.resource, ""));
        let question = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "namespace": right.namespace,
                "verb": right.verb,
                "group": right.group,
                "resource": resource,
                "subresource": subresource
            }}
        });
        let path = Path::list("authorization.k8s.io", "v1", None, "selfsubjectaccessreviews");
        let answer: serde_json::Value = self.api.post(&path, &question).await?;
        // An answer that does not say is no missing right.
        let allowed = answer.pointer("/status/allowed").and_then(serde_json::Value::as_bool);
        allowed.ok_or_else(|| Refusal::Failed("the access review does not say whether it is allowed".to_owned()))
    }
}
