//! One text for every token that tells look-alikes apart, in older, newer and redacted words.

use super::super::{Captured, Sign};
use super::{captured, signs, some};

#[track_caller]
fn only(cases: &[(&str, Sign)]) {
    for (text, sign) in cases {
        assert_eq!(signs(text), [*sign], "{text}");
    }
}

#[test]
fn identity() {
    only(&[
        (
            "adal: Refresh request failed. Status Code = '404'. Response body: getting assigned identities for pod dataprotection-microsoft/dataprotection-microsoft-kubernetes-agent-6d in CREATED state failed after 16 attempts, retry duration [5]s, error: <nil>. Check MIC pod logs for identity assignment errors",
            Sign::NmiRefused,
        ),
        (
            "ManagedIdentityCredential authentication failed\nGET http://169.254.169.254/metadata/identity/oauth2/token\n----\nRESPONSE 403 Forbidden\n----\nfailed to get service principal token, error: adal: Refresh request failed. Status Code = '403'. Response body: x",
            Sign::NmiRefused,
        ),
        (
            "azure.BearerAuthorizer#WithAuthorization: Failed to refresh the Token for request to https://management.azure.com/x/listKeys?%24expand=kerb: StatusCode=400 -- Original Error: adal: Refresh request failed. Status Code = '400'. Response body: {\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}",
            Sign::ImdsIdentityNotFound,
        ),
        (
            "ManagedIdentityCredential authentication failed. the requested identity isn't assigned to this resource\nGET http://169.254.169.254/metadata/identity/oauth2/token\n--------\nRESPONSE 400 Bad Request\n--------\n{\n  \"error\": \"invalid_request\",\n  \"error_description\": \"Identity not found\"\n}",
            Sign::ImdsIdentityNotFound,
        ),
        (
            "adal: Refresh request failed. Status Code = '400'. Response body: {\"error\":\"invalid_request\",\"error_description\":\"Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request\"}",
            Sign::SeveralIdentities,
        ),
        (
            "DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:\n\tEnvironmentCredential: missing environment variable AZURE_TENANT_ID\n\tManagedIdentityCredential: no default identity is assigned to this resource",
            Sign::WorkloadIdentityNotInjected,
        ),
        (
            "AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: 'https://oidc.prod-aks.azure.com/x/'. Assertion Subject: 'system:serviceaccount:velero:velero'.",
            Sign::FederatedCredentialMismatch,
        ),
        (
            "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://kubernetes.default.svc.cluster.local'.",
            Sign::OidcIssuerOff,
        ),
        ("AADSTS7000222: The provided client secret keys for app 'x' are expired.", Sign::ServicePrincipalExpired),
        ("AADSTS7000215: Invalid client secret provided.", Sign::ClientSecretWrong),
        ("AADSTS53003: Access has been blocked by Conditional Access policies.", Sign::ConditionalAccess),
        ("ERROR: Please run 'az login' to setup account.", Sign::SignInExpired),
        (
            "Get \"http://169.254.169.254/metadata/identity/oauth2/token?client_id=abc\": dial tcp 169.254.169.254:80: i/o timeout",
            Sign::ImdsUnreachable,
        ),
    ]);
    let Captured::Federation { issuer, subject } = captured(
        "AADSTS70021: x. Assertion Issuer: 'https://i/'. Assertion Subject: 'system:serviceaccount:a:b'.",
        Sign::FederatedCredentialMismatch,
    ) else {
        panic!()
    };
    assert_eq!((issuer, subject), (some("https://i/"), some("system:serviceaccount:a:b")));
    let nmi = "getting assigned identities for pod dataprotection-microsoft/agent-1 in CREATED state failed";
    assert_eq!(
        captured(nmi, Sign::NmiRefused),
        Captured::Identity { client_id: None, pod: some("dataprotection-microsoft/agent-1") }
    );
}

const LIST_KEYS: &str = "BackupStorageLocation \"default\" is unavailable: rpc error: code = Unknown desc = storage.AccountsClient#ListKeys: Failure responding to request: StatusCode=403 -- Original Error: autorest/azure: Service returned an error. Status=403 Code=\"AuthorizationFailed\" Message=\"The client '11111111-2222-3333-4444-555555555555' with object id '11111111-2222-3333-4444-555555555555' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/listKeys/action' over scope '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a' or the scope is invalid.\"";

