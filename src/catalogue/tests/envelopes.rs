//! Envelopes of the agents of 2022 to 2026.

use super::super::innermost;
use super::founding_page::{SCENARIO_1, SCENARIO_2, SCENARIO_4};

#[test]
fn nested_inner_errors_are_opened() {
    assert_eq!(innermost(SCENARIO_1), "failed post-install: timed out waiting for the condition");
    assert_eq!(innermost(SCENARIO_4), "failed pre-install: job failed: BackoffLimitExceeded");
    assert!(innermost(SCENARIO_2).starts_with("adal: Refresh request failed. Status Code = '404'."));
}

#[test]
fn braces_and_advice_are_dropped() {
    assert_eq!(
        innermost("Error: {the thing broke} occurred while doing the operation : {Create} on the config"),
        "the thing broke"
    );
    assert_eq!(innermost("Chart failed : Recommendation Please check that there are no policies"), "Chart failed");
    assert_eq!(innermost("Error: [ InnerError: [a] ] , For general troubleshooting visit: https://aka.ms/x"), "a");
    assert_eq!(innermost("rpc error: code = Unknown desc = rpc error: code = NotFound desc = gone"), "gone");
}

#[test]
fn what_has_no_envelope_comes_back_trimmed() {
    assert_eq!(innermost("  plain \n"), "plain");
    assert_eq!(innermost(""), "");
    assert_eq!(innermost("InnerError ["), "");
    assert_eq!(innermost("InnerError [한글"), "한글");
    assert_eq!(innermost("uninstalled due to atomic being set:"), "uninstalled due to atomic being set:");
}
