//! What is dangerous in a configuration, or does nothing, though CoreDNS takes it.
use super::configuration::Configuration;
use super::model::Model;
/// x
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard;
pub(super) fn hazards(_: &Model, _: &Configuration) -> Vec<Hazard> {
    Vec::new()
}
