//! Takes secrets out of texts on their way in.
//!
//! Knowledge: the shapes in which Azure and Kubernetes carry secrets in messages and logs: bearer
//! tokens and JWTs, SAS signatures, storage and other connection strings, keys and passwords after
//! their names, PEM blocks. What looks like a secret goes; a name, an id, an address or a URL
//! without its secret part stays, since a diagnosis needs it.

/// What stands where a secret stood.
const GONE: &str = "[redacted]";

/// Words that, followed by `=` or `:`, name a secret; compared without case, `_` and `-`.
const SECRET_NAMES: &[&str] = &[
    "accountkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "accesskey",
    "storageaccountkey",
    "storageaccountaccesskey",
    "primarykey",
    "secondarykey",
    "clientsecret",
    "azureclientsecret",
    "password",
    "passwd",
    "pwd",
    "secret",
    "secretkey",
    "apikey",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "clientassertion",
    "assertion",
    "sig",
    "signature",
    "instrumentationkey",
    "xmsauthorization",
    "privatekey",
];

/// Returns the text without what looks like a secret.
///
/// Linear in the length of the text.
#[must_use]
pub fn redact(text: &str) -> String {
    let text = without_pem(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some((separator, value, tail)) = secret_after(word, after) {
            out.push_str(word);
            out.push_str(separator);
            out.push_str(GONE);
            let _ = value;
            rest = tail;
        } else if looks_secret(word) {
            out.push_str(GONE);
            rest = after;
        } else {
            out.push_str(word);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Tells what a word is made of; `=` and `:` end one, so that a name is seen by itself.
const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '.' | '~')
}

/// Finds the secret that follows a word which names one: the separator, the secret and what comes after it.
fn secret_after<'t>(word: &str, after: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
    let bare: String = word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // A header names its secret by a scheme: `Authorization: Bearer …`, or the scheme alone.
    if matches!(bare.as_str(), "bearer" | "basic" | "sharedkey" | "sharedkeylite") {
        let value_start = after.find(|c: char| c != ' ')?;
        let (separator, rest) = after.split_at(value_start);
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';')).unwrap_or(rest.len());
        // `bearer token` in prose is no secret: those are long and hold more than small letters.
        let is_prose = end < 16 || rest[..end].chars().all(|c| c.is_ascii_lowercase());
        return (!separator.is_empty() && !is_prose).then(|| (separator, &rest[..end], &rest[end..]));
    }
    let name = word.rsplit(['/', '.']).next().unwrap_or(word);
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if !SECRET_NAMES.iter().any(|secret| name == *secret || (secret.len() > 5 && name.ends_with(secret))) {
        return None;
    }
    // The separator: `=`, `: `, `":"`, `\":\"`, `%3D`; nothing else makes the next word a value.
    let mut at = 0;
    let mut separated = false;
    for (index, c) in after.char_indices() {
        match c {
            '=' | ':' => separated = true,
            '"' | '\'' | '\\' => {}
            ' ' if separated => {}
            '%' if after[index..].get(..3).is_some_and(|code| code.eq_ignore_ascii_case("%3d")) => {
                separated = true;
                at = index + 3;
                break;
            }
            _ => {
                at = index;
                break;
            }
        }
        at = index + c.len_utf8();
    }
    let (separator, rest) = after.split_at(at);
    if !separated || rest.starts_with(GONE) || rest.starts_with("***") {
        return None;
    }
    let end = rest
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | ';' | '&' | '}' | ')' | ']' | '<' | '>')
        })
        .unwrap_or(rest.len());
    // Short plain words after `token:` or `secret:` are prose or names, as in `secret: not found`.
    let value = &rest[..end];
    // A token is never one plain word, whatever its length; a password may be.
    let is_plain = value.chars().all(|c| c.is_ascii_alphabetic()) && separator.contains(' ');
    let is_prose = is_plain && (value.len() < 8 || name.ends_with("token"));
    (end > 0 && !is_prose).then(|| (separator, value, &rest[end..]))
}

/// Tells whether a word is a secret by its looks: a JWT, or a key in base 64.
fn looks_secret(word: &str) -> bool {
    let is_jwt = word.starts_with("eyJ") && word.len() > 24 && word.contains('.');
    is_jwt || is_key(word)
}

