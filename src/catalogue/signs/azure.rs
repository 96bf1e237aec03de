//! Azure Resource Manager, the vault and the command line.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::RequestDisallowedByPolicy,
        name: "request-disallowed-by-policy",
        weight: Weight::Cause,
        meaning: "Azure Policy denies an ARM request: read which type of resource, a disk, a snapshot, an account and the extension differ",
        not: "a Gatekeeper constraint in the cluster",
        codes: &["UserErrorPVSnapshotDisallowedByPolicy", "EXT_ARM_POLICY_DISALLOWED"],
        tells: &[says(&[
            "requestdisallowedbypolicy",
            "was disallowed by policy",
            "disallowed by azure policy",
            "usererrorpvsnapshotdisallowedbypolicy",
        ])
        .read(capture::disallowed)],
    },
    About {
        sign: Sign::ScopeLocked,
        name: "scope-locked",
        weight: Weight::Cause,
        meaning: "a lock at the named scope blocks the operation; locks are inherited",
        not: "a missing role, or the location's accessMode",
        codes: &["EXT_SCOPE_LOCKED", "UserErrorSnapshotResourceGroupHasLocks"],
        tells: &[says(&["following scope(s) are locked", "scopelocked", "usererrorsnapshotresourcegrouphaslocks"])
            .read(capture::lock)],
    },
    About {
        sign: Sign::ProviderNotRegistered,
        name: "provider-not-registered",
        weight: Weight::Cause,
        meaning: "the subscription is not registered for the resource provider",
        not: "a missing role",
        codes: &[],
        tells: &[says(&["not registered to use namespace", "missingsubscriptionregistration"]).read(capture::provider)],
    },
    About {
        sign: Sign::ClusterStopped,
        name: "cluster-stopped",
        weight: Weight::Cause,
        meaning: "the cluster is stopped",
        not: "a network trouble",
        codes: &["UserErrorKubernetesBackupClusterIsStopped", "BackupPluginDeleteBackupOperationFailed"],
        tells: &[says(&[
            "usererrorkubernetesbackupclusterisstopped",
            "cluster is in stopped state",
            "powerstate is set to false",
        ])],
    },
    About {
        sign: Sign::InstanceIncomplete,
        name: "instance-incomplete",
        weight: Weight::Cause,
        meaning: "the backup instance was created with incomplete data",
        not: "that the extension is broken",
        codes: &["ScenarioPluginInvalidWorkflowDataRequest"],
        tells: &[says(&["scenarioplugininvalidworkflowdatarequest"])],
    },
    About {
        sign: Sign::InputRejected,
        name: "input-rejected",
        weight: Weight::Cause,
        meaning: "the service rejects the request as such; sending it again does not help, whatever the text says",
        not: "a passing failure",
        codes: &["BMSUserErrorDPPAdhocBackupNotAllowedForBackupType"],
        tells: &[says(&[
            "cloudinvalidinputerror",
            "bmsusererrorinvalidinput",
            "bmsusererrordppadhocbackupnotallowedforbackuptype",
        ])],
    },
    About {
        sign: Sign::ErrorHidden,
        name: "error-hidden",
        weight: Weight::Symptom,
        meaning: "the service answered 406 without a body, which hides the true error",
        not: "what the error is",
        codes: &[],
        tells: &[says(&[
            "406 not acceptable",
            "statuscode=406",
            "status code 406",
            "unexpected status 406",
            "response 406",
        ])],
    },
    About {
        sign: Sign::CliDefect,
        name: "cli-defect",
        weight: Weight::Cause,
        meaning: "a known defect of the Azure CLI's dataprotection extension; another version works",
        not: "wrong input",
        codes: &[],
        tells: &[says(&["container_list_present"])],
    },
];
