//! The account and the container that the extension's settings name.

use super::Arm;
use super::listing::stands_on;
use crate::azure::{Az, Question};
use crate::facts::arm::{ArmId, Container, StorageAccount};
use crate::facts::{Facts, Fetched, Need, Stop};

impl Arm<'_> {
    pub(super) async fn storage_account(&self, az: &Az<'_>) -> Fetched<StorageAccount> {
        let account = match account_of(&self.facts.borrow()) {
            Ok(account) => account,
            Err(state) => return state.of(),
        };
        self.one(az, Question::get(account.as_str())).await
    }

    pub(super) async fn container(&self, az: &Az<'_>) -> Fetched<Container> {
        let named = {
            let facts = self.facts.borrow();
            account_of(&facts).map(|account| {
                let bucket = facts.backup_extension().ok().and_then(|extension| extension.storage_setting("bucket"));
                bucket.map(|bucket| ArmId::new(&format!("{account}/blobServices/default/containers/{bucket}")))
            })
        };
        match named {
            Ok(Some(container)) => self.one(az, Question::get(container.as_str())).await,
            Ok(None) => Fetched::Failed("the extension's settings name no container".to_owned()),
            Err(state) => state.of(),
        }
    }
}

/// Why there is no account to ask for.
pub(super) struct NoAccount(Fetched<()>);

impl NoAccount {
    pub(super) fn of<T>(self) -> Fetched<T> {
        stands_on(&self.0, "the extension in Azure")
            .unwrap_or_else(|| Fetched::Failed("there is no account".to_owned()))
    }
}

/// Returns the account that the extension's settings name.
pub(super) fn account_of(facts: &Facts) -> Result<ArmId, NoAccount> {
    if let Some(state) = stands_on(&facts.arm_extensions, Need::ArmExtensions.what()) {
        return Err(NoAccount(state));
    }
    match facts.backup_extension() {
        Ok(extension) => extension.account().ok_or_else(|| {
            NoAccount(Fetched::Failed(
                "the extension's settings in Azure name no storage account with its group".to_owned(),
            ))
        }),
        Err(Stop::Inconclusive(unread)) => Err(NoAccount(Fetched::Failed(unread.why))),
        Err(Stop::NotApplicable(why)) => Err(NoAccount(Fetched::Failed(why))),
    }
}