#[test]
fn rights() {
    only(&[
        (
            "rpc error: code = Unknown desc = AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this permission.",
            Sign::DataRoleMissing,
        ),
        (
            "RESPONSE 403: 403 This request is not authorized to perform this operation using this permission.\nERROR CODE: AuthorizationPermissionMismatch\n----\n<?xml version=\"1.0\"?><Error><Code>AuthorizationPermissionMismatch</Code></Error>",
            Sign::DataRoleMissing,
        ),
        (LIST_KEYS, Sign::ListKeysDenied),
        (
            "(AuthorizationFailed) The client 'a@b' with object id 'o' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s'",
            Sign::CallerCannotGrant,
        ),
        (
            "Code=\"AuthorizationFailed\" Message=\"The client 'c' with object id 'c' does not have authorization to perform action 'Microsoft.Compute/snapshots/write' over scope '/subscriptions/s/resourceGroups/snap/providers/Microsoft.Compute/snapshots/x'\"",
            Sign::SnapshotRightMissing,
        ),
        (
            "AuthorizationFailed: The client 'c' does not have authorization to perform action 'Microsoft.KubernetesConfiguration/extensions/read' over scope '/s'",
            Sign::ActionDenied,
        ),
        (
            "Code=\"LinkedAuthorizationFailed\" Message=\"The client 'c' with object id 'c' has permission to perform action 'Microsoft.Compute/snapshots/write' on scope '/subscriptions/s/resourceGroups/snap'; however, it does not have permission to perform action 'beginGetAccess/action' on the linked scope(s) '/subscriptions/s/resourceGroups/MC/providers/Microsoft.Compute/disks/d' or the linked scope(s) are invalid.\"",
            Sign::LinkedAuthorization,
        ),
        (
            "UserErrorTrustedAccessGatewayReturnedForbidden: The Trusted Access role binding is missing/has gotten removed from the cluster.",
            Sign::TrustedAccessMissing,
        ),
        ("PrincipalNotFound: Principal 9f does not exist in the directory t.", Sign::PrincipalNotFound),
    ]);
    let Captured::Permission { client, action, scope, .. } = captured(LIST_KEYS, Sign::ListKeysDenied) else {
        panic!()
    };
    assert_eq!(client, some("11111111-2222-3333-4444-555555555555"));
    assert_eq!(action, some("Microsoft.Storage/storageAccounts/listKeys/action"));
    assert_eq!(scope, some("/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"));
}

