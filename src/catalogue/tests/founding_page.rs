//! Every literal message of the founding page, and those that its later versions added.

use super::super::{Captured, Sign, classify};
use super::{captured, signs, some};

pub(super) const SCENARIO_1: &str = r#"{Helm installation from path [] for release [azure-aks-backup] failed with the following error: err [release azure-aks-backup failed, and has been uninstalled due to atomic being set: failed post-install: timed out waiting for the condition]} occurred while doing the operation: {Installing the extension} on the config"`"#;

pub(super) const SCENARIO_2: &str = "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = azure.BearerAuthorizer#WithAuthorization: Failed to refresh the Token for request to https://management.azure.com/subscriptions/e30af180-aa96-4d81-981a-b67570b0d615/resourceGroups/AzureBackupRG_westeurope_1/providers/Microsoft.Storage/storageAccounts/devhayyabackup/listKeys?%24expand=kerb&api-version=2019-06-01: StatusCode=404 -- Original Error: adal: Refresh request failed. Status Code = '404'. Response body: no azure identity found for request clientID 4e95##### REDACTED #####0777`\n\nEndpoint http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=4e95dcc5-a769-4745-b2d9-";

pub(super) const SCENARIO_3: &str = r#"{"Message":"Error in the getting the Configurations: error {Post \https://centralus.dp.kubernetesconfiguration.azure.com/subscriptions/ subscriptionid /resourceGroups/ aksclusterresourcegroup /provider/managedclusters/clusters/ aksclustername /configurations/getPendingConfigs?api-version=2021-11-01\: dial tcp: lookup centralus.dp.kubernetesconfiguration.azure.com on 10.63.136.10:53: no such host}","LogType":"ConfigAgentTrace","LogLevel":"Error","Environment":"prod","Role":"ClusterConfigAgent","Location":"centralus","ArmId":"/subscriptions/ subscriptionid /resourceGroups/ aksclusterresourcegroup /providers/Microsoft.ContainerService/managedclusters/ aksclustername ","CorrelationId":"","AgentName":"ConfigAgent","AgentVersion":"1.8.14","AgentTimestamp":"2023/01/19 20:24:16"}`"#;

pub(super) const SCENARIO_4: &str = "\"message\": \"Error: [ InnerError: [Helm installation failed : Unable to create/update Kubernetes resources for the extension : Recommendation Please check that there are no policies blocking the resource creation/update for the extension : InnerError [release azure-aks-backup failed, and has been uninstalled due to atomic being set: failed pre-install: job failed: BackoffLimitExceeded]]] occurred while doing the operation : [Create] on the config, For general troubleshooting visit: https://aka.ms/k8s-extensions-TSG, For more application specific troubleshooting visit: Facing trouble? Common errors and potential fixes are detailed in the Kubernetes Backup Troubleshooting Guide, available at https://www.aka.ms/aksclusterbackup\",";

#[test]
fn scenario_1_is_a_helm_wait_and_nothing_more() {
    assert_eq!(signs(SCENARIO_1), [Sign::HelmWaitTimeout]);
    let expected = Captured::Release {
        release: some("azure-aks-backup"),
        phase: some("post-install"),
        namespace: None,
        resource: None,
    };
    assert_eq!(captured(SCENARIO_1, Sign::HelmWaitTimeout), expected);
}

#[test]
fn scenario_1_in_the_words_of_2026_names_the_resource() {
    let text = "(ExtensionOperationFailed) Helm installation failed: Timed out waiting for the resource to come to a ready/completed state. Last resource not ready was dataprotection-microsoft/dataprotection-microsoft-geneva-service … InnerError [release azbkuextension failed, and has been uninstalled due to atomic being set: context deadline exceeded]";
    assert_eq!(signs(text), [Sign::HelmWaitTimeout]);
    let expected = Captured::Release {
        release: some("azbkuextension"),
        phase: None,
        namespace: some("dataprotection-microsoft"),
        resource: some("dataprotection-microsoft-geneva-service"),
    };
    assert_eq!(captured(text, Sign::HelmWaitTimeout), expected);
}

