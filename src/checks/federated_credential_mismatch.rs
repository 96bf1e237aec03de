//! Entra ID knows no federated credential for the token of the extension's service account.
//!
//! Knowledge: AADSTS70021 and 700211 to 700213: issuer, subject and audience of the token must be those of
//! one federated credential of the identity. The issuer changes when a cluster is made anew; with the
//! issuer kubernetes.default.svc it is another trouble, which has a check of its own.

use super::check::{Check, Judgement};
use super::reading::location_message::{Said, Verdict, judge};
use super::reading::zone_link::words;
use crate::catalogue::{Captured, Sign};
use crate::facts::arm::{ArmId, AzureCloud, FederatedCredential, ManagedCluster, UserIdentity};
use crate::facts::{Binding, Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Hop, Remedy, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB207",
    name: "federated-credential-mismatch",
    hop: Hop::Identity,
    title: "a federated credential fits the extension's service account",
    needs: &[
        required(Need::StorageLocations),
        helpful(Need::Logs),
        helpful(Need::Pods),
        helpful(Need::Nodes),
        helpful(Need::NodeGroup),
        helpful(Need::ManagedCluster),
        helpful(Need::ArmExtensions),
        helpful(Need::Identities),
        helpful(Need::FederatedCredentials),
    ],
    explains: &["UserErrorBackupStorageLocationNotReady"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Entra ID refuses the token of the extension's service account, because no federated credential
  has its issuer, subject and audience (AADSTS70021, 700211, 700212, 700213).

Why it matters
  Without a token the location is Unavailable and nothing is backed up.

How it is found
  The words of the location's status, or of the newest line about it in Velero's log. They quote what the
  token claims. Where Azure is asked, the cluster's present issuer is compared with that; and the federated
  credentials of the extension's identity are, where no scale set of the nodes has this identity.

What to do
  Compare the issuer with the cluster's present one, and the subject with the service account, letter by
  letter; then correct the federated credential of the identity. It can take some minutes until it counts.

Sources
  Entra ID's error codes; the documents on workload identity.
";

fn run(facts: &Facts) -> Judgement {
    let azure = Azure::of(facts);
    judge(facts, &[Sign::FederatedCredentialMismatch], |said| Some(say(facts, &azure, said)))
}

/// What Azure has of the matter; nothing where it was not asked, or was asked about another cluster.
#[derive(Default)]
struct Azure<'f> {
    cluster: Option<&'f ManagedCluster>,
    identity: Option<&'f UserIdentity>,
    /// The identity's credentials, where they were read.
    credentials: Option<&'f [FederatedCredential]>,
}

impl<'f> Azure<'f> {
    fn of(facts: &'f Facts) -> Self {
        if matches!(facts.binding(), Binding::Contradicted(_)) {
            return Self::default();
        }
        let identity = facts.extension_identity();
        let credentials = facts.federated_credentials.known().map(Vec::as_slice).filter(|_| identity.is_some());
        Self { cluster: facts.managed_cluster.known(), identity, credentials }
    }
}

/// What the token says, as far as it is known.
#[derive(Clone, Copy)]
struct Token<'t> {
    issuer: Option<&'t str>,
    subject: Option<&'t str>,
    audience: &'static str,
}

/// The audience of a token for Entra ID, by the cloud.
///
/// Knowledge: Entra ID's documents on workload identity federation.
const fn audience(cloud: AzureCloud) -> &'static str {
    match cloud {
        AzureCloud::Public => "api://AzureADTokenExchange",
        AzureCloud::UsGovernment => "api://AzureADTokenExchangeUSGov",
        AzureCloud::China => "api://AzureADTokenExchangeChina",
    }
}
/// So many credentials are told.
const MOST: usize = 3;

/// A credential, and what of it differs from what it has to be: the property's name, and its value.
struct Compared<'f> {
    credential: &'f FederatedCredential,
    differs: Vec<(&'static str, String)>,
}

impl<'f> Compared<'f> {
    fn of(credential: &'f FederatedCredential, wanted: Token<'_>) -> Self {
        let has = &credential.properties;
        let mut differs = Vec::new();
        if wanted.issuer.is_some_and(|issuer| issuer != has.issuer) {
            differs.push(("issuer", has.issuer.clone()));
        }
        if wanted.subject.is_some_and(|subject| subject != has.subject) {
            differs.push(("subject", has.subject.clone()));
        }
        if !has.audiences.is_empty() && !has.audiences.iter().any(|one| one == wanted.audience) {
            differs.push(("audiences", has.audiences.join(", ")));
        }
        Self { credential, differs }
    }

    /// Returns whether it may be the one that is meant: one of another issuer and another subject is somebody else's.
    fn may_be_meant(&self) -> bool {
        let has = |name: &str| self.differs.iter().any(|(of, _)| *of == name);
        !(has("issuer") && has("subject"))
    }
}

