//! Domain names as CoreDNS compares them.
//!
//! Knowledge: plugin/normalize.go and the DNS library's own rules for names. Names with a backslash are not modelled: nobody writes them, and
//! their escapes would touch every rule here.

/// Returns a name in lower case with a dot at its end.
pub(super) fn normal(name: &str) -> String {
    // Go's rule: every letter, not only the ASCII ones.
    full(name).to_lowercase()
}

/// Returns a name with a dot at its end.
pub(super) fn full(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

/// Returns whether the DNS library takes a text for a domain name. `None`: it has escapes.
pub(super) fn is_domain_name(name: &str) -> Option<bool> {
    if name.contains('\\') {
        return None;
    }
    if name.is_empty() {
        return Some(false);
    }
    if name == "." {
        return Some(true);
    }
    let labels = name.strip_suffix('.').unwrap_or(name);
    Some(labels.len() < 256 && labels.split('.').all(|label| !label.is_empty() && label.len() < 64))
}

/// Returns whether a name is a zone or below it.
pub(super) fn is_below(zone: &str, name: &str) -> bool {
    if zone == "." {
        return true;
    }
    let Some(start) = name.len().checked_sub(zone.len()) else { return false };
    let Some(end) = name.get(start..) else { return false };
    end.eq_ignore_ascii_case(zone)
        && (start == 0 || name.get(..start).is_some_and(|front| front.ends_with('.')))
        && !zone.is_empty()
}

/// Returns the longest of some zones that a name lies in.
pub(super) fn longest<'z>(zones: &'z [String], name: &str) -> Option<&'z String> {
    let mut best: Option<&String> = None;
    for zone in zones {
        if is_below(zone, name) && zone.len() > best.map_or(0, String::len) {
            best = Some(zone);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_name() {
        for (name, is_name) in [
            ("", Some(false)),
            (".", Some(true)),
            ("a", Some(true)),
            ("a.", Some(true)),
            ("a..b", Some(false)),
            (".a", Some(false)),
            ("*.a", Some(true)),
            ("}", Some(true)),
            ("a\\.b", None),
        ] {
            assert_eq!(is_domain_name(name), is_name, "{name}");
        }
        assert_eq!(is_domain_name(&"a".repeat(63)), Some(true));
        assert_eq!(is_domain_name(&"a".repeat(64)), Some(false));
        assert_eq!(is_domain_name(&["a"; 127].join(".")), Some(true));
        assert_eq!(is_domain_name(&["a"; 130].join(".")), Some(false));
    }

    #[test]
    fn zones_and_what_lies_in_them() {
        assert!(is_below(".", "a."));
        assert!(is_below("com.", "com."));
        assert!(is_below("com.", "A.COM."));
        assert!(!is_below("om.", "a.com."));
        assert!(!is_below("a.com.", "com."));
        let zones = ["com.".to_owned(), ".".to_owned(), "a.com.".to_owned()];
        assert_eq!(longest(&zones, "b.a.com.").unwrap(), "a.com.");
        assert_eq!(longest(&zones, "org.").unwrap(), ".");
        assert_eq!(longest(&zones[..1], "org."), None);
    }
}
