//! The table of signs as data.

use super::super::codes::find;
use super::super::precedence::{To, YIELDS};
use super::super::{SIGNS, Sign};

#[test]
fn names_are_unique_and_kebab_case() {
    for about in &SIGNS {
        assert_eq!(SIGNS.iter().filter(|other| other.name == about.name).count(), 1, "{}", about.name);
        assert!(about.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", about.name);
        assert_eq!(about.sign.about().name, about.name);
        let name: String = about.name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert_eq!(name.to_ascii_lowercase(), format!("{:?}", about.sign).to_ascii_lowercase());
    }
}

#[test]
fn every_sign_is_explained() {
    for about in &SIGNS {
        assert!(!about.meaning.is_empty() && !about.not.is_empty() && !about.tells.is_empty(), "{}", about.name);
        for code in about.codes {
            assert_eq!(find(code).map(|entry| entry.code), Some(*code), "{}", about.name);
        }
    }
}

#[test]
fn phrases_are_folded() {
    for about in &SIGNS {
        for tell in about.tells {
            for phrase in [tell.says, tell.with, tell.and, tell.without].into_iter().flatten() {
                assert!(
                    !phrase.is_empty()
                        && *phrase == phrase.to_ascii_lowercase()
                        && !phrase.contains("  ")
                        && !phrase.contains('\\'),
                    "{phrase}"
                );
            }
            assert!(!tell.says.is_empty());
        }
    }
}

#[test]
fn nothing_gives_way_in_a_circle() {
    for rule in YIELDS {
        assert_eq!(YIELDS.iter().filter(|other| other.generic == rule.generic).count(), 1, "{:?}", rule.generic);
        let To::These(stronger) = rule.to else { continue };
        for sign in stronger {
            assert!(!gives_way(*sign, rule.generic, 8), "{sign:?} and {:?}", rule.generic);
        }
    }
}

fn gives_way(sign: Sign, to: Sign, depth: usize) -> bool {
    let Some(rule) = YIELDS.iter().find(|rule| rule.generic == sign) else { return false };
    let To::These(stronger) = rule.to else { return false };
    depth > 0 && stronger.iter().any(|next| *next == to || gives_way(*next, to, depth - 1))
}
