//! What ships around the binary, with the real krew, its validator and kubectl: `plugin/package.py` packs, krew installs, kubectl runs.
//!
//! Other platforms' programs cannot be built here: their archives hold a program's header and nothing else. Nothing leaves the
//! machine; where krew downloads, a server of this file answers.

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test of real programs starts them; clippy.toml's word on tests does not reach their helpers"
)]

use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::SystemTime;

use aksbackup_lab::{Binaries, binaries};
use tempfile::TempDir;

const NAME: &str = env!("CARGO_PKG_NAME");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));
const TARGETS: [&str; 5] = ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64", "windows-amd64"];

static TOOLS: LazyLock<Binaries> = LazyLock::new(|| binaries().unwrap());

#[test]
fn the_manifest_is_what_cargo_toml_says() {
    succeed(package().args(["manifest", "--check"]));
    let template = fs::read_to_string(root().join("krew-manifest.yaml")).unwrap();
    assert!(template.contains(&format!("homepage: {}\n", env!("CARGO_PKG_HOMEPAGE"))), "{template}");
    let first_words: Vec<_> = env!("CARGO_PKG_DESCRIPTION").split(' ').take(5).collect();
    assert!(template.contains(&first_words.join(" ")), "{template}");
    // krew's rules for the texts.
    let short = template.lines().find_map(|line| line.trim().strip_prefix("shortDescription: ")).unwrap();
    assert!(short.trim_matches('"').chars().count() <= 50, "{short}");
    for line in template.lines().filter(|line| !line.contains("addURIAndSha")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_manifest_that_is_not_current_is_refused_and_mended() {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("plugin")).unwrap();
    for file in ["plugin/package.py", "krew-manifest.yaml"] {
        fs::copy(root().join(file), copy.path().join(file)).unwrap();
    }
    let cargo_toml = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let changed = cargo_toml.replace(REPOSITORY, "https://example.com/elsewhere");
    fs::write(copy.path().join("Cargo.toml"), changed).unwrap();
    let package = || {
        let mut command = Command::new("python3");
        command.arg(copy.path().join("plugin/package.py")).arg("manifest");
        command
    };
    refuse(package().arg("--check"), "krew-manifest.yaml is not what Cargo.toml says now", "package.py manifest");
    succeed(&mut package());
    succeed(package().arg("--check"));
    let mended = fs::read_to_string(copy.path().join("krew-manifest.yaml")).unwrap();
    assert!(mended.contains("https://example.com/elsewhere/releases/download/{{ .TagName }}/"), "{mended}");
    assert!(!mended.contains(REPOSITORY), "{mended}");
}

#[test]
fn the_release_bot_and_local_give_the_same_manifest_and_krew_accepts_it() {
    let release = headers_only();
    let manifest = local(release.path());
    let rendered = succeed(Command::new("go").arg("run").arg(root().join("tests/packaging/render.go")).args([
        root().join("krew-manifest.yaml").as_os_str(),
        TAG.as_ref(),
        release.path().as_os_str(),
    ]));
    assert_eq!(rendered, fs::read_to_string(&manifest).unwrap());
    succeed(Command::new(&TOOLS.validate_krew_manifest).arg("-manifest").arg(&manifest).arg("-skip-install"));
    succeed(Command::new("sha256sum").current_dir(release.path()).args(["--check", "--strict", "SHA256SUMS"]));
}

#[test]
fn krews_validator_installs_every_platform() {
    let release = headers_only();
    let manifest = local(release.path());
    serve(&manifest, release.path());
    // The validator runs `kubectl krew install` for each platform, and looks for the licence.
    let path = tempfile::tempdir().unwrap();
    symlink(&TOOLS.krew, path.path().join("kubectl-krew")).unwrap();
    symlink(&TOOLS.kubectl, path.path().join("kubectl")).unwrap();
    let mut validator = Command::new(&TOOLS.validate_krew_manifest);
    let outcome = run(validator.arg("-manifest").arg(&manifest).env("PATH", path.path()));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("all 5 spec.platforms installed fine"), "{}", outcome.stderr);
}

