//! What really becomes of claims, and what is said of each.

use std::sync::OnceLock;
use std::time::Duration;

use aksbackup_lab::{Lab, World, aks, minutes_ago};
use serde_json::{Value, json};

use crate::objects::{DISK, claim, class, csi, disk, pair, pod, pod_spec, share, volume};
use crate::{lab, run, see, told};

const BOUND: Duration = Duration::from_secs(45);
const MANUAL: &str = "manual";
const PROVISIONER: &str = "failed to provision volume with StorageClass \"azurefile-csi\": rpc error: code = Internal desc = QuotaExceeded: no further accounts";

/// A cluster with a claim of every kind. It is made once, and no test changes it.
pub fn cluster() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let lab = lab(true);
        lab.play(&world()).unwrap();
        become_what_they_are(&lab);
        lab
    })
}

fn world() -> World {
    let mut world = World::aks()
        // Without a default class a claim that names none waits.
        .edit("StorageClass", "default", |class| {
            class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] = json!("false");
        })
        .with(aks::namespace("apps"))
        .with(aks::namespace("broken"))
        .with(aks::namespace("odd"))
        .with(class(MANUAL, "kubernetes.io/no-provisioner", "Immediate"))
        .with(class("temporary", DISK, "Immediate"))
        .with(class("in-tree", "kubernetes.io/azure-disk", "Immediate"));
    // Used by workloads of each kind.
    for name in ["data-db-0", "web-data", "tool-data", "batch-scratch"] {
        world = world.with_all(owned(name));
    }
    let labels = |name: &str| json!({"app": name});
    world = world
        .with(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"namespace": "apps", "name": "db"},
            "spec": {
                "replicas": 1, "selector": {"matchLabels": labels("db")},
                "template": {"metadata": {"labels": labels("db")}, "spec": pod_spec(&[])},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                    "accessModes": ["ReadWriteOnce"], "storageClassName": "managed-csi",
                    "resources": {"requests": {"storage": "8Gi"}},
                }}],
            },
        }))
        .with(claim("apps", "web-data", Some("managed-csi"), Some("pv-apps-web-data")))
        .with(aks::deployment("apps", "web", 1, &labels("web"), &labels("web"), &pod_spec(&["web-data"])))
        .with(claim("apps", "tool-data", Some("managed-csi"), Some("pv-apps-tool-data")))
        .with(pod("apps", "tool", None, &["tool-data"]));
    let mut ephemeral = pod("apps", "batch", None, &[]);
    ephemeral["spec"]["volumes"] = json!([{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "managed-csi", "resources": {"requests": {"storage": "8Gi"}},
    }}}}]);
    world = world.with(ephemeral);
    // What cannot be saved, each for its own reason.
    world = world
        .with(claim("broken", "no-class", Some("gone-class"), None))
        .with(claim("broken", "no-default", None, None))
        .with(claim("broken", "no-class-wanted", Some(""), None))
        .with(claim("broken", "first-consumer", Some("managed-csi"), None))
        .with(claim("broken", "provisioner", Some("azurefile-csi"), None))
        .with_all(pair("broken", "lost", "managed-csi", &disk("lost")))
        .with_all(pair("broken", "replaced", "managed-csi", &disk("replaced")))
        .with_all(pair("broken", "released", MANUAL, &disk("released")))
        .with_all(pair("broken", "class-gone", "temporary", &disk("class-gone")))
        .with(volume("pv-broken-static", &disk("static"), "", Some(("broken", "static"))))
        .with(claim("broken", "static", Some(""), Some("pv-broken-static")));
    // What is left out, and what depends.
    let labelled = |[volume, mut claim]: [Value; 2]| {
        claim["metadata"]["labels"] = json!({"velero.io/exclude-from-backup": "true", "tier": "cache"});
        [volume, claim]
    };
    world
        .with_all(labelled(pair("odd", "excluded", MANUAL, &disk("excluded"))))
        .with_all(pair("odd", "in-tree-disk", "in-tree", &json!({"azureDisk": {
            "diskName": "old", "diskURI": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/old", "kind": "Managed",
        }})))
        .with_all(pair("odd", "in-tree-file", MANUAL, &json!({"azureFile": {"secretName": "s", "shareName": "old", "secretNamespace": "odd"}})))
        .with_all(pair("odd", "nfs", MANUAL, &json!({"nfs": {"server": "10.0.0.9", "path": "/x"}})))
        .with_all(pair("odd", "host-path", MANUAL, &json!({"hostPath": {"path": "/x"}})))
        .with_all(pair("odd", "blob", MANUAL, &csi("blob.csi.azure.com", "rg#account#c", &json!({"protocol": "nfs"}))))
        .with_all(pair("odd", "share-smb", MANUAL, &share("smb", &json!({"protocol": "smb"}))))
        .with_all(pair("odd", "share-plain", MANUAL, &share("plain", &json!({}))))
        .with_all(pair("odd", "share-nfs", MANUAL, &share("nfs", &json!({"protocol": "NFS"}))))
        .with_all(pair("odd", "share-private", MANUAL, &share("private", &json!({"networkEndpointType": "privateEndpoint"}))))
}

