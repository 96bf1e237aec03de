//! What `-o` can be.

use clap::ValueEnum;

/// The formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// What is needed to act
    #[default]
    Human,
    /// The evidence of everything, too
    Wide,
    /// The document of the contract as JSON
    Json,
    /// The document of the contract as YAML
    Yaml,
}

/// Returns how many columns stdout has; what is piped gets a width that most places can show.
pub fn width() -> usize {
    const PIPED: usize = 100;
    terminal_size::terminal_size_of(std::io::stdout()).map_or(PIPED, |(width, _)| usize::from(width.0))
}
