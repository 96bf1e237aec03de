//! The table of signs, gathered from the parts of the backup path.
//!
//! What it is for: adding a sign is one variant of [`Sign`] and one entry in its part, in the same order; the compiler checks the order.
//! What it may not do: search; [`super::classify()`] does.
//! Where the knowledge comes from: the founding page and its later versions, the sources of Velero, azidentity, CoreDNS, Helm and Kubernetes, and about
//! 150 public reports of what really went wrong behind these words.

mod admission;
mod azure;
mod coredns;
mod extension;
mod identity;
mod network;
mod rights;
mod runs;
mod storage;
mod volumes;

use super::sign::{About, Sign};

const PARTS: &[&[About]] = &[
    identity::SIGNS,
    rights::SIGNS,
    storage::SIGNS,
    network::SIGNS,
    coredns::SIGNS,
    extension::SIGNS,
    admission::SIGNS,
    azure::SIGNS,
    volumes::SIGNS,
    runs::SIGNS,
];

const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

/// All signs, in the order of [`Sign`].
pub static SIGNS: [About; COUNT] = {
    let mut all = [PARTS[0][0]; COUNT];
    let (mut next, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut index = 0;
        while index < PARTS[part].len() {
            all[next] = PARTS[part][index];
            // `Sign::about` indexes this table.
            assert!(all[next].sign as usize == next, "the table is not in the order of the enum");
            next += 1;
            index += 1;
        }
        part += 1;
    }
    all
};

// The last variant has an entry, so every variant has one.
const _: () = assert!(Sign::ImportPatternUnmatched as usize + 1 == COUNT);
