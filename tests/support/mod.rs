//! What several test files share: the cases under `tests/checks/` and how their facts are made.

#![allow(dead_code, missing_docs, reason = "every test file uses a part of it")]

pub mod mutation;

use std::fs;
use std::path::{Path, PathBuf};

use aksbackup::facts::Facts;
use serde_json::{Map, Value};

/// One case: a patch of the healthy cluster, and what its check says of it.
pub struct Case {
    pub check: String,
    pub name: String,
    pub folder: PathBuf,
}

pub fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

/// Lists the cases, sorted by check and name.
pub fn cases() -> Vec<Case> {
    cases_in(&cases_folder())
}

/// Lists the cases of a folder, sorted by what they are of and name.
pub fn cases_in(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for check in folders(folder) {
        for folder in folders(&check) {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            cases.push(Case { check: name(&check), name: name(&folder), folder });
        }
    }
    cases.sort_by(|a, b| (&a.check, &a.name).cmp(&(&b.check, &b.name)));
    cases
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    fs::read_dir(parent)
        .unwrap_or_else(|error| panic!("{}: {error}", parent.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

pub fn healthy() -> Value {
    read_yaml(&cases_folder().join("healthy.yaml"))
}

/// Reads a case's facts: the healthy cluster with the case's `facts.yaml` laid over it.
pub fn facts_of(case: &Case) -> Facts {
    let mut whole = healthy();
    merge(&mut whole, read_yaml(&case.folder.join("facts.yaml")));
    serde_json::from_value(whole).unwrap_or_else(|error| panic!("{}: {error}", case.folder.display()))
}

pub fn read_yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lays a patch over a value.
///
/// Maps merge by key and lists of named objects by name; null takes a key away; `$delete: true` takes a named object
/// out of its list; `$replace` stands for its value as it is. A fact's state (`got`, `denied`, …) replaces another state.
pub fn merge(base: &mut Value, patch: Value) {
    match (base, patch) {
        (base, Value::Object(mut patch)) if patch.len() == 1 && patch.contains_key("$replace") => {
            *base = patch.remove("$replace").unwrap();
        }
        (Value::Object(base), Value::Object(patch)) if !changes_state(base, &patch) => {
            for (key, value) in patch {
                if value.is_null() {
                    base.remove(&key);
                } else {
                    merge(base.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (Value::Array(base), Value::Array(patch)) if patch.iter().all(|item| name_of(item).is_some()) => {
            for item in patch {
                let position = base.iter().position(|old| name_of(old) == name_of(&item));
                match (position, item.get("$delete").is_some()) {
                    (Some(at), true) => {
                        base.remove(at);
                    }
                    (None, true) => panic!("nothing of this name to take out: {item}"),
                    (Some(at), false) => merge(&mut base[at], item),
                    (None, false) => base.push(item),
                }
            }
        }
        (base, patch) => *base = patch,
    }
}

fn name_of(item: &Value) -> Option<&str> {
    item.pointer("/metadata/name").or_else(|| item.get("name")).or_else(|| item.get("type"))?.as_str()
}

fn changes_state(base: &Map<String, Value>, patch: &Map<String, Value>) -> bool {
    const STATES: [&str; 4] = ["got", "partial", "denied", "failed"];
    let state = |map: &Map<String, Value>| {
        (map.len() == 1).then(|| map.keys().next().unwrap().clone()).filter(|key| STATES.contains(&key.as_str()))
    };
    matches!((state(base), state(patch)), (Some(old), Some(new)) if old != new)
}
