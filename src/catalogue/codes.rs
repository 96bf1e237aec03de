//! Microsoft's documented error codes, and the wordings of the documentation that have no code, as data.
//!
//! What it is for: `explain` prints an entry, checks name entries in their `explains`.
//! What it may not do: match messages. A documented pattern often stands for one cause of several; [`super::classify()`] tells them apart.
//! Where the knowledge comes from: Microsoft's page "Troubleshoot Azure Kubernetes Service backup and restore" (the founding page, and its version
//! of 06/18/2025), "Troubleshoot cluster extension deployment errors" (07/22/2026), the support matrix (01/06/2026), the FAQ, the sources of the
//! Azure CLI extensions and of Velero, and public reports. All sentences are our own. Where the page's remedy can do harm, the safe form stands here.

use std::ops::Range;

/// One documented code, or one documented message that has no code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code, spelled as Microsoft spells it; names in capitals with underscores are ours, for messages without a code.
    pub code: &'static str,
    /// Whether the founding page has it.
    pub in_seed: bool,
    /// What has happened, in one sentence.
    pub title: &'static str,
    /// Why it happens, as far as it is known.
    pub cause: &'static str,
    /// Where the cause can be seen.
    pub look_for: &'static str,
    /// What helps, in its safe form.
    pub remedy: &'static str,
    /// Where the knowledge comes from.
    pub source: &'static str,
}

/// Returns the entry of a code, whatever the letter case.
#[must_use]
pub fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// Returns the entries whose codes are written out in a text, in the order of the text, with the place of the first mention.
///
/// Only whole words count: `UserErrorPVNotFoundAgain` mentions nothing.
#[must_use]
pub fn mentioned(text: &str) -> Vec<(Range<usize>, &'static Code)> {
    let text = super::envelope::head(text);
    let mut found: Vec<(Range<usize>, &'static Code)> = Vec::new();
    let mut at = 0;
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
        let place = at..at + word.len();
        at = text[place.end..].chars().next().map_or(place.end, |letter| place.end + letter.len_utf8());
        if word.len() < SHORTEST {
            continue;
        }
        // A JSON text that was escaped twice glues its `\n` to the word.
        let entry = find(word).map(|entry| (place.clone(), entry)).or_else(|| {
            let glued = text[..place.start].ends_with('\\') && word.starts_with(['n', 'r', 't']);
            glued.then(|| find(&word[1..])).flatten().map(|entry| (place.start + 1..place.end, entry))
        });
        if let Some((place, entry)) = entry
            && !found.iter().any(|(_, known)| known.code == entry.code)
        {
            found.push((place, entry));
        }
    }
    found
}

/// Shorter words are no codes.
const SHORTEST: usize = 12;

const PAGE: &str = "Microsoft, Troubleshoot Azure Kubernetes Service backup and restore";
const PAGE_2025: &str = "Microsoft, Troubleshoot Azure Kubernetes Service backup and restore (added by 06/2025)";
const EXTENSIONS: &str = "Microsoft, Troubleshoot cluster extension deployment errors (07/2026)";
const MATRIX: &str = "Microsoft, AKS backup support matrix (01/2026)";
const CLI: &str = "source of the Azure CLI extension k8s-extension";
const FIELD: &str = "public reports; on no Microsoft page";

const REINSTALL: &str = "Delete the extension, wait until its release and pods are gone from the cluster, create it again with the same account and container, \
     and grant the storage role again: a reinstall makes a new identity.";

