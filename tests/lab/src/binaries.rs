//! Builds the real programs that a lab is made of, once, from their published Go modules.
//!
//! Each group of programs has a `go.mod` under `go/`, committed with its `go.sum`; a stamp beside the programs holds what they
//! were built from, so a changed `go.mod` rebuilds them and nothing else does. May not download anything that is not a Go module.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// Holds the paths of all programs, and of the CRDs that come with their modules.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // each field is a program of that name
pub struct Binaries {
    /// The folder that holds what was built here.
    pub folder: PathBuf,
    pub etcd: PathBuf,
    pub kube_apiserver: PathBuf,
    /// The API server of the oldest Kubernetes that the plugin is held to: 1.34.
    pub kube_apiserver_1_34: PathBuf,
    /// The API server of the newest: 1.37.
    pub kube_apiserver_1_37: PathBuf,
    pub kube_controller_manager: PathBuf,
    pub kube_scheduler: PathBuf,
    pub kubectl: PathBuf,
    pub coredns: PathBuf,
    /// An older CoreDNS that AKS ships: 1.12.1.
    pub coredns_older: PathBuf,
    pub kwok: PathBuf,
    pub krew: PathBuf,
    pub validate_krew_manifest: PathBuf,
    /// The laboratory's own small program (`go/lab-helper`).
    pub lab_helper: PathBuf,
    /// The folder of the CRDs and stages that were found in Go modules.
    pub crds: PathBuf,
}

/// One `go.mod` and what is built from it.
struct Group {
    /// The folder under `go/`, and the name of the stamp.
    name: &'static str,
    /// The program's name and its package. Built one by one: etcd's package would name its program `v3`.
    programs: &'static [(&'static str, &'static str)],
    /// The module whose version the programs must report, if they cannot know it themselves.
    versioned_by: Option<&'static str>,
}

const GROUPS: &[Group] = &[
    Group { name: "lab-helper", programs: &[("lab-helper", ".")], versioned_by: None },
    Group {
        name: "kubernetes",
        programs: &[
            ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
            ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
            ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
            ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        ],
        versioned_by: Some("k8s.io/kubernetes"),
    },
    Group {
        name: "rest",
        programs: &[
            ("etcd", "go.etcd.io/etcd/server/v3"),
            ("kwok", "sigs.k8s.io/kwok/cmd/kwok"),
            ("coredns", "github.com/coredns/coredns"),
            ("krew", "sigs.k8s.io/krew/cmd/krew"),
            ("validate-krew-manifest", "sigs.k8s.io/krew/cmd/validate-krew-manifest"),
        ],
        versioned_by: None,
    },
    Group {
        name: "kube-apiserver-1.34",
        programs: &[("kube-apiserver-1.34", "k8s.io/kubernetes/cmd/kube-apiserver")],
        versioned_by: Some("k8s.io/kubernetes"),
    },
    Group {
        name: "kube-apiserver-1.37",
        programs: &[("kube-apiserver-1.37", "k8s.io/kubernetes/cmd/kube-apiserver")],
        versioned_by: Some("k8s.io/kubernetes"),
    },
    Group { name: "coredns-1.12.1", programs: &[("coredns-1.12.1", "github.com/coredns/coredns")], versioned_by: None },
];

/// CRDs and stages inside modules: module, folder in it, folder under `crds/`.
const MODULE_FILES: &[(&str, &str, &str)] = &[
    ("github.com/vmware-tanzu/velero@v1.18.3", "config/crd/v1/bases", "velero"),
    ("github.com/vmware-tanzu/velero@v1.18.3", "config/crd/v2alpha1/bases", "velero"),
    ("github.com/kubernetes-csi/external-snapshotter/client/v8@v8.4.0", "config/crd", "snapshot"),
    ("sigs.k8s.io/kwok@v0.8.0", "kustomize/crd/bases", "kwok"),
    ("sigs.k8s.io/kwok@v0.8.0", "kustomize/stage/node/fast", "stages"),
    ("sigs.k8s.io/kwok@v0.8.0", "kustomize/stage/pod/fast", "stages"),
];

