//! The real Azure CLI against the simulator of Azure: every call that the plugin makes, and every way in which one can fail.

use std::process::Command;
use std::time::{Duration, Instant};

use aksbackup_lab::Azure;
use aksbackup_lab::aks::{CLUSTER, NODE_GROUP, RESOURCE_GROUP, SUBSCRIPTION};
use aksbackup_lab::arm::healthy::{
    BLOB_CONTRIBUTOR, CLUSTER_PRINCIPAL, EXTENSION_PRINCIPAL, FQDN, KUBELET_PRINCIPAL, READER, SNAPSHOT_GROUP, VAULT,
    VAULT_PRINCIPAL, account_id, binding_id, cluster_id, container_id, disk_id, extension_id, group_id, identity_id,
    instance_id, network_id, policy_id, private_endpoint, private_zone, private_zone_id, role_id, settings,
    snapshot_id, subscription_id, vault_id, zone_link,
};
use aksbackup_lab::arm::{Allowed, FaultRule, Policy, World};
use aksbackup_lab::extension::{ACCOUNT, ACCOUNT_GROUP, NAME};
use serde_json::{Value, json};

/// What az said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn az(azure: &Azure, arguments: &[&str]) -> Said {
    let mut command = Command::new(aksbackup_lab::az().unwrap().join("az"));
    for name in azure.remove_env() {
        command.env_remove(name);
    }
    let output = command.envs(azure.env()).args(arguments).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn rest(azure: &Azure, method: &str, url: &str, body: Option<&Value>) -> Said {
    let body = body.map(Value::to_string);
    let mut arguments = vec!["rest", "--method", method, "--url", url];
    if let Some(body) = &body {
        arguments.extend(["--body", body]);
    }
    az(azure, &arguments)
}

fn get(azure: &Azure, url: &str) -> Said {
    rest(azure, "get", url, None)
}

const AKS: &str = "2025-05-01";
const DATA_PROTECTION: &str = "2024-04-01";
const AUTHORIZATION: &str = "2022-04-01";
const STORAGE: &str = "2023-05-01";
const DISKS: &str = "2024-03-02";

