//! Refusals of Entra ID's and Kubernetes' authorisation, told apart by what was refused.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

const DENIED: &[&str] = &["authorizationfailed", "does not have authorization to perform action"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::DataRoleMissing,
        name: "data-role-missing",
        weight: Weight::Cause,
        meaning: "the token is fine, but the identity has no blob data role at the account, or has had it for less than an hour",
        not: "the network, or the control-plane role",
        codes: &[
            "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
            "UserErrorBackupStorageLocationNotReady",
        ],
        tells: &[says(&[
            "authorizationpermissionmismatch",
            "this request is not authorized to perform this operation using this permission",
        ])
        .read(capture::endpoint)],
    },
    About {
        sign: Sign::ListKeysDenied,
        name: "list-keys-denied",
        weight: Weight::Cause,
        meaning: "the extension works with account keys and may not list them: the control-plane role is missing, or useAAD is not set",
        not: "that a blob data role alone helps",
        codes: &[
            "BSL_KEY_MODE_ACCESS_KEY_FAILED",
            "UserErrorExtensionMSIMissingPermissionsOnBackupStorageLocation",
            "UserErrorBackupStorageLocationNotReady",
        ],
        tells: &[says(DENIED).read(capture::list_keys)],
    },
    About {
        sign: Sign::SnapshotRightMissing,
        name: "snapshot-right-missing",
        weight: Weight::Cause,
        meaning: "the cluster identity may not work on snapshots or disks in the named scope",
        not: "the extension identity, or the storage account",
        codes: &["CSISnapshottingTimedOut"],
        tells: &[says(DENIED).read(capture::snapshot_right)],
    },
    About {
        sign: Sign::CallerCannotGrant,
        name: "caller-cannot-grant",
        weight: Weight::Cause,
        meaning: "whoever runs this may not assign roles: Contributor is not enough, Owner or User Access Administrator is",
        not: "that the extension's identity lacks something",
        codes: &[],
        tells: &[says(DENIED).read(capture::grant_right)],
    },
    About {
        sign: Sign::ActionDenied,
        name: "action-denied",
        weight: Weight::Cause,
        meaning: "Azure Resource Manager refuses the named action: a control-plane role is missing",
        not: "a network rule",
        codes: &["KubernetesBackupListExtensionsError"],
        tells: &[says(DENIED).read(capture::other_right)],
    },
    About {
        sign: Sign::LinkedAuthorization,
        name: "linked-authorization",
        weight: Weight::Cause,
        meaning: "a right on a second, linked resource is missing (source cluster, disk, snapshot), or that resource is gone",
        not: "that the first scope is the refused one; or that it is always the restoring user",
        codes: &["LinkedAuthorizationFailed"],
        tells: &[says(&["linkedauthorizationfailed", "on the linked scope(s)"]).read(capture::any_permission)],
    },
    About {
        sign: Sign::DenyAssignment,
        name: "deny-assignment",
        weight: Weight::Cause,
        meaning: "a deny assignment forbids the action, whatever roles there are (managed node resource group, lockdown)",
        not: "a missing role",
        codes: &["CSISnapshottingTimedOut"],
        tells: &[says(&["denyassignmentauthorizationfailed", "because of the deny assignment"])
            .read(capture::any_permission)],
    },
    About {
        sign: Sign::PrincipalNotFound,
        name: "principal-not-found",
        weight: Weight::Cause,
        meaning: "the directory does not know the identity yet, or no more: fresh identities need the principal type in the assignment",
        not: "a missing right of the caller",
        codes: &[],
        tells: &[says(&["principalnotfound", "does not exist in the directory"])],
    },
    About {
        sign: Sign::TrustedAccessMissing,
        name: "trusted-access-missing",
        weight: Weight::Cause,
        meaning: "the vault has no trusted access role binding to the cluster",
        not: "the vault's Reader role",
        codes: &["UserErrorTrustedAccessGatewayReturnedForbidden"],
        tells: &[says(&["usererrortrustedaccessgatewayreturnedforbidden", "trusted access role binding is missing"])],
    },
    About {
        sign: Sign::ClusterRightMissing,
        name: "cluster-right-missing",
        weight: Weight::Cause,
        meaning: "Kubernetes' own authorisation refuses the request of a user or service account",
        not: "an Azure role at the storage account",
        codes: &[],
        tells: &[says(&["is forbidden: user"]).read(capture::name_behind)],
    },
];
