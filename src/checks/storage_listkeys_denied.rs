//! The extension works with the account's keys, and its identity may not ask Azure for them.
//!
//! Knowledge: MicrosoftDocs/azure-docs issue 121928 (the documents moved to the data role while
//! extensions still list keys); Velero's pkg/util/azure/storage.go: without useAAD=true it calls
//! listKeys. A data role alone does not help such an extension. That `listKeys` stands in an address
//! proves nothing: the innermost error decides.

use super::check::{Check, Judgement};
use super::reading::location_account::{DATA_ROLE, KEY_ROLE, Mode};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::{Captured, Sign};
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB408",
    name: "storage-listkeys-denied",
    hop: Hop::Storage,
    title: "an extension that works with keys may list them",
    needs: NEEDS,
    explains: &[
        "BSL_KEY_MODE_ACCESS_KEY_FAILED",
        "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
        "UserErrorBackupStorageLocationNotReady",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure Resource Manager refuses the extension the action
  Microsoft.Storage/storageAccounts/listKeys/action (AuthorizationFailed).

Why it matters
  An extension without useAAD=true (the default of Terraform, Bicep and ARM) fetches the account's key
  first. Without that right the location stays Unavailable, whatever data roles there are.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log.

What to do
  Best: let the extension sign in with its own identity (useAAD=true) and give that identity Storage
  Blob Data Contributor. Or keep to keys and give it Storage Account Contributor. A role that was given
  within the last hour may only need time.

Sources
  MicrosoftDocs/azure-docs issue 121928; Velero's settings for Azure; Azure Backup's FAQ for AKS.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::ListKeysDenied], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let who = match said.captured {
        Captured::Permission { client: Some(client), .. } => format!("its identity (client {client})"),
        _ => "its identity".to_owned(),
    };
    let mut message = format!(
        "The extension works with the keys of {}, and {who} may not list them. A role for the data alone does not help as long as it works with keys.",
        account.words()
    );
    let disagree = account.mode() == Mode::Identity;
    if disagree {
        message.push_str(&format!(
            "\nThe message and the settings of the location disagree: {}, yet the extension asked for a key. The message may be older than the setting, or this version of the extension does not know it.",
            account.mode_words()
        ));
    } else {
        message.push_str(&format!("\nThis fits the location: {}.", account.mode_words()));
    }
    let text = if disagree {
        format!(
            "Give the identity {KEY_ROLE}, which may list keys, or bring the extension to a version that signs in by itself and give it {DATA_ROLE}. A role given within the last hour may only need time."
        )
    } else {
        format!(
            "Let the extension sign in with its own identity and give that {DATA_ROLE}; or, to keep to keys, give it {KEY_ROLE} instead. A role given within the last hour may only need time."
        )
    };
    let mut remedy = Remedy::guided(text).documented(account.show_roles());
    if !disagree {
        remedy = remedy.documented(account.use_identity()).documented(account.grant(DATA_ROLE));
    }
    remedy = remedy.documented(account.grant(KEY_ROLE)).documented(account.watch());
    Verdict::error(message, remedy)
}
