//! The walls of the house, proved on the sources: which room may name what.
//!
//! Every path of every file is judged, not only its `use` lines: in types, expressions, patterns, attributes and inside
//! macro calls. A wall that is broken is told with file, line and the rule.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends at the first surprise"
)]

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// What a pure room may not name, and why.
const IMPURE: &[(&str, &str)] = &[
    ("kube", "a client of the cluster"),
    ("k8s_openapi", "the cluster's own types"),
    ("tokio", "a runtime"),
    ("futures", "asynchronous code"),
    ("clap", "the command line"),
    ("http", "the wire"),
    ("which", "the machine's programs"),
    ("tempfile", "files"),
    ("terminal_size", "the terminal"),
    ("std::process", "processes"),
    ("std::fs", "files"),
    ("std::env", "the environment"),
    ("std::time::SystemTime", "a clock"),
    ("std::time::Instant", "a clock"),
    ("std::net::TcpStream", "the network"),
    ("std::net::TcpListener", "the network"),
    ("std::net::UdpSocket", "the network"),
    ("std::net::ToSocketAddrs", "the network"),
    ("std::thread", "threads"),
    ("jiff::Timestamp::now", "a clock"),
    ("Timestamp::now", "a clock"),
    ("jiff::Zoned::now", "a clock"),
    ("Zoned::now", "a clock"),
    ("jiff::tz::TimeZone::system", "the machine's time zone"),
];

/// A room: where it is, whether it is pure, and which other rooms it may name.
struct Room {
    name: &'static str,
    is_pure: bool,
    may_name: &'static [&'static str],
}

/// The rooms, from the ground up (design section 5). Every room may name itself.
const ROOMS: &[Room] = &[
    Room { name: "finding", is_pure: true, may_name: &[] },
    Room { name: "catalogue", is_pure: true, may_name: &[] },
    Room { name: "corefile", is_pure: true, may_name: &[] },
    Room { name: "exit", is_pure: true, may_name: &[] },
    Room { name: "error", is_pure: true, may_name: &[] },
    Room { name: "facts", is_pure: true, may_name: &["finding"] },
    Room { name: "coverage", is_pure: true, may_name: &["finding", "facts", "catalogue"] },
    Room { name: "checks", is_pure: true, may_name: &["finding", "facts", "catalogue", "corefile", "coverage"] },
    // `render` prints errors and reads what a check is called; it decides nothing.
    Room { name: "render", is_pure: true, may_name: &["finding", "facts", "checks", "coverage", "error"] },
    // A group of processes, for the two rooms that start any.
    Room { name: "child", is_pure: false, may_name: &[] },
    Room { name: "cluster", is_pure: false, may_name: &["facts", "error", "child"] },
    Room { name: "azure", is_pure: false, may_name: &["facts", "child"] },
    Room { name: "sources", is_pure: false, may_name: &["finding", "facts", "cluster", "azure", "error"] },
    Room {
        name: "cli",
        is_pure: false,
        may_name: &[
            "finding",
            "facts",
            "checks",
            "coverage",
            "catalogue",
            "cluster",
            "azure",
            "sources",
            "render",
            "error",
            "exit",
        ],
    },
];

/// What only some places may name, whatever room they are in.
const RESERVED: &[(&str, &[&str], &str)] = &[
    ("std::process::Command", &[], "only the kubeconfig's login program and az are started, and not so"),
    // The login program, once and with a limit; the client would run it three times. And the user's own az.
    (
        "tokio::process",
        &["src/cluster/exec_plugin.rs", "src/azure/az.rs"],
        "only the kubeconfig's login program and az are started, each in one place",
    ),
    ("std::process::exit", &[], "only main ends the process, by returning"),
    ("std::io::stdout", &["src/render/sink.rs", "src/cli/output.rs"], "only render writes to stdout"),
    ("io::stdout", &["src/render/sink.rs"], "only render writes to stdout"),
    ("std::io::stderr", &["src/render/sink.rs"], "only render writes to stderr"),
    ("io::stderr", &["src/render/sink.rs"], "only render writes to stderr"),
    ("anstream", &["src/render/sink.rs"], "only the sink decides about colours"),
    ("indicatif", &["src/render/path_walk.rs"], "only render draws"),
    ("kube", &["src/cluster/"], "only cluster speaks to the API"),
    ("k8s_openapi", &["src/cluster/"], "only cluster speaks to the API"),
];

/// Macros that write without naming a stream.
const WRITING_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