#[test]
fn scenario_1_in_the_words_of_helm_4() {
    let text = "release azure-aks-backup failed, and has been uninstalled due to atomic being set: failed pre-install: resource Job/dataprotection-microsoft/dataprotection-microsoft-kubernetes-agent-upgrade-crds not ready. status: Failed, message: Job Failed. failed: 1/1";
    assert_eq!(signs(text), [Sign::HelmHookFailed]);
    let Captured::Hook { phase, job, .. } = captured(text, Sign::HelmHookFailed) else { panic!() };
    assert_eq!(
        (phase, job),
        (some("pre-install"), some("dataprotection-microsoft/dataprotection-microsoft-kubernetes-agent-upgrade-crds"))
    );
}

#[test]
fn scenario_2_is_nmi_and_nothing_more() {
    assert_eq!(signs(SCENARIO_2), [Sign::NmiRefused]);
    assert_eq!(
        captured(SCENARIO_2, Sign::NmiRefused),
        Captured::Identity { client_id: some("4e95##### REDACTED #####0777"), pod: None }
    );
    let quote = classify(SCENARIO_2)[0].quote.clone();
    assert!(SCENARIO_2[quote].contains("no azure identity found for request clientID"));
}

#[test]
fn scenario_3_is_dns_with_host_and_resolver() {
    assert_eq!(signs(SCENARIO_3), [Sign::DnsNoSuchHost]);
    let expected = Captured::Lookup {
        host: some("centralus.dp.kubernetesconfiguration.azure.com"),
        resolver: some("10.63.136.10:53"),
    };
    assert_eq!(captured(SCENARIO_3, Sign::DnsNoSuchHost), expected);
}

#[test]
fn scenario_3_as_a_real_log_line_escapes_its_quotes() {
    let text = r#"{"Message":"Error in the getting the Configurations: error {Post \"https://centralus.dp.kubernetesconfiguration.azure.com/subscriptions/x/configurations/getPendingConfigs?api-version=2021-11-01\": dial tcp: lookup centralus.dp.kubernetesconfiguration.azure.com on 10.63.136.10:53: no such host}","LogType":"ConfigAgentTrace"}"#;
    assert_eq!(captured(text, Sign::DnsNoSuchHost), captured(SCENARIO_3, Sign::DnsNoSuchHost));
    // A log shipper escapes the line once more.
    let twice = format!("{{\"log\":\"{}\\n\",\"stream\":\"stdout\"}}", text.replace('\\', "\\\\").replace('"', "\\\""));
    assert_eq!(captured(&twice, Sign::DnsNoSuchHost), captured(SCENARIO_3, Sign::DnsNoSuchHost));
}

#[test]
fn scenario_4_is_a_failed_hook_and_no_policy() {
    assert_eq!(signs(SCENARIO_4), [Sign::HelmHookFailed]);
    let expected = Captured::Hook {
        release: some("azure-aks-backup"),
        phase: some("pre-install"),
        job: None,
        reason: some("job failed: BackoffLimitExceeded"),
    };
    assert_eq!(captured(SCENARIO_4, Sign::HelmHookFailed), expected);
}

#[test]
fn scenario_4_job_logs_tell_dns_from_the_network() {
    let dns = "Unable to connect to the server: dial tcp: lookup shrac-dns-abc.hcp.westeurope.azmk8s.io: i/o timeout";
    assert_eq!(signs(dns), [Sign::DnsTimeout]);
    assert_eq!(captured(dns, Sign::DnsTimeout).host(), Some("shrac-dns-abc.hcp.westeurope.azmk8s.io"));
    let network = "Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout";
    assert_eq!(signs(network), [Sign::ConnectTimeout]);
    assert_eq!(
        captured(network, Sign::ConnectTimeout),
        Captured::Endpoint { host: None, address: some("10.0.0.1:443") }
    );
}

#[test]
fn scenario_5_is_the_private_link() {
    let text = "Error code: 403\nError in the getting the Configurations: error {Post \"https://eastus.dp.kubernetesconfiguration.azure.com/subscriptions/x\"}: This traffic is not authorized";
    assert_eq!(signs(text), [Sign::PrivateLinkForbidden]);
    assert_eq!(captured(text, Sign::PrivateLinkForbidden).host(), Some("eastus.dp.kubernetesconfiguration.azure.com"));
}
