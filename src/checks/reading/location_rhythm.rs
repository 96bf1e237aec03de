//! How often Velero looks after a storage location, and from when on it has not for too long.
//!
//! Knowledge: Velero's controllers: both default to a minute; 0 switches the work off; less than 0
//! means the default. The durations are written as Go writes them, as in `1m0s`.

use jiff::{SignedDuration, Timestamp};

use super::elapsed::since;

/// How often something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// It is done once in this time.
    Every(SignedDuration),
    /// It is switched off.
    Off,
    /// The setting cannot be read.
    Unreadable,
}

const DEFAULT: SignedDuration = SignedDuration::from_mins(1);

/// Shorter pauses than this mean nothing: a pod that moves to another node makes one.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

impl Rhythm {
    /// Reads a setting.
    pub fn of(setting: Option<&str>) -> Self {
        let Some(text) = setting.map(str::trim).filter(|text| !text.is_empty()) else { return Self::Every(DEFAULT) };
        if text == "0" {
            return Self::Off;
        }
        match text.parse::<SignedDuration>() {
            Ok(duration) if duration.is_zero() => Self::Off,
            Ok(duration) if duration.is_negative() => Self::Every(DEFAULT),
            Ok(duration) => Self::Every(duration),
            Err(_) => Self::Unreadable,
        }
    }

    /// Returns how long a pause may be before it means something; `None` where nothing is due.
    pub fn limit(self) -> Option<SignedDuration> {
        match self {
            Self::Every(period) => Some(period.saturating_mul(2).max(PATIENCE)),
            Self::Off | Self::Unreadable => None,
        }
    }
}

/// Where a location does not say how often it is looked after, a pause of less than this means nothing.
const UNSET: SignedDuration = SignedDuration::from_hours(1);

/// Returns when something was last done, where that is longer ago than the setting allows.
///
/// The server's own default decides where the location sets nothing, and that is a flag which nobody read.
pub fn overdue(when: Option<Timestamp>, setting: Option<&str>, now: Timestamp) -> Option<Timestamp> {
    let limit = Rhythm::of(setting).limit()?;
    let is_unset = setting.is_none_or(|setting| setting.trim().is_empty());
    let limit = if is_unset { limit.max(UNSET) } else { limit };
    when.filter(|when| since(*when, now) > limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_as_go_writes_them() {
        let every = |seconds| Rhythm::Every(SignedDuration::from_secs(seconds));
        for (text, rhythm) in [
            (None, every(60)),
            (Some(""), every(60)),
            (Some("1m0s"), every(60)),
            (Some("1h30m0s"), every(5400)),
            (Some("0s"), Rhythm::Off),
            (Some("0"), Rhythm::Off),
            (Some("-1m0s"), every(60)),
            (Some("often"), Rhythm::Unreadable),
            (Some("99999999999999999999h"), Rhythm::Unreadable),
        ] {
            assert_eq!(Rhythm::of(text), rhythm, "{text:?}");
        }
    }

    #[test]
    fn is_patient_with_short_periods() {
        assert_eq!(Rhythm::of(Some("1m0s")).limit(), Some(PATIENCE));
        assert_eq!(Rhythm::of(Some("1h0m0s")).limit(), Some(SignedDuration::from_hours(2)));
        assert_eq!(Rhythm::of(Some("2562047h")).limit().map(|limit| limit > PATIENCE), Some(true));
    }
}