struct Walls<'a> {
    file: &'a Path,
    room: Option<&'static Room>,
    broken: Vec<String>,
    /// Names that a `use` line brought in, with the path that they stand for.
    aliases: Vec<(String, String)>,
}

impl Walls<'_> {
    fn break_at(&mut self, line: usize, what: &str, why: &str) {
        self.broken.push(format!("{}:{line}: {what}: {why}", self.file.display()));
    }

    /// Judges one path, given as `a::b::c`.
    fn judge(&mut self, path: &str, line: usize) {
        // A name that was brought in by `use` stands for its whole path.
        let first = path.split("::").next().unwrap_or_default();
        let whole = self
            .aliases
            .iter()
            .find(|(name, _)| name == first)
            .map_or_else(|| path.to_owned(), |(_, full)| format!("{full}{}", &path[first.len()..]));
        for path in [path, whole.as_str()] {
            self.judge_whole(path, line);
        }
    }

    fn judge_whole(&mut self, path: &str, line: usize) {
        let is_under = |root: &str| path == root || path.starts_with(&format!("{root}::"));
        for (root, places, why) in RESERVED {
            let shown = self.file.to_string_lossy();
            if is_under(root) && !places.iter().any(|place| shown.starts_with(place)) {
                self.break_at(line, path, why);
            }
        }
        let Some(room) = self.room else { return };
        if room.is_pure {
            for (root, what) in IMPURE {
                if is_under(root) {
                    self.break_at(line, path, &format!("{} is a pure room and may not name {what}", room.name));
                }
            }
        }
        if let Some(rest) = path.strip_prefix("crate::").or_else(|| path.strip_prefix("aksbackup::")) {
            let other = rest.split("::").next().unwrap_or_default();
            let is_room = ROOMS.iter().any(|room| room.name == other);
            if is_room && other != room.name && !room.may_name.contains(&other) {
                self.break_at(line, path, &format!("{} may not name {other}", room.name));
            }
        }
    }

    /// Judges what stands inside a macro call: paths are idents with `::` between them there.
    fn judge_tokens(&mut self, tokens: TokenStream) {
        let mut path = String::new();
        let mut line = 0;
        let mut colons = 0;
        let mut before = None::<String>;
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) => {
                    if colons == 2 {
                        path.push_str("::");
                    } else {
                        self.end_of_path(&mut path, line);
                    }
                    line = ident.span().start().line;
                    path.push_str(&ident.to_string());
                    before = Some(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Punct(punct) => {
                    if punct.as_char() == '!'
                        && let Some(name) = &before
                        && WRITING_MACROS.contains(&name.as_str())
                    {
                        self.break_at(line, &format!("{name}!"), "only render writes, and only through its sink");
                    }
                    self.end_of_path(&mut path, line);
                    colons = 0;
                }
                TokenTree::Group(group) => {
                    self.end_of_path(&mut path, line);
                    colons = 0;
                    self.judge_tokens(group.stream());
                }
                TokenTree::Literal(_) => {
                    self.end_of_path(&mut path, line);
                    colons = 0;
                }
            }
        }
        self.end_of_path(&mut path, line);
    }

    fn end_of_path(&mut self, path: &mut String, line: usize) {
        if !path.is_empty() {
            let whole = std::mem::take(path);
            self.judge(&whole, line);
        }
    }

    fn judge_use(&mut self, tree: &syn::UseTree, prefix: &str) {
        let join = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
        match tree {
            syn::UseTree::Path(path) => self.judge_use(&path.tree, &join(&path.ident.to_string())),
            syn::UseTree::Name(name) => {
                let ident = name.ident.to_string();
                let full = if ident == "self" { prefix.to_owned() } else { join(&ident) };
                let local = full.rsplit("::").next().unwrap_or_default().to_owned();
                self.judge_whole(&full, name.span().start().line);
                self.aliases.push((local, full));
            }
            syn::UseTree::Rename(rename) => {
                let ident = rename.ident.to_string();
                let full = if ident == "self" { prefix.to_owned() } else { join(&ident) };
                self.judge_whole(&full, rename.span().start().line);
                self.aliases.push((rename.rename.to_string(), full));
            }
            syn::UseTree::Glob(glob) => {
                let line = glob.span().start().line;
                if prefix == "super" && self.file.to_string_lossy().starts_with("src/") {
                    return;
                }
                self.judge_whole(prefix, line);
                // What a glob of a room brings in could not be judged name by name.
                if ["std", "tokio", "kube"]
                    .iter()
                    .any(|root| prefix == *root || prefix.starts_with(&format!("{root}::")))
                {
                    self.break_at(line, &format!("{prefix}::*"), "a glob hides what is named");
                }
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.judge_use(item, prefix)),
        }
    }
}

