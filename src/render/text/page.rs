//! The page that is written on: its width, its colours, and how a text is laid out on it.

use owo_colors::{OwoColorize as _, Style};

use crate::checks::Diagnosis;
use crate::render::wrap::lines;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What is needed to act.
    Human,
    /// The evidence of everything, too.
    Wide,
}

/// How it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// How many columns there are.
    pub width: usize,
    /// How much is shown.
    pub detail: Detail,
}

pub(super) const RED: Style = Style::new().red().bold();
pub(super) const YELLOW: Style = Style::new().yellow().bold();
pub(super) const GREEN: Style = Style::new().green();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const CYAN: Style = Style::new().cyan();

/// A page that is being written.
pub(super) struct Page<'d> {
    pub(super) out: String,
    pub(super) look: Look,
    pub(super) diagnosis: &'d Diagnosis,
}

impl Page<'_> {
    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.line("");
        self.line(&text.style(BOLD).to_string());
    }

    /// Writes a text below an indent, wrapped.
    pub(super) fn wrapped(&mut self, indent: &str, text: &str) {
        for line in lines(text, self.look.width.saturating_sub(indent.len())) {
            self.line(&format!("{indent}{line}"));
        }
    }

    /// Writes a text behind a mark, wrapped beside it.
    pub(super) fn marked(&mut self, mark: &str, text: &str, style: Option<Style>) {
        let mut first = true;
        for line in lines(text, self.look.width.saturating_sub(2)) {
            let mark = if first { format!("{mark} ") } else { "  ".to_owned() };
            let line = style.map_or_else(|| line.clone(), |style| line.style(style).to_string());
            self.line(&format!("{mark}{line}"));
            first = false;
        }
    }

    /// Writes a label in a column of its own and a text beside it, wrapped.
    pub(super) fn labelled(&mut self, label: &str, text: &str) {
        const COLUMN: usize = 13;
        let mut first = true;
        for line in lines(text, self.look.width.saturating_sub(COLUMN)) {
            let label = if first { label } else { "" };
            self.line(&format!("  {}{line}", format_args!("{label:<11}").style(DIM)));
            first = false;
        }
    }
}