#[test]
fn every_read_of_the_healthy_world() {
    let azure = Azure::start().unwrap();
    let (cluster, vault, account) = (cluster_id(), vault_id(), account_id());
    let (node_group, snapshots) = (group_id(NODE_GROUP), group_id(SNAPSHOT_GROUP));
    let filter = |text: &str| form(&[("$filter", text)]);
    let extensions = "providers/Microsoft.KubernetesConfiguration/extensions";
    let authorization = "providers/Microsoft.Authorization";
    let identity = identity_id("ext-azure-aks-backup-cluster");
    // The path, the version, where to look, and what is there.
    let cases: Vec<(String, &str, &str, Value)> = vec![
        (group_id(RESOURCE_GROUP), "2021-04-01", "/properties/provisioningState", json!("Succeeded")),
        (node_group.clone(), "2021-04-01", "/managedBy", json!(cluster)),
        (cluster.clone(), AKS, "/identity/principalId", json!(CLUSTER_PRINCIPAL)),
        (cluster.to_uppercase().replace("/SUBSCRIPTIONS", "/Subscriptions"), AKS, "/properties/fqdn", json!(FQDN)),
        (format!("{cluster}/agentPools"), AKS, "/value/0/properties/count", json!(3)),
        (format!("{cluster}/agentPools/nodepool1"), AKS, "/properties/mode", json!("System")),
        (format!("{cluster}/trustedAccessRoleBindings"), AKS, "/value/0/properties/sourceResourceId", json!(vault)),
        (binding_id(), AKS, "/properties/roles/0", json!("Microsoft.DataProtection/backupVaults/backup-operator")),
        (format!("{cluster}/{extensions}"), "2023-05-01", "/value/0/name", json!("azure-aks-backup")),
        (extension_id(), "2023-05-01", "/properties/aksAssignedIdentity/principalId", json!(EXTENSION_PRINCIPAL)),
        (
            format!("{cluster}/providers/Microsoft.DataProtection/backupInstances"),
            "2025-07-01",
            "/value/0/id",
            json!(instance_id()),
        ),
        (vault.clone(), DATA_PROTECTION, "/identity/principalId", json!(VAULT_PRINCIPAL)),
        (format!("{vault}/backupPolicies"), DATA_PROTECTION, "/value/0/name", json!("daily")),
        (policy_id(), DATA_PROTECTION, "/properties/policyRules/0/name", json!("BackupDaily")),
        (format!("{vault}/backupInstances"), DATA_PROTECTION, "/value/0/id", json!(instance_id())),
        (
            instance_id(),
            DATA_PROTECTION,
            "/properties/policyInfo/policyParameters/dataStoreParametersList/0/resourceGroupId",
            json!(snapshots),
        ),
        (format!("{vault}/backupJobs"), DATA_PROTECTION, "/value/0/properties/extendedInfo", Value::Null),
        (
            format!("{vault}/backupJobs/3f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b001"),
            DATA_PROTECTION,
            "/properties/extendedInfo/warningDetails",
            json!([]),
        ),
        (
            format!(
                "{account}/{authorization}/roleAssignments{}",
                filter(&format!("assignedTo('{EXTENSION_PRINCIPAL}')"))
            ),
            AUTHORIZATION,
            "/value/0/properties/roleDefinitionId",
            json!(role_id(BLOB_CONTRIBUTOR)),
        ),
        (
            format!(
                "{snapshots}/{authorization}/roleAssignments{}",
                filter(&format!("atScope() and assignedTo('{VAULT_PRINCIPAL}')"))
            ),
            AUTHORIZATION,
            "/value/1/properties/scope",
            json!(snapshots),
        ),
        (
            format!(
                "{cluster}/{authorization}/roleAssignments{}",
                filter(&format!("principalId eq '{VAULT_PRINCIPAL}'"))
            ),
            AUTHORIZATION,
            "/value/0/properties/roleDefinitionId",
            json!(role_id(READER)),
        ),
        (
            format!("/{authorization}/roleDefinitions/{BLOB_CONTRIBUTOR}"),
            AUTHORIZATION,
            "/properties/roleName",
            json!("Storage Blob Data Contributor"),
        ),
        (
            format!("{account}/{authorization}/roleDefinitions/{READER}"),
            AUTHORIZATION,
            "/properties/permissions/0/actions",
            json!(["*/read"]),
        ),
        (format!("{account}/{authorization}/denyAssignments"), AUTHORIZATION, "/value", json!([])),
        (format!("{cluster}/{authorization}/permissions"), AUTHORIZATION, "/value/0/actions", json!(["*"])),
        (format!("{}/{authorization}/locks", subscription_id()), "2020-05-01", "/value", json!([])),
        (account.clone(), STORAGE, "/properties/allowSharedKeyAccess", json!(false)),
        (format!("{account}/blobServices/default"), STORAGE, "/properties/deleteRetentionPolicy/enabled", json!(true)),
        (container_id(), STORAGE, "/properties/hasImmutabilityPolicy", json!(false)),
        (disk_id("shop", "data"), DISKS, "/properties/diskSizeGB", json!(32)),
        (format!("{node_group}/providers/Microsoft.Compute/disks"), DISKS, "/value/1/name", json!("pvc-shop-data")),
        (
            format!("{}/providers/Microsoft.Compute/disks", subscription_id()),
            DISKS,
            "/value/1/name",
            json!("pvc-shop-data"),
        ),
        (
            snapshot_id("snapshot-data-1"),
            DISKS,
            "/properties/creationData/sourceResourceId",
            json!(disk_id("shop", "data")),
        ),
        (
            format!("{snapshots}/providers/Microsoft.Compute/snapshots"),
            DISKS,
            "/value/3/name",
            json!("snapshot-data-2"),
        ),
        (
            format!("{}/providers/Microsoft.Compute/snapshots", subscription_id()),
            DISKS,
            "/value/3/name",
            json!("snapshot-data-2"),
        ),
        (
            format!("{node_group}/providers/Microsoft.Compute/virtualMachineScaleSets"),
            "2024-07-01",
            "/value/0/identity/type",
            json!("UserAssigned"),
        ),
        (
            format!("{node_group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"),
            "2023-01-31",
            "/value/1/properties/principalId",
            json!(EXTENSION_PRINCIPAL),
        ),
        (identity.clone(), "2023-01-31", "/properties/principalId", json!(EXTENSION_PRINCIPAL)),
        (format!("{identity}/federatedIdentityCredentials"), "2023-01-31", "/value", json!([])),
        (
            format!("{}/providers/Microsoft.DataProtection", subscription_id()),
            "2021-04-01",
            "/registrationState",
            json!("Registered"),
        ),
        (format!("{node_group}/providers/Microsoft.Network/privateEndpoints"), "2024-05-01", "/value", json!([])),
        (
            format!("{}/providers/Microsoft.Network/privateDnsZones", subscription_id()),
            "2024-06-01",
            "/value",
            json!([]),
        ),
    ];
    for (path, version, at, wanted) in &cases {
        let sign = if path.contains('?') { '&' } else { '?' };
        let said = get(&azure, &format!("{path}{sign}api-version={version}"));
        let found = said.json();
        assert_eq!(found.pointer(at).unwrap_or(&Value::Null), wanted, "{path} {at}: {found:#}");
    }
    let calls = azure.calls();
    assert_eq!(calls.len(), cases.len());
    assert!(calls.iter().all(|call| call.status == 200 && call.method == "GET" && call.active == 1), "{calls:#?}");
    assert_eq!(azure.most_at_once(), 1);
}

