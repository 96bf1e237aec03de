//! A second judge: what Azure Backup would do with each claim, by the documented rules alone.
//!
//! It reads what `kubectl get … -o json` prints, and shares nothing with the code that it judges: not a type, not a rule.
//! The rules are those of the contract (section 4) and of Microsoft's support matrix, where Azure was not asked: the scope
//! is that of the newest backup or none, and nobody can say whether the instance takes in file shares.

use std::collections::BTreeMap;

use serde_json::Value;

/// What becomes of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub verdict: &'static str,
    pub is_intended: bool,
    pub code: Option<&'static str>,
}

/// Judges every claim of the lists of claims, volumes and classes, by the spec of the newest backup; null where there is none.
pub fn judge_all(claims: &Value, volumes: &Value, classes: &Value, backup: &Value) -> BTreeMap<String, Judged> {
    let by_name = |list: &Value| -> BTreeMap<String, Value> {
        let named = |one: &Value| (text(one, "/metadata/name").to_owned(), one.clone());
        list["items"].as_array().unwrap().iter().map(named).collect()
    };
    let (volumes, classes) = (by_name(volumes), by_name(classes));
    let mut all = BTreeMap::new();
    for claim in claims["items"].as_array().unwrap() {
        let name = format!("{}/{}", text(claim, "/metadata/namespace"), text(claim, "/metadata/name"));
        let judged = match is_in_scope(claim, backup) {
            true => judge(claim, &volumes, &classes),
            false => Judged { verdict: "skipped", is_intended: true, code: None },
        };
        all.insert(name, judged);
    }
    all
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// As Velero takes in objects: by namespace, then by labels. Nothing is out of a scope that nobody knows.
fn is_in_scope(claim: &Value, backup: &Value) -> bool {
    let namespace = text(claim, "/metadata/namespace");
    let holds = |list: &str, wanted: &str| {
        let all = backup[list].as_array();
        all.is_some_and(|all| all.iter().any(|one| one == wanted || one == "*"))
    };
    let is_included = backup["includedNamespaces"].is_null() || holds("includedNamespaces", namespace);
    let wanted = backup["labelSelector"]["matchLabels"].as_object();
    let has = |(key, value): (&String, &Value)| claim["metadata"]["labels"][key] == *value;
    is_included && !holds("excludedNamespaces", namespace) && wanted.is_none_or(|all| all.iter().all(has))
}

fn judge(claim: &Value, volumes: &BTreeMap<String, Value>, classes: &BTreeMap<String, Value>) -> Judged {
    let is = |verdict| Judged { verdict, is_intended: false, code: None };
    let fails = |code| Judged { verdict: "will-fail", is_intended: false, code: Some(code) };
    if claim["metadata"]["labels"]["velero.io/exclude-from-backup"] == "true" {
        return Judged { verdict: "skipped", is_intended: true, code: None };
    }
    let phase = text(claim, "/status/phase");
    let name = text(claim, "/spec/volumeName");
    let volume = volumes.get(name);
    if phase == "Lost" || (phase == "Bound" && !name.is_empty() && volume.is_none()) {
        return fails("UserErrorPVNotFound");
    }
    if phase == "Pending" {
        return fails("UserErrorPVCNotBoundToVolume");
    }
    let Some(volume) = volume else { return fails("UserErrorPVCHasNoVolume") };
    let class = text(claim, "/spec/storageClassName");
    if class.is_empty() || !classes.contains_key(class) {
        return fails("UserErrorStorageClassMissingForPVC");
    }
    // What a claim that is gone has left, and what another claim holds, is nobody's to snapshot for this one.
    let holder = format!("{}/{}", text(volume, "/spec/claimRef/namespace"), text(volume, "/spec/claimRef/name"));
    let own = format!("{}/{}", text(claim, "/metadata/namespace"), text(claim, "/metadata/name"));
    if matches!(text(volume, "/status/phase"), "Released" | "Failed") || holder != own {
        return is("skipped");
    }
    if matches!(text(&classes[class], "/provisioner"), "kubernetes.io/azure-disk" | "kubernetes.io/azure-file") {
        return is("skipped");
    }
    let attribute = |wanted: &str| {
        let all = volume["spec"]["csi"]["volumeAttributes"].as_object();
        let found = all.and_then(|all| all.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)));
        found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_lowercase()
    };
    match text(volume, "/spec/csi/driver") {
        "disk.csi.azure.com" => is("backed-up"),
        "file.csi.azure.com" if attribute("protocol") == "nfs" => is("skipped"),
        "file.csi.azure.com" if attribute("networkEndpointType") == "privateendpoint" => is("skipped"),
        "file.csi.azure.com" => is("unknown"),
        _ => is("skipped"),
    }
}