#[test]
fn storage() {
    only(&[
        ("AuthorizationFailure: This request is not authorized to perform this operation.", Sign::StorageNetworkDenied),
        (
            "GET https://acct.blob.core.windows.net/c?comp=list&sv=***REDACTED*** RESPONSE 403 ERROR CODE: AuthorizationFailure",
            Sign::StorageNetworkDenied,
        ),
        ("rpc error: code = Internal desc = ServiceCode=AuthorizationFailure, x", Sign::FileShareNetworkDenied),
        (
            "failed to copy with azcopy: RESPONSE 403 AuthorizationFailure https://f.file.core.windows.net/share",
            Sign::FileShareNetworkDenied,
        ),
        (
            "KeyBasedAuthenticationNotPermitted: Key based authentication is not permitted on this storage account.",
            Sign::SharedKeyDisabled,
        ),
        ("UserErrorStorageAccountKeyAccessDisallowed", Sign::SharedKeyDisabled),
        (
            "storage.AccountsClient#ListKeys: Failure responding to request: StatusCode=429 -- Original Error: autorest/azure: Service returned an error. Status=429 Code=\"TooManyRequests\" Message=\"The request is being throttled as the limit has been reached for operation type - Read_ObservationWindow_00:05:00.\"",
            Sign::Throttled,
        ),
        ("ContainerNotFound: The specified container does not exist.", Sign::ContainerNotFound),
        (
            "RESPONSE 404: 404 The specified container does not exist.\nERROR CODE: ContainerNotFound",
            Sign::ContainerNotFound,
        ),
        (
            "Code=\"ResourceGroupNotFound\" Message=\"Resource group 'rg-wrong' could not be found.\"",
            Sign::ResourceGroupNotFound,
        ),
        (
            "backup can't be created because backup storage location default is currently in read-only mode",
            Sign::ReadOnlyLocation,
        ),
        (
            "cannot delete backup because backup storage location default is currently in read-only mode",
            Sign::ReadOnlyLocation,
        ),
        (
            "BlobImmutableDueToPolicy: This operation is not permitted as the blob is immutable due to a policy.",
            Sign::ImmutableContainer,
        ),
        (
            "unable to get credentials: unable to get key for secret: Secret \"cloud-credentials\" not found",
            Sign::CredentialsMissing,
        ),
        (
            "incomplete credential configuration. Only AZURE_TENANT_ID and AZURE_CLIENT_ID are set",
            Sign::CredentialsMalformed,
        ),
        ("rpc error: code = Unknown desc = storageAccount is required in BSL", Sign::LocationSettingMissing),
        (
            "an existing backup storage location was not specified at backup creation time and the default default was not found. Please address this issue",
            Sign::LocationNotFound,
        ),
        ("backupstoragelocations.velero.io \"default\" not found", Sign::LocationNotFound),
        (
            "backup can't be created because BackupStorageLocation default is in Unavailable status.",
            Sign::LocationUnavailable,
        ),
        ("UserErrorBackupStorageLocationNotReady", Sign::LocationUnavailable),
        ("UserErrorBackupFailedBackupStorageLocationReadOnly", Sign::ReadOnlyLocation),
        ("UserErrorDeleteBackupFailedBackupStorageLocationReadOnly", Sign::ReadOnlyLocation),
        ("UserErrorDeleteBackupFailedBackupStorageLocationNotFound", Sign::LocationNotFound),
        ("UserErrorNoDefaultBackupStorageLocationFound", Sign::LocationNotFound),
        (
            "The Kubernetes managed cluster 'c (westeurope)' and the backup storage account 's (eastus)' are not in the same location",
            Sign::AccountInOtherRegion,
        ),
        ("Missing required configuration setting: blobContainer", Sign::SettingMissing),
        ("Ignoring unrecognized configuration setting: resources.requests.memory", Sign::SettingIgnored),
        ("BlobNotFound: The specified blob does not exist.", Sign::BlobAbsent),
    ]);
    let account = "ResourceNotFound: The Resource 'Microsoft.Storage/storageAccounts/acct' under resource group 'rg-wrong' was not found.";
    only(&[(account, Sign::AccountNotFound)]);
    let expected = Captured::Resource {
        resource_type: some("Microsoft.Storage/storageAccounts"),
        group: some("rg-wrong"),
        name: some("acct"),
    };
    assert_eq!(captured(account, Sign::AccountNotFound), expected);
    assert_eq!(
        captured("backup storage location \"minio\" is currently in read-only mode", Sign::ReadOnlyLocation),
        Captured::Name { name: some("minio") }
    );
    assert_eq!(
        captured(
            "Code=\"ResourceGroupNotFound\" Message=\"Resource group 'rg' could not be found.\"",
            Sign::ResourceGroupNotFound
        ),
        Captured::Name { name: some("rg") }
    );
}