#[test]
fn krew_installs_it_and_kubectl_runs_it_by_archive_and_from_an_index() {
    let release = tempfile::tempdir().unwrap();
    let archive = archive(here(), &stripped(release.path()), release.path());
    let manifest = local(release.path());

    let by_archive = Krew::new();
    by_archive.krew(&["install", "--manifest", text(&manifest), "--archive", text(&archive)]);
    by_archive.runs_the_plugin();

    serve(&manifest, release.path());
    let index = Index::new();
    index.publish(&fs::read_to_string(&manifest).unwrap());
    let from_index = Krew::new();
    from_index.krew(&["index", "add", "aksbackup", &index.url()]);
    let found = from_index.krew(&["search", "backup"]);
    assert!(found.contains("aksbackup/aksbackup") && found.contains("Azure Backup for AKS"), "{found}");
    let info = from_index.krew(&["info", "aksbackup/aksbackup"]);
    assert!(info.contains(&format!("VERSION: {TAG}")) && info.contains("CAVEATS"), "{info}");
    from_index.krew(&["install", "aksbackup/aksbackup"]);
    from_index.runs_the_plugin();

    // What the caveats say of upgrades.
    let next = fs::read_to_string(&manifest).unwrap().replace(&format!("version: {TAG}\n"), "version: v99.0.0\n");
    index.publish(&next);
    from_index.krew(&["upgrade", "aksbackup"]);
    assert_eq!(from_index.versions(), ["v99.0.0"]);
    by_archive.krew(&["index", "add", "aksbackup", &index.url()]);
    by_archive.krew(&["upgrade", "aksbackup"]);
    assert_eq!(by_archive.versions(), [TAG]);
}

#[test]
fn an_archive_holds_the_program_the_licence_and_the_readme_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("built");
    fs::write(&binary, header("windows-amd64")).unwrap();
    let pack = |out: &str| archive("windows-amd64", &binary, &folder.path().join(out));
    let archive = pack("first");
    fs::set_permissions(&binary, Permissions::from_mode(0o600)).unwrap();
    File::options().append(true).open(&binary).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert!(fs::read(&archive).unwrap() == fs::read(pack("second")).unwrap(), "two runs gave two archives");
    assert!(archive.ends_with(format!("{NAME}_{TAG}_windows_amd64.tar.gz")), "{}", archive.display());

    let unpacked = tempfile::tempdir().unwrap();
    let tar = |arguments: &[&str]| {
        succeed(Command::new("tar").args(arguments).arg("-f").arg(&archive).current_dir(unpacked.path()))
    };
    let program = format!("{NAME}.exe");
    let mut members = vec![program.as_str(), "LICENSE"];
    members.extend(root().join("README.md").is_file().then_some("README.md"));
    assert_eq!(tar(&["-tz"]).lines().collect::<Vec<_>>(), members);
    tar(&["-xz"]);
    assert_eq!(fs::read(unpacked.path().join("LICENSE")).unwrap(), fs::read(root().join("LICENSE")).unwrap());
    assert_eq!(fs::read(unpacked.path().join(program)).unwrap(), header("windows-amd64"));
}

#[test]
fn the_local_install_takes_the_place_of_an_older_one_and_loses_nothing() {
    let krew = Krew::new();
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("built");
    fs::write(&binary, header(here())).unwrap();
    let package = |krew_program: &Path| {
        let mut command = package();
        command.arg("install").arg("--binary").arg(&binary).arg("--krew").arg(krew_program);
        command.env("KREW_ROOT", krew.root());
        command
    };

    let said = succeed(&mut package(&TOOLS.krew));
    let path = krew.root().join("bin");
    assert!(said.contains(&format!("export PATH=\"{}:$PATH\"", path.display())), "{said}");
    assert_eq!(krew.versions(), [TAG]);
    let said = succeed(package(&TOOLS.krew).env("PATH", with_path(&path)));
    assert!(said.contains("installed kubectl aksbackup") && !said.contains("export PATH"), "{said}");

    // An older one, from an index.
    let store = krew.root().join("store/aksbackup");
    fs::rename(store.join(TAG), store.join("v0.0.1")).unwrap();
    let receipt = krew.root().join("receipts/aksbackup.yaml");
    let older = fs::read_to_string(&receipt).unwrap().replace("name: detached", "name: ours").replace(TAG, "v0.0.1");
    fs::write(&receipt, &older).unwrap();
    fs::remove_file(path.join(NAME)).unwrap();
    symlink(store.join("v0.0.1").join(NAME), path.join(NAME)).unwrap();

    refuse(
        &mut package(Path::new("/bin/false")),
        "krew could not install it",
        "Nothing that was installed has changed.",
    );
    refuse(&mut package(Path::new("/no/krew")), "krew does not start: /no/krew", "--krew PATH");
    assert_eq!(fs::read_to_string(&receipt).unwrap(), older);
    assert_eq!(krew.versions(), ["v0.0.1"]);
    assert!(path.join(NAME).is_file(), "the link leads nowhere");

    let said = succeed(&mut package(&TOOLS.krew));
    assert!(said.contains("kubectl krew uninstall aksbackup && kubectl krew install ours/aksbackup"), "{said}");
    assert_eq!(krew.versions(), [TAG]);
    assert!(path.join(NAME).is_file(), "the link leads nowhere");
    let left: Vec<_> = names(krew.root()).into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?} is left behind");

    // A program that somebody put there by hand is theirs.
    fs::remove_file(path.join(NAME)).unwrap();
    fs::write(path.join(NAME), "mine").unwrap();
    refuse(&mut package(&TOOLS.krew), "is not krew's", "Move it away");
    assert_eq!(fs::read_to_string(path.join(NAME)).unwrap(), "mine");
}