/// Returns the programs, and builds what is missing first. Cold, on two cores, this takes about seven minutes.
///
/// Programs that `KUBEBUILDER_ASSETS` holds are taken from there. Processes that ask at the same time wait for each other.
pub fn binaries() -> Result<Binaries> {
    let folder = target().join("lab/bin");
    fs::create_dir_all(&folder)?;
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let find = |name: &str| match assets.as_ref().map(|assets| assets.join(name)).filter(|path| path.is_file()) {
        Some(given) => given,
        None => folder.join(name),
    };
    let crds = target().join("lab/crds");
    let given = |name: &str| !find(name).starts_with(&folder);
    let due = |group: &&Group| !is_current(group, &folder, &given);
    if GROUPS.iter().any(|group| due(&group)) || !crds_are_current(&crds) {
        let lock = File::create(target().join("lab/lock"))?;
        if lock.try_lock().is_err() {
            eprintln!("lab: waiting for another process that builds the programs");
            lock.lock()?;
        }
        for group in GROUPS.iter().filter(due) {
            build(group, &folder, &given)?;
        }
        if !crds_are_current(&crds) {
            copy_module_files(&crds)?;
        }
    }
    Ok(Binaries {
        etcd: find("etcd"),
        kube_apiserver: find("kube-apiserver"),
        kube_apiserver_1_34: find("kube-apiserver-1.34"),
        kube_apiserver_1_37: find("kube-apiserver-1.37"),
        kube_controller_manager: find("kube-controller-manager"),
        kube_scheduler: find("kube-scheduler"),
        kubectl: find("kubectl"),
        coredns: find("coredns"),
        coredns_older: find("coredns-1.12.1"),
        kwok: find("kwok"),
        krew: find("krew"),
        validate_krew_manifest: find("validate-krew-manifest"),
        lab_helper: find("lab-helper"),
        folder,
        crds,
    })
}

/// Returns cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| PathBuf::from(folder)),
        None => source().ancestors().nth(2).map_or_else(|| PathBuf::from("target"), |root| root.join("target")),
    }
}

/// Returns the folder of this crate.
pub(crate) fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn module_folder(group: &Group) -> PathBuf {
    source().join("go").join(group.name)
}

/// Returns what a group is built from: every file of its folder, so the helper's sources count too.
fn recipe(group: &Group) -> Result<String> {
    let mut files: Vec<_> =
        fs::read_dir(module_folder(group))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut text = String::new();
    for file in files {
        text += &fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    }
    Ok(text)
}

fn stamp(group: &Group, folder: &Path) -> PathBuf {
    folder.join(format!(".{}.stamp", group.name))
}

fn is_current(group: &Group, folder: &Path, given: &dyn Fn(&str) -> bool) -> bool {
    if group.programs.iter().all(|(name, _)| given(name)) {
        return true;
    }
    group.programs.iter().all(|(name, _)| given(name) || folder.join(name).is_file())
        && fs::read_to_string(stamp(group, folder)).ok() == recipe(group).ok()
}

fn build(group: &Group, folder: &Path, given: &dyn Fn(&str) -> bool) -> Result<()> {
    let module = module_folder(group);
    let mut flags = "-s -w".to_owned();
    if let Some(name) = group.versioned_by {
        flags += &version_flags(&fs::read_to_string(module.join("go.mod"))?, name)?;
    }
    for (program, package) in group.programs {
        if given(program) {
            continue;
        }
        eprintln!("lab: building {program} (once)");
        let start = Instant::now();
        let fresh = folder.join(format!(".{program}.new"));
        let status = Command::new("go")
            .current_dir(&module)
            // Without cgo the programs need no C compiler and no shared library, so CoreDNS runs in an empty root.
            .env("CGO_ENABLED", "0")
            .args(["build", "-trimpath", "-ldflags", &flags, "-o"])
            .arg(&fresh)
            .arg(package)
            .status()
            .context("cannot run `go`, which builds the programs of the lab (Go 1.26 or newer)")?;
        ensure!(status.success(), "cannot build {program} from {}", module.display());
        // A rename replaces a program that is running, a write would fail.
        fs::rename(&fresh, folder.join(program))?;
        eprintln!("lab: built {program} in {} s", start.elapsed().as_secs());
    }
    replace(&stamp(group, folder), &recipe(group)?)
}

