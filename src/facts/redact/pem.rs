//! PEM blocks: whole ones, those that are not closed, and the end of one whose beginning is lost.

use super::GONE;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Returns the text without PEM blocks.
pub(super) fn without_blocks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("-----") {
        let (before, block) = rest.split_at(at);
        if let Some(inside) = block.strip_prefix(BEGIN) {
            out.push_str(before);
            out.push_str(GONE);
            rest = inside.find(END).map_or("", |end| after_end(&inside[end..]));
        } else if block.starts_with(END) {
            // The lines before the end of a block are its key: they hold no blanks.
            let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '\\' | '\n' | '\r');
            out.push_str(before.trim_end_matches(is_inside));
            out.push_str(GONE);
            rest = after_end(block);
        } else {
            out.push_str(before);
            out.push_str("-----");
            rest = &block["-----".len()..];
        }
    }
    out.push_str(rest);
    out
}

/// Returns what follows the line that ends a block.
fn after_end(block: &str) -> &str {
    let name = block.strip_prefix(END).unwrap_or(block);
    name.find("-----").map_or("", |close| &name[close + "-----".len()..])
}