fn say(facts: &Facts, azure: &Azure<'_>, said: &Said<'_, '_>) -> Verdict {
    let region = azure.cluster.map(|cluster| cluster.location.as_str()).or_else(|| facts.region());
    let audience = audience(region.map_or(AzureCloud::Public, AzureCloud::of_region));
    let token = match said.captured {
        Captured::Federation { issuer, subject } => {
            Token { issuer: issuer.as_deref(), subject: subject.as_deref(), audience }
        }
        _ => Token { issuer: None, subject: None, audience },
    };
    let mut message =
        "Entra ID knows no federated credential that fits the token of the extension's service account.".to_owned();
    match (token.issuer, token.subject) {
        (Some(issuer), Some(subject)) => {
            message.push_str(&format!("\nThe token says issuer {issuer} and subject {subject}."));
        }
        (Some(issuer), None) => message.push_str(&format!("\nThe token says issuer {issuer}.")),
        (None, Some(subject)) => message.push_str(&format!("\nThe token says subject {subject}.")),
        (None, None) => {}
    }
    message.push_str(" No role was asked about.");
    let mut seen = Vec::new();
    let present = azure.cluster.and_then(|cluster| Some((cluster, cluster.issuer()?)));
    if let Some((cluster, issuer)) = present
        && token.issuer.is_some_and(|of_token| of_token != issuer)
    {
        message.push_str(&format!(
            "\nThe cluster's issuer in Azure is {issuer}, another one: tokens name it once their pods are made anew."
        ));
        seen.push(Evidence::quoted(format!("{} properties.oidcIssuerProfile.issuerURL", cluster.id), issuer));
    }
    let wanted = Token { issuer: present.map(|(_, issuer)| issuer).or(token.issuer), ..token };
    let credentials: Option<Vec<Compared<'_>>> =
        azure.credentials.map(|all| all.iter().map(|one| Compared::of(one, wanted)).collect());
    let remedy = match (azure.identity, &credentials) {
        (Some(identity), Some(credentials)) => {
            message.push_str(&compare(identity, credentials, wanted));
            seen.extend(evidence(credentials));
            by_azure(identity, credentials, wanted, azure.cluster)
        }
        _ => Remedy::guided(
            "Compare with the cluster's present issuer, which a cluster made anew changes, and with the federated credentials of the identity; correct the one that is meant. Allow some minutes until it counts.",
        )
        .documented("az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query oidcIssuerProfile.issuerUrl --output tsv")
        .documented("az identity federated-credential list --identity-name IDENTITY --resource-group IDENTITY_GROUP --output table"),
    };
    // Only where it was asked for is it missing: nodes that have the identity are no reason to.
    let unread = azure.identity.and_then(|_| facts.unread(Need::FederatedCredentials));
    Verdict::error(message, remedy.documented(said.account.watch()))
        .seen(seen)
        .without(unread.map(|unread| format!("in what the credentials differ: {}", unread.why)))
}

/// Says in what each credential differs.
fn compare(identity: &UserIdentity, credentials: &[Compared<'_>], wanted: Token<'_>) -> String {
    let of = format!("identity {}", words(&identity.id));
    if credentials.is_empty() {
        return format!("\nThe extension's {of} has no federated credential.");
    }
    let mut text = String::new();
    for Compared { credential, differs } in credentials.iter().take(MOST) {
        let names: Vec<&str> = differs.iter().map(|(name, _)| *name).collect();
        let says = match names.as_slice() {
            [] if wanted.issuer.is_some() && wanted.subject.is_some() => {
                "fits by now: one that was made or changed a moment ago counts some minutes later".to_owned()
            }
            [] => "differs in nothing that is known of the token".to_owned(),
            names => format!("differs in its {}", listing(names.iter().copied(), 3)),
        };
        text.push_str(&format!("\nFederated credential {} of the extension's {of} {says}.", credential.name));
    }
    text
}

/// Returns the values that differ, where they were seen.
fn evidence(credentials: &[Compared<'_>]) -> Vec<Evidence> {
    let told = credentials.iter().take(MOST);
    told.flat_map(|one| {
        let at = &one.credential.id;
        one.differs.iter().map(move |(name, value)| Evidence::quoted(format!("{at} properties.{name}"), value.as_str()))
    })
    .collect()
}

/// Says what to correct, with the names that Azure has.
fn by_azure(
    identity: &UserIdentity,
    credentials: &[Compared<'_>],
    wanted: Token<'_>,
    cluster: Option<&ManagedCluster>,
) -> Remedy {
    let of = flags(&identity.id);
    let list = format!("az identity federated-credential list {of} --output table");
    let is_whole = wanted.issuer.is_some() && wanted.subject.is_some();
    if is_whole && credentials.iter().any(|one| one.differs.is_empty()) {
        return Remedy::guided(
            "Wait some minutes, and see whether the location becomes Available. If the token is refused still, it is of another identity than this: compare the client id in the annotation of the extension's service account.",
        )
        .documented(list);
    }
    let meant = credentials.iter().filter(|one| one.may_be_meant()).min_by_key(|one| one.differs.len());
    let issuer = wanted.issuer.map_or_else(
        || "\"$(az aks show --resource-group RESOURCE_GROUP --name CLUSTER --query oidcIssuerProfile.issuerUrl --output tsv)\"".to_owned(),
        shell_word,
    );
    let values = format!(
        "{of} --issuer {issuer} --subject {} --audiences {}",
        wanted.subject.map_or_else(|| "SUBJECT".to_owned(), shell_word),
        wanted.audience
    );
    match meant {
        Some(Compared { credential, .. }) => Remedy::guided(
            "Correct the credential: issuer, subject and audience must be the token's, letter by letter. If another cluster signs in by it, make one of its own for this cluster instead. Allow some minutes until it counts.",
        )
        .documented(list)
        .documented(format!(
            "az identity federated-credential update --name {} {values}",
            shell_word(&credential.name)
        )),
        None => Remedy::guided(
            "Make a federated credential for the extension's service account at this identity; those of others stay as they are. Allow some minutes until it counts.",
        )
        .documented(list)
        .documented(format!(
            "az identity federated-credential create --name {} {values}",
            shell_word(&cluster.map_or_else(|| "velero".to_owned(), |cluster| format!("velero-{}", cluster.name)))
        )),
    }
}

/// Returns the words of a command that name the identity.
fn flags(identity: &ArmId) -> String {
    format!(
        "--identity-name {} --resource-group {} --subscription {}",
        shell_word(identity.name()),
        shell_word(identity.group().unwrap_or("IDENTITY_GROUP")),
        shell_word(identity.subscription().unwrap_or("SUBSCRIPTION")),
    )
}
