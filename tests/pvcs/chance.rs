//! Claims that were made by chance, judged twice: by the built binary, and by a judge that shares nothing with it.
//!
//! `AKSBACKUP_PVCS=2000` makes so many; `AKSBACKUP_PVCS_SEED` repeats what a failure names.

use std::collections::BTreeMap;

use aksbackup_lab::{Crds, Lab, World, aks, extension};
use serde_json::{Value, json};

use crate::objects::{DISK, FILE, claim, class, csi, disk, share, volume};
use crate::oracle::{Judged, judge_all};
use crate::{lab, see};

/// How many claims are made where the environment does not say.
const CLAIMS: usize = 200;
const NAMESPACES: usize = 7;

/// Numbers that look random and are the same for the same seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % below
    }

    fn of<'s, T>(&mut self, some: &'s [T]) -> &'s T {
        &some[self.next(some.len())]
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.next(many) == 0
    }
}

/// Returns the source of a volume, of any kind.
fn source(dice: &mut Dice, name: &str) -> Value {
    let protocol = *dice.of(&["nfs", "NFS", "smb", "SMB", ""]);
    let key = *dice.of(&["protocol", "Protocol"]);
    match dice.next(20) {
        0..6 => disk(name),
        6 => csi(DISK, name, &json!({"skuName": dice.of(&["UltraSSD_LRS", "PremiumV2_LRS", "Standard_LRS"])})),
        7..10 => share(name, &if protocol.is_empty() { json!({}) } else { json!({key: protocol}) }),
        10 => share(name, &json!({"networkEndpointType": dice.of(&["privateEndpoint", "", "privateendpoint"])})),
        11 => csi(FILE, name, &json!({"skuName": "Premium_LRS"})),
        12 => {
            json!({"azureDisk": {"diskName": name, "diskURI": format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/{name}"), "kind": "Managed"}})
        }
        13 => json!({"azureFile": {"secretName": "s", "shareName": name, "secretNamespace": "default"}}),
        14 => json!({"nfs": {"server": "10.0.0.9", "path": "/x"}}),
        15 => json!({"hostPath": {"path": "/x"}}),
        16 => csi("blob.csi.azure.com", name, &json!({"protocol": "fuse2"})),
        17 => csi(["san.csi.azure.com", "netapp.io", "csi.trident.netapp.io"][dice.next(3)], name, &json!({})),
        18 => json!({"iscsi": {"targetPortal": "10.0.0.8:3260", "iqn": "iqn.2026-11.com.example:a", "lun": 0}}),
        _ => json!({"cephfs": {"monitors": ["10.0.0.7:6789"]}}),
    }
}

/// Makes a claim of any kind, and what stands behind it.
fn any(dice: &mut Dice, index: usize) -> Vec<Value> {
    let namespace = format!("team-{}", dice.next(NAMESPACES));
    let name = format!("claim-{index:05}");
    let of = format!("pv-{index:05}");
    let class = match dice.next(12) {
        0 => None,
        1 => Some(""),
        2 => Some("not-there"),
        _ => Some(*dice.of(&["managed-csi", "azurefile-csi", "manual", "in-tree"])),
    };
    let phase = *dice.of(&["Bound", "Bound", "Bound", "Bound", "Bound", "Bound", "Pending", "Lost"]);
    let names_it = phase == "Bound" || dice.one_in(2);
    let names_it = names_it && !dice.one_in(15);
    let mut claim = claim(&namespace, &name, class, names_it.then_some(of.as_str()));
    claim["status"] = json!({"phase": phase});
    if dice.one_in(10) {
        let value = *dice.of(&["true", "false", "True"]);
        claim["metadata"]["labels"] = json!({"velero.io/exclude-from-backup": value, "app": "x"});
    }
    if dice.one_in(9) {
        claim["spec"]["resources"]["requests"]["storage"] = json!(*dice.of(&["2Ti", "1500M", "1025Gi", "100Gi"]));
    }
    let mut made = vec![claim];
    if !dice.one_in(12) {
        let source = source(dice, &of);
        let mut volume = volume(&of, &source, class.unwrap_or_default(), Some((&namespace, &name)));
        if dice.one_in(20) {
            volume["spec"]["claimRef"]["name"] = json!("somebody-elses");
        }
        volume["status"] =
            json!({"phase": dice.of(&["Bound", "Bound", "Bound", "Bound", "Released", "Available", "Failed"])});
        if dice.one_in(4) {
            volume["spec"]["persistentVolumeReclaimPolicy"] = json!("Delete");
        }
        made.push(volume);
    }
    made
}

#[test]
fn two_judges_that_share_nothing_agree_on_claims_made_by_chance() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = number("AKSBACKUP_PVCS").map_or(CLAIMS, |count| usize::try_from(count).unwrap());
    let seed = number("AKSBACKUP_PVCS_SEED").unwrap_or_else(|| jiff::Timestamp::now().as_second().unsigned_abs());
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    // No controller undoes what chance has made.
    let lab = lab(false);
    let mut world = World::default().with_crds(Crds::Snapshot).with_crds(Crds::Velero);
    world = world.with_all(aks::Pool::system().nodes()).with_all(aks::storage());
    world = world.with(class("manual", "kubernetes.io/no-provisioner", "Immediate"));
    world = world.with(class("in-tree", "kubernetes.io/azure-disk", "Immediate"));
    world = world.with(aks::namespace(extension::NAMESPACE));
    for index in 0..NAMESPACES {
        world = world.with(aks::namespace(&format!("team-{index}")));
    }
    lab.play(&world).unwrap();
    let objects: Vec<Value> = (0..count).flat_map(|index| any(&mut dice, index)).collect();
    lab.apply_all(&objects).unwrap();

    let spec = |dice: &mut Dice| {
        let names: Vec<String> = (0..NAMESPACES).map(|index| format!("team-{index}")).collect();
        let some = |dice: &mut Dice| names.iter().filter(|_| !dice.one_in(4)).cloned().collect::<Vec<_>>();
        let included = some(dice);
        let mut backup = extension::backup("7f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b000", "Completed", 60);
        backup["spec"]["excludedNamespaces"] = json!(["kube-system", "team-0"]);
        backup["spec"]["includedNamespaces"] = if included.is_empty() { json!(["*"]) } else { json!(included) };
        backup
    };
    compare(&lab, count, seed, None);
    let backup = spec(&mut dice);
    lab.apply(&backup).unwrap();
    compare(&lab, count, seed, Some(&backup["spec"]));
}

/// Lets both judge, and holds that they agree on every claim.
fn compare(lab: &Lab, count: usize, seed: u64, backup: Option<&Value>) {
    let list = |kind: &str| -> Value {
        serde_json::from_str(&lab.kubectl(&["get", kind, "--all-namespaces", "-o", "json"]).unwrap()).unwrap()
    };
    let wanted = judge_all(&list("pvc"), &list("pv"), &list("storageclass"), backup.unwrap_or(&Value::Null));
    let seen = see(lab.kubeconfig(), &[]);
    let scope = if backup.is_some() { "last-backup" } else { "none" };
    assert_eq!(seen.report["judgedAgainst"]["scope"], scope);
    assert_eq!(wanted.len(), count);
    assert_eq!(seen.claims().len(), count);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut differ = Vec::new();
    for (claim, name) in seen.claims().iter().zip(seen.names()) {
        let Judged { verdict, is_intended, code } = &wanted[&name];
        let explains: Vec<&str> = code.iter().copied().collect();
        *counts
            .entry(format!("{verdict}{} {}", if *is_intended { " intended" } else { "" }, explains.join("")))
            .or_default() += 1;
        if claim["verdict"] != *verdict || claim["intended"] != *is_intended || claim["explains"] != json!(explains) {
            let (of, at) = name.split_once('/').unwrap();
            let object = lab.get(&format!("/api/v1/namespaces/{of}/persistentvolumeclaims/{at}")).unwrap();
            let volume =
                lab.get(&format!("/api/v1/persistentvolumes/{}", at.replace("claim", "pv"))).unwrap_or_default();
            differ.push(format!(
                "{name}: said {} {} {} ({}), wanted {verdict} {is_intended} {explains:?}\n  claim {} labels {} status {}\n  volume {} status {}",
                claim["verdict"],
                claim["intended"],
                claim["explains"],
                claim["reason"],
                object["spec"],
                object["metadata"]["labels"],
                object["status"],
                volume["spec"],
                volume["status"],
            ));
        }
    }
    println!("{count} claims, seed {seed}, scope {scope}: {counts:?}");
    let shown: Vec<&str> = differ.iter().take(20).map(String::as_str).collect();
    assert!(
        differ.is_empty(),
        "{} of {count} claims are judged differently (AKSBACKUP_PVCS={count} AKSBACKUP_PVCS_SEED={seed}):\n{}",
        differ.len(),
        shown.join("\n")
    );
    if count >= CLAIMS && backup.is_none() {
        assert_eq!(counts.len(), 8, "chance made too few kinds: {counts:?}");
    }
}
