//! What `az login` leaves behind: the files of `AZURE_CONFIG_DIR`, and the tokens that the simulator issued.
//!
//! The cloud that the files describe is the simulator. A signed-in managed identity gets its token from the App Service
//! endpoint (`IDENTITY_ENDPOINT`); a user's comes by a refresh token from the authority, so that its errors are az's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::world::World;
use crate::aks::SUBSCRIPTION;

/// The name of the cloud.
const CLOUD: &str = "LabCloud";
/// The header that the identity endpoint wants to see.
pub(crate) const IDENTITY_HEADER: &str = "aksbackup-lab";
/// The user of the sign-in as one.
const USER: &str = "admin@contoso.example";
/// The Azure CLI's own application.
const CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// Who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn {
    Nobody,
    Identity,
    User,
}

/// Writes what a sign-in leaves behind.
pub(crate) fn write(folder: &Path, origin: &str, world: &World, who: SignIn) -> Result<()> {
    fs::create_dir_all(folder)?;
    let put = |name: &str, text: &str| fs::write(folder.join(name), text);
    // No discovery: it would ask Microsoft's own hosts whether the authority is one.
    put(
        "config",
        &format!(
            "[cloud]\nname = {CLOUD}\n\n[core]\ncollect_telemetry = no\ninstance_discovery = false\nsurvey_message = no\nno_color = true\n\n[logging]\nenable_log_file = no\n\n[extension]\nuse_dynamic_install = no\n\n[auto-upgrade]\nenable = no\nprompt = no\n"
        ),
    )?;
    put(
        "clouds.config",
        &format!(
            "[{CLOUD}]\nendpoint_management = {origin}\nendpoint_resource_manager = {origin}\nendpoint_active_directory = {origin}\nendpoint_active_directory_resource_id = {origin}\nendpoint_active_directory_graph_resource_id = {origin}\nendpoint_microsoft_graph_resource_id = {origin}\nsuffix_storage_endpoint = core.windows.net\nsuffix_keyvault_dns = .vault.azure.net\nsubscription = {SUBSCRIPTION}\n"
        ),
    )?;
    // A fresh folder would look for a newer az on the internet.
    put("versionCheck.json", r#"{"versions": {}, "update_time": "2099-01-01 00:00:00.000000"}"#)?;
    let user = match who {
        SignIn::User => json!({"name": USER, "type": "user"}),
        _ => json!({"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"}),
    };
    let subscription = json!({
        "id": SUBSCRIPTION, "name": "Laboratory", "state": "Enabled", "user": user, "isDefault": true, "tenantId": world.tenant,
        "environmentName": CLOUD, "homeTenantId": world.tenant, "managedByTenants": [],
    });
    let subscriptions = if who == SignIn::Nobody { json!([]) } else { json!([subscription]) };
    put(
        "azureProfile.json",
        &json!({"installationId": "00000000-0000-0000-0000-000000000000", "subscriptions": subscriptions}).to_string(),
    )?;
    // What an earlier sign-in knew must not answer for the new one.
    let cache = if who == SignIn::User { token_cache(world) } else { json!({}) };
    put("msal_token_cache.json", &cache.to_string())?;
    for stale in ["msal_http_cache.bin", "service_principal_entries.json"] {
        let _ = fs::remove_file(folder.join(stale));
    }
    Ok(())
}

/// Returns a cache that holds a user and his refresh token, but no access token.
fn token_cache(world: &World) -> Value {
    let (tenant, host) = (&world.tenant, "127.0.0.1");
    let home = format!("{}.{tenant}", world.caller.object_id);
    let mut cache = json!({"Account": {}, "RefreshToken": {}, "AppMetadata": {}});
    cache["Account"][format!("{home}-{host}-{tenant}")] = json!({
        "home_account_id": home, "environment": host, "realm": tenant, "local_account_id": world.caller.object_id,
        "username": USER, "authority_type": "MSSTS", "account_source": "authorization_code",
    });
    cache["RefreshToken"][format!("{home}-{host}-refreshtoken-{CLI}--")] = json!({
        "credential_type": "RefreshToken", "secret": "refresh-token-of-the-lab", "home_account_id": home, "environment": host,
        "client_id": CLI, "target": "", "last_modification_time": "1700000000",
    });
    cache["AppMetadata"][format!("appmetadata-{host}-{CLI}")] =
        json!({"client_id": CLI, "environment": host, "family_id": "1"});
    cache
}

/// The tokens that were issued.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// With whom each is for.
    issued: BTreeMap<String, String>,
    /// Why the authority gives none to a user.
    pub(crate) refusal: Option<String>,
    /// How many were asked for.
    pub(crate) asked: usize,
}

