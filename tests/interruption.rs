//! A server that answers its version and then nothing: limits and Ctrl-C end the run, and the document is whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Starts a server that hangs on everything but what `answers` knows, and writes a kubeconfig for it.
fn hanging_server(folder: &std::path::Path, answers: &'static [(&'static str, u16, &'static str)]) -> PathBuf {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            std::thread::spawn(move || serve(stream, answers));
        }
    });
    let kubeconfig = folder.join("kubeconfig");
    std::fs::write(
        &kubeconfig,
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: slow\n\
             clusters: [{{name: c, cluster: {{server: \"http://127.0.0.1:{port}\"}}}}]\n\
             users: [{{name: u, user: {{token: secret-token-of-the-user}}}}]\n\
             contexts: [{{name: slow, context: {{cluster: c, user: u}}}}]\n"
        ),
    )
    .unwrap();
    kubeconfig
}

fn serve(mut stream: TcpStream, answers: &[(&str, u16, &str)]) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let mut header = String::new();
        while reader.read_line(&mut header).unwrap_or(0) > 2 {
            header.clear();
        }
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        let Some((_, status, body)) = answers.iter().find(|(known, ..)| path.starts_with(known)) else {
            std::thread::sleep(Duration::from_secs(60));
            return;
        };
        let head =
            format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

const VERSION: (&str, u16, &str) = ("/version", 200, r#"{"gitVersion":"v1.35.4"}"#);
const REVIEW: (&str, u16, &str) = (
    "/apis/authorization.k8s.io",
    201,
    r#"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":true}}"#,
);
const REVIEW_DENIES: (&str, u16, &str) = (
    "/apis/authorization.k8s.io",
    201,
    r#"{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":false}}"#,
);

fn doctor(kubeconfig: &std::path::Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"))
        .args(["doctor", "--no-azure"])
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn ctrl_c_gives_a_whole_document_and_130() {
    let folder = tempfile::tempdir().unwrap();
    let moments = [("after the greeting", &[VERSION, REVIEW][..]), ("before the greeting", &[])];
    // The system asks like the user: `timeout`, a pod that is deleted.
    let signals = ["-INT", "-TERM"];
    for (signal, (what, answers)) in signals.iter().flat_map(|signal| moments.map(|moment| (signal, moment))) {
        let kubeconfig = hanging_server(folder.path(), answers);
        let child = doctor(&kubeconfig, &["-o", "json", "--request-timeout", "0", "--timeout", "0"]);
        // The handler is in place once the program talks to the server; a moment is enough for that.
        std::thread::sleep(Duration::from_millis(500));
        let asked = Instant::now();
        assert!(Command::new("kill").args([signal, child.id().to_string().as_str()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(1), "{what}: it took {:?}", asked.elapsed());
        assert_eq!(output.status.code(), Some(130), "{what}: {}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        assert!(!checks.is_empty(), "{what}");
        for check in checks {
            assert_eq!(check["outcome"], "inconclusive", "{what}: {check}");
            assert!(check["reason"].as_str().unwrap().contains("interrupted"), "{what}: {check}");
        }
    }
}

#[test]
fn the_limit_of_the_run_leaves_what_was_not_read_unjudged() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = hanging_server(folder.path(), &[VERSION, REVIEW]);
    let started = Instant::now();
    let output = doctor(&kubeconfig, &["-o", "json", "--timeout", "1s"]).wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["checks"][0]["reason"].as_str().unwrap().contains("--timeout"), "{report}");
}

/// The other tests rest on it: an answer that is not understood leaves the checks in place as one that allows does.
#[test]
fn the_server_s_review_is_understood_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let left_out = |review| {
        let answers: &'static [(&str, u16, &str)] = Box::leak(Box::new([VERSION, review]));
        let kubeconfig = hanging_server(folder.path(), answers);
        let output = doctor(&kubeconfig, &["-o", "json", "--request-timeout", "200ms"]).wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let count = |key: &str, says: &dyn Fn(&Value) -> bool| {
            report[key].as_array().unwrap().iter().filter(|one| says(one)).count()
        };
        let lacks = |one: &Value| one["why"].as_str().unwrap().contains("a right that is missing");
        (report["checks"].as_array().unwrap().len(), count("deselected", &lacks))
    };
    let (with_all, none) = left_out(REVIEW);
    let (with_less, some) = left_out(REVIEW_DENIES);
    assert_eq!(none, 0, "what is allowed is asked for");
    assert!(some > 0, "what is not allowed is left out, and named");
    assert_eq!(with_all, with_less + some);
}

#[test]
fn the_limit_of_a_request_ends_each_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = hanging_server(folder.path(), &[VERSION, REVIEW]);
    let output = doctor(&kubeconfig, &["--request-timeout", "200ms"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("no answer within 200 ms"), "{text}");
}

#[test]
fn a_server_that_never_answers_or_refuses_the_login_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let status = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","message":"Unauthorized","code":401}"#;
    let refusing: &'static [(&str, u16, &str)] = Box::leak(Box::new([("/", 401, status)]));
    for (answers, word) in [(&[][..], "no answer within 300 ms"), (refusing, "401")] {
        let kubeconfig = hanging_server(folder.path(), answers);
        let output = doctor(&kubeconfig, &["--request-timeout", "300ms"]).wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(output.stdout.is_empty());
        assert!(told.starts_with("error: ") && told.contains(word) && told.contains("hint: "), "{told}");
        assert!(!told.contains("secret-token-of-the-user"), "{told}");
    }
}

#[test]
fn ctrl_c_during_the_login_gives_a_whole_document_too() {
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("kubeconfig");
    let plugin = "{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'sleep 1; exit 1'], interactiveMode: Never}";
    std::fs::write(
        &kubeconfig,
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: slow\n\
             clusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:9\"}}}}]\n\
             users: [{{name: u, user: {{exec: {plugin}}}}}]\n\
             contexts: [{{name: slow, context: {{cluster: c, user: u}}}}]\n"
        ),
    )
    .unwrap();
    let child = doctor(&kubeconfig, &["-o", "json"]);
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["checks"][0]["reason"], "interrupted");
}

#[test]
fn a_page_that_is_too_large_is_asked_for_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let node = r#"{"metadata":{"name":"n"},"spec":{"providerID":"azure:///x"}}"#;
    let padded = format!("{{\"kind\":\"NodeList\",\"items\":[{node}],\"padding\":\"{}\"}}", "x".repeat(17 << 20));
    let small = format!("{{\"kind\":\"NodeList\",\"items\":[{node}]}}");
    let (padded, small): (&'static str, &'static str) = (padded.leak(), small.leak());
    let answers: &'static [(&str, u16, &str)] = Box::leak(Box::new([
        VERSION,
        REVIEW,
        ("/api/v1/nodes?limit=500", 200, padded),
        ("/api/v1/nodes?limit=100", 200, small),
    ]));
    let kubeconfig = hanging_server(folder.path(), answers);
    let saved = folder.path().join("facts.json");
    let output =
        doctor(&kubeconfig, &["--request-timeout", "5s", "--timeout", "6s", "--save", saved.to_str().unwrap()])
            .wait_with_output()
            .unwrap();
    let facts = std::fs::read(&saved).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let facts: Value = serde_json::from_slice(&facts).unwrap();
    assert_eq!(facts["nodes"]["got"].as_array().map(Vec::len), Some(1), "{}", facts["nodes"]);
}
