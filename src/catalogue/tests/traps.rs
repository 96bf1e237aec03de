//! Where documented patterns mislead: each trap by name.

use super::super::{Captured, Sign, classify, innermost};
use super::founding_page::{SCENARIO_1, SCENARIO_2};
use super::{captured, signs};

#[test]
fn the_helm_sentence_alone_asserts_no_shortage() {
    assert!(!signs(SCENARIO_1).contains(&Sign::InsufficientRoom));
    let pre_install = "Helm installation from path [] for release [azureml] failed with the following error: err [release azureml failed, and has been uninstalled due to atomic being set: failed pre-install: pod healthcheck failed]";
    assert_eq!(signs(pre_install), [Sign::HelmHookFailed]);
}

#[test]
fn canned_advice_about_policies_is_no_evidence() {
    let healthcheck = "Helm installation failed : Unable to create/update Kubernetes resources for the extension : Recommendation Please check that there are no policies blocking the resource creation/update for the extension : InnerError [release x failed, and has been uninstalled due to atomic being set: failed pre-install: pod healthcheck failed]";
    assert_eq!(signs(healthcheck), [Sign::HelmHookFailed]);
    let advice =
        "Recommendation Please check that RequestDisallowedByPolicy and no such host are not the case : InnerError [x]";
    assert_eq!(signs(advice), []);
    let recommended = "{\"code\":\"UserErrorX\",\"recommendedAction\":[\"Check AuthorizationPermissionMismatch and ContainerNotFound\"],\"message\":\"the cluster is in stopped state\"}";
    assert_eq!(signs(recommended), [Sign::ClusterStopped]);
}

#[test]
fn list_keys_in_a_url_is_not_key_mode_failing() {
    assert_eq!(signs(SCENARIO_2), [Sign::NmiRefused]);
    assert_eq!(signs("POST https://management.azure.com/x/listKeys?%24expand=kerb&api-version=2019-06-01: 200 OK"), []);
    let other = "POST https://management.azure.com/x/listKeys: AuthorizationFailed: The client 'c' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/read' over scope '/s'";
    assert_eq!(signs(other), [Sign::ActionDenied]);
}

#[test]
fn the_metadata_service_and_nmi_are_two_troubles() {
    let imds = "StatusCode=400 -- Original Error: adal: Refresh request failed. Status Code = '400'. Response body: {\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"} Endpoint http://169.254.169.254/metadata/identity/oauth2/token?client_id=0404-403";
    assert_eq!(signs(imds), [Sign::ImdsIdentityNotFound]);
}

#[test]
fn agent_errors_that_are_not_dns_are_not_dns() {
    for text in [
        "{\"Message\":\"Error in the getting the Configurations: error {GET configurations returned response code {401}}\"}",
        "{\"Message\":\"Error in the getting the Configurations: error {Post \\\"https://x.dp.kubernetesconfiguration.azure.com/\\\"}: This traffic is not authorized\"}",
    ] {
        assert!(!signs(text).contains(&Sign::DnsNoSuchHost), "{text}");
    }
}

#[test]
fn policy_denials_differ_by_what_is_denied() {
    for (text, kind) in [
        (
            "snapshot.SnapshotsClient#CreateOrUpdate: StatusCode=403 Code=\"RequestDisallowedByPolicy\"",
            "Microsoft.Compute/snapshots",
        ),
        (
            "PUT https://management.azure.com/subscriptions/s/resourceGroups/MC/providers/Microsoft.Storage/storageAccounts/f1 RequestDisallowedByPolicy",
            "Microsoft.Storage/storageAccounts",
        ),
        (
            "PUT https://management.azure.com/s/providers/Microsoft.ContainerService/managedClusters/c/providers/Microsoft.KubernetesConfiguration/extensions/b: RequestDisallowedByPolicy",
            "Microsoft.KubernetesConfiguration/extensions",
        ),
    ] {
        let Captured::Disallowed { resource_type, .. } = captured(text, Sign::RequestDisallowedByPolicy) else {
            panic!()
        };
        assert_eq!(resource_type.as_deref(), Some(kind), "{text}");
    }
}

#[test]
fn read_only_mode_is_no_lock_and_no_worm() {
    assert_eq!(signs("backup storage location default is currently in read-only mode"), [Sign::ReadOnlyLocation]);
    assert!(!signs("BlobImmutableDueToPolicy").contains(&Sign::ReadOnlyLocation));
    assert!(
        !signs("ScopeLocked: cannot perform write operation because following scope(s) are locked")
            .contains(&Sign::ReadOnlyLocation)
    );
}