/// How long a token is good, in seconds.
const LIFETIME: i64 = 3600;

impl Tokens {
    /// Issues a token that the simulator will know again. Nobody verifies its signature.
    fn issue(&mut self, world: &World, audience: &str) -> (String, i64) {
        let now = jiff::Timestamp::now().as_second();
        let expires = now + LIFETIME;
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "aud": audience, "iss": format!("https://sts.windows.net/{}/", world.tenant), "iat": now, "nbf": now, "exp": expires,
            "tid": world.tenant, "oid": world.caller.object_id, "upn": world.caller.name, "uti": format!("{}", self.issued.len()),
        });
        let token = format!("{}.{}.{}", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims), "bGFi");
        self.issued.insert(token.clone(), audience.trim_end_matches('/').to_owned());
        (token, expires)
    }

    /// Returns whom a token is for, if it was issued here.
    pub(crate) fn audience(&self, token: &str) -> Option<&str> {
        self.issued.get(token).map(String::as_str)
    }

    /// Makes all tokens bad that were issued.
    pub(crate) fn revoke(&mut self) {
        self.issued.clear();
    }

    /// Answers the App Service endpoint: status and body.
    pub(crate) fn identity(&mut self, world: &World, header: Option<&str>, resource: Option<&str>) -> (u16, Value) {
        self.asked += 1;
        match (header, resource) {
            (Some(IDENTITY_HEADER), Some(resource)) => {
                let (token, expires) = self.issue(world, resource);
                (
                    200,
                    json!({"access_token": token, "expires_on": expires.to_string(), "resource": resource, "token_type": "Bearer", "client_id": "5a5a5a5a-0000-4000-8000-0000000000f2"}),
                )
            }
            _ => (
                400,
                json!({"statusCode": 400, "message": "The header X-IDENTITY-HEADER and a resource are required."}),
            ),
        }
    }

    /// Answers a call to the authority, if the path is one of its: status and body.
    pub(crate) fn authority(&mut self, world: &World, origin: &str, path: &str, form: &[u8]) -> Option<(u16, Value)> {
        let tenant = &world.tenant;
        let authority = format!("{origin}/{tenant}");
        let rest = path.strip_prefix('/')?.split_once('/').filter(|(first, _)| first.eq_ignore_ascii_case(tenant))?.1;
        match rest {
            "v2.0/.well-known/openid-configuration" => Some((
                200,
                json!({
                    "token_endpoint": format!("{authority}/oauth2/v2.0/token"), "issuer": format!("{authority}/v2.0"),
                    "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
                    "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
                }),
            )),
            "oauth2/v2.0/token" => {
                self.asked += 1;
                if let Some(refusal) = &self.refusal {
                    return Some((400, json!({"error": "invalid_grant", "error_description": refusal})));
                }
                let scope =
                    form_urlencoded::parse(form).find(|(key, _)| key == "scope").map(|(_, value)| value.into_owned());
                let (token, _) = self.issue(world, origin);
                let user = json!({"uid": world.caller.object_id, "utid": tenant});
                Some((
                    200,
                    json!({
                        "token_type": "Bearer", "access_token": token, "expires_in": LIFETIME, "ext_expires_in": LIFETIME,
                        "refresh_token": "refresh-token-of-the-lab", "scope": scope, "client_info": URL_SAFE_NO_PAD.encode(user.to_string()),
                    }),
                ))
            }
            _ => None,
        }
    }
}
