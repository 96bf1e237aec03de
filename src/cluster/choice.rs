//! Which cluster and which user are meant: the context, with the flags laid over it.
//!
//! Knowledge: client-go's `clientcmd`, read and asked: which flag takes what away, and which combinations are refused.
//! May not read what a user logs in with, nor start anything.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use super::flags::Flags;
use super::kubeconfig::{Cluster, Exec, Kubeconfig, User};
use crate::error::Error;

/// What the kubeconfig and the flags mean together.
pub(super) struct Choice {
    /// The context's name, if there is one.
    pub(super) context: Option<String>,
    pub(super) cluster: Cluster,
    pub(super) user: User,
    /// The user's name, for messages, and whether the kubeconfig has an entry of it.
    pub(super) user_name: String,
    pub(super) knows_user: bool,
}

/// Chooses the cluster and the user.
///
/// # Errors
/// Which name is not there, or what does not go together.
pub(super) fn choose(mut kubeconfig: Kubeconfig, flags: &Flags) -> Result<Choice, Error> {
    let given = |value: &Option<String>| value.clone().filter(|name| !name.is_empty());
    let wanted = given(&flags.context);
    let context_name = wanted.clone().or_else(|| Some(kubeconfig.current_context.clone())).filter(|n| !n.is_empty());
    let context = match &context_name {
        Some(name) => match kubeconfig.contexts.get(name) {
            Some(context) => context.clone(),
            None => return Err(no_context(name, wanted.is_some(), &kubeconfig)),
        },
        None => super::kubeconfig::Context::default(),
    };
    let of_context = context_name.as_ref().map_or(String::new(), |name| format!(" that context \"{name}\" names"));
    let cluster_name = given(&flags.cluster).unwrap_or(context.cluster);
    let cluster = match kubeconfig.clusters.remove(&cluster_name) {
        Some(cluster) => cluster,
        None if given(&flags.cluster).is_some() => {
            return Err(not_there("cluster", "--cluster", &cluster_name, kubeconfig.clusters.keys()));
        }
        // With its address given, nothing else of a cluster is needed.
        None if cluster_name.is_empty() || given(&flags.server).is_some() => Cluster::default(),
        None => {
            return Err(Error::cluster(format!("the kubeconfig lacks the cluster \"{cluster_name}\"{of_context}"))
                .hinted(SEE_WHAT_IT_HAS));
        }
    };
    let user_name = given(&flags.user).unwrap_or(context.user);
    let entry = kubeconfig.users.remove(&user_name);
    if entry.is_none() && given(&flags.user).is_some() {
        return Err(not_there("user", "--user", &user_name, kubeconfig.users.keys()));
    }
    let knows_user = entry.is_some();
    let user = entry.unwrap_or_default();
    let mut choice = Choice { context: context_name, cluster, user, user_name, knows_user };
    lay_over_cluster(&mut choice.cluster, flags);
    lay_over_user(&mut choice.user, flags);
    Ok(choice)
}

const SEE_WHAT_IT_HAS: &str = "See what it has with: kubectl config view";

fn no_context(name: &str, is_flag: bool, kubeconfig: &Kubeconfig) -> Error {
    let error = Error::usage(format!("the kubeconfig has no context \"{name}\""));
    let names: Vec<&str> = kubeconfig.contexts.keys().map(String::as_str).collect();
    match (names.is_empty(), is_flag) {
        (true, _) => error.hinted(
            "It has no context at all; get one with: az aks get-credentials --resource-group GROUP --name CLUSTER",
        ),
        (false, true) => error.hinted(format!(
            "It has: {}.",
            names.join(", ")
        )),
        (false, false) => error.hinted(format!(
            "It is the current one. Choose another with --context NAME, or with: kubectl config use-context NAME (it has: {})",
            names.join(", ")
        )),
    }
}

fn not_there<'n>(what: &str, flag: &str, name: &str, known: impl Iterator<Item = &'n String>) -> Error {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let error = Error::usage(format!("the kubeconfig has no {what} \"{name}\""));
    if known.is_empty() {
        error.hinted(format!("It has none. Leave {flag} away."))
    } else {
        error.hinted(format!("It has: {}. Leave {flag} away to use the context's own.", known.join(", ")))
    }
}

fn lay_over_cluster(cluster: &mut Cluster, flags: &Flags) {
    let server = flags.server.as_deref().unwrap_or_default();
    let name = flags.tls_server_name.as_deref().unwrap_or_default();
    let authority = text(flags.certificate_authority.as_ref());
    set(&mut cluster.server, server);
    // Another server is another certificate: the kubeconfig's name for it does not hold any more.
    if !server.is_empty() || !name.is_empty() {
        name.clone_into(&mut cluster.tls_server_name);
    }
    // To trust in another way replaces all that the kubeconfig says of trust.
    if flags.insecure_skip_tls_verify || !authority.is_empty() {
        cluster.insecure_skip_tls_verify = flags.insecure_skip_tls_verify;
        cluster.certificate_authority = authority;
        cluster.certificate_authority_data.0.clear();
    }
    cluster.disable_compression |= flags.disable_compression;
}

