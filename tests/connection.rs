//! Connecting as kubectl does: the real kubectl and the built plugin, side by side, against a real API server.
//!
//! The table (tests/connection/cases.rs) is judged by the API server's audit log: who was seen, and by which way. What
//! is refused is one `error:` and one `hint:` line with exit code 2 and no secret in it. The traps of the client that
//! stands below (kube 5) have a test each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test ends at the first surprise, and says how many rows agree"
)]

#[path = "connection/cases.rs"]
mod cases;
#[path = "connection/stand_ins.rs"]
mod stand_ins;
#[path = "connection/world.rs"]
mod world;

use std::io::Write as _;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::Rule;
use cases::{Case, Expect, cases};
use stand_ins::{Answer, http_server, silent_server, tls_server};
use world::{ADMIN, Stage, Watched, World, credential, plugin, world};

/// Holds the form of a refusal: nothing on stdout, one `error:` line, one `hint:` line, exit code 2, no trace.
fn refusal_form(output: &Output, secrets: &[&str]) -> Result<(), String> {
    let told = String::from_utf8_lossy(&output.stderr);
    let lines = |start: &str| told.lines().filter(|line| line.starts_with(start)).count();
    if output.status.code() != Some(2) {
        return Err(format!("exit code {:?}", output.status.code()));
    }
    if !output.stdout.is_empty() {
        return Err("something on stdout".to_owned());
    }
    if lines("error: ") != 1 || lines("hint: ") != 1 {
        return Err("not one error: and one hint:".to_owned());
    }
    if ["panicked", "backtrace", "   0: ", "Os {", "\u{1b}"].iter().any(|sign| told.contains(sign)) {
        return Err("a trace or an escape code".to_owned());
    }
    match secrets.iter().find(|secret| told.contains(**secret)) {
        Some(_) => Err("a secret".to_owned()),
        None => Ok(()),
    }
}

/// Runs one row with both programs; says what is wrong.
fn judge(world: &World, case: &Case) -> Result<(), String> {
    let mut stage = Stage::new();
    for (name, content) in &case.files {
        stage.write(name, content);
    }
    for (name, value) in &case.env {
        stage.set(name, value);
    }
    let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
    let theirs = world.watch("kubectl/", || stage.kubectl(&args));
    let (_, told_theirs) = stage.plugin_runs();
    let ours = world.watch("kubectl-aksbackup/", || stage.ours(&args));
    let (runs, told_ours) = stage.plugin_runs();
    let wrong = |what: String| {
        let show = |who: &str, watched: &Watched| {
            format!(
                "  {who}: {:?} {:?} {:?}\n    {}",
                watched.output.status.code(),
                watched.ways,
                watched.users,
                watched.stderr().trim().replace('\n', "\n    ")
            )
        };
        Err(format!("{}: {what}\n{}\n{}", case.name, show("kubectl", &theirs), show("ours", &ours)))
    };
    if case.runs.is_some_and(|wanted| wanted != runs) {
        return wrong(format!("the login program ran {runs} times"));
    }
    if runs > 0 && told_theirs != told_ours {
        return wrong(format!("the login program was told {told_ours:?} instead of {told_theirs:?}"));
    }
    let is_out = |watched: &Watched| watched.users.is_empty() || watched.users == ["401"];
    let secrets = [
        world.alice.as_str(),
        &world.bob,
        ADMIN,
        "sesame",
        "secret",
        "p%40ss",
        "p@ss",
        "PRIVATE KEY",
        "nonsense",
        "12345678901234567890",
    ];
    match &case.expect {
        Expect::Seen(user) if !theirs.users.iter().any(|seen| seen.contains(user.as_str())) => {
            wrong(format!("kubectl was not seen as {user}"))
        }
        Expect::Seen(_) if ours.users != theirs.users || ours.ways != theirs.ways => wrong("they differ".to_owned()),
        Expect::Seen(_) if ours.output.status.code() == Some(2) => wrong("ours refuses".to_owned()),
        Expect::Seen(_) => Ok(()),
        Expect::Refused(_) if theirs.output.status.success() || !is_out(&theirs) => {
            wrong("kubectl does not refuse".to_owned())
        }
        Expect::Refused(_) if ours.users != theirs.users => wrong("they differ".to_owned()),
        Expect::Differs { .. } if is_out(&theirs) => wrong("kubectl refuses, too: there is no difference".to_owned()),
        Expect::Refused(words) | Expect::Differs { ours: words, .. } => {
            if !ours.stderr().contains(words) {
                return wrong(format!("ours does not say \"{words}\""));
            }
            refusal_form(&ours.output, &secrets).or_else(wrong)
        }
    }
}

