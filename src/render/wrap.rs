//! Fits text into a width without breaking what is to be copied.

use unicode_width::UnicodeWidthStr as _;

/// Returns the text without what a terminal would obey: control characters, and those that turn the direction of
/// writing or take no room.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_format(*c))
        .collect()
}

/// Tells whether a character only formats: Unicode's category Cf, as far as it can deceive.
const fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Breaks a text at spaces into lines of at most `width` columns.
///
/// A word that is wider stands on a line of its own and sticks out: names and paths must stay whole.
#[must_use]
pub fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in plain(paragraph).split_whitespace() {
            if !line.is_empty() && line.width() + 1 + word.width() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// Breaks a text into lines of at most `width` columns, inside words too where they are wider.
#[must_use]
pub fn hard_lines(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut out = Vec::new();
    for line in lines(text, width) {
        let mut rest = line.as_str();
        while rest.width() > width {
            let mut end = rest.len();
            let mut columns = 0;
            for (index, c) in rest.char_indices() {
                columns += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
                if columns > width {
                    end = index;
                    break;
                }
            }
            // One character can be wider than the width only if the width is absurd.
            let end = end.max(rest.chars().next().map_or(0, char::len_utf8));
            out.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        out.push(rest.to_owned());
    }
    out
}

/// Breaks a command at spaces outside quotes; every line but the last ends in ` \`, so that it can be copied.
#[must_use]
pub fn command_lines(command: &str, width: usize) -> Vec<String> {
    let command = plain(command);
    let mut words: Vec<String> = vec![String::new()];
    let mut quote: Option<char> = None;
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for c in command.chars() {
        // Outside of single quotes a backslash takes the next sign as it is: an apostrophe in quotes is written '\\''.
        if is_escaped || (c == '\\' && quote != Some('\'')) {
            is_escaped = !is_escaped;
            if let Some(word) = words.last_mut() {
                word.push(c);
            }
            continue;
        }
        match (quote, c) {
            (None, ' ') if depth == 0 => {
                words.push(String::new());
                continue;
            }
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in words.into_iter().filter(|word| !word.is_empty()) {
        let indent = if lines.is_empty() { 0 } else { 2 };
        if !line.is_empty() && indent + line.width() + 1 + word.width() + 2 > width {
            lines.push(format!("{}{line} \\", " ".repeat(indent)));
            line = String::new();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    let indent = if lines.is_empty() { 0 } else { 2 };
    lines.push(format!("{}{line}", " ".repeat(indent)));
    lines
}

/// Cuts a text to at most `columns`, with a sign that it goes on.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    let text = plain(text);
    if text.width() <= columns {
        return text;
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let width = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + width + 1 > columns {
            break;
        }
        used += width;
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apostrophe_inside_quotes_does_not_open_others() {
        let command = r"az lock delete --name 'don'\''t touch' --resource-group rg";
        let joined = command_lines(command, 30).join("\n");
        assert_eq!(joined.replace(" \\\n  ", " "), command);
        assert!(joined.lines().any(|line| line.contains(r"'don'\''t touch'")), "{joined}");
    }

    #[test]
    fn keeps_to_the_width_and_keeps_long_words_whole() {
        assert_eq!(lines("one two three", 7), ["one two", "three"]);
        assert_eq!(lines("a pod/namespace/name b", 8), ["a", "pod/namespace/name", "b"]);
        assert!(hard_lines(&"x".repeat(50), 20).iter().all(|line| line.width() <= 20));
    }

    #[test]
    fn a_broken_command_can_be_copied() {
        let lines = command_lines("az role assignment create --role 'Storage Blob Data Contributor' --scope /x", 40);
        assert_eq!(
            lines,
            ["az role assignment create --role \\", "  'Storage Blob Data Contributor' \\", "  --scope /x"]
        );
    }

    #[test]
    fn nothing_reaches_a_terminal_that_it_would_obey() {
        assert_eq!(plain("a\u{1b}[2Jb\rc\n"), "a[2Jbc ");
        assert_eq!(plain("a\u{202e}b\u{200b}c"), "abc");
    }
}
