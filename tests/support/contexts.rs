//! A kubeconfig with two contexts, for a run that reads two clusters.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub fn read(kubeconfig: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(kubeconfig).unwrap()).unwrap()
}

/// Writes one kubeconfig with the contexts `source` and `target`, each the only one of a kubeconfig; the first is current.
pub fn both(folder: &Path, source: &Path, target: &Path) -> PathBuf {
    let mut whole = json!({"apiVersion": "v1", "kind": "Config", "current-context": "source"});
    for key in ["clusters", "users", "contexts"] {
        let rows = [("source", source), ("target", target)].map(|(name, kubeconfig)| {
            let mut row = read(kubeconfig)[key][0].clone();
            row["name"] = json!(name);
            if key == "contexts" {
                row["context"]["cluster"] = json!(name);
                row["context"]["user"] = json!(name);
            }
            row
        });
        whole[key] = json!(rows);
    }
    let file = folder.join("both");
    std::fs::write(&file, whole.to_string()).unwrap();
    file
}
