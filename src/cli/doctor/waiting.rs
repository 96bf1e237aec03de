//! `--wait`: diagnoses again and again until the trouble is gone, or the time is up.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::cli::reading::{Wanted, interruption, live};
use crate::cluster::{Flags, Logins};
use crate::error::Error;
use crate::exit;
use crate::facts::Facts;
use crate::finding::minute;
use crate::render::Console;
use crate::sources::Interruption;

/// How long it rests between two readings: the extension looks at its location once a minute at the most.
const REST: Duration = Duration::from_secs(15);
/// The shortest rest, for a short time to wait.
const SHORTEST_REST: Duration = Duration::from_secs(1);

/// What one round came to.
pub(super) struct Round {
    /// The exit code that a run would end with.
    pub(super) code: u8,
    /// Whether something was not judged for another reason than a right.
    pub(super) may_come: bool,
}

/// Reads until nothing at the threshold is found any more, and returns the last reading.
///
/// What could not be judged for want of a right does not come with time; what did not answer may, so it is waited for
/// too. A cluster that does not answer at first is an error; later it is waited for. A reading that the user interrupts
/// does not take the place of a whole one.
///
/// # Errors
/// As one reading.
pub(super) async fn wait(
    wanted: &Wanted<'_>,
    flags: &Flags,
    time: Duration,
    judge: impl Fn(&Facts, Option<Interruption>) -> Result<Round, Error>,
) -> Result<(Facts, Option<Interruption>), Error> {
    let end = Instant::now() + time;
    let rest = REST.min(time / 10).max(SHORTEST_REST);
    let logins = Logins::default();
    // One for all rounds: a signal between two of them is not lost.
    let mut interruption = pin!(interruption());
    let mut last: Option<(Facts, Option<Interruption>)> = None;
    loop {
        // The first reading may take what every run may; a later one only what is left of the time to wait.
        let left = last.as_ref().map(|_| end.saturating_duration_since(Instant::now()));
        let why = match live(wanted, flags, &logins, left, interruption.as_mut()).await {
            Ok((facts, Some(Interruption::User))) => return Ok(interrupted(last).unwrap_or((facts, INTERRUPTED))),
            // The time to wait ended it in the middle: the whole reading before it says more.
            Ok((_, Some(Interruption::Limit))) if last.is_some() && Instant::now() >= end => {
                "the last look could not be finished".to_owned()
            }
            Ok((facts, ended)) => {
                let round = judge(&facts, ended)?;
                let why = match round {
                    Round { code: exit::FOUND, .. } => "there is still something at or above --fail-on",
                    Round { may_come: true, .. } => "something did not answer and could not be judged",
                    _ => return Ok((facts, ended)),
                };
                last = Some((facts, ended));
                why.to_owned()
            }
            Err(error) if last.is_none() => return Err(error),
            // What the look before said is no word about now.
            Err(error) if end.saturating_duration_since(Instant::now()) < rest => return Err(error),
            Err(error) => format!("the cluster could not be asked: {}", error.message),
        };
        let left = end.saturating_duration_since(Instant::now());
        if left < rest {
            Console.remark(&format!("the time of --wait is up: {why}"));
            return last.ok_or_else(|| Error::cluster(why));
        }
        Console.remark(&format!("{why}; looking again in {} s, for {} s more", rest.as_secs(), left.as_secs()));
        tokio::select! {
            biased;
            () = &mut interruption => return interrupted(last).ok_or_else(|| Error::cluster(why)),
            () = tokio::time::sleep(rest) => {}
        }
    }
}

const INTERRUPTED: Option<Interruption> = Some(Interruption::User);

/// Returns the last whole reading as that of an interrupted run, and says of when it is.
fn interrupted(last: Option<(Facts, Option<Interruption>)>) -> Option<(Facts, Option<Interruption>)> {
    let (facts, _) = last?;
    Console.remark(&format!("interrupted; this is what the look before said, of {}", minute(facts.observed_at)));
    Some((facts, INTERRUPTED))
}
