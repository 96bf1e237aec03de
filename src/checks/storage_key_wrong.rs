//! The storage account refuses the key or token that the extension comes with.
//!
//! Knowledge: AuthenticationFailed and InvalidAuthenticationInfo of Azure Storage: the key was rotated,
//! a shared signature has expired, or the clock is wrong. It is about who asks, not about what he may.

use super::check::{Check, Judgement};
use super::reading::location_account::Mode;
use super::reading::location_message::{NEEDS, Said, Verdict, capital, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB417",
    name: "storage-key-wrong",
    hop: Hop::Storage,
    title: "the account accepts the extension's key or token",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the storage service refuses the signature that the extension comes with (\"Server failed to
  authenticate the request\").

Why it matters
  The location stays Unavailable until the extension comes with a key or token that is good.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log.

What to do
  With a key in a variable: put the account's present key into the secret. With keys that the extension
  fetches itself: wait for the next check, or let it sign in with its own identity. In every case see
  that the clock of the node is right.

Sources
  The error codes of Azure Storage; Velero's settings for Azure.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::StorageKeyWrong], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let message = format!(
        "{} does not accept the signature that the extension comes with: a key that was rotated, a shared signature that has expired, or a clock that is wrong. {}.",
        capital(&account.words()),
        capital(&account.mode_words())
    );
    let text = match account.mode() {
        Mode::GivenKey => {
            "Put the account's present key into the secret that the variable is filled from, and start the agent again; or take the variable out of the settings and let the extension sign in with its own identity."
        }
        _ => {
            "See that the clock of the agent's node is right. If a key was rotated just now, the next check fetches the new one."
        }
    };
    let mut remedy = Remedy::guided(text);
    if account.mode() != Mode::Identity {
        remedy = remedy.documented(account.use_identity());
    }
    Verdict::error(message, remedy.documented(account.watch()))
}