impl<'ast> Visit<'ast> for Walls<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.judge_use(&item.tree, "");
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let text: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.judge(&text.join("::"), path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let name = mac.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if WRITING_MACROS.contains(&name.as_str()) {
            let line = mac.path.span().start().line;
            self.break_at(line, &format!("{name}!"), "only render writes, and only through its sink");
        }
        self.judge_tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // A file's own tests may use what they like.
        let is_test = item.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test")
        });
        if !is_test {
            visit::visit_item_mod(self, item);
        }
    }
}

fn judge(file: &Path, text: &str) -> Vec<String> {
    let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let room_name = file
        .strip_prefix("src")
        .ok()
        .and_then(|inside| inside.components().next())
        .map(|first| Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned());
    let room = ROOMS.iter().find(|room| Some(room.name) == room_name.as_deref());
    let mut walls = Walls { file, room, broken: Vec::new(), aliases: Vec::new() };
    // The names that `use` lines bring in must be known before the code below them is judged.
    for item in &syntax.items {
        if let syn::Item::Use(item) = item {
            walls.judge_use(&item.tree, "");
        }
    }
    walls.broken.clear();
    walls.visit_file(&syntax);
    walls.broken.sort();
    walls.broken.dedup();
    walls.broken
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

#[test]
fn no_wall_is_broken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    files.sort();
    let mut broken = Vec::new();
    for file in &files {
        // A room's tests live beside it, in a file of that name, and may use what they like.
        let name = file.file_stem().unwrap().to_string_lossy();
        if name == "tests" || file.parent().unwrap().ends_with("tests") {
            continue;
        }
        let shown = file.strip_prefix(root).unwrap();
        broken.extend(judge(shown, &fs::read_to_string(file).unwrap()));
    }
    assert!(files.len() > 30, "the sources were not found");
    assert!(broken.is_empty(), "{} walls are broken:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn every_top_level_file_and_folder_is_a_room() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_known = matches!(name.as_str(), "main" | "lib") || ROOMS.iter().any(|room| room.name == name);
        assert!(is_known, "src/{name} is no room that the walls know");
    }
}

/// A wall that cannot be seen broken proves nothing: each of these lines must be found.
#[test]
fn a_broken_wall_is_found_and_named() {
    let cases = [
        ("src/checks/a.rs", "fn f() { let _ = std::fs::read(\"x\"); }", "std::fs::read"),
        ("src/checks/a.rs", "use std::{fs as files};\nfn f() { let _ = files::read(\"x\"); }", "std::fs"),
        ("src/checks/a.rs", "use jiff::Timestamp;\nfn f() { let _ = Timestamp::now(); }", "Timestamp::now"),
        ("src/checks/a.rs", "use crate::cluster::Api;", "crate::cluster::Api"),
        ("src/checks/a.rs", "fn f(_: crate::render::Look) {}", "crate::render::Look"),
        ("src/facts/a.rs", "fn f() { vec![tokio::spawn(async {})]; }", "tokio::spawn"),
        ("src/facts/a.rs", "fn f() { println!(\"x\"); }", "println!"),
        ("src/sources/a.rs", "fn f() { assert!(true, \"{}\", { eprintln!(\"x\"); 1 }); }", "eprintln!"),
        ("src/sources/a.rs", "fn f() { std::process::Command::new(\"az\"); }", "std::process::Command"),
        ("src/cluster/a.rs", "fn f() { tokio::process::Command::new(\"az\"); }", "tokio::process"),
        ("src/render/a.rs", "fn f() { let _ = std::env::var(\"HOME\"); }", "std::env::var"),
        ("src/cli/a.rs", "fn f() { std::process::exit(1) }", "std::process::exit"),
        ("src/cli/a.rs", "fn f(_: kube::Client) {}", "kube::Client"),
        ("src/catalogue/a.rs", "use crate::facts::Text;", "crate::facts::Text"),
        ("src/coverage/a.rs", "use crate::checks::CHECKS;", "crate::checks::CHECKS"),
        ("src/finding.rs", "use std::time::Instant;", "std::time::Instant"),
    ];
    for (file, text, found) in cases {
        let broken = judge(Path::new(file), text);
        assert!(broken.iter().any(|line| line.contains(found)), "{text}\nin {file} was not found: {broken:?}");
        assert!(broken[0].starts_with(&format!("{file}:")), "{broken:?}");
    }
    assert!(judge(Path::new("src/cluster/a.rs"), "use kube::Client;\nfn f(_: Client) {}").is_empty());
}