#[test]
fn wrong_input_is_an_error_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = text(&out);
    let binary = folder.path().join("built");
    fs::write(&binary, header("linux-arm64")).unwrap();
    let note = folder.path().join("note");
    fs::write(&note, "MZ, but no program").unwrap();
    let archive = |target: &str, binary: &Path| {
        let mut command = package();
        command.args(["archive", "--target", target, "--out", out, "--binary"]).arg(binary);
        command
    };
    refuse(&mut package(), "VERB", "package.py --help");
    refuse(package().arg("publish"), "publish", "package.py --help");
    // Another machine's program must be named: none is built here.
    let elsewhere = if cfg!(target_os = "linux") { "windows-amd64" } else { "linux-arm64" };
    refuse(package().args(["archive", "--target", elsewhere, "--out", out]), "builds nothing for", "--binary PATH");
    refuse(&mut archive("plan9-amd64", &binary), "there is no target \"plan9-amd64\"", "Targets: linux-amd64, ");
    refuse(
        &mut archive("linux-arm64", Path::new("/no/such")),
        "cannot read /no/such: No such file",
        "cargo build --release",
    );
    refuse(
        &mut archive("darwin-arm64", &binary),
        "is no program for darwin-arm64, it is one for linux-arm64",
        "cargo build --release --target aarch64-apple-darwin",
    );
    refuse(&mut archive("windows-amd64", &note), "note is no program for windows-amd64", "x86_64-pc-windows-msvc");
    refuse(
        package().args(["local", "--out", out]),
        &format!("{out} holds no archive of {NAME} {TAG}"),
        "package.py archive",
    );
    assert!(!Path::new(out).exists(), "a refused run wrote something");
}

#[test]
fn the_readme_names_the_index_of_the_same_owner() {
    let (owner, _) = REPOSITORY.rsplit_once('/').unwrap();
    let readme = fs::read_to_string(root().join("plugin/README.md")).unwrap();
    assert!(readme.contains(&format!("kubectl krew index add aksbackup {owner}/krew-index\n")), "{readme}");
    let (_, owner) = owner.rsplit_once('/').unwrap();
    assert!(readme.contains(&format!("upstream_krew_index_repo_owner: {owner}\n")), "{readme}");
}

/// A krew of its own, and a kubectl that sees what it installs.
struct Krew(TempDir);

impl Krew {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn krew(&self, arguments: &[&str]) -> String {
        let mut krew = Command::new(&TOOLS.krew);
        succeed(
            without_git_config(&mut krew)
                .args(arguments)
                .env("KREW_ROOT", self.root())
                .env("KREW_NO_UPGRADE_CHECK", "1"),
        )
    }

    fn kubectl(&self, arguments: &[&str]) -> Outcome {
        let mut kubectl = Command::new(&TOOLS.kubectl);
        run(kubectl
            .args(arguments)
            .env("PATH", with_path(&self.root().join("bin")))
            .env("KUBECONFIG", "/no/kubeconfig"))
    }

    /// Returns which versions of the plugin are in the store.
    fn versions(&self) -> Vec<String> {
        names(&self.root().join("store/aksbackup"))
    }

    fn runs_the_plugin(&self) {
        let version = self.kubectl(&["aksbackup", "version"]);
        assert_eq!((version.code, version.stdout), (0, format!("{NAME} {}\n", env!("CARGO_PKG_VERSION"))));

        let sample = self.kubectl(&["aksbackup", "doctor", "--sample"]);
        assert!(matches!(sample.code, 0 | 1 | 3), "{}: {}", sample.code, sample.stderr);
        assert!(sample.stdout.contains("AKSB") || sample.stdout.contains("checks"), "{}", sample.stdout);

        let wrong = self.kubectl(&["aksbackup", "doctor", "--no-such-flag"]);
        assert_eq!(wrong.code, 2, "{}", wrong.stderr);
        assert!(wrong.stderr.starts_with("error: "), "{}", wrong.stderr);
    }
}

