//! The documented codes as data.

use super::super::codes::{CODES, find, mentioned};

#[test]
fn all_are_there_once() {
    assert_eq!(CODES.len(), 58);
    assert_eq!(CODES.iter().filter(|code| code.in_seed).count(), 27);
    for code in CODES {
        assert_eq!(CODES.iter().filter(|other| other.code == code.code).count(), 1, "{}", code.code);
        for text in [code.title, code.cause, code.look_for, code.remedy] {
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", code.code);
        }
        assert!(!code.source.is_empty());
    }
}

#[test]
fn no_remedy_repeats_what_does_harm() {
    for code in CODES {
        let all = format!("{} {}", code.remedy, code.look_for);
        assert!(
            !all.contains("delete pod")
                && !all.contains("k8s-app=kube-dns")
                && !all.contains("20.40.200.153")
                && !all.contains("dataprotection.microsoft "),
            "{}",
            code.code
        );
    }
}

#[test]
fn codes_are_found_whatever_the_case() {
    assert_eq!(find("usererrorpvnotfound").map(|code| code.code), Some("UserErrorPVNotFound"));
    assert_eq!(find("UserErrorNothing"), None);
}

#[test]
fn codes_are_found_in_texts_as_whole_words() {
    let text = "job failed: {\\\"code\\\":\\\"UserErrorPVNotFound\\\"} then\\nCSISnapshottingTimedOut가 났다, UserErrorPVNotFoundAgain";
    let found = mentioned(text);
    assert_eq!(
        found.iter().map(|(_, code)| code.code).collect::<Vec<_>>(),
        ["UserErrorPVNotFound", "CSISnapshottingTimedOut"]
    );
    for (place, code) in found {
        assert_eq!(&text[place], code.code);
    }
}
