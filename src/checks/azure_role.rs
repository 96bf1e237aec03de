//! The actions that the checks need in Azure, as a custom role: nothing is granted that no check asks for.
//!
//! Knowledge: the file that `az role definition create` takes; what Azure's own Reader allows.

use std::collections::BTreeSet;

use serde::Serialize;

use super::CHECKS;
use crate::facts::Need;
use crate::facts::arm::KnownRole;

/// A custom role of Azure, as `az role definition create` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AzureRole {
    /// What it is called.
    pub name: String,
    is_custom: bool,
    /// What it is for.
    pub description: String,
    /// What it allows, sorted.
    pub actions: Vec<&'static str>,
    not_actions: Vec<&'static str>,
    data_actions: Vec<&'static str>,
    not_data_actions: Vec<&'static str>,
    /// Where it may be given to somebody.
    pub assignable_scopes: Vec<String>,
}

/// Returns the role by which somebody may read all that the checks read in these subscriptions.
#[must_use]
pub fn azure_role(name: &str, subscriptions: &[String]) -> AzureRole {
    AzureRole {
        name: name.to_owned(),
        is_custom: true,
        description: "Reads what the plugin kubectl-aksbackup looks at in Azure, and nothing else.".to_owned(),
        actions: actions(),
        not_actions: Vec::new(),
        data_actions: Vec::new(),
        not_data_actions: Vec::new(),
        assignable_scopes: subscriptions.iter().map(|id| format!("/subscriptions/{id}")).collect(),
    }
}

/// Returns the actions that the checks need, with those of what they build on.
fn actions() -> Vec<&'static str> {
    let needs = Need::of_azure(CHECKS.iter().flat_map(|check| check.needs).map(|required| required.need));
    let all: BTreeSet<&str> = needs.iter().flat_map(|need| need.actions()).copied().collect();
    all.into_iter().collect()
}

impl AzureRole {
    /// Returns whether Azure's own role Reader allows all of it, too.
    #[must_use]
    pub fn is_within_reader(&self) -> bool {
        let reader = KnownRole::named("Reader").map(KnownRole::permissions);
        reader.is_some_and(|reader| self.actions.iter().all(|action| reader.allows(action)))
    }

    /// Returns those of its actions that are our inference.
    #[must_use]
    pub fn inferred(&self) -> Vec<&'static str> {
        self.actions.iter().filter(|action| Need::INFERRED_ACTIONS.contains(action)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_reads_one_type_and_reader_has_it() {
        let role = azure_role("n", &[]);
        assert!(role.actions.len() > 15, "{:?}", role.actions);
        for action in &role.actions {
            assert!(action.starts_with("Microsoft.") && action.ends_with("/read") && !action.contains('*'), "{action}");
        }
        assert!(role.actions.is_sorted_by(|one, next| one < next), "{:?}", role.actions);
        assert!(role.is_within_reader());
        let more = AzureRole { actions: vec!["Microsoft.Storage/storageAccounts/listKeys/action"], ..role };
        assert!(!more.is_within_reader());
    }

    #[test]
    fn every_need_of_azure_but_the_sign_in_takes_an_action_and_no_other_need_does() {
        for need in Need::ALL {
            let takes = !need.actions().is_empty();
            assert_eq!(takes, need.is_azure() && *need != Need::AzureSignIn, "{}", need.name());
        }
    }
}
