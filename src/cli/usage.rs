//! A command line that cannot be used, in the form of every other error: what is wrong, and what to do.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{Command, Error as Refusal};

use crate::error::Error;

/// Turns the parser's refusal into an error with a hint; `args` are the words that were refused.
///
/// The parser's words are kept where they say what is wrong; what it suggests becomes the hint.
pub(super) fn refused(stop: &Refusal, command: &Command, args: &[OsString]) -> Error {
    Error::usage(what(stop)).hinted(hint(stop, &help(command, args)))
}

/// Returns what is wrong: the refusal's first paragraph without the values that it lists, which the hint names.
fn what(stop: &Refusal) -> String {
    let text = stop.render().to_string();
    let lines = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    let told: Vec<&str> = lines.filter(|line| !line.starts_with('[')).collect();
    told.join(" ").trim_start_matches("error: ").to_owned()
}

fn hint(stop: &Refusal, help: &str) -> String {
    let named = |kind| stop.get(kind).map(words).filter(|words| !words.is_empty());
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    if let Some(near) = suggested.into_iter().find_map(named) {
        return format!("Did you mean {}? See: {help}", near.join(" or "));
    }
    match named(ContextKind::ValidValue) {
        Some(values) => format!("Choose one of {}; see: {help}", values.join(", ")),
        None => format!("See what can be given with: {help}"),
    }
}

fn words(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(word) => vec![word.clone()],
        ContextValue::Strings(words) => words.clone(),
        _ => Vec::new(),
    }
}

/// Returns the command that shows the help of the verb that was meant.
fn help(command: &Command, args: &[OsString]) -> String {
    let verb = args.iter().skip(1).filter_map(|word| word.to_str()).find_map(|word| command.find_subcommand(word));
    let verb = verb.map_or_else(String::new, |verb| format!(" {}", verb.get_name()));
    format!("kubectl aksbackup{verb} --help")
}