/// Returns the volume that waits for a claim that a workload brings with it.
fn owned(name: &str) -> [Value; 1] {
    [volume(&format!("pv-apps-{name}"), &disk(name), "managed-csi", Some(("apps", name)))]
}

/// Waits for the controllers, then takes away what must be gone.
fn become_what_they_are(lab: &Lab) {
    let path = |name: &str| {
        let (namespace, name) = name.split_once('/').unwrap();
        format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}")
    };
    let phase = |name: &str, wanted: &'static str| {
        lab.wait_until(&path(name), BOUND, |claim| claim["status"]["phase"] == wanted).unwrap();
    };
    for name in ["data-db-0", "web-data", "tool-data", "batch-scratch"] {
        phase(&format!("apps/{name}"), "Bound");
    }
    for name in ["lost", "replaced", "released", "class-gone", "static"] {
        phase(&format!("broken/{name}"), "Bound");
    }
    for name in ["excluded", "in-tree-disk", "in-tree-file", "nfs", "host-path", "blob", "share-smb", "share-nfs"] {
        phase(&format!("odd/{name}"), "Bound");
    }
    for name in ["lost", "replaced"] {
        let volume = format!("pv-broken-{name}");
        lab.kubectl(&["delete", "pv", &volume, "--wait=false"]).unwrap();
        // As somebody does who is in a hurry: its protection is taken away by hand.
        let _ = lab.kubectl(&["patch", "pv", &volume, "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#]);
        phase(&format!("broken/{name}"), "Lost");
    }
    lab.apply(&volume("pv-broken-replaced", &disk("other"), "managed-csi", Some(("elsewhere", "other")))).unwrap();
    lab.delete("/apis/storage.k8s.io/v1/storageclasses/temporary").unwrap();
    lab.delete(&path("broken/released")).unwrap();
    let is_released = |volume: &Value| volume["status"]["phase"] == "Released";
    lab.wait_until("/api/v1/persistentvolumes/pv-broken-released", BOUND, is_released).unwrap();
    lab.apply(&claim("broken", "after-released", Some(MANUAL), Some("pv-broken-released"))).unwrap();
    let waiting = lab.get(&path("broken/provisioner")).unwrap();
    lab.apply(&json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "broken", "name": "provisioner.1"},
        "involvedObject": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "broken", "name": "provisioner", "uid": waiting["metadata"]["uid"]},
        "type": "Warning", "reason": "ProvisioningFailed", "message": PROVISIONER, "count": 7,
        "source": {"component": "file.csi.azure.com_csi-azurefile-controller"}, "reportingComponent": "file.csi.azure.com",
        "firstTimestamp": minutes_ago(9), "lastTimestamp": minutes_ago(0),
    }))
    .unwrap();
    let is_there = |says: &'static str| {
        let said = move |list: &Value| list.to_string().contains(says);
        lab.wait_until("/api/v1/namespaces/broken/events", BOUND, said).unwrap();
    };
    is_there("WaitForFirstConsumer");
    is_there("\\\"gone-class\\\" not found");
    is_there("already bound to a different claim");
    for name in ["db-0", "tool", "batch"] {
        lab.wait_until(&format!("/api/v1/namespaces/apps/pods/{name}"), BOUND, |pod| {
            pod["spec"]["nodeName"].is_string()
        })
        .unwrap();
    }
}