/// Tells whether a word is a long random string: an account key has 86 characters and two `=`.
fn is_key(word: &str) -> bool {
    const SHORTEST: usize = 40;
    if word.len() < SHORTEST || word.contains('.') || word.contains("--") {
        return false;
    }
    // A path has short parts and words in it; a key has all three kinds of characters, well mixed.
    let longest_part = word.split('/').map(str::len).max().unwrap_or_default();
    let dashes = word.bytes().filter(|b| *b == b'-' || *b == b'_').count();
    let upper = word.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = word.bytes().filter(u8::is_ascii_lowercase).count();
    let digit = word.bytes().filter(u8::is_ascii_digit).count();
    let mixed = upper * 8 >= word.len() && lower * 8 >= word.len() && digit * 12 >= word.len();
    mixed && dashes * 12 <= word.len() && longest_part * 5 >= word.len()
}

/// Returns the text without PEM blocks, one that is not closed included.
fn without_pem(text: &str) -> String {
    const BEGIN: &str = "-----BEGIN ";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(BEGIN) {
        out.push_str(&rest[..start]);
        out.push_str(GONE);
        let inside = &rest[start + BEGIN.len()..];
        rest = match inside.find("-----END ") {
            Some(end) => {
                let tail = &inside[end + "-----END ".len()..];
                tail.find("-----").map_or("", |close| &tail[close + 5..])
            }
            None => "",
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::redact;

    const KEY: &str =
        "Zm9vYmFyQUJDREVGMDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVZXWFlaMDEyMzQ1Njc4OWFiY2RlZmc0123456789+/==";

    #[test]
    fn takes_out_every_kind_of_secret() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlc2lnbmF0dXJl";
        let cases = [
            format!("Authorization: Bearer {jwt}"),
            format!("got {jwt} back"),
            format!("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={KEY};EndpointSuffix=core.windows.net"),
            format!("https://a.blob.core.windows.net/c?sv=2020&sig={KEY}&se=2026"),
            "https://a.blob.core.windows.net/c?sv=2020&sig=abc%2Bdef%3D&se=2026".to_owned(),
            format!(r#"{{"client_secret":"{KEY}"}}"#),
            r#"{\"password\":\"hunter2hunter2\"}"#.to_owned(),
            format!("no storage account access key with key {KEY}"),
            "AZURE_CLIENT_SECRET=abc~def.GHI123".to_owned(),
            "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0\n-----END PRIVATE KEY----- after".to_owned(),
        ];
        for case in cases {
            let clean = redact(&case);
            assert!(clean.contains("[redacted]"), "{case}\n{clean}");
            for secret in [jwt, KEY, "abc%2Bdef", "hunter2", "abc~def", "MIIEv", "c2lnbmF0"] {
                assert!(!clean.contains(secret), "{secret} stays in\n{clean}");
            }
        }
    }

    #[test]
    fn keeps_what_a_diagnosis_needs() {
        for text in [
            "no azure identity found for request clientID 4e95dcc5-a769-4745-b2d9-0123456789ab",
            "https://management.azure.com/subscriptions/e30af180-aa96-4d81-981a-b67570b0d615/resourceGroups/AzureBackupRG_westeurope_1/providers/Microsoft.Storage/storageAccounts/devhayyabackup/listKeys?%24expand=kerb&api-version=2019-06-01: StatusCode=404",
            "dial tcp: lookup centralus.dp.kubernetesconfiguration.azure.com on 10.63.136.10:53: no such host",
            "secret: not found",
            "failed to acquire a token: unexpected",
            "Failed to refresh the Token for request to https://management.azure.com/",
            "AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this permission.",
            "aks-nodepool1-12345678-vmss000000",
            "dataprotection-microsoft-kubernetes-agent-7d4c9bdf8f-x2k4q",
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn survives_what_is_no_text_at_all() {
        for text in ["", "=", "sig", "sig=", "password:", "token:\"", "-----BEGIN ", "Bearer ", "é=ü", "sig=é"] {
            let _ = redact(text);
        }
    }
}
