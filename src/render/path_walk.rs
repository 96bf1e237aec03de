//! The backup path, walked live on a terminal's stderr while facts are read.
//!
//! Nothing is drawn where stderr is no terminal, and nothing is left behind.

use std::cell::RefCell;
use std::collections::BTreeSet;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::facts::Need;

/// A drawing of how far the reading has come.
pub struct PathWalk {
    bar: ProgressBar,
    state: RefCell<State>,
}

struct State {
    /// What each stretch of the road still waits for.
    open: Vec<(&'static str, BTreeSet<Need>)>,
}

impl PathWalk {
    /// Begins a drawing; `wanted` says which facts each stretch waits for, and nothing is drawn where it is empty.
    #[must_use]
    pub fn begin(wanted: Vec<(&'static str, BTreeSet<Need>)>) -> Self {
        let target = if wanted.is_empty() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        let walk = Self { bar, state: RefCell::new(State { open: wanted }) };
        walk.draw();
        walk
    }

    /// Notes that a fact has been answered.
    pub fn answered(&self, need: Need) {
        for (_, waits) in &mut self.state.borrow_mut().open {
            waits.remove(&need);
        }
        self.draw();
    }

    /// Takes the drawing away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn draw(&self) {
        let state = self.state.borrow();
        let mut parts = Vec::new();
        for (name, waits) in &state.open {
            let sign = if waits.is_empty() { "✓" } else { "…" };
            parts.push(format!("{name}{sign}"));
        }
        self.bar.set_message(parts.join(" → "));
    }
}
