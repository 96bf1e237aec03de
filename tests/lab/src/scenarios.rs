//! The table of all scenarios. One file per family; a scenario is a name, a sentence, and a function that makes its world.

mod cluster;
mod demo;
mod endpoint;
mod healthy;
mod identity;
mod install;
mod location;
mod runs;
mod volumes;

use std::sync::LazyLock;

use anyhow::{Result, bail};

use crate::aks::{CLUSTER, REGION, RESOURCE_GROUP, SUBSCRIPTION};
use crate::world::World;

/// One world with a name.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The name: `s1_…`, `s2_…`, `s3_…` are the scenarios of Microsoft's page and their look-alikes.
    pub name: &'static str,
    /// What is the case, in a sentence.
    pub about: &'static str,
    /// Makes the world. Times in it are relative to the moment of the call.
    pub world: fn() -> World,
}

/// Every scenario, family by family.
pub static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(|| FAMILIES.concat());

static FAMILIES: &[&[Scenario]] = &[
    healthy::SCENARIOS,
    install::SCENARIOS,
    identity::SCENARIOS,
    endpoint::SCENARIOS,
    location::SCENARIOS,
    volumes::SCENARIOS,
    runs::SCENARIOS,
    cluster::SCENARIOS,
    demo::SCENARIOS,
];

/// Returns the world of a scenario.
pub fn scenario(name: &str) -> Result<World> {
    match SCENARIOS.iter().find(|scenario| scenario.name == name) {
        Some(scenario) => Ok((scenario.world)()),
        None => bail!("there is no scenario `{name}`; near it: {}", nearest(name).join(", ")),
    }
}

/// Returns a line of the extension agent's log, as the agent writes it.
fn agent_line(level: &str, message: &str, minutes: i64) -> String {
    let seconds = jiff::Timestamp::now().as_second() - 60 * minutes;
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    // The order of the fields is the agent's, so the line is put together by hand.
    let message = serde_json::Value::String(message.to_owned());
    let arm_id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers/Microsoft.ContainerService/managedclusters/{CLUSTER}"
    );
    format!(
        r#"{{"Message":{message},"LogType":"ConfigAgentTrace","LogLevel":"{level}","Environment":"prod","Role":"ClusterConfigAgent","Location":"{REGION}","ArmId":"{arm_id}","CorrelationId":"","AgentName":"ConfigAgent","AgentVersion":"1.32.1","AgentTimestamp":"{}"}}"#,
        time.strftime("%Y/%m/%d %H:%M:%S")
    )
}

/// Returns the names that are nearest to one that does not exist.
pub fn nearest(name: &str) -> Vec<&'static str> {
    let mut names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    names.sort_by_key(|other| distance(name, other));
    names.truncate(3);
    names
}

/// Counts the letters that must be changed, added or removed; a name that contains the other is near.
fn distance(one: &str, other: &str) -> usize {
    if !one.is_empty() && other.contains(one) {
        return 0;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut left_above = row[0];
        row[0] = index + 1;
        for (column, candidate) in other.iter().enumerate() {
            let above = row[column + 1];
            row[column + 1] = (left_above + usize::from(letter != *candidate)).min(above + 1).min(row[column] + 1);
            left_above = above;
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_world_can_be_made() {
        let names: HashSet<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), SCENARIOS.iter().count());
        for scenario in SCENARIOS.iter() {
            let world = (scenario.world)();
            assert!(!world.objects.is_empty(), "{} is empty", scenario.name);
            assert!(scenario.about.ends_with('.'), "{}: a sentence ends with a period", scenario.name);
        }
    }

    #[test]
    fn near_names_are_offered() {
        assert_eq!(nearest("helthy")[0], "healthy");
    }
}