/// A custom index: a git repository with manifests under `plugins/`.
struct Index(TempDir);

impl Index {
    fn new() -> Self {
        let index = Self(tempfile::tempdir().unwrap());
        fs::create_dir(index.0.path().join("plugins")).unwrap();
        index.git(&["init", "--quiet"]);
        index
    }

    fn publish(&self, manifest: &str) {
        fs::write(self.0.path().join("plugins/aksbackup.yaml"), manifest).unwrap();
        self.git(&["add", "."]);
        let author = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"];
        self.git(&[&author[..], &["commit", "--quiet", "--message", "Publish"]].concat());
    }

    fn url(&self) -> String {
        format!("file://{}", self.0.path().display())
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        succeed(without_git_config(&mut git).args(arguments).current_dir(self.0.path()));
    }
}

/// Keeps git from what the user has configured, signing for one.
fn without_git_config(command: &mut Command) -> &mut Command {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1")
}

/// Serves the archives of a folder for as long as the test runs, and points the manifest there instead of to the release.
fn serve(manifest: &Path, folder: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let release = format!("{REPOSITORY}/releases/download/{TAG}/");
    let here = format!("http://{}/", listener.local_addr().unwrap());
    let pointed = fs::read_to_string(manifest).unwrap().replace(&release, &here);
    assert!(pointed.contains(&here), "{pointed}");
    fs::write(manifest, pointed).unwrap();
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let first = request.next().unwrap_or_default();
            request.for_each(drop);
            let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
            let archive = fs::read(folder.join(path)).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", archive.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&archive)).unwrap();
        }
    });
}

/// Makes a release of all platforms; its programs are headers.
fn headers_only() -> TempDir {
    let release = tempfile::tempdir().unwrap();
    for target in TARGETS {
        let binary = release.path().join("built");
        fs::write(&binary, header(target)).unwrap();
        archive(target, &binary, release.path());
    }
    release
}

/// Returns as much of a program as tells which platform it is for.
fn header(target: &str) -> Vec<u8> {
    let elf = |machine: u8| [&b"\x7fELF\x02\x01"[..], &[0; 12], &[machine, 0]].concat();
    let mach = |cpu: u8| [&b"\xcf\xfa\xed\xfe"[..], &[cpu, 0, 0, 1]].concat();
    match target {
        "linux-amd64" => elf(0x3e),
        "linux-arm64" => elf(0xb7),
        "darwin-amd64" => mach(7),
        "darwin-arm64" => mach(12),
        "windows-amd64" => [&b"MZ"[..], &[0; 0x3a], &[0x40, 0, 0, 0], b"PE\0\0", &[0x64, 0x86]].concat(),
        _ => panic!("{target} is no target"),
    }
}

/// Returns this machine's target.
fn here() -> &'static str {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let os = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    TARGETS.into_iter().find(|target| *target == format!("{os}-{arch}")).unwrap()
}

/// Returns the plugin without its debug symbols: they are most of it, and packing them takes long.
fn stripped(folder: &Path) -> PathBuf {
    let stripped = folder.join("stripped");
    succeed(Command::new("strip").arg("-o").arg(&stripped).arg(env!("CARGO_BIN_EXE_kubectl-aksbackup")));
    stripped
}

fn archive(target: &str, binary: &Path, out: &Path) -> PathBuf {
    let said = succeed(package().args(["archive", "--target", target, "--binary", text(binary), "--out", text(out)]));
    PathBuf::from(said.trim_end())
}

fn local(folder: &Path) -> PathBuf {
    PathBuf::from(succeed(package().args(["local", "--out", text(folder)])).trim_end())
}

fn package() -> Command {
    let mut command = Command::new("python3");
    command.arg(root().join("plugin/package.py"));
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Returns a PATH with a folder before all others.
fn with_path(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Outcome {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs what must succeed, and returns what it printed.
fn succeed(command: &mut Command) -> String {
    let outcome = run(command);
    assert_eq!(outcome.code, 0, "{command:?}\n{}{}", outcome.stdout, outcome.stderr);
    outcome.stdout
}

/// Runs what must be refused as the plugin refuses: exit code 2, an `error:` and a `hint:`, nothing on stdout.
fn refuse(command: &mut Command, error: &str, hint: &str) {
    let outcome = run(command);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""), "{command:?}\n{}", outcome.stderr);
    let line = |start: &str| outcome.stderr.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_default();
    assert!(line("error: ").contains(error), "{command:?}\n{}", outcome.stderr);
    assert!(line("hint: ").contains(hint), "{command:?}\n{}", outcome.stderr);
}