#[test]
fn network() {
    only(&[
        (
            "Get \"https://acct.blob.core.windows.net/c?restype=container\": context deadline exceeded",
            Sign::ConnectTimeout,
        ),
        ("lookup x.blob.core.windows.net on 10.0.0.10:53: server misbehaving", Sign::DnsServerFailure),
        (
            "dial tcp: lookup mcr.microsoft.com on 10.0.0.10:53: read udp 10.244.0.5:47021->10.0.0.10:53: i/o timeout",
            Sign::DnsTimeout,
        ),
        (
            "dial tcp: lookup mcr.microsoft.com on 10.0.0.10:53: read udp 10.244.0.5:47021->10.0.0.10:53: read: connection refused",
            Sign::DnsTimeout,
        ),
        ("** server can't find centralus.dp.kubernetesconfiguration.azure.com: NXDOMAIN", Sign::DnsNoSuchHost),
        (
            "Get \"https://c-dns.hcp.westeurope.azmk8s.io:443/api\": dial tcp 20.1.2.3:443: connect: connection refused",
            Sign::ConnectRefused,
        ),
        ("Get \"https://x/\": dial tcp 20.1.2.3:443: connect: no route to host", Sign::NoRoute),
        ("read tcp 10.244.0.5:40000->20.1.2.3:443: read: connection reset by peer", Sign::ConnectReset),
        (
            "Get \"https://login.microsoftonline.com/\": x509: certificate signed by unknown authority",
            Sign::TlsUntrusted,
        ),
        (
            "x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-12-31T00:00:00Z",
            Sign::TlsExpired,
        ),
        (
            "Post \"https://gcs.prod.monitoring.core.windows.net/\": Proxy Authentication Required",
            Sign::ProxyAuthRequired,
        ),
        ("proxyconnect tcp: dial tcp 10.1.1.1:3128: i/o timeout", Sign::ProxyUnreachable),
        (
            "{\"Message\":\"GET configurations returned response code {401}\",\"LogLevel\":\"Error\"}",
            Sign::AgentUnauthorized,
        ),
        (
            "{\"Message\":\"GET configurations returned response code {403}\",\"LogLevel\":\"Error\"}",
            Sign::AgentForbidden,
        ),
        (
            "{\"Message\":\"GET configurations returned response code {200}\",\"LogLevel\":\"Information\"}",
            Sign::AgentAnswered,
        ),
        ("error dialing backend: dial tcp 10.224.0.4:10250: i/o timeout", Sign::KubeletUnreachable),
    ]);
    let refused = captured(
        "Get \"https://c-dns.hcp.westeurope.azmk8s.io:443/api\": dial tcp 20.1.2.3:443: connect: connection refused",
        Sign::ConnectRefused,
    );
    assert_eq!(
        refused,
        Captured::Endpoint { host: some("c-dns.hcp.westeurope.azmk8s.io"), address: some("20.1.2.3:443") }
    );
    let nxdomain =
        captured("** server can't find centralus.dp.kubernetesconfiguration.azure.com: NXDOMAIN", Sign::DnsNoSuchHost);
    assert_eq!(nxdomain.host(), Some("centralus.dp.kubernetesconfiguration.azure.com"));
    let resolver = captured("lookup a.b on [fd00::a]:53: no such host", Sign::DnsNoSuchHost);
    assert_eq!(resolver.host(), Some("a.b"));
}

#[test]
fn coredns() {
    only(&[
        ("2026-11-24T09:40:00Z [INFO] Reloading complete", Sign::CorefileReloaded),
        ("/etc/coredns/Corefile:31 - Error during parsing: Unexpected EOF", Sign::CorefileMalformed),
        (
            "[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: plugin/hosts: this plugin can only be used once per Server Block",
            Sign::CorefilePluginTwice,
        ),
        (
            "plugin/hosts: /etc/coredns/custom/aksdp.override:4 - Error during parsing: unknown property '20.40.200.153'",
            Sign::CorefileUnknownProperty,
        ),
        ("/etc/coredns/Corefile:3 - Error during parsing: Unknown directive 'hosts{'", Sign::CorefileUnknownDirective),
        ("cannot serve dns://contoso.com.:53 - it is already defined", Sign::CorefileZoneTwice),
        ("File to import not found: nope.txt", Sign::CorefileImportMissing),
        (
            "[WARNING] plugin/reload: Corefile parse failed: /etc/coredns/Corefile:9 - Error during parsing: Unexpected EOF",
            Sign::CorefileUnreadable,
        ),
        ("[WARNING] No files matching import glob pattern: custom/*.server", Sign::ImportPatternUnmatched),
    ]);
    assert_eq!(
        captured("plugin/hosts: this plugin can only be used once per Server Block", Sign::CorefilePluginTwice),
        Captured::Name { name: some("hosts") }
    );
}