/// All entries, in the order of the backup path: install, extension, storage location, vault, runs.
pub static CODES: &[Code] = &[
    Code {
        code: "SCENARIO_1_HELM_POST_INSTALL_TIMEOUT",
        in_seed: true,
        title: "The extension's chart was applied, but its pods were not ready in time, and Helm took everything back.",
        cause: "The page names too little CPU or memory; taints, selectors, architecture, egress, policy and image pulls end in the same sentence.",
        look_for: "Pods of the extension during the install: FailedScheduling and its reasons, image pulls, readiness; node allocatable against 500m CPU a pod.",
        remedy: "Add nodes only when the scheduler says Insufficient cpu or memory; otherwise remove the named obstacle; then create the extension again.",
        source: PAGE,
    },
    Code {
        code: "INSTALL_GENEVA_SERVICE_NOT_READY",
        in_seed: false,
        title: "The install timed out, and the message names the resource that did not become ready.",
        cause: "Newer wording of scenario 1; for the geneva service also blocked egress to the monitoring endpoints, a proxy, or an image pull.",
        look_for: "The named Deployment's pods and events while the install runs; they are removed afterwards.",
        remedy: "Remove what keeps the named resource from becoming ready (room, taints, egress, proxy, image), then create the extension again.",
        source: "public reports; Microsoft, Troubleshoot cluster extension deployment errors (07/2026)",
    },
    Code {
        code: "SCENARIO_2_POD_IDENTITY_NMI",
        in_seed: true,
        title: "Pod-managed identity (NMI) answers the extension's token requests and refuses them.",
        cause: "No AzurePodIdentityException in the extension's namespace matches the labels of the pod that was refused.",
        look_for: "NMI pods in kube-system, AzurePodIdentityExceptions against the labels of every extension pod, the storage location's message.",
        remedy: "Add a pod identity exception for the extension's namespace and labels, then make sure that the extension identity has its storage role.",
        source: PAGE,
    },
    Code {
        code: "SCENARIO_3_DP_ENDPOINT_NO_SUCH_HOST",
        in_seed: true,
        title: "The extension agent cannot resolve the data-plane endpoint of the cluster extensions.",
        cause: "DNS: the VNet's servers do not forward the name, or a private zone hides it; the FQDN rules may be missing as well.",
        look_for: "The agent's log line with `no such host` and its resolver; the answer of every CoreDNS replica; coredns-custom; the VNet's DNS servers.",
        remedy: "Let the name resolve: repair the forwarding, or give CoreDNS a server block for this one name with the region's current address, checked \
             before it is written; reload without deleting the DNS pods. Reinstall only if the extension is Failed.",
        source: PAGE,
    },
    Code {
        code: "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED",
        in_seed: false,
        title: "The pre-install Job that updates the CRDs failed.",
        cause: "The page names pods that cannot reach the API server (network policy, NSG, route); denied or unschedulable Jobs end in the same sentence.",
        look_for: "Events and log of the upgrade-crds Job in the extension's namespace, egress policies that select it, admission denials.",
        remedy: "Allow the namespace to reach the API server and DNS, or lift the denial that the event names, then install again.",
        source: PAGE_2025,
    },
    Code {
        code: "SCENARIO_5_DP_ENDPOINT_403_PRIVATE_ENDPOINT",
        in_seed: false,
        title: "The data-plane endpoint answers 403, \"This traffic is not authorized\".",
        cause: "A private endpoint or private DNS zone of Azure Arc in the same network makes the name resolve to a private address.",
        look_for: "The address that the cluster gets for the region's dp endpoint; private zones linked to the VNet.",
        remedy: "Separate the networks or DNS of Arc and AKS, or let CoreDNS answer this one name with the current public address; then retry.",
        source: PAGE_2025,
    },
    Code {
        code: "POLICY_IMAGE_NOT_ALLOWED_GATEKEEPER",
        in_seed: false,
        title: "Azure Policy or another admission webhook denies the extension's pods.",
        cause: "A constraint (allowed images, limits, pod security) covers the extension's namespace.",
        look_for: "FailedCreate events on the Job and ReplicaSets of the namespace: the text names the constraint.",
        remedy: "Exclude the extension's namespace in the named assignment, or allow its images; then install again.",
        source: "public reports; Microsoft, AKS deployment safeguards",
    },
    Code {
        code: "EXT_ARM_POLICY_DISALLOWED",
        in_seed: false,
        title: "Azure Policy forbids creating or changing the extension resource.",
        cause: "A policy assignment with effect deny covers the resource type of the request.",
        look_for: "The assignment's name in the error, or the activity log.",
        remedy: "Exempt the resource or change the assignment, then retry.",
        source: EXTENSIONS,
    },
    Code {
        code: "EXT_SCOPE_LOCKED",
        in_seed: false,
        title: "A lock on the cluster, its group or the subscription blocks the operation.",
        cause: "Locks are inherited; a delete lock stops deletions, a read-only lock stops both.",
        look_for: "The locked scope in the error; locks on every level above it.",
        remedy: "Have the owner of the lock lift it for the time of the operation, and put it back.",
        source: EXTENSIONS,
    },
    Code {
        code: "EXT_HELM_CHART_DOWNLOAD_FAILED",
        in_seed: false,
        title: "The Helm chart could not be downloaded.",
        cause: "The cluster cannot reach the registry, or does not trust what answers (proxy, TLS inspection).",
        look_for: "The inner error: x509, timeout or not found; rules for the Microsoft container registry and its data endpoints.",
        remedy: "Open the endpoints of the cluster extensions, or make the proxy's certificate trusted, then retry.",
        source: EXTENSIONS,
    },
    Code {
        code: "EXT_HELM_RENDER_FAILED",
        in_seed: false,
        title: "The chart could not be rendered with the given settings.",
        cause: "A configuration setting is missing or wrong.",
        look_for: "The extension's configurationSettings: tenant, container, account, its group and subscription.",
        remedy: "Correct the settings and update the extension.",
        source: EXTENSIONS,
    },
    Code {
        code: "EXT_RESOURCE_ALREADY_EXISTS",
        in_seed: false,
        title: "An object of the chart exists already and belongs to something else.",
        cause: "Leftovers of an earlier install, or another Velero in the cluster.",
        look_for: "Kind, name and namespace in the error; other Velero deployments; Helm ownership annotations.",
        remedy: "Find out who owns the named object; remove leftovers, or do not run two Veleros; then retry.",
        source: EXTENSIONS,
    },
    Code {
        code: "EXT_HELM_OPERATION_IN_PROGRESS",
        in_seed: false,
        title: "Another Helm operation on the release is still running.",
        cause: "An install, upgrade or rollback has not ended, or was cut off and left its release pending.",
        look_for: "Helm release secrets with status pending-install, pending-upgrade or pending-rollback.",
        remedy: "Wait ten minutes and retry.",
        source: EXTENSIONS,
    },
    Code {
        code: "EXT_AGENT_DISCONNECTED_48H",
        in_seed: false,
        title: "The agents had no connection for 48 hours, so the extension became Failed.",
        cause: "The service keeps sensitive settings for 48 hours only.",
        look_for: "The extension agent's log and pods; the sync status of the ExtensionConfig.",
        remedy: "Restore the connection first, then create the extension again.",
        source: "Microsoft, Deploy cluster extensions by using the Azure CLI",
    },
    Code {
        code: "CLI_LOCATION_MISMATCH",
        in_seed: false,
        title: "The storage account lies in another region than the cluster.",
        cause: "The backup extension needs an account in the cluster's region; the CLI refuses others.",
        look_for: "Location of the account and of the cluster.",
        remedy: "Use an account in the cluster's region.",
        source: CLI,
    },
    Code {
        code: "CLI_MISSING_CONFIG_SETTING",
        in_seed: false,
        title: "A required setting is missing, or one was ignored.",
        cause: "The CLI knows a few short keys only and drops all others with a warning; the four storage keys go together.",
        look_for: "The warning on the CLI's standard error; the extension's configurationSettings.",
        remedy: "Give the short keys; set the others through the portal or ARM.",
        source: CLI,
    },
    Code {
        code: "KubernetesBackupListExtensionsError",
        in_seed: true,
        title: "The vault cannot list the cluster's extensions.",
        cause: "The vault's identity has no effective Reader role on the cluster.",
        look_for: "Role assignments of the vault's identity at the cluster, inherited ones too.",
        remedy: "Remove the vault's Reader assignment on the cluster and make it again; if that fails, use another vault.",
        source: PAGE,
    },
    Code {
        code: "UserErrorKubernetesBackupExtensionNotFoundError",
        in_seed: true,
        title: "The vault found no backup extension on the cluster.",
        cause: "The extension is not installed, or a failed one exists under another name.",
        look_for: "All extensions of the cluster, the type compared without regard to case.",
        remedy: "Install the extension; delete a failed twin of the same type first.",
        source: PAGE,
    },
    Code {
        code: "UserErrorKubernetesBackupExtensionHasErrors",
        in_seed: true,
        title: "The backup extension reports internal errors.",
        cause: "Pods not ready, storage location unavailable, or a failed install.",
        look_for: "provisioningState, statuses and errorInfo of the extension; its pods; the storage location's message.",
        remedy: REINSTALL,
        source: PAGE,
    },
    Code {
        code: "UserErrorKubernetesBackupExtensionUnhealthy",
        in_seed: false,
        title: "The vault calls the extension unhealthy while it configures protection.",
        cause: "Usually the storage location is unavailable, for example because the storage role is missing.",
        look_for: "The storage location's phase and message; the extension's pods; protectionErrorDetails of the backup instance.",
        remedy: "Repair the storage location or the pods, then validate again.",
        source: FIELD,
    },
    Code {
        code: "ScenarioPluginInvalidWorkflowDataRequest",
        in_seed: false,
        title: "The backup instance was created with incomplete data.",
        cause: "Seen with Terraform azurerm before its fix: the data source set was not sent.",
        look_for: "dataSourceSetInfo and protectionErrorDetails of the backup instance.",
        remedy: "Upgrade the provider and make the backup instance again; changing it may replace it, so check the recovery points first.",
        source: FIELD,
    },
    Code {
        code: "UserErrorKubernetesBackupExtensionIdentityNotFound",
        in_seed: true,
        title: "The extension's own identity is missing.",
        cause: "The user-assigned identity in the node resource group was deleted or never made.",
        look_for: "aksAssignedIdentity of the extension; the identity in the node resource group.",
        remedy: REINSTALL,
        source: PAGE,
    },
    Code {
        code: "UserErrorExtensionIdentityNotFound",
        in_seed: false,
        title: "The vault cannot use the extension's identity.",
        cause: "Seen when the extension works with account keys (useAAD not set) and the account has shared keys disabled.",
        look_for: "useAAD in the storage location and the extension settings; allowSharedKeyAccess of the account.",
        remedy: "Set useAAD and the account's blob URI, and grant Storage Blob Data Contributor to the extension identity.",
        source: FIELD,
    },
    Code {
        code: "KubernetesBackupCustomResourcesTrackingTimeOutError",
        in_seed: true,
        title: "The extension did not update the vault's objects in the cluster in time.",
        cause: "The extension's pods do not run, or its controller does not work on the objects.",
        look_for: "Pods of the extension's namespace; objects of clusterbackup.dataprotection.microsoft.com without a status; the controller's log.",
        remedy: "Bring the pods to Running (room or limits, if the scheduler says so) and wait some minutes; reinstall if it stays.",
        source: PAGE,
    },
    Code {
        code: "UserErrorKubernetesCustomResourcesNotPickedUpByExtension",
        in_seed: false,
        title: "The extension does not pick up the vault's objects.",
        cause: "Its controller does not run, or its CRDs are missing although ARM says Succeeded.",
        look_for: "CRDs of clusterbackup.dataprotection.microsoft.com, the controller Deployment, an empty statuses list in ARM.",
        remedy: "Bring the controller back; reinstall; open a support request if the CRDs stay missing.",
        source: FIELD,
    },
    Code {
        code: "UserErrorBackupPluginPodRestartedDuringBackup",
        in_seed: false,
        title: "The agent pod restarted during a backup.",
        cause: "Mostly out of memory, with more than a thousand objects in the cluster; eviction and node loss look the same.",
        look_for: "lastState and restarts of the agent pod's containers, node events.",
        remedy: "Raise resources.limits.memory of the extension (the page says 4400Mi), then run a backup on demand.",
        source: PAGE_2025,
    },
    Code {
        code: "UserErrorBackupPluginPodRestartedDuringRestore",
        in_seed: false,
        title: "The agent pod restarted during a restore.",
        cause: "Mostly out of memory; eviction and node loss look the same.",
        look_for: "lastState and restarts of the agent pod's containers, node events.",
        remedy: "Raise resources.limits.memory of the extension, then restore again.",
        source: PAGE_2025,
    },
    Code {
        code: "BackupPluginDeleteBackupOperationFailed",
        in_seed: true,
        title: "A backup could not be deleted.",
        cause: "The extension must run to delete backups; the cluster may also be stopped or gone.",
        look_for: "The extension's pods, the cluster's power state, errors of DeleteBackupRequests.",
        remedy: "Start the cluster and bring the pods back; if the cluster is gone, delete its snapshots and backup data by hand.",
        source: PAGE,
    },
    Code {
        code: "ExtensionTimedOutWaitingForBackupItemSync",
        in_seed: true,
        title: "Backup items were not synchronised with the storage account in time.",
        cause: "The extension waits for the storage location's sync, which is slow or fails.",
        look_for: "lastSyncedTime and phase of the storage location; errors of the backup-sync controller.",
        remedy: "Retry; if it stays, repair the storage location or reinstall the extension.",
        source: PAGE,
    },
    Code {
        code: "UserErrorKubernetesBackupClusterIsStopped",
        in_seed: false,
        title: "The cluster was stopped when the backup was due.",
        cause: "The schedule fires whether the cluster runs or not.",
        look_for: "The cluster's power state; failed jobs one after the other.",
        remedy: "Start the cluster and run a backup on demand; choose a schedule inside the running hours.",
        source: FIELD,
    },
    Code {
        code: "UserErrorTrustedAccessGatewayReturnedForbidden",
        in_seed: false,
        title: "The vault has no trusted access to the cluster.",
        cause: "The trusted access role binding from the vault to the cluster is missing or was removed.",
        look_for: "Trusted access role bindings of the cluster: source is the vault, role is backup-operator.",
        remedy: "Create the binding with the role Microsoft.DataProtection/backupVaults/backup-operator, wait five minutes, validate again.",
        source: FIELD,
    },
    Code {
        code: "UserErrorDeleteBackupFailedBackupStorageLocationReadOnly",
        in_seed: true,
        title: "A backup could not be deleted because the storage location is read-only.",
        cause: "The location's accessMode is ReadOnly; storage accounts have no such state (a lock or immutability is something else).",
        look_for: "spec.accessMode of the BackupStorageLocation; read-only locks and immutability of the account.",
        remedy: "Set accessMode back to ReadWrite; a lock must be lifted by its owner.",
        source: PAGE,
    },
    Code {
        code: "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        in_seed: true,
        title: "A backup could not be deleted because its storage location is gone.",
        cause: "The location was deleted, or the extension was installed with a wrong account or container.",
        look_for: "BackupStorageLocation objects; account and container in Azure against the extension's settings.",
        remedy: REINSTALL,
        source: PAGE,
    },
    Code {
        code: "UserErrorBackupFailedBackupStorageLocationReadOnly",
        in_seed: true,
        title: "A backup could not be written because the storage location is read-only.",
        cause: "The location's accessMode is ReadOnly; storage accounts have no such state (a lock or immutability is something else).",
        look_for: "spec.accessMode of the BackupStorageLocation; read-only locks and immutability of the account.",
        remedy: "Set accessMode back to ReadWrite; a lock must be lifted by its owner.",
        source: PAGE,
    },
    Code {
        code: "UserErrorNoDefaultBackupStorageLocationFound",
        in_seed: true,
        title: "There is no default storage location.",
        cause: "It was deleted, or account, group or container were given wrongly at install time.",
        look_for: "BackupStorageLocation objects of the extension; the account's real resource group against the settings.",
        remedy: REINSTALL,
        source: PAGE,
    },
    Code {
        code: "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
        in_seed: true,
        title: "The extension identity lacks its role on the storage account.",
        cause: "Storage Blob Data Contributor is missing or not yet effective; in key mode it is Storage Account Contributor.",
        look_for: "useAAD and the location's message; role assignments of aksAssignedIdentity at the account, and their age.",
        remedy: "Grant the role that the auth mode needs to aksAssignedIdentity.principalId; wait up to an hour after a fresh grant.",
        source: PAGE,
    },
    Code {
        code: "UserErrorBackupStorageLocationNotReady",
        in_seed: true,
        title: "The storage location is not ready.",
        cause: "The identity cannot use the account; normal for up to an hour after the first install, otherwise role, network, keys or settings.",
        look_for: "Phase and message of the location; createdOn of the role assignment; the account's network rules.",
        remedy: "Wait an hour after a fresh role assignment and retry; otherwise repair what the location's message names.",
        source: PAGE,
    },
    Code {
        code: "BSL_403_AUTHORIZATION_FAILURE_NETWORK",
        in_seed: false,
        title: "The storage account's network rules refuse the extension.",
        cause: "A firewall, or public access disabled, without a private endpoint that the pods can use.",
        look_for: "publicNetworkAccess and network rules of the account; the address that the cluster gets for its blob endpoint.",
        remedy: "Give the account a blob private endpoint with its DNS zone linked to the VNet, or allow the cluster's subnet.",
        source: "public reports; Microsoft, AKS backup support matrix (01/2026)",
    },
    Code {
        code: "BSL_KEY_MODE_ACCESS_KEY_FAILED",
        in_seed: false,
        title: "The account's access key could not be fetched.",
        cause: "The location works with keys (useAAD not true), and listing them failed; the inner error says why.",
        look_for: "useAAD of the location, the inner error, allowSharedKeyAccess of the account.",
        remedy: "Set useAAD and the account's blob URI and grant Storage Blob Data Contributor; or grant the right to list keys.",
        source: "source of Velero; public reports",
    },
    Code {
        code: "UserErrorSnapshotResourceGroupHasLocks",
        in_seed: false,
        title: "The snapshot resource group is locked.",
        cause: "A delete or read-only lock on the group or above it.",
        look_for: "Locks on the snapshot group and the subscription.",
        remedy: "Choose an unlocked group for a new instance; for an existing one have the lock removed.",
        source: PAGE_2025,
    },
    Code {
        code: "DppUserErrorVaultTierPolicyNotSupported",
        in_seed: true,
        title: "The backup policy uses the vault tier in a region that has none.",
        cause: "A retention rule for Vault-standard, and a vault in a region with the operational tier only.",
        look_for: "The policy's rules with a vault store; the vault's region.",
        remedy: "Clear Vault-standard in the retention rule, or make a policy for the operational tier only.",
        source: PAGE,
    },
    Code {
        code: "UserErrorMissingVaultMSIPermissionsOnBackupStorageLocation",
        in_seed: false,
        title: "The vault's identity cannot read the storage account, so nothing moves to the vault tier.",
        cause: "Storage Blob Data Reader is missing at the extension's account; backups themselves still succeed.",
        look_for: "Failed jobs of operation Tiering; role assignments of the vault's identity at the account.",
        remedy: "Grant Storage Blob Data Reader to the vault's identity at the account.",
        source: "public reports; Microsoft, AKS backup FAQ",
    },
    Code {
        code: "UserErrorMissingVaultMSIPermissionsOnSnapshotRG",
        in_seed: false,
        title: "The vault's identity lacks roles on the snapshot group, so nothing moves to the vault tier.",
        cause: "Disk Snapshot Contributor, Data Operator for Managed Disks or Reader is missing there.",
        look_for: "Failed jobs of operation Tiering; role assignments of the vault's identity at the snapshot group.",
        remedy: "Grant the missing roles at the snapshot group and retry.",
        source: "public reports; Microsoft, AKS backup FAQ",
    },
    Code {
        code: "VAULT_TIER_DISK_NOT_ELIGIBLE",
        in_seed: false,
        title: "A disk cannot be moved to the vault tier.",
        cause: "Larger than 1 TB, private network access, its own encryption set or sign-in, more than 100 disks, or an Azure Files volume.",
        look_for: "Sizes and number of the disks in scope; their network access and encryption settings.",
        remedy: "Change the disk, split the instance, or keep such volumes in the operational tier.",
        source: MATRIX,
    },
    Code {
        code: "VAULT_TIER_RESTORE_STAGING",
        in_seed: false,
        title: "A restore from the vault tier needs a staging account and group that fit.",
        cause: "The staging account must allow public access and cross-tenant replication.",
        look_for: "allowCrossTenantReplication and publicNetworkAccess of the staging account; the vault's roles there.",
        remedy: "Correct the staging account and grant the vault's roles; remove the staged copies afterwards.",
        source: MATRIX,
    },
    Code {
        code: "BMSUserErrorDPPAdhocBackupNotAllowedForBackupType",
        in_seed: false,
        title: "A backup on demand was asked for with a rule that is no backup rule.",
        cause: "The name of a retention tag was given instead of the backup rule's.",
        look_for: "The policy's rule of type AzureBackupRule and its name.",
        remedy: "Give the backup rule's name, for example BackupHourly.",
        source: FIELD,
    },
    Code {
        code: "KubernetesBackupGenericWarning",
        in_seed: false,
        title: "An object could not be backed up or restored.",
        cause: "Validation or a dependency; often a webhook whose service is gone.",
        look_for: "The job's warning details; webhook configurations whose service is missing or has no endpoints.",
        remedy: "Repair the webhook's service, or remove a configuration that nobody owns any more, then apply the object again.",
        source: PAGE_2025,
    },
    Code {
        code: "UserErrorPVSnapshotDisallowedByPolicy",
        in_seed: true,
        title: "Azure Policy forbids the disk snapshot.",
        cause: "A policy assignment with effect deny covers snapshots.",
        look_for: "The assignment's name in the VolumeSnapshotContent's error.",
        remedy: "Exempt the snapshot group or change the assignment, then run a backup on demand.",
        source: PAGE,
    },
    Code {
        code: "UserErrorPVSnapshotLimitReached",
        in_seed: true,
        title: "The disk has the highest number of snapshots already.",
        cause: "Azure allows 500 snapshots of one disk; leftovers that were never deleted count.",
        look_for: "Snapshots per source disk in the snapshot group, and those older than the retention.",
        remedy: "Shorten the retention and wait until the vault has deleted old recovery points.",
        source: PAGE,
    },
    Code {
        code: "CSISnapshottingTimedOut",
        in_seed: true,
        title: "The CSI driver did not return a snapshot in time.",
        cause: "Throttling, left-over snapshot objects, slow background copies of PremiumV2 and Ultra disks, or missing rights.",
        look_for: "Errors of VolumeSnapshotContents, throttling words, completionPercent of the snapshots.",
        remedy: "Remove what the error names, then run a backup on demand or wait for the next one.",
        source: PAGE,
    },
    Code {
        code: "UserErrorHookExecutionFailed",
        in_seed: true,
        title: "A backup or restore hook failed.",
        cause: "Wrong container, a pod that does not run, a command that is not there (hooks run without a shell), or no way to the kubelet.",
        look_for: "The run's log; BackupHook and RestoreHook objects against the pods that they select.",
        remedy: "Correct the hook and run again.",
        source: PAGE,
    },
    Code {
        code: "UserErrorNamespaceNotFound",
        in_seed: true,
        title: "A namespace of the backup configuration does not exist.",
        cause: "It was mistyped or deleted.",
        look_for: "The instance's includedNamespaces against the cluster's.",
        remedy: "Correct the backup configuration, or make the namespace again.",
        source: PAGE,
    },
    Code {
        code: "UserErrorPVCHasNoVolume",
        in_seed: true,
        title: "A claim has no volume, so it is not backed up.",
        cause: "The PersistentVolumeClaim names no PersistentVolume.",
        look_for: "spec.volumeName of the claim.",
        remedy: "Attach a volume if the claim must be backed up.",
        source: PAGE,
    },
    Code {
        code: "UserErrorPVCNotBoundToVolume",
        in_seed: true,
        title: "A claim is pending, so it is not backed up.",
        cause: "No volume was bound: class missing, quota, no pod yet for WaitForFirstConsumer, or the provisioner's own error.",
        look_for: "Phase and events of the claim.",
        remedy: "Remove what keeps the claim pending.",
        source: PAGE,
    },
    Code {
        code: "UserErrorPVNotFound",
        in_seed: true,
        title: "The storage behind a volume is gone.",
        cause: "The disk or share of the PersistentVolume was deleted.",
        look_for: "Phase Lost of the claim; the disk of the volume handle in Azure.",
        remedy: "Attach a new volume with real storage, or restore it.",
        source: PAGE,
    },
    Code {
        code: "UserErrorStorageClassMissingForPVC",
        in_seed: true,
        title: "The storage class of a claim is not there, so its snapshot is skipped.",
        cause: "The claim or volume names no class, or one that does not exist.",
        look_for: "storageClassName of claim and volume against the cluster's classes.",
        remedy: "Give the claim and volume a class that exists.",
        source: PAGE,
    },
    Code {
        code: "UserErrorSourceandTargetClusterCRDVersionMismatch",
        in_seed: true,
        title: "Some objects were not restored because the two clusters serve different API versions.",
        cause: "FlowSchemas and PriorityLevelConfigurations of another API version; other removed versions give similar errors.",
        look_for: "Served versions of flowcontrol.apiserver.k8s.io on both clusters.",
        remedy: "Restore to a cluster of the same Kubernetes version, or apply these objects by hand.",
        source: PAGE,
    },
    Code {
        code: "LinkedAuthorizationFailed",
        in_seed: false,
        title: "A right on a second, linked resource is missing.",
        cause: "In a restore the caller cannot read the source cluster; in a snapshot the cluster identity lacks a right on disk or group.",
        look_for: "The two scopes in the message, and which of them is refused; deny assignments.",
        remedy: "For a restore grant the caller Reader on the source cluster; otherwise grant the named action at the linked scope.",
        source: PAGE_2025,
    },
];
