//! What a trace may show of an answer: its shape and words, without what is secret by where it stands.
//!
//! A password in an environment variable or a ConfigMap looks like any other word; only its place tells. kubectl shows such
//! bodies as they are at `-v=8`; a trace that people paste into tickets must not.

use serde_json::Value;

use crate::facts::Text;

/// What stands in the place of what is not shown.
const GONE: &str = "[redacted]";
/// How deep an answer is looked into.
const DEEPEST: usize = 64;
/// The annotation that holds an object once more, as it was applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Returns the body of an answer as a trace may show it.
///
/// JSON that does not end is not shown at all: where its secrets stand cannot be told.
pub(super) fn shown(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            hide(&mut value, 0);
            Text::new(&value.to_string()).to_string()
        }
        Err(_) if body.trim_ascii_start().starts_with(b"{") => "not shown, as it is no whole JSON".to_owned(),
        Err(_) => Text::new(&String::from_utf8_lossy(body)).to_string(),
    }
}

fn hide(value: &mut Value, depth: usize) {
    match value {
        _ if depth > DEEPEST => *value = GONE.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, depth + 1)),
        Value::Object(fields) => {
            // An environment variable, a header, a parameter: named things whose value can be anything.
            let is_named = fields.get("name").is_some_and(Value::is_string);
            for (key, value) in fields.iter_mut() {
                match key.as_str() {
                    "data" | "stringData" | "binaryData" if value.is_object() => hide_values(value),
                    "value" if is_named && value.is_string() => *value = GONE.into(),
                    LAST_APPLIED => *value = GONE.into(),
                    _ => hide(value, depth + 1),
                }
            }
        }
        _ => {}
    }
}

fn hide_values(value: &mut Value) {
    for value in value.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        *value = GONE.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_by_its_place_is_not_shown() {
        let body = br#"{"kind":"PodList","items":[
            {"metadata":{"name":"web","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":\"hunter2\"}"}},
             "spec":{"containers":[{"name":"web","env":[{"name":"DB_PASSWORD","value":"hunter2"}]}]}},
            {"kind":"Secret","data":{"cloud":"aHVudGVyMg=="},"stringData":{"a":"hunter2"}},
            {"kind":"ConfigMap","data":{"Corefile":"hunter2"},"binaryData":{"b":"aHVudGVyMg=="}}]}"#;
        let told = shown(body);
        assert!(told.contains("DB_PASSWORD") && told.contains("\"web\""), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("aHVudGVyMg"), "{told}");
        assert!(!shown(br#"{"data":{"a":"hunter2"#).contains("hunter2"));
        assert_eq!(shown(b"plain words"), "plain words");
    }
}
