//! What `make demo` shows: one root cause, its consequences, and a warning that has nothing to do with it.

use serde_json::json;

use super::Scenario;
use super::identity::exception_mismatch;
use crate::extension;
use crate::world::World;

pub(super) static SCENARIOS: &[Scenario] = &[Scenario {
    name: "demo",
    about: "An exception that matches no pod: the location is unavailable, backups fail; and one volume is in no backup.",
    world: demo,
}];

fn demo() -> World {
    let validation = "backup can't be created because BackupStorageLocation default is in Unavailable status.";
    let failed = [("c1a1", 125), ("c1a2", 65), ("c1a3", 5)].map(|(end, begun)| {
        let mut backup =
            extension::backup(&format!("9d1e7a52-6b0c-4f6e-8f3b-0a4c2be0{end}"), "FailedValidation", begun);
        backup["status"]["validationErrors"] = json!([validation]);
        backup
    });
    exception_mismatch().with_all(failed).with_all(netapp_claim())
}

/// A claim of a driver that Azure Backup leaves out in silence.
fn netapp_claim() -> [serde_json::Value; 2] {
    let mut objects = crate::aks::disk("shop", "archive", "centralus-1");
    let [volume, claim] = &mut objects;
    volume["spec"]["csi"] = json!({"driver": "csi.trident.netapp.io", "volumeHandle": "pvc-shop-archive"});
    volume["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] = json!("csi.trident.netapp.io");
    volume["spec"]["storageClassName"] = json!("netapp-files");
    claim["spec"]["storageClassName"] = json!("netapp-files");
    objects
}
