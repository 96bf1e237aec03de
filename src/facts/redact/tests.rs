//! What goes and what stays.

use super::redact;

const KEY: &str =
    "Zm9vYmFyQUJDREVGMDEyMzQ1Njc4OWFiY2RlZkdISUpLTE1OT1BRUlNUVVZXWFlaMDEyMzQ1Njc4OWFiY2RlZmc0123456789+/==";

#[test]
fn takes_out_every_kind_of_secret() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJlc2lnbmF0dXJl";
    let cases = [
        format!("Authorization: Bearer {jwt}"),
        format!("got {jwt} back"),
        format!("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={KEY};EndpointSuffix=core.windows.net"),
        format!("https://a.blob.core.windows.net/c?sv=2020&sig={KEY}&se=2026"),
        "https://a.blob.core.windows.net/c?sv=2020&sig=abc%2Bdef%3D&se=2026".to_owned(),
        format!(r#"{{"client_secret":"{KEY}"}}"#),
        r#"{\"password\":\"hunter2hunter2\"}"#.to_owned(),
        format!("no storage account access key with key {KEY}"),
        "AZURE_CLIENT_SECRET=abc~def.GHI123".to_owned(),
        "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0\n-----END PRIVATE KEY----- after".to_owned(),
    ];
    for case in cases {
        let clean = redact(&case);
        assert!(clean.contains("[redacted]"), "{case}\n{clean}");
        for secret in [jwt, KEY, "abc%2Bdef", "hunter2", "abc~def", "MIIEv", "c2lnbmF0"] {
            assert!(!clean.contains(secret), "{secret} stays in\n{clean}");
        }
    }
}

#[test]
fn keeps_what_a_diagnosis_needs() {
    for text in [
        "no azure identity found for request clientID 4e95dcc5-a769-4745-b2d9-0123456789ab",
        "https://management.azure.com/subscriptions/e30af180-aa96-4d81-981a-b67570b0d615/resourceGroups/AzureBackupRG_westeurope_1/providers/Microsoft.Storage/storageAccounts/devhayyabackup/listKeys?%24expand=kerb&api-version=2019-06-01: StatusCode=404",
        "dial tcp: lookup centralus.dp.kubernetesconfiguration.azure.com on 10.63.136.10:53: no such host",
        "secret: not found",
        "failed to acquire a token: unexpected",
        "Failed to refresh the Token for request to https://management.azure.com/",
        "AuthorizationPermissionMismatch: This request is not authorized to perform this operation using this permission.",
        "aks-nodepool1-12345678-vmss000000",
        "dataprotection-microsoft-kubernetes-agent-7d4c9bdf8f-x2k4q",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn survives_what_is_no_text_at_all() {
    for text in ["", "=", "sig", "sig=", "password:", "token:\"", "-----BEGIN ", "Bearer ", "é=ü", "sig=é"] {
        let _ = redact(text);
    }
}

/// Gives the same random numbers on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    }

    fn word(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let size = u64::try_from(alphabet.len()).unwrap();
        (0..length).map(|_| alphabet[usize::try_from(self.next() % size).unwrap()]).collect()
    }
}

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[test]
fn takes_out_every_random_key() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for extra in ["+/", "-_"] {
        let alphabet = format!("{LETTERS}{extra}");
        for (length, padding) in [(43, "="), (64, ""), (86, "==")] {
            for _ in 0..20_000 {
                let key = random.word(&alphabet, length);
                let clean = redact(&format!("got {key}{padding} back"));
                assert_eq!(clean, "got [redacted] back", "{key}");
            }
        }
    }
}

#[test]
fn takes_out_client_secrets() {
    let mut random = Random(42);
    for _ in 0..5_000 {
        let alphabet = format!("{LETTERS}_~.-");
        let (head, tail) = (random.word(&alphabet, 3), random.word(&alphabet, 34));
        assert_eq!(redact(&format!("used {head}8Q~{tail} there")), "used [redacted] there", "{head}8Q~{tail}");
    }
}