fn form(pairs: &[(&str, &str)]) -> String {
    // As a shell user writes it: az encodes what has to be.
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("?{}", pairs.join("&").replace(' ', "%20"))
}

#[test]
fn a_user_whose_sign_in_is_over_is_told_in_az_own_words() {
    let azure = Azure::start().unwrap();
    let url = format!("{}?api-version={AKS}", cluster_id());

    azure.sign_out().unwrap();
    let said = get(&azure, &url);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("ERROR: Please run 'az login' to setup account."), "{said:?}");

    azure.token_fails("AADSTS700082: The refresh token has expired due to inactivity.").unwrap();
    let said = get(&azure, &url);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("ERROR: AADSTS700082: The refresh token has expired due to inactivity."), "{said:?}");
    assert!(said.err.contains("az login --tenant"), "{said:?}");
    assert!(azure.calls().is_empty(), "{:?}", azure.calls());

    azure.sign_in_user().unwrap();
    assert_eq!(get(&azure, &url).json()["name"], "cluster");
    azure.sign_in().unwrap();
    assert_eq!(get(&azure, &url).json()["name"], "cluster");
    assert_eq!(az(&azure, &["account", "show"]).json()["id"], SUBSCRIPTION);

    let said =
        get(&azure, "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/x?api-version=2021-04-01");
    assert!(said.err.contains("Subscription '11111111-1111-1111-1111-111111111111' not found"), "{said:?}");
}

#[test]
fn refusals_faults_and_absence() {
    let azure = Azure::start().unwrap();
    let url = format!("{}?api-version={AKS}", cluster_id());

    azure.allow_only(Some(vec![Allowed::new("*/read", &group_id(SNAPSHOT_GROUP))]));
    let said = get(&azure, &url);
    assert_eq!(said.code, Some(1));
    let refused = format!(
        "does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/read' over scope '{}' or the scope is invalid",
        cluster_id()
    );
    assert!(said.err.starts_with("ERROR: Forbidden({\"error\":{\"code\":\"AuthorizationFailed\""), "{said:?}");
    assert!(said.err.contains(&refused), "{said:?}");
    get(&azure, &format!("{}/providers/Microsoft.Compute/snapshots?api-version={DISKS}", group_id(SNAPSHOT_GROUP)))
        .json();
    azure.allow_only(None);

    for (url, wanted) in [
        (
            format!("{}?api-version=2020-01-01", cluster_id()),
            "ERROR: Bad Request({\"error\":{\"code\":\"InvalidApiVersionParameter\"",
        ),
        (cluster_id(), "ERROR: Bad Request({\"error\":{\"code\":\"MissingApiVersionParameter\""),
        (format!("{}x?api-version={AKS}", cluster_id()), "ERROR: Not Found({\"error\":{\"code\":\"ResourceNotFound\""),
        (
            format!("{}?api-version=2021-04-01", group_id("none")),
            "ERROR: Not Found({\"error\":{\"code\":\"ResourceGroupNotFound\"",
        ),
        (
            format!("{}x?api-version={STORAGE}", container_id()),
            "ERROR: Not Found({\"error\":{\"code\":\"ContainerNotFound\"",
        ),
        (
            format!("{}/nothing?api-version={AKS}", cluster_id()),
            "ERROR: Not Found({\"error\":{\"code\":\"InvalidResourceType\"",
        ),
    ] {
        let said = get(&azure, &url);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.starts_with(wanted), "{url}: {said:?}");
    }
    let said = rest(&azure, "delete", &url, None);
    assert!(said.err.starts_with("ERROR: Method Not Allowed("), "{said:?}");

    azure.fault(FaultRule::throttled("managedClusters", 7).times(1));
    let said = get(&azure, &url);
    assert!(said.err.starts_with("ERROR: Too Many Requests({\"error\":{\"code\":\"TooManyRequests\""), "{said:?}");
    get(&azure, &url).json();

    azure.fault(FaultRule {
        path_contains: "/msi/token".to_owned(),
        status: 500,
        body: json!("no"),
        ..FaultRule::default()
    });
    let said = get(&azure, &url);
    assert_ne!(said.code, Some(0), "{said:?}");
    azure.heal();

    azure.fault(FaultRule {
        path_contains: "managedClusters".to_owned(),
        status: FaultRule::CUT,
        ..FaultRule::default()
    });
    let said = get(&azure, &url);
    assert_eq!(said.code, Some(1), "{said:?}");
    azure.heal();

    // No token, and one for somebody else.
    let said = az(&azure, &["rest", "--url", &url, "--skip-authorization-header"]);
    assert!(said.err.starts_with("ERROR: Unauthorized({\"error\":{\"code\":\"AuthenticationFailed\""), "{said:?}");
    let said = az(&azure, &["rest", "--url", &url, "--resource", "https://vault.azure.net"]);
    assert!(said.err.contains("\"InvalidAuthenticationTokenAudience\""), "{said:?}");

    // A token that Azure no longer takes.
    azure.sign_in_user().unwrap();
    get(&azure, &url).json();
    azure.revoke_tokens();
    let said = get(&azure, &url);
    assert!(
        said.err.starts_with("ERROR: Unauthorized({\"error\":{\"code\":\"InvalidAuthenticationToken\""),
        "{said:?}"
    );
    assert!(said.err.contains("Interactive authentication is needed"), "{said:?}");
}