/// Which claim, its verdict, our code, Microsoft's, what the reason holds, and who uses it.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const LOST: &str = "UserErrorPVNotFound";
const WAITS: &str = "UserErrorPVCNotBoundToVolume";
const NO_CLASS: &str = "UserErrorStorageClassMissingForPVC";
const TABLE: &[Row] = &[
    ("apps/batch-scratch", "backed-up", "", "", "in scope", "Pod/batch"),
    ("apps/data-db-0", "backed-up", "", "", "in scope", "StatefulSet/db"),
    ("apps/tool-data", "backed-up", "", "", "in scope", "Pod/tool"),
    ("apps/web-data", "backed-up", "", "", "in scope", "Deployment/web"),
    ("broken/after-released", "will-fail", "AKSB508", WAITS, "Pending", ""),
    ("broken/class-gone", "will-fail", "AKSB511", NO_CLASS, "StorageClass temporary does not exist", ""),
    ("broken/first-consumer", "will-fail", "AKSB508", WAITS, "the first pod that uses it", ""),
    ("broken/lost", "will-fail", "AKSB507", LOST, "lost its volume", ""),
    ("broken/no-class", "will-fail", "AKSB508", WAITS, "no StorageClass gone-class", ""),
    ("broken/no-class-wanted", "will-fail", "AKSB508", WAITS, "asks for no class", ""),
    ("broken/no-default", "will-fail", "AKSB508", WAITS, "no default class", ""),
    ("broken/provisioner", "will-fail", "AKSB508", WAITS, "a quota of Azure", ""),
    ("broken/replaced", "will-fail", "AKSB507", LOST, "lost its volume", ""),
    ("broken/static", "will-fail", "AKSB511", NO_CLASS, "no StorageClass", ""),
    ("odd/blob", "skipped", "AKSB515", "", "blob.csi.azure.com", ""),
    ("odd/excluded", "skipped", "AKSB502", "", "velero.io/exclude-from-backup=true", ""),
    ("odd/host-path", "skipped", "AKSB514", "", "hostPath", ""),
    ("odd/in-tree-disk", "skipped", "AKSB513", "", "azureDisk", ""),
    ("odd/in-tree-file", "skipped", "AKSB513", "", "azureFile", ""),
    ("odd/nfs", "skipped", "AKSB514", "", "nfs", ""),
    ("odd/share-nfs", "skipped", "AKSB516", "", "over NFS", ""),
    ("odd/share-plain", "unknown", "", "", "takes in file shares", ""),
    ("odd/share-private", "skipped", "AKSB517", "", "private endpoint", ""),
    ("odd/share-smb", "unknown", "", "", "takes in file shares", ""),
    ("shop/data", "backed-up", "", "", "in scope", ""),
];

