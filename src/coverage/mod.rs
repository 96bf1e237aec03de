//! Which volumes a backup holds, and why it does not hold the others: one verdict for each claim.
//!
//! Pure: facts in, verdicts out. `check-pvcs` shows all of them, and `doctor` counts them. The rules stand in one
//! table ([`RULES`]), in the order that the contract fixes; the first that has something to say of a claim decides.
//! What a backup holds and still deserves a word is said by [`REMARKS`]. Knowledge: azure-backup.md section 2 (volumes,
//! limits), contract.md section 4, Velero's rules of what an object's labels leave out.

mod driver;
mod index;
mod remark;
mod remarks;
mod rule;
mod rules;
mod scope;
mod verdict;

pub use driver::{driver_version, loses_shares, share_driver};
pub use index::{Index, Sight, VolumeSeen};
pub use remark::{REMARKS, Remark};
pub use rule::{RULES, Rule};
pub use scope::{Basis, Extent, Scope};
pub use verdict::{ClaimVerdict, Said, Verdict, Warned, judge};
