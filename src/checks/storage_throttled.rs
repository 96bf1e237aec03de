//! Azure limits how often the account may be asked; it passes.
//!
//! Knowledge: the storage resource provider limits listKeys and reads per subscription (429
//! TooManyRequests, aka.ms/srpthrottlinglimits). No role is missing. An extension that signs in with its
//! own identity and knows the account's address asks the provider nothing.

use super::check::{Check, Judgement};
use super::reading::location_account::{DATA_ROLE, Mode};
use super::reading::location_message::{NEEDS, Said, Verdict, judge};
use crate::catalogue::Sign;
use crate::facts::Facts;
use crate::finding::{Hop, Remedy};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB411",
    name: "storage-throttled",
    hop: Hop::Storage,
    title: "Azure answers as often as the extension asks",
    needs: NEEDS,
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure answers the extension with 429 (TooManyRequests) when it asks for the account or its
  keys.

Why it matters
  While it lasts the location is Unavailable, and a backup that begins in that time fails.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log.

What to do
  Wait: the limit counts over a few minutes, and Velero checks again by itself. No role is missing. If
  it comes back, let the extension sign in with its own identity (useAAD=true with storageAccountURI):
  then it asks the limited service nothing.

Sources
  Azure Storage's limits of the resource provider; Velero's pkg/util/azure/storage.go.
";

fn run(facts: &Facts) -> Judgement {
    judge(facts, &[Sign::Throttled], |said| Some(say(said)))
}

fn say(said: &Said<'_, '_>) -> Verdict {
    let account = &said.account;
    let message = format!(
        "Azure answers the extension with \"too many requests\" when it asks about {}. It passes by itself; no role is missing. A backup that begins before then fails.",
        account.words()
    );
    let mut remedy = Remedy::guided(
        "Wait a few minutes and look again. If it keeps coming back, many clients share this subscription's limit: let the extension sign in with its own identity, which asks the limited service nothing.",
    )
    .documented(account.watch());
    if account.mode() != Mode::Identity {
        remedy = remedy.documented(account.use_identity()).documented(account.grant(DATA_ROLE));
    }
    // It passes by itself; but a backup that begins now fails, and that is what an error means.
    Verdict::error(message, remedy)
}