#[test]
fn admission() {
    let azure = "admission webhook \"validation.gatekeeper.sh\" denied the request: [azurepolicy-k8sazurev2containerallowedimag-0f8ab6b8b1ae7b0d] Container image mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247 for container velero has not been allowed.";
    let Captured::Denial { by, said, .. } = captured(azure, Sign::DeniedByAzurePolicy) else { panic!() };
    assert_eq!(by, some("azurepolicy-k8sazurev2containerallowedimag-0f8ab6b8b1ae7b0d"));
    assert_eq!(
        said,
        some(
            "Container image mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247 for container velero has not been allowed."
        )
    );
    only(&[
        (azure, Sign::DeniedByAzurePolicy),
        (
            "admission webhook \"validation.gatekeeper.sh\" denied the request: [denied by azurepolicy-container-no-privilege-ab12] Privileged container is not allowed",
            Sign::DeniedByAzurePolicy,
        ),
        (
            "admission webhook \"validation.gatekeeper.sh\" denied the request: [denied by must-have-owner] you must provide labels: {\"owner\"}",
            Sign::DeniedByConstraint,
        ),
        (
            "admission webhook \"validation.gatekeeper.sh\" denied the request: [must-have-owner] you must provide labels",
            Sign::DeniedByConstraint,
        ),
        (
            "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'aks-managed-protect-system-namespaces' with binding 'aks-managed-protect-system-namespaces-binding' denied request: Modification of resources in managed system namespaces is not allowed",
            Sign::DeniedByAdmissionPolicy,
        ),
        (
            "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false",
            Sign::DeniedByPodSecurity,
        ),
        (
            "admission webhook \"validate.kyverno.svc-fail\" denied the request: resource Pod was blocked",
            Sign::DeniedByWebhook,
        ),
        (
            "Internal error occurred: failed calling webhook \"validate.nginx.ingress.kubernetes.io\": failed to call webhook: Post \"https://ingress-nginx-controller-admission.ingress.svc:443/networking/v1/ingresses?timeout=10s\": dial tcp 10.0.1.2:443: connect: connection refused",
            Sign::WebhookUnreachable,
        ),
        (
            "Error creating: pods \"agent\" is forbidden: exceeded quota: compute, requested: limits.cpu=1,requests.cpu=500m, used: limits.cpu=4,requests.cpu=2, limited: limits.cpu=4,requests.cpu=2",
            Sign::QuotaExceeded,
        ),
        (
            "pods \"agent\" is forbidden: failed quota: compute: must specify limits.cpu for: fluentd",
            Sign::QuotaWantsLimits,
        ),
        (
            "pods \"agent\" is forbidden: maximum memory usage per Container is 512Mi, but limit is 1280Mi",
            Sign::LimitRange,
        ),
        (
            "Deployment.apps \"agent\" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: \"500m\": must be less than or equal to cpu limit of 100m",
            Sign::RequestAboveLimit,
        ),
    ]);
    let quota = captured(
        "exceeded quota: compute, requested: limits.cpu=1,requests.cpu=500m, used: limits.cpu=4,requests.cpu=2, limited: limits.cpu=4,requests.cpu=2",
        Sign::QuotaExceeded,
    );
    let expected = Captured::Quota {
        quota: some("compute"),
        requested: some("limits.cpu=1,requests.cpu=500m"),
        used: some("limits.cpu=4,requests.cpu=2"),
        limited: some("limits.cpu=4,requests.cpu=2"),
    };
    assert_eq!(quota, expected);
    let demanding = captured(
        "failed quota: compute: must specify limits.cpu for: fluent-bit; limits.memory for: fluent-bit",
        Sign::QuotaWantsLimits,
    );
    let expected = Captured::Quota {
        quota: some("compute"),
        requested: some("limits.cpu for: fluent-bit; limits.memory for: fluent-bit"),
        used: None,
        limited: None,
    };
    assert_eq!(demanding, expected);
    let Captured::Denial { by, binding, said } = captured(
        "ValidatingAdmissionPolicy 'p' with binding 'p-binding' denied request: no",
        Sign::DeniedByAdmissionPolicy,
    ) else {
        panic!()
    };
    assert_eq!((by, binding, said), (some("p"), some("p-binding"), some("no")));
    let Captured::Denial { by, .. } =
        captured("failed calling webhook \"validate.nginx.ingress.kubernetes.io\": x", Sign::WebhookUnreachable)
    else {
        panic!()
    };
    assert_eq!(by, some("validate.nginx.ingress.kubernetes.io"));
    let Captured::Denial { by, .. } =
        captured("admission webhook \"a.b\" denied the request: no", Sign::DeniedByWebhook)
    else {
        panic!()
    };
    assert_eq!(by, some("a.b"));
}