#[test]
fn lists_come_in_pages_that_az_follows_by_their_links() {
    let azure = Azure::start().unwrap();
    azure.edit(|world| world.page = Some(3));
    let mut url = format!("{}/providers/Microsoft.Compute/snapshots?api-version={DISKS}", subscription_id());
    let mut sizes = Vec::new();
    loop {
        let page = get(&azure, &url).json();
        sizes.push(page["value"].as_array().unwrap().len());
        match page["nextLink"].as_str() {
            Some(next) => url = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [3, 1]);

    let query = format!("// aksbackup: disks-and-zone-links\nresources | where resourceGroup =~ '{NODE_GROUP}'");
    let ask = |token: Option<&Value>| {
        let mut body = json!({"subscriptions": [SUBSCRIPTION], "query": query, "options": {"$top": 1000}});
        if let Some(token) = token {
            body["options"]["$skipToken"] = token.clone();
        }
        rest(&azure, "post", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", Some(&body)).json()
    };
    let first = ask(None);
    assert_eq!((&first["count"], &first["totalRecords"]), (&json!(3), &json!(4)));
    assert_eq!(first["data"][0]["sku"], "StandardSSD_LRS");
    let second = ask(Some(&first["$skipToken"]));
    assert_eq!(
        second["data"],
        json!([{
            "id": disk_id("shop", "data"), "kind": "snapshots", "sku": null, "sizeGb": null,
            "network": null, "policy": null, "state": null, "count": 2,
        }])
    );
    assert!(second["$skipToken"].is_null());

    let by_host = json!({"subscriptions": [SUBSCRIPTION], "query": format!("// aksbackup: cluster-by-fqdn\nresources | where properties.fqdn =~ '{FQDN}'")});
    let url = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01";
    assert_eq!(rest(&azure, "post", url, Some(&by_host)).json()["data"], json!([{"id": cluster_id()}]));
    let unknown =
        rest(&azure, "post", url, Some(&json!({"subscriptions": [SUBSCRIPTION], "query": "resources | take 1"})));
    assert!(unknown.err.contains("\"InvalidQuery\""), "{unknown:?}");
}

#[test]
fn an_extension_is_deleted_and_installed_again_with_a_new_identity() {
    let azure = Azure::start().unwrap();
    let url = format!("{}?api-version=2023-05-01", extension_id());
    let before = get(&azure, &url).json();
    assert_eq!(rest(&azure, "delete", &url, None).code, Some(0));
    assert_eq!(get(&azure, &url).json()["properties"]["provisioningState"], "Deleting");
    assert!(get(&azure, &url).err.contains("ResourceNotFound"));
    let identity = format!("{}?api-version=2023-01-31", identity_id("ext-azure-aks-backup-cluster"));
    assert!(get(&azure, &identity).err.contains("ResourceNotFound"));

    let settings = &before["properties"]["configurationSettings"];
    let body = json!({"properties": {
        "extensionType": "microsoft.dataprotection.kubernetes", "autoUpgradeMinorVersion": true, "releaseTrain": "stable",
        "configurationSettings": settings, "scope": {"cluster": {"releaseNamespace": "dataprotection-microsoft"}},
    }});
    let made = rest(&azure, "put", &url, Some(&body)).json();
    assert_eq!(made["properties"]["provisioningState"], "Creating");
    assert_eq!(get(&azure, &url).json()["properties"]["provisioningState"], "Creating");
    let after = get(&azure, &url).json();
    assert_eq!(after["properties"]["provisioningState"], "Succeeded");
    let principal =
        |extension: &Value| extension["properties"]["aksAssignedIdentity"]["principalId"].as_str().unwrap().to_owned();
    assert_ne!(principal(&before), principal(&after));
    assert_eq!(get(&azure, &identity).json()["properties"]["principalId"], json!(principal(&after)));
    let has_role = |world: &mut World| world.has_role(&principal(&after), BLOB_CONTRIBUTOR, &account_id());
    assert!(!azure.edit(has_role));

    // The role that the new identity lacks; it is seen only after a while.
    azure.edit(|world| world.role_delay = Duration::from_secs(3600));
    let place = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/0f0f0f0f-0000-4000-8000-000000000001?api-version={AUTHORIZATION}",
        account_id()
    );
    let body = json!({"properties": {"roleDefinitionId": role_id(BLOB_CONTRIBUTOR), "principalId": principal(&after), "principalType": "ServicePrincipal"}});
    rest(&azure, "put", &place, Some(&body)).json();
    assert!(!azure.edit(has_role));
    let twin = place.replace("000000000001?", "000000000002?");
    let refused = rest(&azure, "put", &twin, Some(&body));
    assert!(refused.err.starts_with("ERROR: Conflict({\"error\":{\"code\":\"RoleAssignmentExists\""), "{refused:?}");
}

#[test]
fn a_cluster_is_replaced_only_if_nobody_else_did() {
    let azure = Azure::start().unwrap();
    let url = format!("{}?api-version={AKS}", cluster_id());
    let mut cluster = get(&azure, &url).json();
    let tag = cluster["eTag"].as_str().unwrap().to_owned();
    cluster["properties"]["storageProfile"]["snapshotController"]["enabled"] = json!(false);
    let put = |tag: &str| {
        let header = format!("If-Match=\"{tag}\"");
        let body = cluster.to_string();
        az(&azure, &["rest", "--method", "put", "--url", &url, "--headers", &header, "--body", &body])
    };
    assert!(put("other").err.starts_with("ERROR: Precondition Failed("));
    assert_eq!(put(&tag).json()["properties"]["provisioningState"], "Updating");
    let again = put(&tag);
    assert!(again.err.starts_with("ERROR: Precondition Failed("), "{again:?}");
    let current = get(&azure, &url).json()["eTag"].as_str().unwrap().to_owned();
    let meanwhile = put(&current);
    assert!(meanwhile.err.starts_with("ERROR: Conflict({\"code\":\"EtagMismatch\""), "{meanwhile:?}");
    let after = get(&azure, &url).json();
    assert_eq!(after["properties"]["provisioningState"], "Succeeded");
    assert_eq!(after["properties"]["storageProfile"]["snapshotController"]["enabled"], false);
    assert_eq!(after["identity"], cluster["identity"]);
}

#[test]
fn locks_policies_and_bindings() {
    let azure = Azure::start().unwrap();
    let lock = format!("{}/providers/Microsoft.Authorization/locks/keep", group_id(RESOURCE_GROUP));
    azure.edit(|world| world.set(&lock, json!({"properties": {"level": "CanNotDelete", "notes": ""}})));
    let url = format!("{}?api-version={AKS}", binding_id());
    let refused = rest(&azure, "delete", &url, None);
    assert!(refused.err.starts_with("ERROR: Conflict({\"error\":{\"code\":\"ScopeLocked\""), "{refused:?}");
    assert!(refused.err.contains(&format!("are locked: '{}'", group_id(RESOURCE_GROUP))), "{refused:?}");
    let locks =
        get(&azure, &format!("{}/providers/Microsoft.Authorization/locks?api-version=2020-05-01", cluster_id()));
    assert_eq!(locks.json()["value"][0]["properties"]["level"], "CanNotDelete");
    azure.edit(|world| world.remove(&lock));

    assert_eq!(rest(&azure, "delete", &url, None).code, Some(0));
    get(&azure, &url);
    assert!(get(&azure, &url).err.contains("ResourceNotFound"));
    let body = json!({"properties": {"sourceResourceId": vault_id(), "roles": ["Microsoft.DataProtection/backupVaults/backup-operator"]}});
    rest(&azure, "put", &url, Some(&body)).json();
    get(&azure, &url).json();
    assert_eq!(get(&azure, &url).json()["properties"]["provisioningState"], "Succeeded");

    let check = format!(
        "{}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions?api-version=2022-03-01",
        group_id(SNAPSHOT_GROUP)
    );
    let content = json!({"resourceDetails": {"apiVersion": DISKS, "resourceContent": {"type": "Microsoft.Compute/snapshots", "location": "centralus", "name": "x"}}});
    assert_eq!(
        rest(&azure, "post", &check, Some(&content)).json()["contentEvaluationResult"]["policyEvaluations"],
        json!([])
    );
    azure.edit(|world| {
        world.policies.push(Policy {
            name: "no-snapshots".to_owned(),
            kind: "Microsoft.Compute/snapshots".to_owned(),
            effect: "Deny".to_owned(),
        });
    });
    let denied = rest(&azure, "post", &check, Some(&content)).json();
    assert_eq!(denied["contentEvaluationResult"]["policyEvaluations"][0]["evaluationResult"], "NonCompliant");
}

#[test]
fn calls_at_once_are_counted_and_late_ones_are_late() {
    let azure = Azure::start().unwrap();
    let url = format!("{}?api-version={AKS}", cluster_id());
    // Long enough that on a busy machine, too, the second begins before the first is answered.
    azure.fault(FaultRule::slow("managedClusters", Duration::from_secs(4)));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| get(&azure, &url).json());
        }
    });
    assert_eq!(azure.calls().len(), 3);
    assert!(azure.most_at_once() >= 2, "{:?}", azure.calls());
    assert_eq!(azure.tokens_asked(), 3);
    azure.forget_calls();
    assert!(azure.calls().is_empty());
    azure.heal();

    // The token is late, and then the answer.
    azure.latency(Duration::from_millis(300));
    let start = Instant::now();
    get(&azure, &url).json();
    assert!(start.elapsed() >= Duration::from_millis(600), "{:?}", start.elapsed());
    assert_eq!(azure.most_at_once(), 1);

    let folder = azure.config_folder();
    assert!(folder.exists());
    drop(azure);
    assert!(!folder.exists());
}

