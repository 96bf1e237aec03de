//! `rbac`: the least rights that `doctor` needs, to hand to whoever administers the cluster, or its subscription.

use clap::builder::ArgPredicate;
use clap::{Args, ValueEnum};

use crate::checks::azure_role::{AzureRole, azure_role};
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
    /// The custom role of Azure instead of the roles of Kubernetes, as JSON
    #[arg(long, conflicts_with_all = ["with", "namespaced", "namespace", "subjects", "output"])]
    azure: bool,
    /// With --azure, the id of a subscription where the role may be assigned; can be repeated
    #[arg(long = "subscription", value_name = "ID", requires = "azure", value_parser = subscription_id)]
    subscriptions: Vec<String>,
    /// Rights beyond reading that are wanted too
    #[arg(long, value_enum, value_name = "TIER")]
    with: Vec<TierName>,
    /// Only what can be had in the extension's namespace: no ClusterRole
    #[arg(long)]
    namespaced: bool,
    /// The extension's namespace
    #[arg(short, long, value_name = "NAMESPACE", default_value = DEFAULT_NAMESPACE)]
    namespace: String,
    /// What the roles are called; with --azure, kubectl-aksbackup-reader unless another name is given
    #[arg(
        long,
        value_name = "NAME",
        default_value = "aksbackup-doctor",
        default_value_if("azure", ArgPredicate::IsPresent, "kubectl-aksbackup-reader")
    )]
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
  kubectl aksbackup rbac --with ask

  # The role for Azure's half, to be made by whoever administers the subscription
  kubectl aksbackup rbac --azure --subscription 00000000-0000-0000-0000-000000000000 > role.json
  az role definition create --role-definition @role.json";

/// What stands where a subscription's id belongs and none was given.
const SUBSCRIPTION: &str = "SUBSCRIPTION";

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

/// Reads the id of a subscription.
fn subscription_id(text: &str) -> Result<String, String> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_id = lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    if is_id {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("'{text}' is no id of a subscription, as 00000000-0000-0000-0000-000000000000"))
    }
}

/// Prints the roles; asks no cluster, and no Azure.
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
    if args.azure {
        return of_azure(args);
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

/// Prints the role of Azure, and beside it what to do with it.
fn of_azure(args: &RbacArgs) -> Result<u8, Error> {
    let mut subscriptions = args.subscriptions.clone();
    subscriptions.sort();
    subscriptions.dedup();
    if subscriptions.is_empty() {
        subscriptions.push(SUBSCRIPTION.to_owned());
    }
    let role = azure_role(&args.name, &subscriptions);
    Console.result(&json(&role)?)?;
    for line in guidance(&role, args.subscriptions.is_empty()) {
        Console.remark(&line);
    }
    Ok(exit::FINE)
}

/// Says how the role is made and given to somebody, and what may be done instead.
fn guidance(role: &AzureRole, is_open: bool) -> Vec<String> {
    let mut lines = vec![
        "To make the role from this output, kept in FILE, and to give it to somebody:".to_owned(),
        "  az role definition create --role-definition @FILE".to_owned(),
    ];
    lines.extend(
        role.assignable_scopes.iter().map(|scope| {
            format!("  az role assignment create --assignee OBJECT_ID --role {} --scope {scope}", role.name)
        }),
    );
    if is_open {
        lines.push(format!(
            "Replace {SUBSCRIPTION} by the id of the cluster's subscription, and name those of its storage account, vault and snapshots, too, where they are others; or give them with --subscription."
        ));
    }
    for action in role.inferred() {
        lines.push(format!(
            "That Azure asks for {action} is inferred, and no list of Microsoft's names it. If az refuses it, replace it by Microsoft.DataProtection/*/read."
        ));
    }
    if role.is_within_reader() {
        lines.push("Azure's own role Reader suffices, too: its */read covers every one of these actions.".to_owned());
    }
    lines
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