#[test]
fn takes_out_what_stands_behind_a_name() {
    for (text, clean) in [
        ("AccountKey = abc123def==", "AccountKey = [redacted]"),
        ("Password = hunter2hunter", "Password = [redacted]"),
        ("api-key = k-123", "api-key = [redacted]"),
        ("password => hunter2, next", "password => [redacted], next"),
        ("password : hunter2", "password : [redacted]"),
        ("Authorization: opaque", "Authorization: [redacted]"),
        ("Authorization: Basic dXNlcjpwYXNz\nHost: a", "Authorization: [redacted]\nHost: a"),
        ("curl -H 'Authorization: Basic dXNl' https://a", "curl -H 'Authorization: [redacted]' https://a"),
        (r#"{"Authorization":"Basic dXNl","Host":"a"}"#, r#"{"Authorization":"[redacted]","Host":"a"}"#),
        ("map[Authorization:[Basic dXNl] Host:[a]]", "map[Authorization:[redacted]] Host:[a]]"),
        (r"Authorization: Basic dXNl\r\nHost: a", r"Authorization: [redacted]\r\nHost: a"),
        ("Bearer: abc", "Bearer: [redacted]"),
        ("bearer=abc", "bearer=[redacted]"),
        ("Cookie: a=b; c=\"d e\"", "Cookie: [redacted]"),
        ("Set-Cookie: fpc=AbC; expires=Thu", "Set-Cookie: [redacted]"),
        ("Ocp-Apim-Subscription-Key: 0123456789abcdef", "Ocp-Apim-Subscription-Key: [redacted]"),
        ("x-ms-authorization: abc def", "x-ms-authorization: [redacted]"),
        ("x-ms-copy-source-authorization: Bearer x", "x-ms-copy-source-authorization: [redacted]"),
        ("login --password hunter2 --user a", "login --password [redacted] --user a"),
        ("login --client-secret \"a b\" --user a", "login --client-secret \"[redacted]\" --user a"),
        ("AZURE_STORAGE_KEY=abc", "AZURE_STORAGE_KEY=[redacted]"),
        ("storage_key=abc", "storage_key=[redacted]"),
        ("passphrase=abc", "passphrase=[redacted]"),
        ("pass: abc1", "pass: [redacted]"),
        ("DB_PASS=abc", "DB_PASS=[redacted]"),
        ("credential=abc", "credential=[redacted]"),
        (r#"{"auth":"dXNlcjpw"}"#, r#"{"auth":"[redacted]"}"#),
        (r#"password: "correct horse" next"#, r#"password: "[redacted]" next"#),
        (r#"{"password":"a b c","user":"d"}"#, r#"{"password":"[redacted]","user":"d"}"#),
        (r#"{"password":"a\"b c","user":"d"}"#, r#"{"password":"[redacted]","user":"d"}"#),
        (r#"{\"password\":\"a b c\",\"user\":\"d\"}"#, r#"{\"password\":\"[redacted]\",\"user\":\"d\"}"#),
        ("pwd='p@ss w0rd' next", "pwd='[redacted]' next"),
        ("password: correct horse battery", "password: [redacted] horse battery"),
        ("http://svc:Sup3rSecret@proxy:3128", "http://[redacted]@proxy:3128"),
        ("HTTPS_PROXY=http://svc:Sup3rSecret@proxy:3128", "HTTPS_PROXY=http://[redacted]@proxy:3128"),
        ("http://svc:Sup3r/Sec#ret@proxy:3128/a", "http://[redacted]@proxy:3128/a"),
        ("http://a:1,http://svc:x@b", "http://a:1,http://[redacted]@b"),
    ] {
        assert_eq!(redact(text), clean, "{text}");
        assert_eq!(redact(clean), clean, "again: {clean}");
    }
}

#[test]
fn keeps_names_ids_digests_and_paths() {
    const REAL: &str = "
        4e95dcc5-a769-4745-b2d9-8f1c9a450777 72f988bf-86f1-41af-91ab-2d7cd011db47 pvc-0f6d3f1a-7c1e-4a55-9a52-0c8f0f4c2b11
        dataprotection-microsoft/dataprotection-microsoft-kubernetes-agent-7d4c9bdf8f-x2k4q
        dataprotection-microsoft-controller-6b7d9c5f44-k2x8p dataprotection-microsoft-geneva-service-5c9f8d7b66-9qwzt
        dataprotection-microsoft-kubernetes-agent-upgrade-crds-7xk2m extension-operator-5d6c7b8a99-fghij
        extension-agent-6f9b8c7d55-abcde backup=dataprotection-microsoft/clusterbackup-dataprotection-microsoft-backup-0002
        azurepolicy-k8sazurev2containerallowedimag-74b9f1fd9ecd8c6a5c1d azurepolicy-k8sazurev3containerlimits-4b8a1e0f6d2c9a7b3e5f
        aks-system-11111111-vmss000001 aks-user-22222222-vmss000000 aks-tiny-33333333-vmss000000
        aks-managed-protect-system-namespaces-binding aks-prod-dns-1a2b3c4d.hcp.centralus.azmk8s.io
        azure:///subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/mc_rg_aks-prod_centralus/providers/Microsoft.Compute/virtualMachineScaleSets/aks-system-11111111-vmss/virtualMachines/1
        azure:///subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/aks-tiny/virtualMachines/0
        https://management.azure.com/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-backup/providers/Microsoft.Storage/storageAccounts/contosobackup/listKeys
        /subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg-backup/providers/Microsoft.Storage/storageAccounts/contosobackup
        https://centralus.dp.kubernetesconfiguration.azure.com/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/rg/provider/managedclusters/clusters/aks-prod/configurations/getPendingConfigs
        https://centralus.oic.prod-aks.azure.com/72f988bf-86f1-41af-91ab-2d7cd011db47/5f2b6d3a-07f4-4bb0-9d6e-0c1d60a3b9f1/
        https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token
        https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation
        http://169.254.169.254/metadata/identity/oauth2/token https://contosobackup.blob.core.windows.net/aks-prod-backup
        https://mcr.microsoft.com/v2/azurebackup/k8s/velero/manifests/0.0.3000.1 https://mcr.microsoft.com/v2/azurebackup/charts/manifests/0.0.3000-1
        mcr.microsoft.com/azurearck8s/aks/stable/fluent-bit-collector mcr.microsoft.com/azurearck8s/aks/stable/extensionoperator
        mcr.microsoft.com/azurebackup/k8s/velero:0.0.02574.247 mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.11.3
        docker-pullable://coredns@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        mcr.microsoft.com/a@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 containerd://9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        centralus.privatelink.dp.kubernetesconfiguration.azure.com deletebackups.clusterbackup.dataprotection.microsoft.com
        backup-storage-location=dataprotection-microsoft/default clusterbackup.dataprotection.microsoft.com/v1alpha1
        restores.velero.io/external-resources-finalizer clusterbackup.dataprotection.microsoft.com/finalizer
        Microsoft.Storage/storageAccounts/listKeys/action Microsoft.Authorization/roleAssignments/write
        Microsoft.DataProtection.Kubernetes KeyBasedAuthenticationNotPermitted AuthorizationPermissionMismatch
        NamespaceDeletionDiscoveryFailure BMSUserErrorDPPAdhocBackupNotAllowedForBackupType ExtensionTimedOutWaitingForBackupItemSync
        K8sAzureV2ContainerAllowedImagesK8sAzureV3ContainerLimits securityContext.allowPrivilegeEscalation=false
        pkg/controller/backup_storage_location_controller.go:142 cmd=/plugins/velero-plugin-for-microsoft-azure
        github.com/vmware-tanzu/velero/pkg/controller.(*backupStorageLocationReconciler).Reconcile
        sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller).reconcileHandler
        /go/pkg/mod/github.com/!azure/azure-sdk-for-go/sdk/azidentity@v1.5.1/default_azure_credential.go:118 +0x1d
        /go/pkg/mod/sigs.k8s.io/controller-runtime@v0.14.6/pkg/internal/controller/controller.go:234
        /var/lib/kubelet/pods/0c2f5a1e-3d4b-4a55-9c0e-8d2f6f1b7a90/volumes/kubernetes.io~projected/kube-api-access-abcde
        /var/run/secrets/kubernetes.io/serviceaccount/token /var/run/secrets/azure/tokens/azure-identity-token
        gatekeeper-webhook-service.gatekeeper-system.svc:443 topology.disk.csi.azure.com/zone node.kubernetes.io/unschedulable
        AZURE_STORAGE_ACCOUNT_ACCESS_KEY client_id=4e95dcc5-a769-4745-b2d9-8f1c9a450777 pod-security.kubernetes.io/enforce
        0f3c2a7e-701e-0046-3a5b-5bd2a3000000 tWorkloadIdentityCredential custom.metrics.k8s.io/v1beta1";
    let real: Vec<&str> = REAL.split_whitespace().collect();
    assert!(real.len() >= 60);
    for text in real {
        assert_eq!(redact(text), text);
    }
}