/// az itself loses its cache when several of it renew a token at once, so the token has to be there before.
#[test]
fn a_user_reads_much_at_once_when_his_token_was_renewed_before() {
    let azure = Azure::start().unwrap();
    azure.sign_in_user().unwrap();
    az(&azure, &["account", "get-access-token"]).json();
    let url = format!("{}?api-version={AKS}", cluster_id());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| get(&azure, &url).json());
        }
    });
    assert_eq!((azure.tokens_asked(), azure.calls().len()), (1, 4));
}

/// The healthy world, and beside it one of each kind that a healthy one has none of.
fn world_of_every_kind() -> World {
    let mut world = World::healthy();
    let network =
        |kind: &str, name: &str| format!("{}/providers/Microsoft.Network/{kind}/{name}", group_id(ACCOUNT_GROUP));
    // On the vault: what the witness deletes is the cluster's.
    world.set(
        &format!("{}/providers/Microsoft.Authorization/locks/keep", vault_id()),
        json!({"properties": {"level": "CanNotDelete", "notes": "keep"}}),
    );
    world.set(
        &format!("{}/providers/Microsoft.Authorization/denyAssignments/de170000-0000-4000-8000-000000000001", account_id()),
        json!({"properties": {
            "denyAssignmentName": "stack", "scope": account_id(), "doNotApplyToChildScopes": false, "isSystemProtected": true,
            "permissions": [{"actions": ["*/write"], "notActions": [], "dataActions": [], "notDataActions": []}],
            "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}], "excludePrincipals": [],
        }}),
    );
    world.set(
        &format!("{}/federatedIdentityCredentials/fic", identity_id("ext-azure-aks-backup-cluster")),
        json!({"properties": {"issuer": "https://issuer/", "subject": "system:serviceaccount:a:b", "audiences": ["api://AzureADTokenExchange"]}}),
    );
    world.set(
        &network("privateEndpoints", "blob"),
        json!({"location": "centralus", "properties": {"provisioningState": "Succeeded", "privateLinkServiceConnections": [{
            "name": "blob", "properties": {
                "privateLinkServiceId": account_id(), "groupIds": ["blob"],
                "privateLinkServiceConnectionState": {"status": "Approved", "description": "", "actionsRequired": "None"},
            },
        }]}}),
    );
    world.set(&network("privateDnsZones", "privatelink.blob.core.windows.net"), private_zone());
    world.set(
        &format!("{}/virtualNetworkLinks/hub", private_zone_id(ACCOUNT_GROUP, "privatelink.blob.core.windows.net")),
        zone_link(&network_id("hub", "vnet-hub")),
    );
    let endpoints = json!({"properties": {"privateEndpointConnections": [private_endpoint("Approved")]}});
    assert!(world.patch(&account_id(), endpoints));
    let error = json!({
        "code": "UserErrorKubernetesBackupExtensionUnhealthy", "message": "The extension is unhealthy.", "recommendedAction": ["Look."],
        "isUserError": true, "isRetryable": false, "details": [], "innerError": null, "properties": {}, "target": "",
    });
    let state = json!({"properties": {"currentProtectionState": "ProtectionError", "protectionErrorDetails": error}});
    assert!(world.patch(&instance_id(), state));
    let job = format!("{}/backupJobs/3f0a2c1e-7a77-4a0c-9b7d-0d8f64a1b001", vault_id());
    let warning = json!({"resourceName": "shop/data", "warning": {"code": "UserErrorPVSnapshotLimitReached", "message": "Full."}});
    assert!(
        world.patch(
            &job,
            json!({"properties": {"errorDetails": [error], "extendedInfo": {"warningDetails": [warning]}}})
        )
    );
    let failed = json!({"properties": {"errorInfo": {"code": "ExtensionOperationFailed", "message": "Helm"}}});
    assert!(world.patch(&extension_id(), failed));
    world.policies.push(Policy {
        name: "no-snapshots".to_owned(),
        kind: "Microsoft.Compute/snapshots".to_owned(),
        effect: "Deny".to_owned(),
    });
    world
}

