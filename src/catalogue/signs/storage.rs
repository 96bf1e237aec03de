//! The storage location, its account and its settings.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

/// Words of the file service and of those that work on it from outside the cluster's network.
const FILES: &[&str] = &[
    "azcopy",
    "file.csi.azure.com",
    "servicecode=authorizationfailure",
    "fileshare",
    "file share",
    "file.core.windows.net",
    "azurefile",
];

const NETWORK: &[&str] = &[
    "authorizationfailure",
    "this request is not authorized to perform this operation.",
    "publicnetworkaccessdisabled",
    "public network access is disabled for this account",
    "public access is not permitted on this storage account",
];

const NOT_FOUND: &[&str] = &["resourcenotfound", "was not found"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::StorageNetworkDenied,
        name: "storage-network-denied",
        weight: Weight::Cause,
        meaning: "the storage account's network rules refuse whoever asks (only the workstation, when it is describe or logs)",
        not: "a missing role",
        codes: &["BSL_403_AUTHORIZATION_FAILURE_NETWORK", "UserErrorBackupStorageLocationNotReady"],
        tells: &[says(NETWORK).without(FILES).read(capture::endpoint)],
    },
    About {
        sign: Sign::FileShareNetworkDenied,
        name: "file-share-network-denied",
        weight: Weight::Cause,
        meaning: "a file share's account refuses the CSI controller, which runs outside the cluster's network; mounts still work",
        not: "the storage location's account, or a missing role",
        codes: &["CSISnapshottingTimedOut"],
        tells: &[says(NETWORK).with(FILES).read(capture::endpoint)],
    },
    About {
        sign: Sign::SharedKeyDisabled,
        name: "shared-key-disabled",
        weight: Weight::Cause,
        meaning: "the account allows no shared keys, and the extension works with them",
        not: "that roles must be assigned again",
        codes: &[
            "BSL_KEY_MODE_ACCESS_KEY_FAILED",
            "UserErrorExtensionIdentityNotFound",
            "UserErrorBackupStorageLocationNotReady",
        ],
        tells: &[says(&[
            "keybasedauthenticationnotpermitted",
            "key based authentication is not permitted on this storage account",
            "usererrorstorageaccountkeyaccessdisallowed",
        ])
        .read(capture::endpoint)],
    },
    About {
        sign: Sign::StorageKeyWrong,
        name: "storage-key-wrong",
        weight: Weight::Cause,
        meaning: "the account refuses the signature: the key was rotated, the SAS expired, or the clock is wrong",
        not: "a missing role",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&["server failed to authenticate the request"]).read(capture::endpoint),
            says(&["invalidauthenticationinfo"]).read(capture::endpoint),
        ],
    },
    About {
        sign: Sign::KeySettingHoldsKey,
        name: "key-setting-holds-key",
        weight: Weight::Cause,
        meaning: "storageAccountKeyEnvVar does not name a variable with a key; often it holds the key itself, which is then exposed",
        not: "a missing role",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&["no storage account access key with key"]).secret_follows(),
            says(&["no storage account key found with env var", "storageaccountkeyenvvar"])
                .with(&["not found", "not set", "empty", "unable to"])
                .secret_follows(),
        ],
    },
    About {
        sign: Sign::Throttled,
        name: "throttled",
        weight: Weight::Cause,
        meaning: "Azure limits the rate of requests; it passes, unless left-over snapshots keep asking",
        not: "a missing role, or a broken driver",
        codes: &["CSISnapshottingTimedOut", "UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&[
                "toomanyrequests",
                "too many requests",
                "subscriptionrequeststhrottled",
                "client throttled",
                "statuscode=429",
                "response 429",
                "status code 429",
                "status code: 429",
                "httpstatuscode: 429",
                "requests are being throttled",
            ]),
            says(&["throttled"]).with(&["azure", "storage", "operation", "subscription", "resource provider"]),
        ],
    },
    About {
        sign: Sign::ContainerNotFound,
        name: "container-not-found",
        weight: Weight::Cause,
        meaning: "the account has no container of this name",
        not: "that the account is missing; BlobNotFound in an empty container is harmless",
        codes: &[
            "UserErrorNoDefaultBackupStorageLocationFound",
            "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        ],
        tells: &[says(&["containernotfound", "the specified container does not exist", "containerbeingdeleted"])
            .read(capture::endpoint)],
    },
    About {
        sign: Sign::AccountNotFound,
        name: "account-not-found",
        weight: Weight::Cause,
        meaning: "there is no such storage account in the named group: the account, or its group in the settings, is wrong",
        not: "that the account does not exist anywhere",
        codes: &[
            "UserErrorNoDefaultBackupStorageLocationFound",
            "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        ],
        tells: &[says(NOT_FOUND).with(&["the resource '"]).read(capture::account)],
    },
    About {
        sign: Sign::ResourceGroupNotFound,
        name: "resource-group-not-found",
        weight: Weight::Cause,
        meaning: "the resource group does not exist in this subscription",
        not: "that the resource in it is missing",
        codes: &["UserErrorNoDefaultBackupStorageLocationFound"],
        tells: &[says(&["resourcegroupnotfound"]).read(capture::group)],
    },
    About {
        sign: Sign::SubscriptionNotFound,
        name: "subscription-not-found",
        weight: Weight::Cause,
        meaning: "the subscription does not exist in this tenant, or the identity cannot see it",
        not: "that the resource in it is missing",
        codes: &["UserErrorNoDefaultBackupStorageLocationFound"],
        tells: &[says(&["subscriptionnotfound", "invalidsubscriptionid"]).read(capture::nothing)],
    },
    About {
        sign: Sign::AzureResourceNotFound,
        name: "azure-resource-not-found",
        weight: Weight::Cause,
        meaning: "a resource that was asked for does not exist in Azure",
        not: "which one, unless the message names it",
        codes: &[],
        tells: &[says(&["resourcenotfound", "parentresourcenotfound"]).read(capture::other_resource)],
    },
    About {
        sign: Sign::CredentialsMissing,
        name: "credentials-missing",
        weight: Weight::Cause,
        meaning: "the secret with the cloud credentials is missing, or has not the expected key",
        not: "a missing role",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&["not found"])
                .with(&["credentials", "credential", "cloud-credentials"])
                .read(capture::missing_secret),
            says(&[
                "unable to get key for secret",
                "unable to get credentials",
                "error getting credentials",
                "failed to load credentials",
            ]),
        ],
    },
    About {
        sign: Sign::CredentialsMalformed,
        name: "credentials-malformed",
        weight: Weight::Cause,
        meaning: "the cloud credentials cannot be read, or lack a value",
        not: "a missing role",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[says(&[
            "incomplete credential configuration",
            "azure_tenant_id is required",
            "azure_client_id is required",
            "azure_password is required",
            "error loading environment from azure_credentials_file",
            "failed to parse certificate",
            "failed to parse credential",
            "failed to create storage account access key credential",
        ])],
    },
    About {
        sign: Sign::LocationSettingMissing,
        name: "location-setting-missing",
        weight: Weight::Cause,
        meaning: "the storage location lacks a setting (account, group or subscription), or has one that cannot be read",
        not: "a missing role",
        codes: &["UserErrorNoDefaultBackupStorageLocationFound", "CLI_MISSING_CONFIG_SETTING"],
        tells: &[
            says(&["is required in bsl", "is required in the bsl", "failed to parse bool from useaad string"]),
            says(&[
                "unable to get all required config values",
                "storageaccount not defined",
                "resourcegroup not defined",
            ]),
        ],
    },
    About {
        sign: Sign::LocationNotFound,
        name: "location-not-found",
        weight: Weight::Cause,
        meaning: "there is no such backup storage location, or no default one",
        not: "that the container is empty",
        codes: &[
            "UserErrorNoDefaultBackupStorageLocationFound",
            "UserErrorDeleteBackupFailedBackupStorageLocationNotFound",
        ],
        tells: &[
            says(&["not found"]).read(capture::missing_location),
            says(&["was not found", "does not exist"])
                .with(&[
                    "an existing backup storage location was not specified",
                    "the default backup storage location",
                    "the server default",
                ])
                .read(capture::location),
            says(&[
                "usererrornodefaultbackupstoragelocationfound",
                "usererrordeletebackupfailedbackupstoragelocationnotfound",
            ]),
        ],
    },
    About {
        sign: Sign::ReadOnlyLocation,
        name: "read-only-location",
        weight: Weight::Cause,
        meaning: "the backup storage location's accessMode was ReadOnly when this was tried; it is a field in the cluster",
        not: "a state of the storage account; a lock or immutability has other words",
        codes: &[
            "UserErrorBackupFailedBackupStorageLocationReadOnly",
            "UserErrorDeleteBackupFailedBackupStorageLocationReadOnly",
        ],
        tells: &[
            says(&["is currently in read-only mode"]).read(capture::location),
            says(&[
                "usererrorbackupfailedbackupstoragelocationreadonly",
                "usererrordeletebackupfailedbackupstoragelocationreadonly",
            ]),
        ],
    },
    About {
        sign: Sign::ImmutableContainer,
        name: "immutable-container",
        weight: Weight::Cause,
        meaning: "the container has an immutability policy or a legal hold, which Azure Backup for AKS does not support",
        not: "the location's accessMode",
        codes: &["UserErrorDeleteBackupFailedBackupStorageLocationReadOnly", "BackupPluginDeleteBackupOperationFailed"],
        tells: &[says(&[
            "blobimmutableduetopolicy",
            "blobimmutableduetolegalhold",
            "blob is immutable due to",
            "containerimmutabilitypolicyfailure",
        ])
        .read(capture::endpoint)],
    },
    About {
        sign: Sign::AccountInOtherRegion,
        name: "account-in-other-region",
        weight: Weight::Cause,
        meaning: "cluster and storage account lie in different regions",
        not: "a missing account",
        codes: &["CLI_LOCATION_MISMATCH"],
        tells: &[says(&["are not in the same location"]).with(&["storage account"])],
    },
    About {
        sign: Sign::SettingMissing,
        name: "setting-missing",
        weight: Weight::Cause,
        meaning: "a setting that the extension needs was not given",
        not: "that the account is missing",
        codes: &["CLI_MISSING_CONFIG_SETTING"],
        tells: &[says(&["missing required configuration setting"]).read(capture::name_behind)],
    },
    About {
        sign: Sign::SettingIgnored,
        name: "setting-ignored",
        weight: Weight::Cause,
        meaning: "the CLI does not know the setting and dropped it",
        not: "that the setting is in force",
        codes: &["CLI_MISSING_CONFIG_SETTING"],
        tells: &[says(&["ignoring unrecognized configuration setting"]).read(capture::name_behind)],
    },
    About {
        sign: Sign::KeyModeFailed,
        name: "key-mode-failed",
        weight: Weight::Symptom,
        meaning: "the account's key could not be fetched; the inner error says why",
        not: "that the role for listing keys is missing",
        codes: &["BSL_KEY_MODE_ACCESS_KEY_FAILED"],
        tells: &[says(&[
            "failed to get storage account access key",
            "failed to list storage account access keys",
            "no storage key with full permissions found",
        ])],
    },
    About {
        sign: Sign::LocationUnavailable,
        name: "location-unavailable",
        weight: Weight::Symptom,
        meaning: "the backup storage location cannot be used; its message says why",
        not: "which of its many causes it is",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&["is unavailable:"])
                .with(&["backupstoragelocation", "backup storage location"])
                .read(capture::location),
            says(&["is in unavailable status"]).read(capture::location),
            says(&["usererrorbackupstoragelocationnotready"]),
        ],
    },
];