#[test]
fn two_constraints_in_one_denial_are_two() {
    let text = "admission webhook \"validation.gatekeeper.sh\" denied the request: [azurepolicy-a-1] first\n[azurepolicy-b-2] second";
    assert_eq!(signs(text), [Sign::DeniedByAzurePolicy, Sign::DeniedByAzurePolicy]);
}

#[test]
fn extension() {
    only(&[
        ("Unabled to get a response from the Agent in time", Sign::AgentNoAnswer),
        (
            "Multiple extensions of same type is not allowed at this scope. (Code: ValidationFailed)",
            Sign::DuplicateExtension,
        ),
        ("another operation (install/upgrade/rollback) is in progress", Sign::HelmInProgress),
        ("Unable to download the Helm chart from the repo URL", Sign::ChartDownloadFailed),
        ("Failed to setup Helm client: mcr.microsoft.com/x:1.4.0: not found", Sign::ChartNotPublished),
        ("Helm chart rendering failed with given values", Sign::ChartRenderFailed),
        (
            "Failed to pull image \"mcr.microsoft.com/azurebackup/k8s/velero:1\": rpc error: code = NotFound desc = failed to pull and unpack image: manifest unknown",
            Sign::ImageNotFound,
        ),
        (
            "Failed to pull image \"r.azurecr.io/x:1\": failed to authorize: failed to fetch anonymous token: 401 Unauthorized",
            Sign::ImageUnauthorized,
        ),
        ("exec /plugins/velero: exec format error", Sign::WrongArchitecture),
        (
            "unable to create new content in namespace dataprotection-microsoft because it is being terminated",
            Sign::NamespaceTerminating,
        ),
        ("Back-off pulling image \"mcr.microsoft.com/azurebackup/k8s/velero:1\"", Sign::ImagePullFailed),
    ]);
    let route = "Failed to pull image \"mcr.microsoft.com/azurebackup/k8s/velero:1\": dial tcp: lookup mcr.microsoft.com on 10.0.0.10:53: no such host";
    let mut found = signs(route);
    found.sort();
    assert_eq!(found, [Sign::DnsNoSuchHost, Sign::ImageNoRoute]);
    assert_eq!(
        captured(route, Sign::ImageNoRoute),
        Captured::Image { image: some("mcr.microsoft.com/azurebackup/k8s/velero:1") }
    );
    let exists = "Helm installation failed : Resource already existing in your cluster : Recommendation Manually delete the resource(s) that currently exist in your cluster and try installation again. To delete these resources run the following commands: kubectl delete <resource type> -n <resource namespace> <resource name> : InnerError [rendered manifests contain a resource that already exists. Unable to continue with install: BackupStorageLocation \"default\" in namespace \"dataprotection-microsoft\" exists and cannot be imported into the current release: invalid ownership metadata; label validation error]";
    only(&[(exists, Sign::ResourceExists)]);
    let expected = Captured::Existing {
        kind: some("BackupStorageLocation"),
        namespace: some("dataprotection-microsoft"),
        name: some("default"),
        owner: None,
        owner_namespace: None,
    };
    assert_eq!(captured(exists, Sign::ResourceExists), expected);
    let owned = "InnerError [rendered manifests contain a resource that already exists. Unable to continue with install: CustomResourceDefinition \"backups.velero.io\" in namespace \"\" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key \"meta.helm.sh/release-name\" must equal \"azbkup\": current value is \"velero\"; annotation validation error: key \"meta.helm.sh/release-namespace\" must equal \"dataprotection-microsoft\": current value is \"velero-system\"]";
    only(&[(owned, Sign::ResourceExists)]);
    let expected = Captured::Existing {
        kind: some("CustomResourceDefinition"),
        namespace: None,
        name: some("backups.velero.io"),
        owner: some("velero"),
        owner_namespace: some("velero-system"),
    };
    assert_eq!(captured(owned, Sign::ResourceExists), expected);
    let partly = owned.replace(
        "key \"meta.helm.sh/release-name\" must equal \"azbkup\": current value is \"velero\"",
        "missing key \"meta.helm.sh/release-name\": must be set to \"azbkup\"",
    );
    let expected = Captured::Existing {
        kind: some("CustomResourceDefinition"),
        namespace: None,
        name: some("backups.velero.io"),
        owner: None,
        owner_namespace: some("velero-system"),
    };
    assert_eq!(captured(&partly, Sign::ResourceExists), expected);
    assert_eq!(
        captured("in namespace dataprotection-microsoft because it is being terminated", Sign::NamespaceTerminating),
        Captured::Object { kind: None, namespace: some("dataprotection-microsoft"), name: None }
    );
}

