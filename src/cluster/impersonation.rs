//! The headers by which a user acts as another.
//!
//! kube takes only ASCII for the names; client-go sends what the user wrote.
//! Knowledge: client-go's `transport.NewImpersonatingRoundTripper`: keys of extras are percent-escaped into a header's
//! name, which knows no capital letters.

use http::{HeaderName, HeaderValue};

use super::kubeconfig::User;
use crate::error::Error;

/// Returns the headers; none where nobody is impersonated.
///
/// # Errors
/// Where a name cannot be sent.
pub(super) fn headers(user: &User) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    if user.impersonate.is_empty() {
        return Ok(Vec::new());
    }
    let one = |name: &str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok();
        name.zip(HeaderValue::from_bytes(value.as_bytes()).ok()).ok_or_else(|| {
            Error::usage("a name to impersonate holds a line break or another character that cannot be sent")
                .hinted("Write --as, --as-group, --as-uid and --as-user-extra without it.")
        })
    };
    let mut headers = vec![one("impersonate-user", &user.impersonate)?];
    if !user.impersonate_uid.is_empty() {
        headers.push(one("impersonate-uid", &user.impersonate_uid)?);
    }
    for group in &user.impersonate_groups {
        headers.push(one("impersonate-group", group)?);
    }
    for (key, values) in &user.impersonate_extra {
        for value in values {
            headers.push(one(&format!("impersonate-extra-{}", escaped(key)), value)?);
        }
    }
    Ok(headers)
}

/// Escapes what may not stand in a header's name, and the percent sign itself.
fn escaped(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            out.push(char::from(byte.to_ascii_lowercase()));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sent_as_they_are() {
        let mut user = User { impersonate: "Jürgen".to_owned(), ..User::default() };
        user.impersonate_groups = vec!["a".to_owned(), "b c".to_owned()];
        user.impersonate_extra.insert("example.com/Scope".to_owned(), vec!["x".to_owned()]);
        let headers = headers(&user).ok().unwrap();
        assert_eq!(headers.len(), 4);
        assert_eq!(headers[0].1.as_bytes(), "Jürgen".as_bytes());
        assert_eq!(headers[3].0, "impersonate-extra-example.com%2fscope");
        user.impersonate_groups.push("a\nb".to_owned());
        assert!(super::headers(&user).is_err());
    }
}
