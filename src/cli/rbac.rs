//! `rbac`: the least rights that `doctor` needs, to hand to whoever administers the cluster.

use clap::{Args, ValueEnum};

use crate::checks::rbac::{Grantee, Wanted, grants};
use crate::error::Error;
use crate::exit;
use crate::facts::DEFAULT_NAMESPACE;
use crate::facts::objects::is_dns_label;
use crate::render::{Console, json, yaml_documents};

/// The flags of `rbac`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RbacArgs {
    /// Rights beyond reading that are wanted too
    #[arg(long, value_enum, value_name = "TIER")]
    with: Vec<TierName>,
    /// Only what can be had in the extension's namespace: no ClusterRole
    #[arg(long)]
    namespaced: bool,
    /// The extension's namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = DEFAULT_NAMESPACE)]
    namespace: String,
    /// What the roles are called
    #[arg(long, value_name = "NAME", default_value = "aksbackup-doctor")]
    name: String,
    /// Who gets them, as user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME; bindings are printed too. Can be repeated
    #[arg(long = "for", value_name = "SUBJECT", value_parser = Grantee::parse)]
    subjects: Vec<Grantee>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

const EXAMPLES: &str = "\
Examples:
  # See the rights that a diagnosis needs; all of them only read
  kubectl aksbackup rbac

  # Give them to a group of Entra ID, by its object id
  kubectl aksbackup rbac --for group:00000000-0000-0000-0000-000000000000 | kubectl apply -f -

  # With the rights to ask each CoreDNS replica, and to try a pod by a dry run
  kubectl aksbackup rbac --with ask";

/// The tiers of rights beyond reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TierName {
    /// Forward a port of the CoreDNS pods, and create pods by a dry run: rights that are more than reading
    Ask,
}

/// The formats of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Documents that kubectl apply takes
    #[default]
    Yaml,
    /// One list that kubectl apply takes
    Json,
}

/// Prints the roles; asks no cluster.
///
/// # Errors
/// Where they cannot be written, or a name is none.
pub fn rbac(args: &RbacArgs) -> Result<u8, Error> {
    for (what, name) in [("namespace", &args.namespace), ("role", &args.name)] {
        if !is_dns_label(name) {
            return Err(Error::usage(format!("\"{name}\" is no name of a {what}"))
                .hinted("Names are small letters, digits and hyphens, 63 at the most."));
        }
    }
    let roles = grants(&Wanted {
        name: &args.name,
        namespace: &args.namespace,
        with_ask: args.with.contains(&TierName::Ask),
        only_namespace: args.namespaced,
        subjects: &args.subjects,
    });
    let text = match args.output {
        Format::Yaml => yaml_documents(&head(args), &roles)?,
        Format::Json => json(&serde_json::json!({"apiVersion": "v1", "kind": "List", "items": roles}))?,
    };
    Console.result(&text)?;
    Ok(exit::FINE)
}

/// Says what the documents are, for whoever gets them.
fn head(args: &RbacArgs) -> String {
    let mut lines = vec![
        format!(
            "The least rights for: kubectl aksbackup doctor (version {}, extension in {}).",
            env!("CARGO_PKG_VERSION"),
            args.namespace
        ),
        "No Secret is read. Version and discovery are open to everybody who may sign in.".to_owned(),
    ];
    if args.with.contains(&TierName::Ask) {
        lines.push(format!(
            "{}-ask is more than reading: it can reach the port of any pod of kube-system, and create pods.",
            args.name
        ));
    }
    if args.namespaced {
        lines.push("Without a ClusterRole: nodes, other namespaces and the agent's side stay unjudged.".to_owned());
    }
    lines.join("\n")
}