#[test]
fn azure() {
    let policy = "PUT https://management.azure.com/subscriptions/s/resourceGroups/snap/providers/Microsoft.Compute/snapshots/snapshot-1\n----\nRESPONSE 403: 403 Forbidden\nERROR CODE: RequestDisallowedByPolicy\n----\n{\"error\":{\"code\":\"RequestDisallowedByPolicy\",\"target\":\"snapshot-1\",\"message\":\"Resource 'snapshot-1' was disallowed by policy. Policy identifiers: '[{\\\"policyAssignment\\\":{\\\"name\\\":\\\"Deny public snapshots\\\",\\\"id\\\":\\\"/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/x\\\"}}]'.\"}}";
    let expected = Captured::Disallowed {
        assignment: some("Deny public snapshots"),
        resource: some("snapshot-1"),
        resource_type: some("Microsoft.Compute/snapshots"),
        method: some("PUT"),
    };
    assert_eq!(captured(policy, Sign::RequestDisallowedByPolicy), expected);
    only(&[
        (policy, Sign::RequestDisallowedByPolicy),
        (
            "(ScopeLocked) The scope '/subscriptions/s/resourceGroups/g' cannot perform delete operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/g'. Please remove the lock and try again.",
            Sign::ScopeLocked,
        ),
        ("UserErrorKubernetesBackupClusterIsStopped: Kubernetes cluster is in stopped state.", Sign::ClusterStopped),
        (
            "The subscription is not registered to use namespace 'Microsoft.KubernetesConfiguration'",
            Sign::ProviderNotRegistered,
        ),
        ("CloudInvalidInputError: retry the operation", Sign::InputRejected),
        ("autorest/azure: Service returned an error. StatusCode=406", Sign::ErrorHidden),
        ("cannot access local variable 'container_list_present'", Sign::CliDefect),
    ]);
    let lock = captured(
        "cannot perform delete operation because following scope(s) are locked: '/subscriptions/s'. Please",
        Sign::ScopeLocked,
    );
    assert_eq!(lock, Captured::Lock { operation: some("delete"), scope: some("/subscriptions/s") });
}

