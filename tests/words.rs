//! What the tool prints can be acted on: its own commands parse, its codes are Microsoft's, its table has no cycle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aksbackup::catalogue::CODES;
use aksbackup::checks::causes::CAUSES;
use aksbackup::checks::{CHECKS, Outcome, run};
use aksbackup::cli::Cli;
use clap::Parser as _;
use syn::visit::Visit;

/// Every check has a case in which it fires (tests/checks.rs), so that a code which one explains is one that is found.
#[test]
fn every_code_of_the_founding_page_is_explained_by_a_check() {
    let explained: BTreeSet<&str> = CHECKS.iter().flat_map(|check| check.explains.iter().copied()).collect();
    let missing: Vec<&str> = {
        let mut codes: Vec<&str> =
            CODES.iter().filter(|code| code.in_seed).map(|code| code.code).filter(|c| !explained.contains(c)).collect();
        codes.sort_unstable();
        codes
    };
    assert_eq!(CODES.iter().filter(|code| code.in_seed).count(), 27);
    assert!(missing.is_empty(), "no check explains {missing:?}");
    for code in explained {
        assert!(CODES.iter().any(|known| known.code == code), "{code} is no code of the catalogue");
    }
}

#[test]
fn the_table_of_causes_names_checks_and_has_no_cycle() {
    let mut effects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in CAUSES {
        for name in [row.effect, row.cause] {
            assert!(CHECKS.iter().any(|check| check.name == name), "{name} in the table of causes is no check");
        }
        effects.entry(row.effect).or_default().push(row.cause);
    }
    fn reaches<'a>(
        from: &'a str,
        to: &str,
        effects: &BTreeMap<&'a str, Vec<&'a str>>,
        seen: &mut BTreeSet<&'a str>,
    ) -> bool {
        seen.insert(from)
            && effects
                .get(from)
                .is_some_and(|causes| causes.iter().any(|cause| *cause == to || reaches(cause, to, effects, seen)))
    }
    for effect in effects.keys() {
        assert!(!reaches(effect, effect, &effects, &mut BTreeSet::new()), "{effect} explains itself");
    }
}

/// Collects the string literals of a source file.
#[derive(Default)]
struct Literals(Vec<String>);

impl<'ast> Visit<'ast> for Literals {
    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.0.push(literal.value());
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        fn walk(tokens: proc_macro2::TokenStream, found: &mut Vec<String>) {
            for token in tokens {
                match token {
                    proc_macro2::TokenTree::Group(group) => walk(group.stream(), found),
                    proc_macro2::TokenTree::Literal(literal) => {
                        if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                            found.push(text.value());
                        }
                    }
                    _ => {}
                }
            }
        }
        walk(mac.tokens.clone(), &mut self.0);
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Finds the commands of ours in a text: from the name to the end of the line or of the sentence.
fn own_commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find("kubectl aksbackup ") {
            let command = &rest[at..];
            let end = command.find(['`', '"', ')', ';', '—', '(']).unwrap_or(command.len());
            found.push(command[..end].trim().trim_end_matches('.').to_owned());
            rest = &command["kubectl aksbackup ".len()..];
        }
    }
    found
}

fn parses(command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split_whitespace().skip(2).collect();
    // `kubectl aksbackup: …` and prose like "kubectl aksbackup in …" name the tool, not a command.
    match Cli::try_parse_from(std::iter::once("kubectl aksbackup").chain(words.iter().copied())) {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(error.kind(), clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion) =>
        {
            Ok(())
        }
        Err(error) => Err(format!("{command}\n{error}")),
    }
}

#[test]
fn every_command_of_ours_that_is_printed_parses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    for file in files {
        let syntax = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap();
        let mut literals = Literals::default();
        // Comments become attributes; those of clap are help, the others are ours alone.
        literals.visit_file(&syntax);
        texts.extend(literals.0);
    }
    for case in support::cases() {
        let facts = support::facts_of(&case);
        let check = CHECKS.iter().find(|check| check.name == case.check).unwrap();
        if let Outcome::Found(findings) = run(&[check], &facts).remove(0).outcome {
            for finding in findings {
                texts.push(finding.message);
                texts.extend(finding.decide);
                if let Some(remedy) = finding.remedy {
                    texts.push(remedy.text);
                    texts.extend(remedy.command);
                    texts.extend(remedy.documented);
                }
            }
        }
    }
    for file in ["README.md", "CONTRIBUTING.md", "plugin/README.md"] {
        let text = fs::read_to_string(root.join(file)).unwrap_or_default();
        texts.extend(text.lines().filter_map(|line| line.trim().strip_prefix("$ ")).map(str::to_owned));
    }
    let mut seen = 0;
    for text in &texts {
        for command in own_commands(text) {
            // Output shown in the README and shell pipes end a command.
            let command = command.split(['|', '>', '#']).next().unwrap_or_default().trim().to_owned();
            seen += 1;
            if let Err(error) = parses(&command) {
                panic!("a command that is printed does not parse: {error}");
            }
        }
    }
    assert!(seen > 3, "no commands were found: the test tests nothing");
}

/// The commands that would do harm are in no remedy (design section 3, contract section 3).
#[test]
fn no_remedy_repeats_what_would_do_harm() {
    for case in support::cases() {
        let facts = support::facts_of(&case);
        let check = CHECKS.iter().find(|check| check.name == case.check).unwrap();
        if let Outcome::Found(findings) = run(&[check], &facts).remove(0).outcome {
            for remedy in findings.into_iter().filter_map(|finding| finding.remedy) {
                // A text may say what was seen there; a command must not hand it on.
                for command in remedy.documented.iter().chain(&remedy.command) {
                    for harm in
                        ["delete pod", "20.40.200.153", "--force", "--grace-period=0", "kubectl replace", "finalize"]
                    {
                        assert!(!command.contains(harm), "{}/{}: {command}", case.check, case.name);
                    }
                }
            }
        }
    }
}
