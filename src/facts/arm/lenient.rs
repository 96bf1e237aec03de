//! How fields of ARM's answers are read: what is not of the expected form is as if it were not there.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::facts::Text;

/// Reads a time; a text that is none is no time.
pub(super) fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<Value>::deserialize(deserializer)?;
    Ok(text.as_ref().and_then(Value::as_str).and_then(|text| {
        // Some services leave the zone out and mean UTC.
        text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
    }))
}

/// Reads a list or a map; null is an empty one.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a yes or no, written as one or as a word.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        Some(Value::Bool(flag)) => Some(flag),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => Some(true),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

/// Reads settings; what is neither text, number nor yes-or-no is left out.
pub(super) fn settings<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<std::collections::BTreeMap<String, Text>, D::Error> {
    let raw: std::collections::BTreeMap<String, Value> = null_as_default(deserializer)?;
    let plain = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    Ok(raw
        .into_iter()
        .filter_map(|(key, value)| {
            // A secret is known by the name of its setting as well as by its look; the name is the last part of the key.
            let last = key.rsplit('.').next().unwrap_or_default();
            let told = Text::new(&format!("{last}={}", plain(value)?));
            let value = told.strip_prefix(last).and_then(|rest| rest.strip_prefix('=')).unwrap_or("[redacted]");
            Some((crate::facts::objects::plain_name(&key), Text::new(value)))
        })
        .collect())
}

/// Reads a region as Azure's ids spell it: `Central US` is `centralus`.
pub(super) fn region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let raw = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(raw.chars().filter(char::is_ascii_alphanumeric).take(64).map(|c| c.to_ascii_lowercase()).collect())
}

/// Reads words; null ones are left out.
pub(super) fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Text>, D::Error> {
    let raw: Vec<Option<Text>> = null_as_default(deserializer)?;
    Ok(raw.into_iter().flatten().collect())
}