#[test]
fn every_kind_of_claim_has_the_verdict_that_it_deserves() {
    let seen = see(cluster().kubeconfig(), &[]);
    let names: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
    assert_eq!(seen.names(), names, "sorted by namespace and name");
    let mut wrong = Vec::new();
    for (name, verdict, code, explains, reason, used_by) in TABLE {
        let claim = seen.claim(name);
        let texts = |text: &str| if text.is_empty() { json!([]) } else { json!([text]) };
        let code = if code.is_empty() { Value::Null } else { json!(code) };
        let is_right = claim["verdict"] == *verdict
            && claim["intended"] == (*name == "odd/excluded")
            && claim["code"] == code
            && claim["explains"] == texts(explains)
            && claim["usedBy"] == texts(used_by)
            && claim["missing"] == json!([])
            && claim["reason"].as_str().unwrap().contains(reason);
        if !is_right {
            wrong.push(claim.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.report["judgedAgainst"], json!({"instance": null, "policy": null, "scope": "none"}));
    // What is pending holds nothing yet.
    assert_eq!(
        seen.report["summary"],
        json!({
            "backedUp": seen.count("backed-up"), "skipped": seen.count("skipped"), "willFail": seen.count("will-fail"),
            "unknown": seen.count("unknown"), "intended": 1, "bytesAtRisk": (4_u64 + 7) * (8 << 30),
        })
    );
    let quoted = seen.claim("broken/provisioner")["evidence"].to_string();
    assert!(quoted.contains("QuotaExceeded: no further accounts"), "the provisioner's own words: {quoted}");
    assert_eq!(seen.code, 1);
    // The disk is known by its id, and how it is kept.
    let volume = &seen.claim("shop/data")["volume"];
    assert!(volume["handle"].as_str().unwrap().ends_with("/disks/pvc-shop-data"), "{volume}");
    assert_eq!(volume["requestedBytes"], 32_u64 << 30);
    assert_eq!(volume["sku"], "StandardSSD_LRS");
    assert_eq!(volume["storageClass"], "managed-csi");
}

#[test]
fn the_volume_of_a_claim_that_is_gone_is_named_to_the_claim_that_waits_for_it() {
    let claim = see(cluster().kubeconfig(), &["broken/after-released"]).claim("broken/after-released").clone();
    let said = format!("{} {}", claim["reason"], claim["evidence"]);
    assert!(said.contains("pv-broken-released"), "{claim}");
}

#[test]
fn exit_codes_follow_the_threshold() {
    let kubeconfig = cluster().kubeconfig();
    let table: &[(&[&str], i32)] = &[
        (&["-n", "apps"], 0),
        (&["-n", "broken"], 1),
        (&["-n", "broken", "--fail-on", "will-fail"], 1),
        (&["-n", "broken", "--fail-on", "never"], 0),
        (&["-n", "odd"], 1),
        // The unknown share is what is left.
        (&["-n", "odd", "--fail-on", "will-fail"], 3),
        (&["-n", "odd", "--fail-on", "never"], 3),
        (&["odd/share-smb"], 3),
        (&["odd/nfs"], 1),
        (&["odd/nfs", "--fail-on", "will-fail"], 0),
        // Left out on purpose.
        (&["odd/excluded"], 0),
        // What is not shown counts all the same.
        (&["-n", "broken", "--verdict", "backed-up"], 1),
        (&["-n", "no-such-namespace"], 0),
    ];
    for (args, code) in table {
        for format in ["human", "wide", "json", "yaml", "csv", "name"] {
            let output = run(kubeconfig, &[args, &["-o", format][..]].concat());
            assert_eq!(output.status.code(), Some(*code), "{args:?} -o {format}: {}", told(&output));
        }
    }
}

#[test]
fn claims_are_chosen_by_namespace_label_and_name() {
    let kubeconfig = cluster().kubeconfig();
    let all = |wanted: &str| -> Vec<String> {
        let names = TABLE.iter().map(|row| row.0).filter(|name| name.starts_with(wanted));
        names.map(str::to_owned).collect()
    };
    assert_eq!(see(kubeconfig, &["-n", "broken"]).names(), all("broken/"));
    assert_eq!(see(kubeconfig, &["-A"]).names(), all(""));
    for selector in ["tier=cache", "tier", "tier in (cache,web)", "tier==cache,velero.io/exclude-from-backup!=false"] {
        assert_eq!(see(kubeconfig, &["-l", selector]).names(), ["odd/excluded"], "{selector}");
    }
    assert_eq!(see(kubeconfig, &["-n", "odd", "-l", "!tier"]).names().len(), all("odd/").len() - 1);
    assert_eq!(see(kubeconfig, &["lost", "shop/data"]).names(), ["broken/lost", "shop/data"]);
    assert_eq!(see(kubeconfig, &["-n", "broken", "lost"]).names(), ["broken/lost"]);
    assert_eq!(see(kubeconfig, &["pvc/lost"]).names(), ["broken/lost"]);
    let skipped = see(kubeconfig, &["--verdict", "skipped,unknown"]);
    assert_eq!(skipped.claims().len(), skipped.count("skipped") + skipped.count("unknown"));
    assert_eq!(skipped.report["summary"]["willFail"], 10, "the counts are those of all that are chosen");
    assert!(see(kubeconfig, &["--summary"]).claims().is_empty());
    for wrong in [
        &["losst"][..],
        &["shop/lost"],
        &["-n", "shop", "lost"],
        &["-n", "shop", "broken/lost"],
        &["lost", "losst"],
        &["a/b/c"],
        &["Lost"],
        &["-n", "Shop"],
        &["-l", "tier in cache"],
        &["--verdict", "green"],
    ] {
        let output = run(kubeconfig, wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{wrong:?}");
        assert!(told(&output).starts_with("error: "), "{wrong:?}: {}", told(&output));
    }
}

#[test]
fn every_form_says_the_same_and_says_it_again() {
    let kubeconfig = cluster().kubeconfig();
    let text = |args: &[&str]| String::from_utf8(run(kubeconfig, args).stdout).unwrap();
    let names: Vec<String> = text(&["-o", "name"]).lines().map(str::to_owned).collect();
    assert_eq!(names, TABLE.iter().map(|row| row.0).collect::<Vec<_>>());
    let csv = text(&["-o", "csv"]);
    let mut lines = csv.lines();
    let header = "namespace,name,verdict,intended,code,explains,reason,driver,storageClass,requestedBytes,usedBy";
    assert_eq!(lines.next(), Some(header));
    assert_eq!(lines.clone().count(), TABLE.len());
    for (line, row) in lines.zip(TABLE) {
        let (namespace, name) = row.0.split_once('/').unwrap();
        assert!(line.starts_with(&format!("{namespace},{name},{},", row.1)), "{line}");
    }
    // By size: the only claim of 32 GiB first; by verdict: what fails first.
    assert_eq!(text(&["-o", "name", "--sort-by", "size"]).lines().next(), Some("shop/data"));
    let by_verdict = text(&["-o", "name", "--sort-by", "verdict"]);
    let failing: Vec<&str> = by_verdict.lines().take(10).collect();
    assert!(failing.iter().all(|name| name.starts_with("broken/")), "{failing:?}");
    assert_ne!(failing.len(), 0);
    let human = text(&[]);
    let first = human.lines().next().unwrap();
    assert!(first.contains("all namespaces"), "the default is said in the first line: {first}");
    assert!(
        human.lines().take(3).any(|line| line.contains("would be backed up if in scope") || line.contains("in scope")),
        "{human}"
    );
    let wide = text(&["-o", "wide"]);
    for row in TABLE {
        let name = row.0.split_once('/').unwrap().1;
        assert!(wide.contains(name), "{name} is not in the wide form:\n{wide}");
    }
    // Twice the same, but for the moment.
    let bytes = |format: &str| {
        let moment = |line: &&str| !line.contains("observedAt");
        text(&["-o", format]).lines().filter(moment).map(str::to_owned).collect::<Vec<_>>()
    };
    for format in ["human", "wide", "json", "yaml", "csv", "name"] {
        assert_eq!(bytes(format), bytes(format), "{format}");
    }
    let json = see(kubeconfig, &[]).report;
    let mut yaml: Value = serde_yaml::from_str(&text(&["-o", "yaml"])).unwrap();
    yaml["observedAt"] = json["observedAt"].clone();
    assert_eq!(json, yaml);
}
