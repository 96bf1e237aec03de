//! What the cases of the table stand in: one real cluster, several ways to it, several users.

use std::fs;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, Options, binaries};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::stand_ins::{Seen, http_proxy, https_proxy, relay, socks_proxy};

/// A control plane with an audit log, and everything that a kubeconfig can name.
pub struct World {
    pub lab: Lab,
    /// Who came by which way.
    pub ways: Seen,
    /// Two ways to the same server, as ports.
    pub a: u16,
    pub b: u16,
    /// The lab's authority, as PEM.
    pub authority: String,
    /// Tokens of the service accounts alice and bob.
    pub alice: String,
    pub bob: String,
    /// The certificate and key of dora, who is in the group crew.
    pub dora: (String, String),
    pub erin: (String, String),
    pub expired: (String, String),
    /// A certificate of an RSA key, which is in the older form that AKS uses; none where openssl is not there.
    pub rsa: Option<(String, String)>,
    /// Proxies: HTTP, HTTP with a login, HTTPS, SOCKS5, SOCKS5 with a login, and one to the plain server.
    pub http: u16,
    pub http_login: u16,
    pub https: u16,
    pub socks: u16,
    pub socks_login: u16,
    pub to_plain: u16,
    /// A plain HTTP server that asks the cluster as its administrator: `kubectl proxy`; and one below a path.
    pub plain: u16,
    pub below: u16,
}

/// The token of the lab's administrator.
pub const ADMIN: &str = "lab-admin";
/// The name and password that the proxies with a login want, for a URL and in base64.
pub const LOGIN: &str = "me:p%40ss";
const LOGIN_BASE64: &str = "bWU6cEBzcw==";

static WORLD: OnceLock<Mutex<World>> = OnceLock::new();