#[test]
fn volumes_and_runs() {
    only(&[
        ("Timed out awaiting reconciliation of volumesnapshot shop/velero-data-abc12", Sign::SnapshotTimedOut),
        ("cannot find CSI PersistentVolumeSource for volume pvc-1", Sign::InTreeVolume),
        (
            "Failed to check and update snapshot content: failed to take snapshot of the volume v: \"rpc error: code = Internal desc = waitForSnapshotReady(s, rg, x) failed with timeout waiting for snapshot(x) under rg(rg)\"",
            Sign::SnapshotCopying,
        ),
        (
            "create snapshot error: Retriable: true, RetryAfter: 252s, HTTPStatusCode: 0, RawError: azure cloud provider throttled for operation SnapshotCreateOrUpdate with reason \"client throttled\"",
            Sign::Throttled,
        ),
        (
            "level=info msg=\"Persistent volume is not a supported volume type for snapshots, skipping.\"",
            Sign::VolumeSkipped,
        ),
        (
            "failed to get VolumeSnapshotClass for provisioner disk.csi.azure.com, \n\t\tensure that the desired VolumeSnapshot class has the velero.io/csi-volumesnapshot-class label",
            Sign::SnapshotClassMissing,
        ),
        (
            "failed to get volumesnapshotclass for storageclass x: error listing volumesnapshot classes: the server could not find the requested resource (get volumesnapshotclasses.snapshot.storage.k8s.io)",
            Sign::SnapshotCrdMissing,
        ),
        ("PVC shop/data has no volume backing this claim", Sign::ClaimWithoutVolume),
        ("persistentvolumeclaim \"data\" not found", Sign::ClaimNotFound),
        ("storageclass.storage.k8s.io \"fast\" not found", Sign::StorageClassNotFound),
        ("The Resource 'Microsoft.Compute/disks/pvc-1' under resource group 'MC_x' was not found.", Sign::DiskNotFound),
        ("namespaces \"shop\" not found", Sign::NamespaceNotFound),
        ("rpc error: code = Unavailable desc = transport is closing", Sign::PluginKilled),
        ("plugin process exited: signal: killed", Sign::PluginKilled),
        (
            "found a backup with status \"InProgress\" during the server starting, mark it as \"Failed\"",
            Sign::RestartedDuringRun,
        ),
        ("Last State: Terminated Reason: OOMKilled Exit Code: 137", Sign::OutOfMemory),
        (
            "Error executing hook: cannot exec into a container in a completed pod; current phase is Succeeded",
            Sign::HookPodNotRunning,
        ),
        (
            "error executing hook: OCI runtime exec failed: exec: \"fsfreeze\": executable file not found in $PATH",
            Sign::HookCommandMissing,
        ),
        (
            "Error executing hook: error dialing backend: dial tcp 10.224.0.4:10250: connect: connection refused",
            Sign::KubeletUnreachable,
        ),
        (
            "error restoring flowschemas.flowcontrol.apiserver.k8s.io/x: the server could not find the requested resource",
            Sign::FlowControlVersionMismatch,
        ),
        (
            "unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently unable to handle the request",
            Sign::StaleApiService,
        ),
        ("clusterroles.rbac.authorization.k8s.io \"aks-gone\" not found", Sign::RoleBindingDangles),
    ]);
    let timed_out =
        captured("Timed out awaiting reconciliation of volumesnapshot shop/velero-data-abc12", Sign::SnapshotTimedOut);
    assert_eq!(timed_out, Captured::Object { kind: None, namespace: some("shop"), name: some("velero-data-abc12") });
}

#[test]
fn rarer_words() {
    only(&[
        ("AADSTS700016: Application with identifier 'a' was not found in the directory 't'.", Sign::AppNotInTenant),
        (
            "azure.BearerAuthorizer#WithAuthorization: Failed to refresh the Token for request to https://management.azure.com/x: StatusCode=0",
            Sign::TokenFailed,
        ),
        (
            "Code=\"DenyAssignmentAuthorizationFailed\" Message=\"The client 'c' has permission to perform action 'Microsoft.Compute/disks/read' on scope '/s'; however, the access is denied because of the deny assignment with name 'd'\"",
            Sign::DenyAssignment,
        ),
        (
            "pods is forbidden: User \"system:serviceaccount:velero:velero\" cannot list resource \"pods\"",
            Sign::ClusterRightMissing,
        ),
        (
            "AuthenticationFailed: Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
            Sign::StorageKeyWrong,
        ),
        ("(SubscriptionNotFound) The subscription 's' could not be found.", Sign::SubscriptionNotFound),
        (
            "ResourceNotFound: The Resource 'Microsoft.ContainerService/managedClusters/c' under resource group 'g' was not found.",
            Sign::AzureResourceNotFound,
        ),
        (
            "failed to get storage account access key: failed to list storage account access keys: EOF",
            Sign::KeyModeFailed,
        ),
        (
            "[ERROR] plugin/reload: Corefile changed but reload failed: starting with listener file descriptors: x",
            Sign::CorefileReloadFailed,
        ),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", Sign::ClaimUnbound),
        ("0/3 nodes are available: 3 node(s) were unschedulable.", Sign::NodesCordoned),
        (
            "Code=\"QuotaExceeded\" Message=\"Operation could not be completed as it results in exceeding approved Total Regional Cores quota.\"",
            Sign::AzureQuotaExceeded,
        ),
        ("Code=\"SkuNotAvailable\"", Sign::AzureCapacityShort),
        ("UserErrorPVSnapshotLimitReached", Sign::SnapshotLimit),
        ("error executing hook: container not found (\"postgres\")", Sign::HookContainerMissing),
        ("UserErrorHookExecutionFailed", Sign::HookFailed),
    ]);
}
