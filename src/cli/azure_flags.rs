//! The flags that name something of Azure, the same for every verb that asks it.

use clap::Args;

use crate::error::Error;
use crate::facts::arm::ArmId;
use crate::facts::{Named, Text};

/// What the user says of Azure.
#[derive(Args, Debug)]
pub(super) struct AzureFlags {
    /// Leave out the checks that ask Azure
    #[arg(long, conflicts_with_all = ["subscription", "resource_group", "vault", "policy"], help_heading = "Azure")]
    pub(super) no_azure: bool,
    /// The cluster's subscription, by its id, instead of the one that the nodes show
    #[arg(long, value_name = "ID", conflicts_with_all = ["bundle", "sample"], help_heading = "Azure")]
    pub(super) subscription: Option<String>,
    /// The cluster's resource group, instead of the one that is found
    #[arg(short = 'g', long, value_name = "NAME", requires = "cluster_name", conflicts_with_all = ["bundle", "sample"], help_heading = "Azure")]
    pub(super) resource_group: Option<String>,
    /// The cluster's name in Azure, instead of the one that is found
    #[arg(long, value_name = "NAME", requires = "resource_group", conflicts_with_all = ["bundle", "sample"], help_heading = "Azure")]
    pub(super) cluster_name: Option<String>,
    /// The backup vault, by its id, instead of those that protect the cluster
    #[arg(long, value_name = "ID", conflicts_with_all = ["bundle", "sample"], help_heading = "Azure")]
    pub(super) vault: Option<String>,
    /// The backup policy to judge by, instead of that of the backup instance
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bundle", "sample"], help_heading = "Azure")]
    pub(super) policy: Option<String>,
}

impl AzureFlags {
    /// Returns what the flags name of Azure.
    ///
    /// # Errors
    /// A name that none can be.
    pub(super) fn named(&self) -> Result<Named, Error> {
        // An empty value is no value: a script may pass a variable that is not set.
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let plain = |flag: &str, value: Option<String>| match value {
            Some(value) if !ArmId::new(&value).is_plain() => {
                Err(Error::usage(format!("{flag} \"{}\" is no name that Azure has", Text::new(&value)))
                    .hinted("Give it as the Azure portal shows it."))
            }
            value => Ok(value),
        };
        let subscription = plain("--subscription", given(&self.subscription))?;
        if let Some(other) = subscription.as_ref().filter(|id| !is_guid(id)) {
            return Err(Error::usage(format!("--subscription \"{}\" is no id of a subscription", Text::new(other)))
                .hinted("See the ids with: az account list --query \"[].{name:name, id:id}\" --output table"));
        }
        let vault = plain("--vault", given(&self.vault))?.map(|id| ArmId::new(&id));
        if vault.as_ref().is_some_and(|id| !id.has_type("Microsoft.DataProtection/backupVaults")) {
            return Err(Error::usage("--vault wants the id of a backup vault")
                .hinted("See the ids with: az dataprotection backup-vault list --query \"[].id\" --output tsv"));
        }
        Ok(Named {
            subscription,
            resource_group: plain("--resource-group", given(&self.resource_group))?.map(|name| ArmId::new(&name)),
            cluster: plain("--cluster-name", given(&self.cluster_name))?,
            vault,
            policy: plain("--policy", given(&self.policy))?.map(|name| ArmId::new(&name)),
        })
    }
}

/// Returns whether a text is an id of 32 digits as Azure writes one.
fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