/// Returns the linker flags that tell Kubernetes its version. Without them it reports one that clients cannot parse.
fn version_flags(go_mod: &str, module: &str) -> Result<String> {
    let version = go_mod
        .lines()
        .map(|line| line.trim().trim_start_matches("require "))
        .find_map(|line| line.strip_prefix(module)?.strip_prefix(' ')?.split_whitespace().next())
        .with_context(|| format!("go.mod does not name the version of {module}"))?;
    let mut parts = version.trim_start_matches('v').split('.');
    let (Some(major), Some(minor)) = (parts.next(), parts.next()) else { bail!("{version} is no version") };
    let mut flags = String::new();
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        for (key, value) in [
            ("gitVersion", version),
            ("gitMajor", major),
            ("gitMinor", minor),
            ("gitTreeState", "clean"),
            ("gitCommit", "0000000000000000000000000000000000000000"),
            ("buildDate", "1970-01-01T00:00:00Z"),
        ] {
            flags += &format!(" -X {package}.{key}={value}");
        }
    }
    Ok(flags)
}

fn crds_stamp() -> String {
    format!("2 {MODULE_FILES:?}")
}

fn crds_are_current(crds: &Path) -> bool {
    fs::read_to_string(crds.join(".stamp")).is_ok_and(|stamp| stamp == crds_stamp())
}

/// Copies the YAML files that a module carries. They are not vendored: they are large, and the module is their source.
fn copy_module_files(crds: &Path) -> Result<()> {
    for (module, from, to) in MODULE_FILES {
        let output = Command::new("go")
            .current_dir(source().join("go/rest"))
            .args(["mod", "download", "-json", module])
            .output()
            .context("cannot run `go mod download`")?;
        ensure!(output.status.success(), "cannot download {module}: {}", String::from_utf8_lossy(&output.stdout));
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let folder = Path::new(answer["Dir"].as_str().context("go names no folder")?).join(from);
        fs::create_dir_all(crds.join(to))?;
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_owned();
            if path.extension().is_some_and(|extension| extension == "yaml") && name != *"kustomization.yaml" {
                // As JSON, which is read in no time at every start.
                let mut object: serde_json::Value = serde_yaml::from_str(&fs::read_to_string(&path)?)?;
                strip_descriptions(&mut object);
                replace(&crds.join(to).join(name).with_extension("json"), &object.to_string())?;
            }
        }
    }
    replace(&crds.join(".stamp"), &crds_stamp())
}

/// Puts a new file in place of an old one. It does not write into the old one: target folders are copied with hard links.
pub(crate) fn replace(path: &Path, text: &str) -> Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, text)?;
    fs::rename(&fresh, path).with_context(|| path.display().to_string())
}

/// Removes the texts from a schema. They are most of it, and the API server works through them at every start.
fn strip_descriptions(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            // A property may have that name, too; then it is no text.
            fields.retain(|key, value| key != "description" || !value.is_string());
            fields.values_mut().for_each(strip_descriptions);
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(strip_descriptions),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_comes_from_go_mod() {
        let flags = version_flags("require k8s.io/kubernetes v1.36.3\n", "k8s.io/kubernetes").unwrap();
        assert!(flags.contains(" -X k8s.io/component-base/version.gitVersion=v1.36.3"), "{flags}");
        assert!(flags.contains(" -X k8s.io/client-go/pkg/version.gitMinor=36"), "{flags}");
    }
}
