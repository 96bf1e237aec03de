//! How long something has lasted, in words that a person can use.

use jiff::{SignedDuration, Timestamp};

/// Returns how long ago a time was; nothing for one that is still to come.
pub fn since(then: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(then).max(SignedDuration::ZERO)
}

/// Returns a duration in its largest whole unit: `40 seconds`, `12 minutes`, `6 hours`, `3 days`.
pub fn words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_the_largest_unit_that_says_enough() {
        for (seconds, text) in [
            (-5, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (21_600, "6 hours"),
            (259_200, "3 days"),
        ] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), text);
        }
    }
}
