//! Public reports, by reference: a wording of each from which a literal can be made, and what it must be taken for.

use super::super::Sign::{self, *};
use super::signs;

const REPORTS: &[(&str, &str, &[Sign])] = &[
    (
        "azure-docs#121332",
        "Error creating: admission webhook \"validation.gatekeeper.sh\" denied the request: [azurepolicy-k8sazurev2containerallowedimag-1] Container image mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247 for container velero has not been allowed.",
        &[DeniedByAzurePolicy],
    ),
    (
        "azure-cli-extensions#5501",
        "InstallationFailed: Unabled to get a response from the Agent in time",
        &[AgentNoAnswer],
    ),
    (
        "azure-docs#127508",
        "UserErrorStorageAccountKeyAccessDisallowed ... BackupStorageLocation \"default\" is unavailable: KeyBasedAuthenticationNotPermitted",
        &[SharedKeyDisabled],
    ),
    (
        "terraform-azurerm#25294",
        "Fix protection error for the backup instance. ScenarioPluginInvalidWorkflowDataRequest",
        &[InstanceIncomplete],
    ),
    ("terraform-azurerm#25345", "UserErrorKubernetesBackupExtensionUnhealthy", &[ExtensionUnhealthy]),
    ("terraform-azurerm#33194", "unexpected status 406 (406 Not Acceptable) with response: EOF", &[ErrorHidden]),
    (
        "velero#6292",
        "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = GET https://x.blob.core.windows.net/velero\nRESPONSE 403: 403 This request is not authorized to perform this operation using this permission.\nERROR CODE: AuthorizationPermissionMismatch",
        &[DataRoleMissing],
    ),
    ("velero#7831", "rpc error: code = Unknown desc = storageAccount is required in BSL", &[LocationSettingMissing]),
    (
        "velero#6510",
        "DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n\tManagedIdentityCredential: no default identity is assigned to this resource",
        &[WorkloadIdentityNotInjected],
    ),
    (
        "velero#1305",
        "Error backing up item: clusterroles.rbac.authorization.k8s.io \"gone\" not found",
        &[RoleBindingDangles],
    ),
    (
        "azure-docs#120706",
        "does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s'",
        &[CallerCannotGrant],
    ),
    (
        "AKS#4513",
        "0/3 nodes are available: 3 node(s) had untolerated taint {CriticalAddonsOnly: true}.",
        &[TaintNotTolerated],
    ),
    (
        "terraform-azurerm#24547",
        "Recommendation Please check that there are no policies blocking the resource creation/update for the extension : InnerError [release x failed, and has been uninstalled due to atomic being set: failed pre-install: pod x-healthcheck failed]",
        &[HelmHookFailed],
    ),
    (
        "azure-cli-extensions#3661",
        "{failed to install chart from path [] for release [azuremonitor-containers]: err [timed out waiting for the condition]} occurred while doing the operation : {Installing the extension} on the config",
        &[HelmWaitTimeout],
    ),
    (
        "secrets-store#1054",
        "Failed to setup Helm client: chart azure-secrets-provider 1.4.0 not found",
        &[ChartNotPublished],
    ),
    (
        "velero#4802",
        "An error occurred: request failed: <?xml?><Error><Code>AuthorizationFailure</Code><Message>This request is not authorized to perform this operation.</Message></Error>",
        &[StorageNetworkDenied],
    ),
    (
        "velero#4930",
        "storage.AccountsClient#ListKeys: Failure responding to request: StatusCode=403 -- Original Error: autorest/azure: Service returned an error. Status=403 Code=\"AuthorizationFailed\"",
        &[ListKeysDenied],
    ),
    ("velero#8347", "no storage account access key with key abc== found in credential", &[KeySettingHoldsKey]),
    ("crossplane#853", "BMSUserErrorInvalidInput: Input provided for the call is invalid", &[InputRejected]),
    (
        "velero#6588",
        "Get \"https://x.blob.core.windows.net/c\": x509: certificate signed by unknown authority",
        &[TlsUntrusted],
    ),
    ("velero#2959", "dial tcp 20.60.1.1:443: i/o timeout", &[ConnectTimeout]),
    (
        "workload-identity#1200",
        "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://x/'",
        &[FederatedCredentialMismatch],
    ),
    (
        "snapscheduler#283",
        "Failed to create snapshot content with error cannot find CSI PersistentVolumeSource for volume pvc-1",
        &[InTreeVolume],
    ),
    (
        "azuredisk#530",
        "SnapshotContentCheckandUpdateFailed Failed to check and update snapshot content",
        &[SnapshotFailed],
    ),
    ("azuredisk#773", "Code=\"SubscriptionRequestsThrottled\"", &[Throttled]),
    (
        "velero#6209",
        "Failed to check and update snapshot content: failed to take snapshot of the volume: azure cloud provider throttled for operation SnapshotGet with reason \"client throttled\"",
        &[Throttled],
    ),
    (
        "azurefile#3047",
        "failed to create storage account: PUT https://management.azure.com/subscriptions/s/resourceGroups/MC/providers/Microsoft.Storage/storageAccounts/f RequestDisallowedByPolicy",
        &[RequestDisallowedByPolicy],
    ),
    (
        "azuredisk#2349",
        "FailedAttachVolume: StatusCode: 403, Code=\"RequestDisallowedByPolicy\" Message=\"Resource 'aks-vmss' was disallowed by policy.\"",
        &[RequestDisallowedByPolicy],
    ),
    (
        "azurefile#2121",
        "failed to copy fileshare snapshot: exec azcopy: RESPONSE 403: AuthorizationFailure",
        &[FileShareNetworkDenied],
    ),
    (
        "azure-docs#98085",
        "ServiceCode=AuthorizationFailure, ServiceMessage=This request is not authorized to perform this operation.",
        &[FileShareNetworkDenied],
    ),
    (
        "coredns.io#341",
        "[ERROR] plugin/reload: plugin/hosts: this plugin can only be used once per Server Block",
        &[CorefilePluginTwice],
    ),
    ("AKS#2623", "plugin/forward: this plugin can only be used once per Server Block", &[CorefilePluginTwice]),
    (
        "coredns#4729",
        "[WARNING] No files matching import glob pattern: custom/*.server\n[ERROR] plugin/forward: this plugin can only be used once per Server Block",
        &[CorefilePluginTwice, ImportPatternUnmatched],
    ),
    (
        "azure-docs#78014",
        "/etc/coredns/custom/x.server:3 - Error during parsing: unknown property 'upstream'",
        &[CorefileUnknownProperty],
    ),
    (
        "aad-pod-identity#1074",
        "adal: Refresh request failed. Status Code = '404'. Response body: no azure identity found for request clientID abc",
        &[NmiRefused],
    ),
    (
        "aad-pod-identity#1040",
        "adal: Refresh request failed. Status Code = '400'. Response body: {\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}",
        &[ImdsIdentityNotFound],
    ),
    ("velero#5246", "0/6 nodes are available: 6 node(s) had volume node affinity conflict.", &[VolumeZoneConflict]),
    (
        "velero#4103",
        "Error executing hook: error dialing backend: dial tcp 10.0.0.1:10250: connect: connection timed out",
        &[KubeletUnreachable],
    ),
    (
        "velero#5137",
        "cannot exec into a container in a completed pod; current phase is Succeeded",
        &[HookPodNotRunning],
    ),
    (
        "velero#4524",
        "error restoring flowschemas.flowcontrol.apiserver.k8s.io/x: the server could not find the requested resource",
        &[FlowControlVersionMismatch],
    ),
    (
        "velero#2310",
        "error restoring deployments.extensions/x: the server could not find the requested resource",
        &[ApiVersionNotServed],
    ),
    ("velero#3234", "rpc error: code = Unavailable desc = transport is closing", &[PluginKilled]),
    (
        "velero#5753",
        "found a backup with status \"InProgress\" during the server starting, mark it as \"Failed\"",
        &[RestartedDuringRun],
    ),
    (
        "velero#4458",
        "compute.DisksClient#Get: Failure responding to request: StatusCode=404 -- Original Error: Code=\"ResourceNotFound\" Message=\"The Resource 'Microsoft.Compute/disks/d' under resource group 'rg' was not found.\"",
        &[DiskNotFound],
    ),
    ("velero#4013", "Persistent volume is not a supported volume type for snapshots, skipping.", &[VolumeSkipped]),
    ("AKS#3242", "GET configurations returned response code {401}", &[AgentUnauthorized]),
    (
        "AKS#5645",
        "ValidatingAdmissionPolicy 'aks-managed-protect-system-namespaces' with binding 'b' denied request: no",
        &[DeniedByAdmissionPolicy],
    ),
    (
        "AKS#3233",
        "Get \"https://x.hcp.eastus.azmk8s.io:443/version\": dial tcp 20.1.1.1:443: connect: connection refused",
        &[ConnectRefused],
    ),
    (
        "azure-cli#32465",
        "UnboundLocalError: cannot access local variable 'container_list_present' where it is not associated with a value",
        &[CliDefect],
    ),
    ("azure-cli#30901", "CloudInvalidInputError: isRetryable false, retry the operation", &[InputRejected]),
    (
        "azure-cli-extensions#10262",
        "PrincipalNotFound: Principal abc does not exist in the directory",
        &[PrincipalNotFound],
    ),
    (
        "azure-cli-extensions#10314",
        "Code=\"ResourceNotFound\" Message=\"The Resource 'Microsoft.Storage/storageAccounts/a' under resource group 'wrong' was not found.\"",
        &[AccountNotFound],
    ),
    (
        "helm-charts#500",
        "rendered manifests contain a resource that already exists. Unable to continue with update: BackupStorageLocation \"default\" in namespace \"velero\" exists and cannot be imported into the current release: invalid ownership metadata",
        &[ResourceExists],
    ),
    (
        "aad-pod-identity#1195",
        "Get \"http://169.254.169.254/metadata/identity/oauth2/token\": context deadline exceeded",
        &[ImdsUnreachable],
    ),
    (
        "velero#1133",
        "StatusCode=404, ErrorCode=BlobNotFound, ErrorMessage=The specified blob does not exist.",
        &[BlobAbsent],
    ),
    (
        "terraform-azurerm#13826",
        "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
        &[SeveralIdentities],
    ),
    (
        "helm-charts#651",
        "ManagedIdentityCredential authentication failed. the requested identity isn't assigned to this resource",
        &[ImdsIdentityNotFound],
    ),
    (
        "lakeFS#2997",
        "ManagedIdentityCredential authentication failed\nRESPONSE 403 Forbidden\nfailed to get service principal token, adal: Refresh request failed. Status Code = '403'",
        &[NmiRefused],
    ),
    (
        "AKS#5347",
        "InnerError [admission webhook \"validation.gatekeeper.sh\" denied the request: [azurepolicy-k8sazurev3containerlimits-1] container has no limits]",
        &[DeniedByAzurePolicy],
    ),
    ("kubevirt-velero-plugin#256", "exec /plugin: exec format error", &[WrongArchitecture]),
    ("AML-Kubernetes#158", "ExtensionCreationFailed: ExtensionConfig status not populated", &[ExtensionStatusEmpty]),
    (
        "notes-stopped-cluster",
        "UserErrorKubernetesBackupClusterIsStopped. PowerState is set to false.",
        &[ClusterStopped],
    ),
    ("notes-duplicate", "Multiple extensions of same type is not allowed at this scope", &[DuplicateExtension]),
    ("notes-429", "storage.AccountsClient#ListKeys: StatusCode=429 Code=\"TooManyRequests\"", &[Throttled]),
    ("notes-crd-missing", "UserErrorKubernetesCustomResourcesNotPickedUpByExtension", &[CustomResourcesIgnored]),
    (
        "OpenShift#186",
        "LinkedAuthorizationFailed: The client 'c' has permission to perform action 'Microsoft.Compute/snapshots/write' on scope '/a'; however, it does not have permission to perform action 'Microsoft.Compute/disks/beginGetAccess/action' on the linked scope(s) '/b'",
        &[LinkedAuthorization],
    ),
    (
        "velero#6231",
        "Code=\"AuthorizationFailed\" Message=\"The client 'c' does not have authorization to perform action 'Microsoft.Compute/snapshots/write' over scope '/s'\"",
        &[SnapshotRightMissing],
    ),
    ("velero#9507", "PVC shop/data has no volume backing this claim", &[ClaimWithoutVolume]),
    (
        "velero#5044",
        "failed to get volumesnapshotclass for storageclass x: the server could not find the requested resource (get volumesnapshotclasses.snapshot.storage.k8s.io)",
        &[SnapshotCrdMissing],
    ),
    (
        "velero#5783",
        "CSI got timed out with error: Timed out awaiting reconciliation of volumesnapshot a/b",
        &[SnapshotTimedOut],
    ),
    (
        "velero#5068",
        "Internal error occurred: failed calling webhook \"validate.nginx.ingress.kubernetes.io\": service \"ingress-nginx-controller-admission\" not found",
        &[WebhookUnreachable],
    ),
    (
        "velero#6150",
        "Ingress.networking.k8s.io \"x\" is invalid: annotations.kubernetes.io/ingress.class: Invalid value: \"nginx\": can not be set when the class field is also set",
        &[ObjectInvalid],
    ),
    (
        "azure-docs#47491",
        "ScopeLocked: The scope cannot perform delete operation because following scope(s) are locked: '/subscriptions/s'",
        &[ScopeLocked],
    ),
    (
        "AKS-Edge#170",
        "Unable to download the Helm chart from the repo URL: x509: certificate signed by unknown authority",
        &[TlsUntrusted],
    ),
    (
        "velero#8409",
        "namespace status: NamespaceFinalizersRemaining: restores.velero.io/external-resources-finalizer in 2 resource instances",
        &[NamespaceTerminating],
    ),
    ("azuredisk#1891", "Resource snapshot-1234 is not found.", &[SnapshotNotFound]),
    (
        "azuredisk#1694",
        "AttachVolume.Attach failed: disk(/subscriptions/s/d) already attached to node(aks-1)",
        &[DiskAttachedElsewhere],
    ),
    (
        "velero#4203",
        "cannot delete backup \"b\" because backup storage location \"default\" is currently in read-only mode",
        &[ReadOnlyLocation],
    ),
];

#[test]
fn reports_are_taken_for_what_they_are() {
    let wrong: Vec<_> = REPORTS
        .iter()
        .filter(|(_, text, expected)| signs(text) != *expected)
        .map(|(name, text, expected)| (name, expected, signs(text)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
