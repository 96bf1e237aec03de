//! A snapshot of the volume has not become ready.
//!
//! Knowledge: VolumeSnapshotContents; a disk is copied for minutes, in another region for hours.

use jiff::SignedDuration;

use crate::coverage::index::Sight;
use crate::coverage::remark::Remark;
use crate::facts::Text;
use crate::facts::objects::SnapshotContent;

/// The remark.
pub const REMARK: Remark =
    Remark { code: "AKSB560", name: "snapshot-not-ready", title: "a snapshot of the volume is not ready", judge };

/// So long a snapshot may take.
const USUAL: SignedDuration = SignedDuration::from_mins(30);
/// So much of an error is shown.
const SHOWN: usize = 160;

fn judge(sight: &Sight<'_, '_>) -> Option<String> {
    let handle = sight.volume()?.handle.as_ref()?;
    let now = sight.index.facts.observed_at;
    let age = |content: &SnapshotContent| content.metadata.creation_timestamp.map(|made| now.duration_since(made));
    let is_late = |content: &&&SnapshotContent| {
        content.status.ready_to_use != Some(true) && age(content).is_none_or(|age| age > USUAL)
    };
    let late = sight.index.contents(handle).iter().filter(is_late).max_by_key(|content| age(content))?;
    let minutes = age(late).map_or_else(String::new, |age| format!(" for {} min", age.as_mins()));
    let error = late.status.error.as_ref().and_then(|error| error.message.as_ref()).map(Text::as_str);
    let error = error.map(|text| format!(": {}", text.chars().take(SHOWN).collect::<String>())).unwrap_or_default();
    Some(format!("its snapshot {} is not ready{minutes}{error}", late.metadata.name))
}
