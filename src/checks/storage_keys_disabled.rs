//! The storage account allows no shared keys, and the extension works with them.
//!
//! Knowledge: KeyBasedAuthenticationNotPermitted of Azure Storage; MicrosoftDocs/azure-docs pull
//! request 127508 (UserErrorStorageAccountKeyAccessDisallowed, on no page); Velero's useAAD. New roles
//! change nothing as long as the extension works with keys.

use super::check::{Check, Judgement};
use super::reading::location_account::{DATA_ROLE, Mode};
use super::reading::location_message::{NEEDS, Said, Verdict, capital, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB410",
    name: "storage-keys-disabled",
    hop: Hop::Storage,
    title: "the account allows the sign-in that the extension uses",
    needs: NEEDS,
    explains: &[
        "UserErrorExtensionIdentityNotFound",
        "BSL_KEY_MODE_ACCESS_KEY_FAILED",
        "UserErrorBackupStorageLocationNotReady",
    ],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage account refuses the extension because it allows no shared keys
  (KeyBasedAuthenticationNotPermitted).

Why it matters
  The location stays Unavailable. Accounts in hardened subscriptions have keys switched off, while an
  extension made by Terraform, Bicep or ARM works with keys unless it is told otherwise.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log.

What to do
  Let the extension sign in with its own identity: useAAD=true with storageAccountURI, and Storage Blob
  Data Contributor for that identity. To allow keys again also helps, where policy lets you.

Sources
  The error codes of Azure Storage; MicrosoftDocs/azure-docs pull request 127508; the settings of the
  backup extension in azure-cli-extensions.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::SharedKeyDisabled], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let mut message = format!(
        "{} allows no shared keys, and the extension came with one. Roles granted again change nothing.",
        capital(&account.words())
    );
    let disagree = account.mode() == Mode::Identity;
    message.push_str(&if disagree {
        format!(
            "\nThe message and the settings of the location disagree: {}, yet the extension came with a key. The message may be older than the setting, or this version of the extension does not know it.",
            account.mode_words()
        )
    } else {
        format!("\nThis fits the location: {}.", account.mode_words())
    });
    let text = if disagree {
        format!(
            "Wait for the next check first. If the answer stays, bring the extension to a version that signs in by itself and see that its identity has {DATA_ROLE} at the account; or allow keys on the account again, where policy lets you."
        )
    } else {
        format!(
            "Let the extension sign in with its own identity and give that {DATA_ROLE} at the account; the role can take up to an hour until it counts. Allowing keys on the account again is the other way, where policy lets you."
        )
    };
    let mut remedy = Remedy::guided(text).documented(account.show("{allowSharedKeyAccess:allowSharedKeyAccess}"));
    if !disagree {
        remedy = remedy.documented(account.use_identity());
    }
    let remedy = remedy.documented(account.grant(DATA_ROLE)).documented(account.watch());
    Verdict::error(message, remedy)
}
