//! Users who may read a part: a verdict for each claim that they may see, and the right that is missing for the rest.

use aksbackup_lab::Rule;
use serde_json::json;

use crate::verdicts::cluster;
use crate::{run, see, told};

const READ: &[&str] = &["get", "list"];

#[test]
fn without_the_volumes_each_bound_claim_is_unknown_and_names_the_right() {
    let lab = cluster();
    let rules = [
        Rule::new(&[""], &["persistentvolumeclaims", "pods", "events", "nodes", "namespaces"], READ),
        Rule::new(&["storage.k8s.io"], &["storageclasses", "csidrivers"], READ),
        Rule::new(&["snapshot.storage.k8s.io"], &["volumesnapshotcontents", "volumesnapshotclasses"], READ),
    ];
    let user = lab.user("no-volumes", &rules).unwrap();
    let seen = see(&user, &["-n", "apps"]);
    assert_eq!(seen.claims().len(), 4);
    for claim in seen.claims() {
        assert_eq!(claim["verdict"], "unknown", "{claim}");
        let right = json!({"verb": "list", "group": "", "resource": "persistentvolumes", "namespace": null});
        assert!(claim["missing"].as_array().unwrap().contains(&right), "{claim}");
        assert_ne!(claim["usedBy"], json!([]), "the pods could be read: {claim}");
    }
    assert_eq!(seen.code, 3);
    // What needs no volume is judged.
    let all = see(&user, &[]);
    assert_eq!(all.verdict("broken/no-class"), "will-fail");
    assert_eq!(all.verdict("broken/lost"), "will-fail");
    assert_eq!(all.verdict("broken/static"), "will-fail");
    assert_eq!(all.verdict("odd/excluded"), "skipped");
    assert_eq!(all.verdict("odd/nfs"), "unknown");
    assert_eq!(all.code, 1);
}

#[test]
fn rights_in_one_namespace_are_enough_for_its_claims() {
    let lab = cluster();
    let own = Rule::new(&[""], &["persistentvolumeclaims", "pods", "events"], READ).within(&["broken"]);
    let user = lab.user("one-namespace", std::slice::from_ref(&own)).unwrap();
    let seen = see(&user, &["-n", "broken"]);
    assert_eq!(seen.claims().len(), 10, "{:?}", seen.names());
    assert_eq!(seen.verdict("broken/lost"), "will-fail");
    assert_eq!(seen.verdict("broken/provisioner"), "will-fail");
    assert_eq!(seen.verdict("broken/class-gone"), "unknown", "neither its volume nor its class could be read");
    assert_eq!(seen.code, 1);
    // Without -n nobody tells which namespaces there are: it is said how to go on.
    let output = run(&user, &[]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("hint: ") && told(&output).contains("-n NAMESPACE"), "{}", told(&output));
    // Another namespace is refused, and not said to be empty.
    let output = run(&user, &["-n", "apps"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("auth can-i list persistentvolumeclaims"), "{}", told(&output));
    // Who may see the namespaces gets what may be read of all.
    let user = lab.user("names-and-one", &[own, Rule::new(&[""], &["namespaces"], READ)]).unwrap();
    let seen = see(&user, &["--fail-on", "never"]);
    assert_eq!(seen.names().len(), 10);
    assert!(seen.names().iter().all(|name| name.starts_with("broken/")), "{:?}", seen.names());
    assert_eq!(seen.code, 3, "the rest was not read");
    let text = run(&user, &[]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned() + &told(&text);
    assert!(text.contains("list persistentvolumeclaims"), "what was not read is told:\n{text}");
}

#[test]
fn without_any_right_nothing_is_judged_and_it_is_said_why() {
    let user = cluster().user("nobody", &[]).unwrap();
    for args in [&[][..], &["-n", "apps"], &["apps/web-data"]] {
        let output = run(&user, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", told(&output));
        assert!(output.stdout.is_empty());
        let told = told(&output);
        assert!(told.starts_with("error: ") && told.contains("\nhint: "), "{args:?}: {told}");
    }
}