#[test]
fn microsofts_own_clients_understand_every_kind_of_resource() {
    let azure = Azure::start_with(world_of_every_kind()).unwrap();
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("az/witness.py");
    let mut command = Command::new(aksbackup_lab::witness().unwrap());
    for name in azure.remove_env() {
        command.env_remove(name);
    }
    let output = command
        .envs(azure.env())
        .arg(script)
        .args([azure.origin(), &azure.authority().display().to_string(), SUBSCRIPTION])
        .args([RESOURCE_GROUP, NODE_GROUP, SNAPSHOT_GROUP, ACCOUNT_GROUP])
        .args([CLUSTER, NAME, VAULT, ACCOUNT])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    let properties = "properties/policy_info/policy_parameters";
    // Whose model, which attribute of it (as the script names it), and what it has to hold.
    let wanted: Vec<(&str, &str, Value)> = vec![
        ("group", "managed_by", json!(cluster_id())),
        ("provider", "registration_state", json!("Registered")),
        ("cluster", "identity/principal_id", json!(CLUSTER_PRINCIPAL)),
        ("cluster", "node_resource_group", json!(NODE_GROUP)),
        ("cluster", "fqdn", json!(FQDN)),
        ("cluster", "power_state/code", json!("Running")),
        ("cluster", "current_kubernetes_version", json!("1.36.3")),
        ("cluster", "storage_profile/disk_csi_driver/enabled", json!(true)),
        ("cluster", "storage_profile/snapshot_controller/enabled", json!(true)),
        ("cluster", "network_profile/network_plugin", json!("azure")),
        ("cluster", "oidc_issuer_profile/enabled", json!(false)),
        ("cluster", "identity_profile/kubeletidentity/object_id", json!(KUBELET_PRINCIPAL)),
        ("cluster", "agent_pool_profiles/0/count", json!(3)),
        ("cluster", "e_tag", json!("5e5ffdce-356b-431b-b050-000000000001")),
        ("pool", "name", json!("nodepool1")),
        ("pool", "vm_size", json!("Standard_D4ds_v5")),
        ("pool", "power_state/code", json!("Running")),
        ("binding", "source_resource_id", json!(vault_id())),
        ("binding", "roles", json!(["Microsoft.DataProtection/backupVaults/backup-operator"])),
        ("binding", "provisioning_state", json!("Succeeded")),
        ("extension", "extension_type", json!("microsoft.dataprotection.kubernetes")),
        ("extension", "aks_assigned_identity/principal_id", json!(EXTENSION_PRINCIPAL)),
        ("extension", "configuration_settings", settings()),
        ("extension", "current_version", json!("0.0.3004-544")),
        ("extension", "scope/cluster/release_namespace", json!("dataprotection-microsoft")),
        ("extension", "statuses/0/level", json!("Information")),
        ("extension", "error_info/message", json!("Helm")),
        ("vault", "identity/principal_id", json!(VAULT_PRINCIPAL)),
        ("vault", "properties/storage_settings/0/type", json!("GeoRedundant")),
        ("vault", "properties/security_settings/soft_delete_settings/state", json!("On")),
        ("vault", "properties/security_settings/immutability_settings/state", json!("Disabled")),
        ("policy", "properties/policy_rules/0/data_store/data_store_type", json!("OperationalStore")),
        ("policy", "properties/policy_rules/1/lifecycles/0/delete_after/duration", json!("P7D")),
        ("listedJob", "properties/extended_info", Value::Null),
        ("job", "properties/status", json!("Completed")),
        ("job", "properties/data_source_id", json!(cluster_id())),
        ("job", "properties/error_details/0/code", json!("UserErrorKubernetesBackupExtensionUnhealthy")),
        ("job", "properties/extended_info/warning_details/0/warning/code", json!("UserErrorPVSnapshotLimitReached")),
        ("role", "role_name", json!("Storage Blob Data Contributor")),
        ("role", "role_type", json!("BuiltInRole")),
        ("account", "network_rule_set/default_action", json!("Allow")),
        ("account", "allow_shared_key_access", json!(false)),
        ("account", "public_network_access", json!("Enabled")),
        ("account", "private_endpoint_connections/0/private_link_service_connection_state/status", json!("Approved")),
        ("account", "primary_endpoints/blob", json!(format!("https://{ACCOUNT}.blob.core.windows.net/"))),
        ("blobService", "delete_retention_policy/days", json!(7)),
        ("container", "has_immutability_policy", json!(false)),
        ("container", "immutable_storage_with_versioning/enabled", json!(false)),
        ("graph", "total_records", json!(4)),
        ("graph", "result_truncated", json!("false")),
        ("created", "provisioning_state", json!("Succeeded")),
        ("bound", "provisioning_state", json!("Succeeded")),
    ];
    for (model, attribute, wanted) in &wanted {
        assert_eq!(&seen[model][attribute], wanted, "{model} {attribute}: {:#}", seen[model]);
    }
    for instance in [&seen["instance"], &seen["routed"][0]] {
        assert_eq!(instance["id"], json!(instance_id()));
        assert_eq!(instance["properties/current_protection_state"], "ProtectionError");
        assert_eq!(instance["properties/protection_error_details/code"], "UserErrorKubernetesBackupExtensionUnhealthy");
        assert_eq!(instance["properties/protection_error_details/recommended_action"], json!(["Look."]));
        assert_eq!(instance["properties/data_source_info/resource_id"], json!(cluster_id()));
        assert_eq!(instance["properties/policy_info/policy_id"], json!(policy_id()));
        let stores = format!("{properties}/data_store_parameters_list/0/resource_group_id");
        assert_eq!(instance[stores], json!(group_id(SNAPSHOT_GROUP)));
        let sources = format!("{properties}/backup_datasource_parameters_list/0/snapshot_volumes");
        assert_eq!(instance[sources], true);
    }
    // Lists: how many there are, and what the first one has.
    let assignment = role_id(BLOB_CONTRIBUTOR);
    let data = disk_id("shop", "cache");
    for (list, count, attribute, wanted) in [
        ("extensions", 1, "name", json!(NAME)),
        ("assignments", 1, "role_definition_id", json!(assignment)),
        ("permissions", 1, "actions", json!(["*"])),
        ("denied", 1, "permissions/0/actions", json!(["*/write"])),
        ("locks", 1, "level", json!("CanNotDelete")),
        ("disks", 2, "sku/name", json!("StandardSSD_LRS")),
        ("snapshots", 4, "creation_data/source_resource_id", json!(data)),
        ("scaleSets", 1, "identity/type", json!("UserAssigned")),
        ("identities", 2, "principal_id", json!(KUBELET_PRINCIPAL)),
        ("federated", 1, "issuer", json!("https://issuer/")),
        ("policies", 1, "evaluation_result", json!("NonCompliant")),
        ("endpoints", 1, "private_link_service_connections/0/group_ids", json!(["blob"])),
        ("zones", 1, "number_of_record_sets", json!(2)),
        ("links", 1, "virtual_network/id", json!(network_id("hub", "vnet-hub"))),
        ("links", 1, "resolution_policy", json!("Default")),
        ("links", 1, "virtual_network_link_state", json!("Completed")),
    ] {
        assert_eq!(seen[list].as_array().map(Vec::len), Some(count), "{list}");
        assert_eq!(seen[list][0][attribute], wanted, "{list} {attribute}: {:#}", seen[list]);
    }
    let given = &seen["scaleSets"][0]["identities"][identity_id("ext-azure-aks-backup-cluster")];
    assert_eq!(given["principal_id"], EXTENSION_PRINCIPAL);
    assert_eq!((&seen["deleted"], &seen["unbound"]), (&json!([]), &json!([])));
}