/// Returns the world, for one test at a time: who came by is counted.
pub fn world() -> MutexGuard<'static, World> {
    let world = WORLD.get_or_init(|| Mutex::new(World::start()));
    world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl World {
    fn start() -> Self {
        let lab = Lab::start_with(Options { dns: false, audit: true, ..Options::default() }).unwrap();
        let port: u16 = lab.server().rsplit(':').next().unwrap().parse().unwrap();
        let ways = Seen::default();
        let token = |name: &str| {
            lab.kubectl(&["create", "serviceaccount", name]).unwrap();
            lab.kubectl(&["create", "token", name]).unwrap().trim().to_owned()
        };
        let (alice, bob) = (token("alice"), token("bob"));
        let rsa = rsa_keys().map(|(wrapped, older)| (lab.client_certificate_for("rsa", &wrapped).unwrap(), older));
        let of_proxy = lab.server_certificate(&["127.0.0.1"], false).unwrap();
        let plain = kubectl_proxy(&lab, "plain", "/");
        let below = kubectl_proxy(&lab, "below", "/k8s/c-1/");
        Self {
            a: relay("127.0.0.1:0", "a", port, &ways),
            b: relay("127.0.0.1:0", "b", port, &ways),
            authority: fs::read_to_string(lab.authority()).unwrap(),
            dora: lab.client_certificate("dora", &["crew"], false).unwrap(),
            erin: lab.client_certificate("erin", &[], false).unwrap(),
            expired: lab.client_certificate("dora", &["crew"], true).unwrap(),
            http: http_proxy("http proxy", port, None, &ways),
            http_login: http_proxy("http proxy", port, Some(LOGIN_BASE64), &ways),
            https: https_proxy("https proxy", port, &of_proxy, &ways),
            socks: socks_proxy("socks proxy", port, None, &ways),
            socks_login: socks_proxy("socks proxy", port, Some(("me", "p@ss")), &ways),
            to_plain: http_proxy("http proxy", plain, None, &ways),
            rsa,
            plain,
            below,
            alice,
            bob,
            ways,
            lab,
        }
    }

    /// Returns where the audit log ends.
    fn mark(&self) -> u64 {
        fs::metadata(self.lab.audit()).map_or(0, |log| log.len())
    }

    /// Returns the events since the mark. A question of its own comes last: what was asked before it is written by then.
    fn events_since(&self, mark: u64) -> Vec<Value> {
        static NUMBER: Mutex<u32> = Mutex::new(0);
        let number = {
            let mut number = NUMBER.lock().unwrap();
            *number += 1;
            *number
        };
        let last = format!("/version?last={number}.");
        self.lab.get(&last).unwrap();
        let bound = Instant::now() + Duration::from_secs(10);
        loop {
            let mut file = fs::File::open(self.lab.audit()).unwrap();
            file.seek(std::io::SeekFrom::Start(mark)).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            if text.lines().any(|line| line.contains(&last) && line.ends_with('}')) {
                return text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            }
            assert!(Instant::now() < bound, "the audit log does not come");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Runs something and returns what it printed with who was seen by which way.
    pub fn watch(&self, agent: &str, run: impl FnOnce() -> Output) -> Watched {
        self.ways.take();
        let mark = self.mark();
        let output = run();
        let mut users: Vec<String> = self
            .events_since(mark)
            .iter()
            .filter(|event| event["userAgent"].as_str().is_some_and(|name| name.starts_with(agent)))
            .map(|event| match event["responseStatus"]["code"].as_u64() {
                Some(401) => "401".to_owned(),
                _ => format!("{} {}", event["user"], event["impersonatedUser"]),
            })
            .collect();
        users.sort();
        users.dedup();
        Watched { output, users, ways: self.ways.take().into_iter().collect() }
    }
}

/// What one run did.
pub struct Watched {
    pub output: Output,
    /// Who was seen, with whom they acted as; `401` for somebody who was not let in.
    pub users: Vec<String>,
    /// By which ways the server was reached.
    pub ways: Vec<String>,
}

impl Watched {
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}

/// Makes an RSA key with openssl, in the newer and in the older form: the library that signs here makes none.
fn rsa_keys() -> Option<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |args: &[&str]| {
        let output =
            Command::new("openssl").args(args).current_dir(folder.path()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    openssl(&["genrsa", "-out", "key", "2048"])?;
    let wrapped = openssl(&["pkcs8", "-topk8", "-nocrypt", "-in", "key"])?;
    let older = openssl(&["rsa", "-traditional", "-in", "key"])?;
    assert!(older.starts_with("-----BEGIN RSA PRIVATE KEY"));
    Some((wrapped, older))
}

/// Starts `kubectl proxy` below a path and returns its port.
fn kubectl_proxy(lab: &Lab, name: &str, path: &str) -> u16 {
    let kubeconfig = format!("--kubeconfig={}", lab.kubeconfig().display());
    let prefix = format!("--api-prefix={path}");
    let arguments = [kubeconfig.as_str(), "proxy", "--port=0", "--accept-hosts=.*", &prefix];
    let log = lab.start_beside(name, &binaries().unwrap().kubectl, &arguments).unwrap();
    let bound = Instant::now() + Duration::from_secs(10);
    loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        if let Some(port) = text.lines().find_map(|line| line.strip_prefix("Starting to serve on 127.0.0.1:")) {
            return port.trim().parse().unwrap();
        }
        assert!(Instant::now() < bound, "kubectl proxy does not start: {text}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A folder with the files of one case, and how the two programs are run in it.
pub struct Stage {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Stage {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder, env: Vec::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; one that starts as a script can be run.
    pub fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        if content.starts_with(b"#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Sets a variable; `@/` in it means the case's folder.
    pub fn set(&mut self, name: &str, value: &str) {
        let folder = self.folder.path().to_str().unwrap();
        self.env.push((name.to_owned(), value.replace("@/", &format!("{folder}/"))));
    }

    /// Makes a command that knows nothing of this machine's own kubeconfig and proxies.
    pub fn command(&self, program: &Path, args: &[&str]) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new(program);
        command
            .args(args.iter().map(|arg| arg.replace("@/", &format!("{}/", folder.display()))))
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", folder.join("bin").display()))
            .env("HOME", folder.join("home"))
            .env("RUST_BACKTRACE", "1")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    pub fn kubectl(&self, args: &[&str]) -> Output {
        let args: Vec<&str> = ["auth", "whoami", "-o", "json"].iter().chain(args).copied().collect();
        self.command(&binaries().unwrap().kubectl, &args).output().unwrap()
    }

    pub fn ours(&self, args: &[&str]) -> Output {
        self.our_command(args).output().unwrap()
    }

    pub fn our_command(&self, args: &[&str]) -> Command {
        let own = ["doctor", "--no-azure", "--check", "extension-missing", "-o", "json"];
        let args: Vec<&str> = own.iter().chain(args).copied().collect();
        self.command(Path::new(env!("CARGO_BIN_EXE_kubectl-aksbackup")), &args)
    }

    /// Returns how often the login program ran since this was last asked, and what it was told.
    pub fn plugin_runs(&self) -> (usize, Option<Value>) {
        let take = |name: &str| {
            let path = self.path(name);
            let text = fs::read_to_string(&path).ok();
            let _ = fs::remove_file(path);
            text
        };
        let runs = take("runs").map_or(0, |text| text.lines().count());
        (runs, take("told").and_then(|text| serde_json::from_str(&text).ok()))
    }
}

pub fn base64(bytes: &str) -> String {
    STANDARD.encode(bytes)
}

/// A login program that notes that it ran and what it was told, and then prints this.
pub fn plugin(prints: &str) -> String {
    format!(
        "#!/bin/sh\nhere=$(dirname \"$HOME\")\necho run >> \"$here/runs\"\n\
         printf '%s' \"$KUBERNETES_EXEC_INFO\" > \"$here/told\"\n{prints}\n"
    )
}

/// What a login program prints: a credential of this version with this status.
pub fn credential(version: &str, status: &str) -> String {
    let whole = serde_json::json!({
        "kind": "ExecCredential", "apiVersion": format!("client.authentication.k8s.io/{version}"),
        "status": serde_json::from_str::<Value>(status).unwrap(),
    });
    format!("cat <<'END'\n{whole}\nEND")
}