#[test]
fn a_webhook_that_denies_is_not_one_without_a_service() {
    assert!(!signs("admission webhook \"a\" denied the request: no").contains(&Sign::WebhookUnreachable));
    assert_eq!(signs("failed calling webhook \"a\": service \"a\" not found"), [Sign::WebhookUnreachable]);
}

#[test]
fn a_missing_api_version_is_not_always_the_flow_schema_case() {
    assert_eq!(
        signs("error restoring ingresses.extensions/shop: the server could not find the requested resource"),
        [Sign::ApiVersionNotServed]
    );
}

#[test]
fn a_code_inside_a_longer_word_is_another_code() {
    assert!(
        !signs("AuthorizationFailure: x")
            .iter()
            .any(|sign| matches!(sign, Sign::ActionDenied | Sign::LinkedAuthorization))
    );
    assert!(!signs("LinkedAuthorizationFailed: x").contains(&Sign::ActionDenied));
    assert!(!signs("ParentContainerNotFoundException").contains(&Sign::ContainerNotFound));
    assert!(!signs("AADSTS7000222: x").contains(&Sign::FederatedCredentialMismatch));
}

#[test]
fn a_403_of_the_private_link_is_no_role() {
    assert_eq!(signs("RESPONSE 403: This traffic is not authorized. AuthorizationTag"), [Sign::PrivateLinkForbidden]);
}

#[test]
fn a_wait_of_somebody_else_is_not_helms() {
    assert_eq!(signs("Unable to attach or mount volumes: timed out waiting for the condition"), []);
}

#[test]
fn letter_case_and_wrapping_do_not_matter() {
    assert_eq!(signs("authorizationPERMISSIONmismatch"), [Sign::DataRoleMissing]);
    assert_eq!(signs("no azure identity\n        found for request   clientID abc"), [Sign::NmiRefused]);
    assert_eq!(signs("오류 AuthorizationPermissionMismatch가 발생했습니다"), [Sign::DataRoleMissing]);
    assert_eq!(signs("\u{1b}[31mContainerNotFound\u{1b}[0m"), [Sign::ContainerNotFound]);
    assert_eq!(signs(r"failed\nAuthorizationFailure\u003c/Code\u003e"), [Sign::StorageNetworkDenied]);
}

#[test]
fn lines_of_a_log_do_not_explain_each_other() {
    let log = "time=\"2026-11-01T00:00:00Z\" level=info msg=\"POST storage.AccountsClient#ListKeys ok\"\ntime=\"2026-11-01T00:00:01Z\" level=error msg=\"AuthorizationFailed: The client 'c' does not have authorization to perform action 'Microsoft.Compute/snapshots/write' over scope '/s'\"\ntime=\"2026-11-01T00:00:02Z\" level=error msg=\"dial tcp: lookup a.blob.core.windows.net on 10.0.0.10:53: no such host\"";
    assert_eq!(signs(log), [Sign::DnsNoSuchHost, Sign::SnapshotRightMissing]);
}

#[test]
fn a_line_before_does_not_name_the_endpoint_of_the_next() {
    let log = "time=\"2026-11-01T00:00:00Z\" level=info msg=\"GET http://169.254.169.254/metadata ok\"\ntime=\"2026-11-01T00:00:01Z\" level=error msg=\"dial tcp 20.1.2.3:443: i/o timeout\"";
    assert_eq!(signs(log), [Sign::ConnectTimeout]);
    let events = "5m   Normal   Pulled   pod/a   Successfully pulled image\n3m12s   Warning   Failed   pod/a   persistentvolumeclaim \"data\" not found";
    assert_eq!(signs(events), [Sign::ClaimNotFound]);
    let pulling =
        "5m   Normal   Pulling   pod/a   Pulling image \"x\"\n3m12s   Warning   Failed   pod/a   manifest unknown";
    assert_eq!(signs(pulling), []);
}

#[test]
fn an_access_key_is_never_quoted() {
    let text = "rpc error: code = Unknown desc = no storage account access key with key c2VjcmV0c2VjcmV0c2VjcmV0== found in credential";
    let found = classify(text);
    assert_eq!(found[0].sign, Sign::KeySettingHoldsKey);
    assert!(!text[found[0].quote.clone()].contains("c2VjcmV0"));
    assert_eq!(found[0].captured, Captured::Nothing);
}

#[test]
fn causes_stand_before_symptoms_before_harmless_words() {
    let text = "BlobNotFound\nCSI got timed out with error: client throttled";
    assert_eq!(signs(text), [Sign::Throttled, Sign::SnapshotTimedOut, Sign::BlobAbsent]);
}

#[test]
fn an_envelope_is_not_the_error() {
    assert_eq!(innermost(SCENARIO_1), "failed post-install: timed out waiting for the condition");
}
