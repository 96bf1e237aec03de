//! Configurations by chance, from a fixed seed: what people write, and what becomes of it when a hand slips.
//!
//! `@PORT@`, `@UP1@`…, `@DIR@` stand for what each run has of its own.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::lines::{ZONES, cache, directive, other, view};

/// The texts of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    pub corefile: String,
    pub custom: BTreeMap<String, String>,
}

/// AKS's Corefile, with a zone file in the place of the cluster.
pub const BASE: &str = "\
.:@PORT@ {
    bind 127.0.0.1
    errors
    ready 127.0.0.1:@READY@
    health 127.0.0.1:@HEALTH@ {
      lameduck 5s
    }
    file cluster.local.zone cluster.local
    forward . @UP1@
    cache 30
    loop
    reload
    loadbalance
    import custom/*.override
    template ANY ANY internal.cloudapp.net {
      match \"^(?:[^.]+\\.){4,}internal\\.cloudapp\\.net\\.$\"
      rcode NXDOMAIN
      fallthrough
    }
    template ANY ANY reddog.microsoft.com {
      rcode NXDOMAIN
    }
}
import custom/*.server
";

/// Words by chance, for the lexer and the parser.
fn soup(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..chance.below(14) {
        text += chance.of(&[
            "log",
            "errors",
            "hosts",
            "cache",
            "whoami",
            "template IN A",
            "import list.txt",
            "import (s)",
            "import s",
            "fallthrough",
            "10.0.0.1 foo.local",
            "{",
            "{",
            "}",
            "}",
            "{",
            "}",
            "\"",
            "\"a b\"",
            "#",
            "x#y z",
            "(s) {",
            "(s)",
            "a.example",
            "a.example:@PORT@ {",
            ",",
            "\\",
            "{$NOPE}",
            "import",
        ]);
        text += chance.of(&[" ", " ", "\n", "\n", "\n", "\t", "\r\n", "", "\n\n", "\u{2003}"]);
    }
    text
}

fn server(chance: &mut Chance) -> String {
    let key = match chance.below(6) {
        0 => "centralus.dp.kubernetesconfiguration.azure.com:@PORT@".to_owned(),
        1 => "CENTRALUS.dp.kubernetesconfiguration.azure.com.:@PORT@".to_owned(),
        2 => format!("{}:@PORT@", chance.of(ZONES)),
        3 => format!("{}:@PORT@, {}:@PORT@", chance.of(ZONES), chance.of(ZONES)),
        4 => format!("{}://{}:@PORT@", chance.mostly(&["dns"], &["tls"]), chance.of(ZONES)),
        _ => "azure.com:@PORT@".to_owned(),
    };
    let bind = if chance.once_in(8) { "" } else { "bind 127.0.0.1\n" };
    let end = if chance.once_in(3) { "" } else { "forward . @UP2@\n" };
    let middle: String = (0..chance.below(3)).map(|_| directive(chance)).collect();
    let cache = if chance.once_in(3) { cache(chance) } else { String::new() };
    let block = format!("{key} {{\n{bind}{middle}{cache}{end}}}\n");
    if !chance.once_in(3) {
        return block;
    }
    let seen = format!("{key} {{\n{bind}{}{}forward . @UP3@\n}}\n", view(chance), directive(chance));
    match chance.below(5) {
        0 => seen,
        1 => block + &seen,
        2 => seen.clone() + &seen + &block,
        _ => seen + &block,
    }
}

/// One configuration: AKS's own, and some keys that a person wrote.
fn written(chance: &mut Chance) -> Texts {
    let mut corefile = BASE.to_owned();
    if chance.once_in(6) {
        corefile = corefile.replace("    bind 127.0.0.1\n", "");
    }
    if chance.once_in(10) {
        corefile = corefile.replace("    errors\n", "    import shared\n");
        corefile = format!("(shared) {{\n    errors\n    {}}}\n{corefile}", other(chance));
    }
    let mut custom = BTreeMap::new();
    for index in 0..=chance.below(2) {
        let (key, text) = match chance.below(8) {
            0..=3 => (format!("{index}.override"), (0..=chance.below(2)).map(|_| directive(chance)).collect()),
            4..=6 => (format!("{index}.server"), server(chance)),
            _ => (format!("{index}.{}", chance.of(&["conf", "Override", "server.bak", "txt"])), directive(chance)),
        };
        custom.insert(key, text);
    }
    custom.insert("pins.hosts".to_owned(), "10.0.0.7 a.example.net www.azure.com\n".to_owned());
    custom.insert("list.txt".to_owned(), "log\n".to_owned());
    custom.insert("resolv.conf".to_owned(), "search local\n".to_owned());
    if chance.once_in(4) {
        custom.insert("round.txt".to_owned(), "import round.txt\n".to_owned());
    }
    Texts { corefile, custom }
}

/// What may slip into a text.
const SLIPS: &[&str] = &[
    "{",
    "}",
    "\"",
    "#",
    ",",
    "import",
    "import list.txt",
    "hosts",
    "fallthrough",
    "\\",
    "\r",
    "\t",
    "\u{a0}",
    "(",
    ")",
    "{$NOPE}",
    "{$}",
    "*",
    ";",
    "}\n",
    "{\n",
];

/// Slips of a hand in one text. Lines that open ports are left alone: without their address they would take another program's.
fn slip(chance: &mut Chance, text: &str) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = chance.below(lines.len());
    let is_kept = ["ready", "health", "bind", "@PORT@"].iter().any(|word| lines[at].contains(word));
    let mut words: Vec<String> = lines[at].split(' ').map(str::to_owned).collect();
    let word = chance.below(words.len());
    match chance.below(12) {
        0 if !is_kept => drop(lines.remove(at)),
        1 if !is_kept => lines.insert(at, lines[at].clone()),
        2 if at + 1 < lines.len() && !is_kept => lines.swap(at, at + 1),
        3 if at + 1 < lines.len() && !is_kept => {
            let next = lines.remove(at + 1);
            lines[at] += " ";
            lines[at] += next.trim_start();
        }
        4 if !is_kept => {
            words.remove(word);
            lines[at] = words.join(" ");
        }
        5 => {
            words.insert(word, chance.of(SLIPS).to_owned());
            lines[at] = words.join(" ");
        }
        6 if words.len() > 1 && word + 1 < words.len() => {
            let next = words.remove(word + 1);
            words[word] += &next;
            lines[at] = words.join(" ");
        }
        7 => {
            words[word] = words[word].to_uppercase().replace("@port@", "@PORT@");
            lines[at] = words.join(" ");
        }
        8 => {
            words.insert(word, "\n".to_owned());
            lines[at] = words.join(" ");
        }
        9 => lines[at] = format!("{}{}", lines[at], chance.of(&["#x", " # x", "\r", "  ", "}", " }"])),
        10 => return text.replace('\n', "\r\n"),
        _ => {
            words[word] += chance.of(SLIPS);
            lines[at] = words.join(" ");
        }
    }
    lines.join("\n")
}

/// A configuration for each number: half with slips, a quarter of words by chance, a quarter as a person means it.
pub fn configuration(number: u64) -> Texts {
    let mut chance = Chance::new(number.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x00c0_ffee);
    let mut texts = written(&mut chance);
    if number % 4 == 2 {
        let key = chance.of(&["soup.override", "soup.override", "soup.server"]);
        texts.custom =
            BTreeMap::from([("list.txt".to_owned(), "log\n".to_owned()), (key.to_owned(), soup(&mut chance))]);
    }
    if number % 2 == 1 {
        for _ in 0..=chance.below(2) {
            let key = chance.below(texts.custom.len() + 1);
            match texts.custom.values_mut().nth(key) {
                Some(text) => *text = slip(&mut chance, text),
                None => texts.corefile = slip(&mut chance, &texts.corefile),
            }
        }
    }
    texts
}
