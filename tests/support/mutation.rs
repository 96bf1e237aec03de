//! What may go wrong with a file of facts, at any place of it.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Finds every place in a value.
pub fn places(value: &Value, here: &mut String, found: &mut Vec<String>) {
    found.push(here.clone());
    let length = here.len();
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                here.push('/');
                here.push_str(&key.replace('~', "~0").replace('/', "~1"));
                places(inner, here, found);
                here.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                here.push('/');
                here.push_str(&index.to_string());
                places(inner, here, found);
                here.truncate(length);
            }
        }
        _ => {}
    }
}

/// What may stand anywhere.
pub fn absurd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!(-1)),
        Just(json!(u64::MAX)),
        Just(json!(1e300)),
        Just(json!("999999999999999999999Ei")),
        Just(json!("-9223372036854775808")),
        Just(json!("0000-00-00T00:00:00Z")),
        Just(json!("9999-12-31T23:59:59Z")),
        Just(json!("-009999-01-01T00:00:00Z")),
        Just(json!("9223372036854775807h59m")),
        Just(json!("\u{1b}[2J\u{7}\r\n\u{202e}")),
        Just(json!("é漢字🦀".repeat(5000))),
        Just(json!("0/4294967295 nodes are available: 4294967296 Insufficient cpu, 99999999999 node(s) had taint {")),
        Just(json!("a: ".repeat(20_000))),
        any::<String>().prop_map(Value::String),
        any::<i64>().prop_map(|number| json!(number)),
    ]
}
