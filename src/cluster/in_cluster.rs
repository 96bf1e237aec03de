//! The account of the pod that the plugin runs in, where there is no kubeconfig.
//!
//! Knowledge: client-go's `rest.InClusterConfig`: two variables name the server, and kubelet's files hold the token
//! and the authority.

use std::fs;
use std::path::Path;

use super::choice::Choice;

/// Where the kubelet puts what a pod needs to ask its API server.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Fills in what the choice leaves open from the pod's own account; `false` where this is no pod.
pub(super) fn fill(choice: &mut Choice) -> bool {
    let set = |name: &str| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty());
    match (set("KUBERNETES_SERVICE_HOST"), set("KUBERNETES_SERVICE_PORT")) {
        (Some(host), Some(port)) => fill_from(choice, &host, &port, Path::new(FOLDER)),
        _ => false,
    }
}

fn fill_from(choice: &mut Choice, host: &str, port: &str, folder: &Path) -> bool {
    let token = folder.join("token");
    if !token.is_file() {
        return false;
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    choice.cluster.server =
        if host.contains(':') { format!("https://[{host}]:{port}") } else { format!("https://{host}:{port}") };
    // A token by flag goes before the pod's own.
    if choice.user.token.is_empty() {
        choice.user.token_file = text(&token);
    }
    let authority = folder.join("ca.crt");
    let is_open = choice.cluster.certificate_authority.is_empty() && !choice.cluster.insecure_skip_tls_verify;
    if is_open && fs::metadata(&authority).is_ok() {
        choice.cluster.certificate_authority = text(&authority);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::flags::Flags;
    use crate::cluster::kubeconfig::Kubeconfig;

    #[test]
    fn the_pods_account_fills_in_what_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut choice = super::super::choice::choose(Kubeconfig::default(), &Flags::default()).ok().unwrap();
        assert!(!fill_from(&mut choice, "10.0.0.1", "443", folder.path()), "without a token this is no pod");
        fs::write(folder.path().join("token"), "t").unwrap();
        fs::write(folder.path().join("ca.crt"), "c").unwrap();
        assert!(fill_from(&mut choice, "fd00::1", "443", folder.path()));
        assert_eq!(choice.cluster.server, "https://[fd00::1]:443");
        assert!(choice.user.token_file.ends_with("/token"));
        assert!(choice.cluster.certificate_authority.ends_with("/ca.crt"));
    }
}