fn lay_over_user(user: &mut User, flags: &Flags) {
    for (field, flag) in [
        (&mut user.token, &flags.token),
        (&mut user.username, &flags.username),
        (&mut user.password, &flags.password),
        (&mut user.impersonate, &flags.impersonate),
        (&mut user.impersonate_uid, &flags.impersonate_uid),
    ] {
        set(field, flag.as_deref().unwrap_or_default());
    }
    // A file replaces both forms of the same thing.
    for (file, data, flag) in [
        (&mut user.client_certificate, &mut user.client_certificate_data, &flags.client_certificate),
        (&mut user.client_key, &mut user.client_key_data, &flags.client_key),
    ] {
        let flag = text(flag.as_ref());
        if !flag.is_empty() {
            *file = flag;
            data.0.clear();
        }
    }
    if !flags.impersonate_groups.is_empty() {
        user.impersonate_groups.clone_from(&flags.impersonate_groups);
    }
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in flags.impersonate_extra.iter().filter_map(|extra| extra.split_once('=')) {
        extra.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    user.impersonate_extra.extend(extra);
}

fn set(field: &mut String, value: &str) {
    if !value.is_empty() {
        value.clone_into(field);
    }
}

fn text(path: Option<&PathBuf>) -> String {
    path.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Refuses what client-go refuses: things that do not go together, and files that cannot be opened.
///
/// # Errors
/// The first that is wrong.
pub(super) fn check(choice: &Choice) -> Result<(), Error> {
    check_cluster(&choice.cluster)?;
    check_user(&choice.user, &choice.user_name)
}

fn check_cluster(cluster: &Cluster) -> Result<(), Error> {
    let data = !cluster.certificate_authority_data.0.is_empty();
    let file = !cluster.certificate_authority.is_empty();
    if data && file {
        return Err(refused("the cluster has both certificate-authority and certificate-authority-data")
            .hinted("Keep one of the two in the kubeconfig."));
    }
    if cluster.insecure_skip_tls_verify && (data || file) {
        return Err(refused("insecure-skip-tls-verify and a certificate authority do not go together")
            .hinted("Keep the certificate authority, and leave insecure-skip-tls-verify away."));
    }
    if file {
        can_be_opened("certificate-authority", &cluster.certificate_authority)?;
    }
    Ok(())
}

fn check_user(user: &User, name: &str) -> Result<(), Error> {
    let basic = !user.username.is_empty() || !user.password.is_empty();
    if basic && !(user.token.is_empty() && user.token_file.is_empty()) {
        return Err(refused(&format!("user \"{name}\" has both a token and a name with password"))
            .hinted("Keep one of the two in the kubeconfig, or choose another user with --user."));
    }
    let certificate = (!user.client_certificate.is_empty(), !user.client_certificate_data.0.is_empty());
    let key = (!user.client_key.is_empty(), !user.client_key_data.0.is_empty());
    if certificate != (false, false) {
        for (what, both) in [("client-certificate", certificate), ("client-key", key)] {
            if both == (true, true) {
                return Err(refused(&format!("user \"{name}\" has both {what} and {what}-data"))
                    .hinted("Keep one of the two in the kubeconfig."));
            }
        }
        if key == (false, false) {
            return Err(refused(&format!("user \"{name}\" has a client certificate without its key"))
                .hinted("Add client-key or client-key-data, or name the file with --client-key."));
        }
        for (what, file) in [("client-certificate", &user.client_certificate), ("client-key", &user.client_key)] {
            if !file.is_empty() {
                can_be_opened(what, file)?;
            }
        }
    }
    if let Some(exec) = &user.exec {
        check_exec(exec, user, name)?;
    }
    let is_someone =
        !user.impersonate_uid.is_empty() || !user.impersonate_groups.is_empty() || !user.impersonate_extra.is_empty();
    if is_someone && user.impersonate.is_empty() {
        return Err(Error::usage("a uid, groups or extras to impersonate were given without a user")
            .hinted("Name the user with --as USER."));
    }
    Ok(())
}

fn check_exec(exec: &Exec, user: &User, name: &str) -> Result<(), Error> {
    let wrong = |what: &str| {
        Err(refused(&format!("the login program of user \"{name}\" {what}")).hinted(
            "Mend the user's exec section in the kubeconfig, or write it anew with: kubelogin convert-kubeconfig",
        ))
    };
    if user.auth_provider.is_some() {
        return wrong("stands beside an auth-provider");
    }
    if exec.command.is_empty() {
        return wrong("has no command");
    }
    if exec.api_version.is_empty() {
        return wrong("has no apiVersion");
    }
    if exec.env.iter().any(|variable| variable.name.is_empty()) {
        return wrong("has an environment variable without a name");
    }
    match (exec.interactive_mode.as_str(), exec.api_version.as_str()) {
        ("Never" | "IfAvailable" | "Always", _) => Ok(()),
        // The older versions did not know the field.
        ("", "client.authentication.k8s.io/v1beta1" | "client.authentication.k8s.io/v1alpha1") => Ok(()),
        ("", _) => wrong("has no interactiveMode"),
        _ => wrong("has an interactiveMode that does not exist"),
    }
}

fn can_be_opened(what: &str, file: &str) -> Result<(), Error> {
    match File::open(file) {
        Ok(_) => Ok(()),
        Err(error) => Err(refused(&format!("the {what} {file} cannot be read: {error}"))
            .hinted("A relative path means the kubeconfig's own folder; put the file there or mend the path.")),
    }
}

fn refused(what: &str) -> Error {
    Error::cluster(what.to_owned())
}
