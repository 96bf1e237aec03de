//! Takes secrets out of texts on their way in.
//!
//! Knowledge: the shapes in which Azure and Kubernetes carry secrets in messages and logs: bearer
//! tokens and JWTs, SAS signatures, storage and other connection strings, keys and passwords after
//! their names, credentials in URLs, headers, PEM blocks. What looks like a secret goes; a name, an
//! id, an address or a URL without its secret part stays, since a diagnosis needs it.
//! It knows shapes, not secrets: what has none of these shapes is not recognised.

/// What stands where a secret stood.
const GONE: &str = "[redacted]";

/// Words that, followed by `=`, `:` or as a flag by a word, name a secret; compared without case, `_` and `-`.
const SECRET_NAMES: &[&str] = &[
    "accountkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "accesskey",
    "storagekey",
    "storageaccesskey",
    "primarykey",
    "secondarykey",
    "subscriptionkey",
    "encryptionkey",
    "clientsecret",
    "password",
    "passphrase",
    "passwd",
    "pwd",
    "pass",
    "secret",
    "secretkey",
    "secretvalue",
    "apikey",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "clientassertion",
    "assertion",
    "credential",
    "auth",
    "sig",
    "signature",
    "instrumentationkey",
    "privatekey",
];

/// Headers whose whole value is a secret, whatever its shape.
const SECRET_HEADERS: &[&str] = &["authorization", "proxyauthorization", "cookie", "setcookie", "xmsauthorization"];

/// Schemes that stand before a secret by themselves.
const SCHEMES: &[&str] = &["bearer", "basic", "sharedkey", "sharedkeylite"];