#[test]
fn kubectl_and_the_plugin_agree_about_every_kubeconfig() {
    let world = world();
    let cases = cases(&world);
    let only = std::env::var("AKSBACKUP_CASE").unwrap_or_default();
    let cases: Vec<&Case> = cases.iter().filter(|case| case.name.contains(&only)).collect();
    let judged: Vec<_> = cases.iter().map(|case| judge(&world, case)).collect();
    let wrong: Vec<&String> = judged.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|case| match case.expect {
            Expect::Differs { why, .. } => Some(format!("{}: {why}", case.name)),
            _ => None,
        })
        .collect();
    let alike = cases.len() - differing.len();
    println!(
        "{} of {alike} agree, {} differ on purpose:\n{}",
        alike.saturating_sub(wrong.len()),
        differing.len(),
        differing.join("\n")
    );
    assert!(
        wrong.is_empty(),
        "{} of {} rows are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n\n")
    );
    assert!(!only.is_empty() || cases.len() >= 40);
}

/// A kubeconfig with one cluster and one user, whose fields are given as the inside of a map.
fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters: [{{name: k, cluster: {{{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
    )
}

/// A stage whose kubeconfig has this cluster and user.
fn stage(cluster: &str, user: &str) -> Stage {
    let mut stage = Stage::new();
    stage.write("config", kubeconfig(cluster, user).as_bytes());
    stage.set("KUBECONFIG", "@/config");
    stage
}

fn login(status: &str) -> String {
    plugin(&credential("v1", status))
}

const PROGRAM: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}";
const SECRETS: [&str; 2] = ["sesame", "a b c"];

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Holds that a run was refused with these words in the error and these in the hint.
fn expect_refusal(output: &Output, error: &str, hint: &str) {
    let told = stderr(output);
    refusal_form(output, &SECRETS).unwrap_or_else(|what| panic!("{what}: {told}"));
    let line = |start: &str| told.lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("error: ").contains(error), "wanted {error:?}: {told}");
    assert!(line("hint: ").contains(hint), "wanted {hint:?}: {told}");
}

const VERSION: Answer = ("/version", 200, "", r#"{"gitVersion":"v1.35.4"}"#);
const EMPTY: Answer = ("/", 200, "", r#"{"items":[]}"#);
const UNAUTHORIZED: Answer = ("/", 401, "", r#"{"kind":"Status","code":401,"reason":"Unauthorized"}"#);

#[test]
fn the_servers_certificate_is_judged_and_the_fault_is_named() {
    let world = world();
    let authority = format!("certificate-authority: {}", world.lab.authority().display());
    for (names, expired, error, hint) in [
        (&["127.0.0.1"][..], true, "its certificate has expired", "clock"),
        (&["elsewhere.example"], false, "for another name than 127.0.0.1: elsewhere.example", "--tls-server-name"),
    ] {
        let pem = world.lab.server_certificate(names, expired).unwrap();
        let (port, asked) = tls_server(&pem, &[VERSION, EMPTY]);
        let stage = stage(&format!("server: 'https://127.0.0.1:{port}', {authority}"), "token: sesame");
        expect_refusal(&stage.ours(&[]), error, hint);
        assert!(!stage.kubectl(&[]).status.success());
        assert!(asked.lock().unwrap().is_empty(), "nothing was sent to a server that is not trusted");
    }
}

/// `openssl req -x509` makes certificates that may sign; Go takes one for a server's that the kubeconfig names.
#[test]
fn a_certificate_that_is_its_own_authority_is_taken_where_the_kubeconfig_names_it() {
    let own = |name: &str| {
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem())
    };
    for (pem, named, error) in [
        (own("127.0.0.1"), None, None),
        (own("127.0.0.1"), Some(own("127.0.0.1").0), Some("not signed by an authority")),
        (own("elsewhere.example"), None, Some("for another name")),
    ] {
        let (port, asked) = tls_server(&pem, &[VERSION, EMPTY]);
        let stage =
            stage(&format!("server: 'https://127.0.0.1:{port}', certificate-authority: ca.crt"), "token: sesame");
        stage.write("ca.crt", named.as_ref().unwrap_or(&pem.0).as_bytes());
        let ours = stage.ours(&[]);
        let ours_came = !asked.lock().unwrap().is_empty();
        asked.lock().unwrap().clear();
        stage.kubectl(&[]);
        assert_eq!(ours_came, !asked.lock().unwrap().is_empty(), "both or neither: {}", stderr(&ours));
        assert_eq!(ours_came, error.is_none());
        if let Some(error) = error {
            expect_refusal(&ours, error, "");
        }
    }
}

/// kube 5 runs the login program three times for each client; a whole diagnosis needs it once.
#[test]
fn trap_1_the_login_program_runs_once_for_a_whole_diagnosis() {
    let world = world();
    let cluster =
        format!("server: '{}', certificate-authority: {}", world.lab.server(), world.lab.authority().display());
    let stage = stage(&cluster, PROGRAM);
    stage.write(
        "login",
        login(&format!("{{\"token\": \"{ADMIN}\", \"expirationTimestamp\": \"2100-01-01T00:00:00Z\"}}")).as_bytes(),
    );
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let output = stage.command(binary, &["doctor", "--no-azure"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(stage.plugin_runs().0, 1);
    // Nor does it ask again for a second cluster of the same user, or in a later round.
    let again = &["doctor", "--no-azure", "--target-context", "c", "--wait", "3s"];
    let output = stage.command(binary, again).output().unwrap();
    assert!(stderr(&output).contains("looking again in 1 s"), "{}", stderr(&output));
    assert_eq!(stage.plugin_runs().0, 1);
}

/// kube 5 shows a missing program as "No such file or directory", a failing one in debug form with all it said, and
/// takes every program for one that may ask.
#[test]
fn trap_2_what_is_wrong_with_a_login_program_is_said_for_people() {
    let cluster = "server: 'https://127.0.0.1:1'";
    let more = "args: [--secret, sesame], env: [{name: PASSWORD, value: sesame}]";
    let user = format!("exec: {{apiVersion: client.authentication.k8s.io/v1beta1, command: mylogin, {more}}}");
    let hinted = user.replace("args:", "installHint: \"\\e[31mGet it\\n\\n  from https://example.com\\n\", args:");
    expect_refusal(&stage(cluster, &user).ours(&[]), "\"mylogin\", which is not installed", "Install mylogin");
    expect_refusal(
        &stage(cluster, &hinted).ours(&[]),
        "\"mylogin\", which is not installed",
        "Get it from https://example.com",
    );
    let failing = stage(cluster, &user);
    failing.write("bin/mylogin", plugin("echo sesame; echo 'please sign in' >&2; exit 7").as_bytes());
    let output = failing.ours(&[]);
    expect_refusal(&output, "\"mylogin\" failed with exit code 7", "kubectl auth whoami");
    assert!(stderr(&output).starts_with("please sign in\n"), "what the program says is shown: {}", stderr(&output));
    assert_eq!(failing.plugin_runs().1.unwrap()["spec"]["interactive"], false, "nobody sits there");
    let signing_in = stage(cluster, &user.replace("mylogin", "kubelogin").replace("--secret", "azurecli"));
    signing_in.write("bin/kubelogin", plugin("exit 1").as_bytes());
    expect_refusal(&signing_in.ours(&[]), "\"kubelogin\" failed with exit code 1", "az login");
}

#[test]
fn a_login_program_that_hangs_is_ended_with_the_run_s_limit() {
    let stage = stage("server: 'https://127.0.0.1:1'", PROGRAM);
    stage.write("login", b"#!/bin/sh\n# What a wrapper starts must end with it.\nsleep 600 &\necho $! > pid\nwait\n");
    let started = Instant::now();
    expect_refusal(&stage.ours(&["--timeout", "1s"]), "\"login\" did not end within 1 s", "az login");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let pid = std::fs::read_to_string(stage.path("pid")).unwrap();
    let bound = Instant::now() + Duration::from_secs(5);
    while std::path::Path::new("/proc").join(pid.trim()).exists() {
        assert!(Instant::now() < bound, "the program is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_login_program_that_never_stops_talking_is_ended() {
    let stage = stage("server: 'https://127.0.0.1:1'", PROGRAM);
    stage.write("login", b"#!/bin/sh\nexec yes sesame\n");
    expect_refusal(&stage.ours(&[]), "answers more than a login can be", "kubectl auth whoami");
}

#[test]
fn a_login_program_may_ask_where_somebody_sits() {
    let world = world();
    let cluster =
        format!("server: '{}', certificate-authority: {}", world.lab.server(), world.lab.authority().display());
    for mode in ["Always", "IfAvailable"] {
        let stage = stage(&cluster, &PROGRAM.replace("Never", mode));
        let asks = format!(
            "printf 'Password: ' >&2\nread -r answer\ntest \"$answer\" = 'a b c' || exit 5\n{}",
            credential("v1", &format!("{{\"token\": \"{ADMIN}\"}}"))
        );
        stage.write("login", plugin(&asks).as_bytes());
        let terminal = nix::pty::openpty(None, None).unwrap();
        let child =
            stage.our_command(&[]).stdin(terminal.slave).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::fs::File::from(terminal.master.try_clone().unwrap()).write_all(b"a b c\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_ne!(output.status.code(), Some(2), "{mode}: {}", stderr(&output));
        assert!(stderr(&output).contains("Password: "), "{}", stderr(&output));
        let (runs, told) = stage.plugin_runs();
        assert_eq!((runs, &told.unwrap()["spec"]["interactive"]), (1, &true.into()), "{mode}");
    }
}

/// kube 5 without its proxy features fails wherever HTTPS_PROXY is set, and never takes `socks5h` or a bare address.
#[test]
fn trap_3_a_proxy_in_the_environment_is_used_in_every_form() {
    let world = world();
    let cluster = format!(
        "server: 'https://far.example.test', tls-server-name: localhost, certificate-authority: {}",
        world.lab.authority().display()
    );
    for (proxy, seen) in [
        (format!("http://127.0.0.1:{}", world.http), "http proxy to far.example.test:443"),
        (format!("127.0.0.1:{}", world.http), "http proxy to far.example.test:443"),
        (format!("socks5://127.0.0.1:{}", world.socks), "socks proxy to far.example.test:443"),
        (format!("socks5h://127.0.0.1:{}", world.socks), "socks proxy to far.example.test:443"),
    ] {
        let mut stage = stage(&cluster, &format!("token: {}", world.alice));
        stage.set("HTTPS_PROXY", &proxy);
        let watched = world.watch("kubectl-aksbackup/", || stage.ours(&[]));
        assert_eq!(watched.ways, [seen], "{proxy}: {}", watched.stderr());
        assert_eq!(watched.users.len(), 1, "{proxy}");
    }
}

/// kube 5 asks NO_PROXY about the proxy's own address.
#[test]
fn trap_4_no_proxy_is_about_the_server() {
    let world = world();
    let cluster = format!(
        "server: 'https://far.example.test', tls-server-name: localhost, certificate-authority: {}",
        world.lab.authority().display()
    );
    for (except, is_used) in [("127.0.0.1,127.0.0.0/8", true), ("example.test", false)] {
        let mut stage = stage(&cluster, &format!("token: {}", world.alice));
        stage.set("HTTPS_PROXY", &format!("http://127.0.0.1:{}", world.http));
        stage.set("NO_PROXY", except);
        let watched = world.watch("kubectl-aksbackup/", || stage.ours(&[]));
        assert_eq!(!watched.ways.is_empty(), is_used, "{except}: {}", watched.stderr());
        if !is_used {
            expect_refusal(&watched.output, "its name is not known here", "private cluster");
        }
    }
}

/// kube 5 sends everything again that a busy server refuses, also what makes something.
#[test]
fn trap_5_only_questions_are_sent_twice() {
    const BUSY: Answer = ("/version", 503, "Retry-After: 0\r\n", "");
    const NO: Answer = ("/apis/authorization.k8s.io", 503, "Retry-After: 0\r\n", "");
    let (port, asked) = http_server(&[BUSY, BUSY, VERSION, NO, EMPTY]);
    let stage = stage(&format!("server: 'http://127.0.0.1:{port}'"), "");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let output = stage.command(binary, &["doctor", "--no-azure"]).output().unwrap();
    assert_ne!(output.status.code(), Some(2), "{}", stderr(&output));
    let count = |start: &str| asked.lock().unwrap().iter().filter(|head| head.starts_with(start)).count();
    assert_eq!(count("GET /version"), 3);
    // Once for each right of the tier that is asked for: two to a port-forward, one to a dry run.
    assert_eq!(count("POST /apis/authorization.k8s.io"), 3);
}

/// kube 5 waits for ever: for an answer, and for a handshake.
#[test]
fn trap_6_every_wait_has_an_end() {
    let port = silent_server();
    for server in [format!("http://127.0.0.1:{port}"), format!("https://127.0.0.1:{port}")] {
        let stage = stage(&format!("server: '{server}', insecure-skip-tls-verify: true"), "token: sesame");
        let started = Instant::now();
        expect_refusal(&stage.ours(&["--request-timeout", "300ms"]), "no answer within 300 ms", "--request-timeout");
        expect_refusal(&stage.ours(&["--request-timeout", "0", "--timeout", "300ms"]), "no answer within 0.3 s", "");
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    }
}

/// kube 5 logs the whole body of an answer that it cannot read.
#[test]
fn trap_7_no_log_shows_what_came() {
    let (port, _) = http_server(&[("/version", 200, "", r#"{"gitVersion": ["sesame"]}"#), ("/", 200, "", "sesame")]);
    let mut stage = stage(&format!("server: 'http://127.0.0.1:{port}'"), "");
    stage.set("RUST_LOG", "trace");
    expect_refusal(&stage.ours(&[]), "no JSON of the expected shape", "");
}

/// kube 5's errors are nested: what happened stands inside. And no trace is shown, whatever the environment asks for.
#[test]
fn trap_8_an_error_says_what_happened_and_shows_no_trace() {
    for (server, error) in [
        (
            "https://nobody.invalid",
            "the API server at nobody.invalid:443 could not be asked: its name is not known here",
        ),
        (
            "https://127.0.0.1:1",
            "the API server at 127.0.0.1:1 could not be asked: nothing listens there (connection refused)",
        ),
    ] {
        let mut stage = stage(&format!("server: '{server}'"), "token: sesame");
        stage.set("RUST_BACKTRACE", "full");
        expect_refusal(&stage.ours(&[]), error, "kubectl version");
    }
}

/// A port-forward is a WebSocket, so a GET to the client, and newer servers also ask for the right to create.
#[test]
fn trap_9_a_port_forward_needs_two_rights_and_the_one_that_is_missing_is_named() {
    let world = world();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    for (name, verbs, missing) in [
        ("both", &["get", "create"][..], None),
        ("get-only", &["get"], Some("create")),
        ("create-only", &["create"], Some("get")),
    ] {
        let rule = Rule::new(&[""], &["pods/portforward"], verbs).within(&["kube-system"]);
        let kubeconfig = world.lab.user(name, &[rule]).unwrap();
        // The server's own judgement of a port-forward as the client asks for it: who may is told that there is no pod.
        let wanted = if missing.is_none() { 404 } else { 403 };
        assert_eq!(port_forward(&kubeconfig), wanted, "{name}");

        let mut stage = Stage::new();
        stage.set("KUBECONFIG", kubeconfig.to_str().unwrap());
        let output = stage.command(binary, &["doctor", "--no-azure", "-o", "json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let whys = report["deselected"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap());
        let of_forward: Vec<&str> = whys.filter(|why| why.contains("portforward")).collect();
        match missing {
            None => assert_eq!(of_forward, Vec::<&str>::new(), "{name}"),
            Some(verb) => {
                let words = format!("a right that is missing: {verb} pods/portforward in namespace kube-system");
                assert!(!of_forward.is_empty(), "{name}: {report:#}");
                assert!(of_forward.iter().all(|why| why.ends_with(&words)), "{name}: {of_forward:?}");
            }
        }
    }
}

/// Asks for a port-forward to a pod that is not there, and returns what the server answers.
fn port_forward(kubeconfig: &std::path::Path) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let kubeconfig = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await.unwrap();
        let client = kube::Client::try_from(config).unwrap();
        let pods: kube::Api<k8s_openapi::api::core::v1::Pod> = kube::Api::namespaced(client, "kube-system");
        match pods.portforward("nobody", &[53]).await {
            Err(kube::Error::Api(status)) => status.code,
            Err(error) => panic!("{error:?}"),
            Ok(_) => panic!("a port-forward to nobody"),
        }
    })
}

/// owo-colors writes escape codes into a pipe; they are taken out at the sink, also those that others send.
#[test]
fn trap_10_no_escape_code_comes_through_a_pipe() {
    let body = r#"{"kind":"Status","code":500,"message":"\u001b[31mred\u001b[0m \u202eturned"}"#;
    let (port, _) = http_server(Box::leak(Box::new([("/", 500, "", body)])));
    let output = stage(&format!("server: 'http://127.0.0.1:{port}'"), "").ours(&[]);
    expect_refusal(&output, "answered 500: [31mred[0m turned", "");
    for args in [&["--context", "\u{1b}[31mx"][..], &["--kubeconfig", "/\u{1b}[31mx"]] {
        let output = stage("server: 'http://127.0.0.1:1'", "").ours(args);
        refusal_form(&output, &[]).unwrap_or_else(|what| panic!("{what}: {}", stderr(&output)));
    }
}

#[test]
fn a_login_that_is_refused_says_what_to_do() {
    let (port, asked) = http_server(&[UNAUTHORIZED]);
    let server = format!("http://127.0.0.1:{port}");
    // Flags go into what is printed, a token does not.
    let output =
        stage("server: 'https://127.0.0.1:1'", "").ours(&["--server", &server, "--token", "sesame", "--as", "eve"]);
    expect_refusal(
        &output,
        "does not accept the login (401 Unauthorized)",
        &format!("kubectl --server {server} --as eve auth whoami"),
    );
    let heads = asked.lock().unwrap();
    assert!(
        heads.iter().all(|head| !head.to_ascii_lowercase().contains("authorization:")),
        "no login travels in the open"
    );
    assert!(heads.iter().all(|head| head.contains("user-agent: kubectl-aksbackup/")), "{heads:?}");
}

#[test]
fn a_login_that_ends_during_the_run_is_told_as_that() {
    let world = world();
    let pem = world.lab.server_certificate(&["127.0.0.1"], false).unwrap();
    let (port, asked) = tls_server(&pem, &[VERSION, UNAUTHORIZED]);
    let stage = stage(
        &format!("server: 'https://127.0.0.1:{port}', certificate-authority: {}", world.lab.authority().display()),
        PROGRAM,
    );
    stage.write("login", login(r#"{"token": "sesame", "expirationTimestamp": "2026-01-02T03:04:05Z"}"#).as_bytes());
    let output = stage.ours(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("what the login program gave was good until 2026-01-02T03:04:05Z only (401 Unauthorized)"),
        "{text}"
    );
    assert!(asked.lock().unwrap().iter().all(|head| head.contains("authorization: Bearer sesame")));
    assert!(!text.contains("sesame"));
}

#[test]
fn compression_is_asked_for_unless_it_is_switched_off() {
    let (port, asked) = http_server(&[VERSION, EMPTY]);
    let zipped = |args: &[&str], more: &str| {
        asked.lock().unwrap().clear();
        stage(&format!("server: 'http://127.0.0.1:{port}'{more}"), "").ours(args);
        let heads = asked.lock().unwrap();
        assert!(!heads.is_empty());
        heads.iter().all(|head| head.to_ascii_lowercase().contains("accept-encoding: gzip"))
    };
    assert!(zipped(&[], ""));
    assert!(zipped(&["--disable-compression=false"], ""));
    assert!(!zipped(&["--disable-compression"], ""));
    assert!(!zipped(&[], ", disable-compression: true"));
}

/// In a pod without a kubeconfig its own account is used, by both programs; a namespace of mounts plays the pod.
#[test]
fn a_pod_s_own_account_is_used_where_there_is_no_kubeconfig() {
    let world = world();
    let mut stage = Stage::new();
    stage.write("account/token", world.alice.as_bytes());
    stage.write("account/ca.crt", world.authority.as_bytes());
    stage.write("account/namespace", b"default");
    stage.write("other", kubeconfig("", "").replace("current-context: c\n", "").as_bytes());
    stage.set("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    stage.set("KUBERNETES_SERVICE_PORT", &world.a.to_string());
    let pod = "set -e; there=/run/secrets/kubernetes.io; mount -t tmpfs none /run; mkdir -p $there; \
               cp -r account $there/serviceaccount; exec \"$@\"";
    let run = |program: &std::path::Path, args: &[&str]| {
        let program = program.to_str().unwrap();
        // An ordinary user needs a namespace of users as well.
        let options: &[&str] = if nix::unistd::geteuid().is_root() { &["--mount"] } else { &["--mount", "-r"] };
        let args: Vec<&str> = options.iter().chain(&["sh", "-c", pod, "pod", program]).chain(args).copied().collect();
        stage.command(std::path::Path::new("unshare"), &args).output().unwrap()
    };
    let ours = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
    let kubectl = aksbackup_lab::binaries().unwrap().kubectl;
    let doctor = ["doctor", "--no-azure", "--check", "extension-missing"];
    for more in [&[][..], &["--kubeconfig", "other"], &["--token", &world.bob]] {
        let theirs = world.watch("kubectl/", || run(&kubectl, &[&["auth", "whoami"], more].concat()));
        let ours = world.watch("kubectl-aksbackup/", || run(ours, &[&doctor, more].concat()));
        assert_eq!(theirs.users.len(), 1, "{more:?}: {}", theirs.stderr());
        assert_eq!((&ours.users, &ours.ways), (&theirs.users, &theirs.ways), "{more:?}: {}", ours.stderr());
    }
    // A kubeconfig that is there and broken, or names a cluster that is not, is an error: no other cluster stands in.
    for more in [&["--kubeconfig", "gone"][..], &["--context", "c"]] {
        let output = run(ours, &[&doctor, more].concat());
        refusal_form(&output, &[]).unwrap_or_else(|what| panic!("{what}: {}", stderr(&output)));
    }
}
