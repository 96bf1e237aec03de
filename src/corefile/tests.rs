//! The room as a whole: what its files do together.

mod blocks;
mod judgements;
mod lookups;
