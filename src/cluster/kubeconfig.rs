//! What stands in kubeconfig files: the shape of one file, and how several become one.
//!
//! kube's own reader is not used: it takes what kubectl refuses (a number for a name, two entries of one name) and
//! refuses what kubectl takes (a context without a cluster, a list with files that are not there).
//! Knowledge: client-go's `clientcmd`, read and asked. Relative paths mean the file's own folder; of several files the
//! first that sets something wins; YAML is read as YAML 1.1 and of several documents only the first.
//! Nothing that is said about a file may quote it: what stands there may be a secret.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::flags::Flags;
use crate::error::Error;

/// The extension of a cluster that its users' login programs are told.
const EXEC_EXTENSION: &str = "client.authentication.k8s.io/exec";

/// Everything that the kubeconfig files say. As in Go, an empty value is one that is not set.
#[derive(Default)]
pub(super) struct Kubeconfig {
    pub(super) current_context: String,
    pub(super) contexts: BTreeMap<String, Context>,
    pub(super) clusters: BTreeMap<String, Cluster>,
    pub(super) users: BTreeMap<String, User>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Context {
    pub(super) cluster: String,
    pub(super) user: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Cluster {
    pub(super) server: String,
    pub(super) tls_server_name: String,
    pub(super) insecure_skip_tls_verify: bool,
    pub(super) certificate_authority: String,
    pub(super) certificate_authority_data: Data,
    pub(super) proxy_url: String,
    pub(super) disable_compression: bool,
    extensions: Vec<Extension>,
}

impl Cluster {
    /// Returns what the login program is told of this cluster beside its address.
    pub(super) fn for_login(&self) -> Option<&Value> {
        self.extensions.iter().find(|extension| extension.name == EXEC_EXTENSION).map(|found| &found.extension)
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Extension {
    name: String,
    extension: Value,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct User {
    pub(super) client_certificate: String,
    pub(super) client_certificate_data: Data,
    pub(super) client_key: String,
    pub(super) client_key_data: Data,
    pub(super) token: String,
    #[serde(rename = "tokenFile")]
    pub(super) token_file: String,
    pub(super) username: String,
    pub(super) password: String,
    #[serde(rename = "as")]
    pub(super) impersonate: String,
    #[serde(rename = "as-uid")]
    pub(super) impersonate_uid: String,
    #[serde(rename = "as-groups")]
    pub(super) impersonate_groups: Vec<String>,
    #[serde(rename = "as-user-extra")]
    pub(super) impersonate_extra: BTreeMap<String, Vec<String>>,
    pub(super) auth_provider: Option<AuthProvider>,
    pub(super) exec: Option<Exec>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct AuthProvider {
    pub(super) name: String,
    pub(super) config: BTreeMap<String, String>,
}

/// A login program.
#[derive(Deserialize, Default, Clone, PartialEq, Eq)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Exec {
    pub(super) api_version: String,
    pub(super) command: String,
    pub(super) args: Vec<String>,
    pub(super) env: Vec<Variable>,
    pub(super) install_hint: String,
    pub(super) provide_cluster_info: bool,
    pub(super) interactive_mode: String,
}

#[derive(Deserialize, Default, Clone, PartialEq, Eq)]
#[serde(default)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

/// Bytes that stand in a kubeconfig as base64.
#[derive(Default, Clone)]
pub(super) struct Data(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Like Go's: padded, with line breaks anywhere, and lenient about the bits that do not count.
        const GO: GeneralPurpose = GeneralPurpose::new(
            &base64::alphabet::STANDARD,
            GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
        );
        let text = String::deserialize(deserializer)?;
        let joined: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        // The decoder's own error quotes the byte that it stumbled on.
        GO.decode(joined).map(Self).map_err(|_| serde::de::Error::custom("text, expected base64"))
    }
}

/// The shape of a file: lists of named things.
#[derive(Deserialize, Default)]
#[serde(default)]
struct File {
    kind: String,
    #[serde(rename = "apiVersion")]
    api_version: String,
    #[serde(rename = "current-context")]
    current_context: String,
    contexts: Vec<Value>,
    clusters: Vec<Value>,
    users: Vec<Value>,
}

/// Reads the kubeconfig that the flags or the environment name.
///
/// As with kubectl, files of `KUBECONFIG` that are not there are passed over; one that `--kubeconfig` names must be.
///
/// # Errors
/// Which file is broken, and where.
pub(super) fn read(flags: &Flags) -> Result<Kubeconfig, Error> {
    let named = flags.kubeconfig.as_ref().filter(|file| !file.as_os_str().is_empty());
    let files = match named {
        Some(file) => vec![file.clone()],
        None => of_environment(),
    };
    let mut whole = Kubeconfig::default();
    for file in files {
        match fs::read(&file) {
            Ok(bytes) => whole.add(parse(&file, &bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => {
                return Err(Error::cluster(format!("the kubeconfig {} cannot be read: {error}", file.display()))
                    .hinted(HOW_TO_GET_ONE));
            }
        }
    }
    Ok(whole)
}

/// What helps where there is no kubeconfig.
pub(super) const HOW_TO_GET_ONE: &str = "Name one with --kubeconfig or KUBECONFIG, or get one with: \
     az aks get-credentials --resource-group GROUP --name CLUSTER";

/// Returns the files of `KUBECONFIG`, each once, or the one in the home folder.
fn of_environment() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(list) = set("KUBECONFIG") {
        let mut files: Vec<PathBuf> = Vec::new();
        for file in std::env::split_paths(&list) {
            if !file.as_os_str().is_empty() && !files.contains(&file) {
                files.push(file);
            }
        }
        return files;
    }
    // kubectl asks HOME first on every system.
    let home = set("HOME").map(PathBuf::from).or_else(std::env::home_dir);
    home.map(|home| home.join(".kube").join("config")).into_iter().collect()
}

impl Kubeconfig {
    /// Adds what a later file says and no earlier one did.
    fn add(&mut self, later: Self) {
        fn each<T>(whole: &mut BTreeMap<String, T>, later: BTreeMap<String, T>) {
            for (name, entry) in later {
                whole.entry(name).or_insert(entry);
            }
        }
        if self.current_context.is_empty() {
            self.current_context = later.current_context;
        }
        each(&mut self.contexts, later.contexts);
        each(&mut self.clusters, later.clusters);
        each(&mut self.users, later.users);
    }
}

/// Parses a file; its relative paths become absolute.
fn parse(file: &Path, bytes: &[u8]) -> Result<Kubeconfig, Error> {
    let wrong = |what: String| {
        Error::cluster(format!("the kubeconfig {} {what}", file.display()))
            .hinted("kubectl does not take it either; see what it says with: kubectl config view")
    };
    let text = decode(bytes).ok_or_else(|| wrong("is no text".to_owned()))?;
    let mut document = first_document(&text).map_err(&wrong)?;
    drop_nulls(&mut document);
    let shape = match document {
        Value::Null => File::default(),
        document => serde_json::from_value(document).map_err(|error| wrong(expected("at its top", &error)))?,
    };
    let File { kind, api_version, current_context, contexts, clusters, users } = shape;
    if !matches!(kind.as_str(), "" | "Config") || !matches!(api_version.as_str(), "" | "v1") {
        return Err(wrong("is of another kind than Config of version v1".to_owned()));
    }
    let mut whole = Kubeconfig {
        current_context,
        contexts: named("contexts", "context", contexts).map_err(&wrong)?,
        clusters: named("clusters", "cluster", clusters).map_err(&wrong)?,
        users: named("users", "user", users).map_err(&wrong)?,
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let folder = std::path::absolute(folder)
        .or_else(|_| std::env::current_dir())
        .map_err(|error| wrong(format!("stands in a folder that cannot be found: {error}")))?;
    resolve_paths(&mut whole, &folder);
    Ok(whole)
}

/// Decodes a text as YAML does: a byte order mark tells UTF-16, which PowerShell's `>` writes.
fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], word: fn([u8; 2]) -> u16| {
        let words: Vec<u16> = bytes.chunks_exact(2).map(|pair| word([pair[0], pair[1]])).collect();
        String::from_utf16(&words).ok()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn first_document(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let options = serde_yaml::options! {
        duplicate_keys: serde_yaml::options::DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
    };
    let documents = serde_yaml::from_multiple_with_options::<Value>(text, options).map_err(|error| {
        let place = error.location().map_or(String::new(), |at| format!(" in line {}", at.line()));
        format!("is no YAML of the expected shape{place}")
    })?;
    Ok(documents.into_iter().next().unwrap_or(Value::Null))
}

/// Takes out what is null: in Go, that is the same as not being there.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Says what kind of value was expected where, and nothing of what stands there.
fn expected(place: &str, error: &serde_json::Error) -> String {
    let told = error.to_string();
    let kind = told.rsplit_once("expected ").map_or("something else", |(_, kind)| kind);
    let kind: String = kind.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == ' ').collect();
    format!("has a value of the wrong kind {place}: {kind} is expected there")
}

/// Makes a map of a list of named things.
fn named<T: DeserializeOwned + Default>(
    list: &str,
    key: &str,
    items: Vec<Value>,
) -> Result<BTreeMap<String, T>, String> {
    let mut found = BTreeMap::new();
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("in {list}[{index}]");
        let mut fields = match item {
            Value::Object(fields) => fields,
            Value::Null => serde_json::Map::new(),
            _ => return Err(format!("has a value of the wrong kind {place}: a map is expected there")),
        };
        let name = match fields.remove("name") {
            None => String::new(),
            Some(Value::String(name)) => name,
            Some(_) => return Err(format!("has a value of the wrong kind {place}.name: a string is expected there")),
        };
        let entry = match fields.remove(key) {
            None => T::default(),
            Some(entry) => {
                serde_json::from_value(entry).map_err(|error| expected(&format!("{place}.{key}"), &error))?
            }
        };
        if found.insert(name.clone(), entry).is_some() {
            return Err(format!("has two {list} of the name \"{name}\""));
        }
    }
    Ok(found)
}

fn resolve_paths(whole: &mut Kubeconfig, folder: &Path) {
    let resolve = |path: &mut String| {
        if !path.is_empty() && Path::new(path.as_str()).is_relative() {
            let whole = folder.join(path.as_str());
            // The folder's path is text wherever the kubeconfig's own path is; if it is not, the path stays as it was.
            if let Some(text) = whole.to_str() {
                text.clone_into(path);
            }
        }
    };
    for cluster in whole.clusters.values_mut() {
        resolve(&mut cluster.certificate_authority);
    }
    for user in whole.users.values_mut() {
        for path in [&mut user.client_certificate, &mut user.client_key, &mut user.token_file] {
            resolve(path);
        }
        if let Some(exec) = user.exec.as_mut().filter(|exec| exec.command.contains(std::path::MAIN_SEPARATOR)) {
            resolve(&mut exec.command);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Kubeconfig, Error> {
        parse(Path::new("/home/me/.kube/config"), text.as_bytes())
    }

    #[test]
    fn the_first_file_that_sets_something_wins_and_entries_are_not_mixed() {
        let mut whole = read("users: [{name: red, user: {token: first}}]").ok().unwrap();
        let later =
            "current-context: b\nusers: [{name: red, user: {token: x, as: eve}}, {name: blue, user: {as: eve}}]";
        whole.add(read(later).ok().unwrap());
        whole.add(read("current-context: c").ok().unwrap());
        assert_eq!(whole.current_context, "b");
        assert_eq!(whole.users["red"].token, "first");
        assert_eq!(whole.users["red"].impersonate, "");
        assert_eq!(whole.users["blue"].impersonate, "eve");
    }

    #[test]
    fn relative_paths_mean_the_files_folder() {
        let text = "clusters: [{name: a, cluster: {certificate-authority: ca.crt}}]\n\
                    users: [{name: a, user: {tokenFile: ../t, client-key: /k, exec: {command: ./login}}},\n\
                    {name: b, user: {exec: {command: kubelogin}}}]";
        let whole = read(text).ok().unwrap();
        assert_eq!(whole.clusters["a"].certificate_authority, "/home/me/.kube/ca.crt");
        assert_eq!(whole.users["a"].token_file, "/home/me/.kube/../t");
        assert_eq!(whole.users["a"].client_key, "/k");
        assert_eq!(whole.users["a"].exec.as_ref().unwrap().command, "/home/me/.kube/./login");
        assert_eq!(whole.users["b"].exec.as_ref().unwrap().command, "kubelogin");
    }

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_the_file() {
        for text in [
            "users: [{name: a, user: {token: 8675309}}]",
            "users: [{name: a, user: {client-key-data: '8675309!'}}]",
            "users: [{name: a, user: {exec: {args: 8675309}}}]",
            "users: 8675309",
            "users: [8675309]",
            "token: 8675309\n  - x: [",
            "kind: \"8675309\"",
        ] {
            let error = read(text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(!error.message.contains("8675309"), "{}", error.message);
            assert!(error.hint.is_some());
        }
    }

    #[test]
    fn wide_text_and_empty_files_are_read() {
        let text = "current-context: b";
        let mut wide = vec![0xFF, 0xFE];
        wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(parse(Path::new("/x"), &wide).ok().unwrap().current_context, "b");
        for text in ["", "\n", "# nothing\n", "---\n", "{}"] {
            assert_eq!(read(text).ok().unwrap().current_context, "", "{text:?}");
        }
    }
}