/// Returns the text without what looks like a secret.
///
/// Linear in the length of the text.
#[must_use]
pub fn redact(text: &str) -> String {
    let text = without_pem(text);
    let text = without_userinfo(&text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some((separator, tail)) = secret_after(word, after) {
            out.push_str(word);
            out.push_str(separator);
            out.push_str(GONE);
            rest = tail;
        } else if looks_secret(word) {
            out.push_str(GONE);
            // The padding of base 64 belongs to what is gone.
            rest = after.trim_start_matches('=');
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

/// Returns letters and digits of a name in small letters: `X-Ms-Auth` and `xMsAuth` are one.
fn bare(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Finds the secret that follows a word which names one: what stands between, and what comes after the secret.
fn secret_after<'t>(word: &str, after: &'t str) -> Option<(&'t str, &'t str)> {
    let name = bare(word.rsplit(['/', '.']).next().unwrap_or(word));
    if SCHEMES.contains(&name.as_str()) {
        return behind_a_scheme(after);
    }
    let is_header = SECRET_HEADERS.contains(&name.as_str());
    let names = |secret: &&str| name == **secret || (secret.len() > 5 && name.ends_with(*secret));
    if !is_header && !SECRET_NAMES.iter().any(names) {
        return None;
    }
    let is_flag = word.starts_with("--");
    let (separator, rest) = separator(after, is_flag)?;
    if rest.starts_with(GONE) || rest.starts_with("***") {
        return None;
    }
    let quote = separator.chars().last().filter(|c| matches!(c, '"' | '\''));
    let is_escaped = quote.is_some() && separator.trim_end_matches(['"', '\'']).ends_with('\\');
    let end = match quote {
        // Inside a string that is itself escaped, `\"` ends the value.
        Some(_) if is_escaped => rest.find('\\').unwrap_or(rest.len()),
        Some(quote) => rest.find(quote).unwrap_or(rest.len()),
        None if is_header => rest.find(['\n', '"', '\'', '\\', ']', '}', ',']).unwrap_or(rest.len()),
        None => rest.find(ends_value).unwrap_or(rest.len()),
    };
    let value = &rest[..end];
    // Short plain words after `token:` or `secret:` are prose or names, as in `secret: not found`; a token is never one
    // plain word, whatever its length, and the name of a Secret is no secret.
    let is_plain = quote.is_none() && separator.contains(' ') && value.chars().all(|c| c.is_ascii_alphabetic());
    let is_prose = is_plain && !is_flag && !is_header && (value.len() < 8 || name.ends_with("token"));
    let is_vague = matches!(name.as_str(), "auth" | "pass" | "sig" | "credential" | "signature");
    let is_reason = is_vague && separator.contains(' ') && !value.bytes().any(|b| b.is_ascii_digit());
    (end > 0 && !is_prose && !is_reason).then(|| (separator, &rest[end..]))
}

fn ends_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | ';' | '&' | '}' | ')' | ']' | '<' | '>' | '|')
}

/// Finds what lies between a name and its value: `=`, ` = `, `: `, `":"`, `\":\"`, `=>`, `%3D`, or a blank after a flag.
fn separator(after: &str, is_flag: bool) -> Option<(&str, &str)> {
    let mut end = 0;
    let mut separated = false;
    let mut blank = false;
    let mut quoted = false;
    for (index, c) in after.char_indices() {
        match c {
            '=' | ':' if !quoted || !separated => separated = true,
            '>' if separated && after[..index].ends_with('=') => {}
            ' ' | '\t' if !quoted || !separated => blank = true,
            '\\' => {}
            '"' | '\'' if separated => {
                end = index + c.len_utf8();
                quoted = true;
                break;
            }
            '"' | '\'' if !blank => {}
            '%' if after[index..].get(..3).is_some_and(|code| code.eq_ignore_ascii_case("%3d")) => {
                return Some(after.split_at(index + 3));
            }
            _ => {
                end = index;
                break;
            }
        }
        end = index + c.len_utf8();
    }
    let _ = quoted;
    (separated || (is_flag && blank)).then(|| after.split_at(end))
}

/// Finds the secret behind `Bearer` and its like; `bearer token` in prose is none.
fn behind_a_scheme(after: &str) -> Option<(&str, &str)> {
    let start = after.find(|c: char| !matches!(c, ' ' | ':' | '=' | '"' | '\''))?;
    let (separator, rest) = after.split_at(start);
    let end = rest.find(ends_value).unwrap_or(rest.len());
    let value = &rest[..end];
    let is_prose = value.len() < 8 || (value.len() < 24 && value.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    (!separator.is_empty() && !is_prose && value != GONE).then(|| (separator, &rest[end..]))
}

/// Tells whether a word is a secret by its looks: a JWT, a key in base 64, a client secret of Entra.
fn looks_secret(word: &str) -> bool {
    let is_jwt = word.starts_with("eyJ") && word.len() > 24 && word.contains('.');
    is_jwt || is_client_secret(word) || is_key(word)
}

/// Tells whether a word has the mark of Entra's client secrets: three characters, then `8Q~` or its like, then more.
fn is_client_secret(word: &str) -> bool {
    let bytes = word.as_bytes();
    (32..=48).contains(&bytes.len())
        && bytes.get(3).is_some_and(u8::is_ascii_digit)
        && bytes.get(4).is_some_and(u8::is_ascii_alphanumeric)
        && bytes.get(5) == Some(&b'~')
}

/// Tells whether a word is a long random string, as a key in base 64 is.
///
/// Judged part by part between `.` and `/` that stand in names and paths, and by how often the kind of character
/// changes: random text changes at every second place, words and paths at few.
fn is_key(word: &str) -> bool {
    const SHORTEST: usize = 40;
    if word.len() < SHORTEST || word.contains("--") {
        return false;
    }
    let kinds: Vec<u8> = word.bytes().map(kind).collect();
    let has = |wanted: u8| kinds.iter().filter(|kind| **kind == wanted).count();
    let (upper, lower, digit, other) = (has(b'A'), has(b'a'), has(b'0'), has(b'-'));
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    // A path or an id is mostly small letters or digits; base 64 has each letter's case about four times in ten.
    let is_mixed = upper * 6 >= word.len() && lower * 6 >= word.len() && digit > 0;
    is_mixed && changes * 3 >= word.len() && other * 6 <= word.len()
}

const fn kind(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        b'0'..=b'9' => b'0',
        _ => b'-',
    }
}

/// Returns the text without the user's part of URLs: `http://user:password@host`.
fn without_userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, inside) = rest.split_at(at + 3);
        out.push_str(before);
        let end =
            inside.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '\\' | '<' | '>'));
        let authority = &inside[..end.unwrap_or(inside.len())];
        rest = match authority.rfind('@') {
            Some(host) => {
                out.push_str(GONE);
                &inside[host..]
            }
            None => inside,
        };
    }
    out.push_str(rest);
    out
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
            (format!("Authorization: Bearer {jwt}"), jwt),
            (format!("got {jwt} back"), jwt),
            (format!("AccountName=acct;AccountKey={KEY};EndpointSuffix=core.windows.net"), KEY),
            (format!("https://a.blob.core.windows.net/c?sv=2020&sig={KEY}&se=2026"), KEY),
            (format!(r#"{{"client_secret":"{KEY}"}}"#), KEY),
            (format!("no storage account access key with key {KEY}"), KEY),
        ];
        let plain = [
            ("https://a.blob.core.windows.net/c?sv=2020&sig=abc%2Bdef%3D&se=2026", "abc%2Bdef"),
            (r#"{\"password\":\"hunter2hunter2\"}"#, "hunter2"),
            ("AZURE_CLIENT_SECRET=abc~def.GHI123", "abc~def"),
            ("-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0\n-----END PRIVATE KEY----- after", "MIIEv"),
            ("AccountKey = abc123def==", "abc123def"),
            ("Password = hunter2hunter", "hunter2"),
            ("api-key = k-12345678", "k-12345678"),
            ("password => hunter2hunter", "hunter2"),
            ("proxy http://svc:Sup3rSecret@proxy:3128 refused", "Sup3rSecret"),
            ("HTTPS_PROXY=http://svc:Sup3rSecret@proxy:3128", "Sup3rSecret"),
            ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
            ("Authorization: opaque-value-7", "opaque-value-7"),
            ("Bearer: abcdef1234567890", "abcdef1234567890"),
            ("Cookie: session=abc; other=def", "session=abc"),
            ("Ocp-Apim-Subscription-Key: 0123abcd", "0123abcd"),
            ("az login --password hunter2hunter", "hunter2"),
            ("AZURE_STORAGE_KEY=abc123def", "abc123def"),
            ("storage_key=abc123def", "abc123def"),
            ("passphrase=open sesame", "open"),
            (r#"{"auth":"dXNlcjpwYXNz"}"#, "dXNlcjpwYXNz"),
            (r#"password: "correct horse battery" rest"#, "horse"),
            (r#"{"password":"a b c1"}"#, "b c1"),
            ("pwd='p@ss w0rd' next", "w0rd"),
            ("secret is abc8Q~0123456789abcdefABCDEF.-_0123456 now", "0123456789abcdef"),
        ];
        for (case, secret) in cases.iter().map(|(c, s)| (c.as_str(), *s)).chain(plain) {
            let clean = redact(case);
            assert!(clean.contains("[redacted]") && !clean.contains(secret), "{case}\n{clean}");
        }
    }

    /// Keys are random: one fixed key proves nothing.
    #[test]
    fn takes_out_random_keys_of_every_length() {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap_or_default()
        };
        for length in [43, 64, 86] {
            let missed = (0..20_000)
                .filter(|_| {
                    let key: String = (0..length).map(|_| char::from(DIGITS[next() % DIGITS.len()])).collect();
                    redact(&format!("key {key}== end")).contains(&key)
                })
                .count();
            // Chance makes a few look like words; their names give most of those away.
            assert!(missed <= 200, "{missed} of 20000 keys of {length} characters stay");
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
            "azurepolicy-k8sazurev2containerallowedimag-0123456789abcdef0123",
            "/subscriptions/s/resourceGroups/MC_rg_cluster/providers/Microsoft.Compute/virtualMachineScaleSets/aks-x",
            "logSource=\"pkg/controller/backup_storage_location_controller.go:152\"",
            "error getting secret dataprotection-microsoft/cloud-credentials: not found",
            "lastTransitionTime reason=MinimumReplicasUnavailable FailedCreatePodSandBox",
            "BackupStorageLocationControllerReconcilerFailedToValidateBackupStorageLocation",
            "the bearer token is missing",
            "auth: identity not found",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn survives_what_is_no_text_at_all() {
        for text in [
            "",
            "=",
            "sig",
            "sig=",
            "password:",
            "token:\"",
            "-----BEGIN ",
            "Bearer ",
            "é=ü",
            "sig=é",
            "://",
            "://@",
            "--password",
            "a://é@ü",
        ] {
            let _ = redact(text);
        }
    }
}
