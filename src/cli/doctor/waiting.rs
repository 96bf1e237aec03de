//! `--wait`: diagnoses again and again until the trouble is gone, or the time is up.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use super::DoctorArgs;
use super::reading::{interruption, live};
use super::selection::Selection;
use crate::cluster::Flags;
use crate::error::Error;
use crate::exit;
use crate::facts::Facts;
use crate::render::Console;
use crate::sources::Interruption;

/// How long it rests between two readings: the extension looks at its location once a minute at the most.
const REST: Duration = Duration::from_secs(15);
/// The shortest rest, for a short time to wait.
const SHORTEST_REST: Duration = Duration::from_secs(1);

/// Reads until nothing at the threshold is found any more, and returns the last reading.
///
/// What could not be judged for want of a right does not come with time; what timed out may. So it ends when the exit
/// code is no longer that of a finding. A cluster that does not answer at first is an error; later it is waited for.
///
/// # Errors
/// As one reading.
pub(super) async fn wait(
    args: &DoctorArgs,
    flags: &Flags,
    selection: &mut Selection,
    time: Duration,
    code_of: impl Fn(&mut Selection, &Facts, Option<Interruption>) -> Result<u8, Error>,
) -> Result<(Facts, Option<Interruption>), Error> {
    let end = Instant::now() + time;
    let rest = REST.min(time / 10).max(SHORTEST_REST);
    // One for all rounds: a signal between two of them is not lost.
    let mut interruption = pin!(interruption());
    let mut last: Option<(Facts, Option<Interruption>)> = None;
    loop {
        let why = match live(args, flags, selection, interruption.as_mut()).await {
            Ok((facts, Some(Interruption::User))) => return Ok((facts, Some(Interruption::User))),
            Ok((facts, ended)) => {
                let code = code_of(selection, &facts, ended)?;
                if code != exit::FOUND {
                    return Ok((facts, ended));
                }
                last = Some((facts, ended));
                "there is still something at or above --fail-on".to_owned()
            }
            Err(error) if last.is_none() => return Err(error),
            Err(error) => format!("the cluster did not answer: {}", error.message),
        };
        let left = end.saturating_duration_since(Instant::now());
        if left < rest {
            Console.remark(&format!("the time of --wait is up: {why}"));
            return last.ok_or_else(|| Error::cluster(why));
        }
        Console.remark(&format!("{why}; looking again in {} s, for {} s more", rest.as_secs(), left.as_secs()));
        tokio::select! {
            biased;
            () = &mut interruption => {
                let interrupted = last.map(|(facts, _)| (facts, Some(Interruption::User)));
                return interrupted.ok_or_else(|| Error::cluster(why));
            }
            () = tokio::time::sleep(rest) => {}
        }
    }
}