#[test]
fn every_field_is_one_of_the_version_that_is_answered() {
    let azure = Azure::start_with(world_of_every_kind()).unwrap();
    let mut resources: Vec<Value> =
        azure.edit(|world| world.resources().map(|(_, resource)| resource.clone()).collect());
    for path in ["agentPools/nodepool1", "providers/Microsoft.Authorization/roleDefinitions/"] {
        let (path, version) = match path.strip_suffix('/') {
            Some(path) => (format!("{path}/{READER}"), AUTHORIZATION),
            None => (path.to_owned(), AKS),
        };
        resources.push(get(&azure, &format!("{}/{path}?api-version={version}", cluster_id())).json());
    }
    // What a write leaves behind, while it goes on and after it.
    let extension = format!("{}?api-version=2023-05-01", extension_id());
    let body = json!({"properties": {"extensionType": "microsoft.dataprotection.kubernetes", "configurationSettings": settings(), "configurationProtectedSettings": {"secret": "x"}}});
    resources.push(rest(&azure, "put", &extension, Some(&body)).json());
    get(&azure, &extension);
    resources.push(get(&azure, &extension).json());
    let assignment = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/0f0f0f0f-0000-4000-8000-000000000001?api-version={AUTHORIZATION}",
        account_id()
    );
    let body = json!({"properties": {"roleDefinitionId": role_id(READER), "principalId": VAULT_PRINCIPAL}});
    resources.push(rest(&azure, "put", &assignment, Some(&body)).json());

    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("az/models.py");
    let mut file = tempfile::tempfile().unwrap();
    serde_json::to_writer(&file, &resources).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let output = Command::new(aksbackup_lab::models().unwrap()).arg(script).stdin(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}
