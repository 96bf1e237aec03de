//! What a token says of who holds it; the token itself goes no further.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::facts::arm::{AzureCloud, SignIn};

/// What `az account get-access-token` prints. Not `Debug`: it holds the token.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Printed {
    access_token: String,
    subscription: String,
    tenant: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Claims {
    oid: Option<String>,
    tid: Option<String>,
    aud: Option<String>,
}

impl Printed {
    /// Returns who is signed in. A token that cannot be read is one that says nothing.
    pub(super) fn sign_in(&self) -> SignIn {
        let claims = self
            .access_token
            .split('.')
            .nth(1)
            .and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok())
            .and_then(|bytes| serde_json::from_slice::<Claims>(&bytes).ok())
            .unwrap_or_default();
        let plain = |text: Option<String>| text.map(|text| crate::facts::objects::plain_name(&text));
        SignIn {
            object_id: plain(claims.oid),
            tenant: plain(claims.tid.or_else(|| self.tenant.clone())),
            subscription: crate::facts::objects::plain_name(&self.subscription),
            cloud: claims.aud.as_deref().and_then(cloud_of),
        }
    }

    /// Returns whether there is a token.
    pub(super) const fn is_empty(&self) -> bool {
        self.access_token.is_empty()
    }
}

/// Returns the cloud whose Resource Manager a token is for; another audience says nothing.
fn cloud_of(audience: &str) -> Option<AzureCloud> {
    let host = audience.split_once("://").map_or(audience, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    match host.as_str() {
        "management.core.windows.net" | "management.azure.com" => Some(AzureCloud::Public),
        "management.core.usgovcloudapi.net" | "management.usgovcloudapi.net" => Some(AzureCloud::UsGovernment),
        "management.core.chinacloudapi.cn" | "management.chinacloudapi.cn" => Some(AzureCloud::China),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_who_and_which_cloud_and_a_broken_one_nothing() {
        let claims = r#"{"oid":"o","tid":"t","aud":"https://management.core.usgovcloudapi.net/"}"#;
        let token = format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let printed = Printed { access_token: token, subscription: "s".to_owned(), tenant: None };
        let who = printed.sign_in();
        assert_eq!((who.object_id.as_deref(), who.cloud), (Some("o"), Some(AzureCloud::UsGovernment)));
        let odd = Printed { access_token: "a.!.c".to_owned(), tenant: Some("t".to_owned()), ..Printed::default() };
        assert_eq!(odd.sign_in().tenant.as_deref(), Some("t"));
    }
}
