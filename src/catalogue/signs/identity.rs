//! Who answers a token request, and what the answers mean.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

/// A token request that was answered with 403 or 404: Azure's own metadata service answers 400, NMI one of these.
const REFUSED: &[&str] = &[
    "status code = '404'",
    "statuscode=404",
    "response 404",
    "404 not found",
    "status code: 404",
    "status code = '403'",
    "statuscode=403",
    "response 403",
    "403 forbidden",
    "status code: 403",
];

const METADATA: &[&str] = &["400", "invalid_request", "169.254.169.254", "imds", "managedidentitycredential"];

const MISMATCH: &[&str] =
    &["aadsts70021", "aadsts700211", "aadsts700212", "aadsts700213", "no matching federated identity record found"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::NmiRefused,
        name: "nmi-refused",
        weight: Weight::Cause,
        meaning: "NMI answered instead of IMDS: pod-managed identity has no identity for this pod, and no exception lets it through",
        not: "a missing role, or a missing identity on the nodes",
        codes: &["SCENARIO_2_POD_IDENTITY_NMI", "UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&[
                "no azure identity found for request clientid",
                "no azure identity found for request",
                "no azureassignedidentity found for pod",
            ])
            .read(capture::identity),
            says(&["getting assigned identities for pod"]).read(capture::identity),
            says(&["adal: refresh request failed", "adal:"])
                .with(REFUSED)
                .without(&["aadsts", "status code = '400'"])
                .read(capture::identity),
            // A newer client shows NMI's answer as its own response, with the older library's text inside.
            says(&["adal: refresh request failed", "adal:"])
                .with(&["response 403", "response 404"])
                .without(&["aadsts"])
                .read(capture::identity),
        ],
    },
    About {
        sign: Sign::ImdsIdentityNotFound,
        name: "imds-identity-not-found",
        weight: Weight::Cause,
        meaning: "IMDS answered: the identity that was asked for is not assigned to this node's scale set",
        not: "scenario 2; an exception for pod identity does not help",
        codes: &["UserErrorKubernetesBackupExtensionIdentityNotFound", "UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&["identity not found"]).with(METADATA).read(capture::identity),
            says(&[
                "the requested identity isn't assigned to this resource",
                "the requested identity isn't assigned to this",
                "the requested identity has not been assigned to this resource",
            ])
            .read(capture::identity),
        ],
    },
    About {
        sign: Sign::ImdsUnreachable,
        name: "imds-unreachable",
        weight: Weight::Cause,
        meaning: "the metadata service (169.254.169.254) does not answer: a network policy, IMDS restriction, or NMI's redirect to 127.0.0.1",
        not: "a missing role or identity",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[
            says(&["169.254.169.254"])
                .with(&[
                    "context deadline exceeded",
                    "connect timed out",
                    "connection timed out",
                    "i/o timeout",
                    "connection refused",
                    "no route to host",
                    "client.timeout exceeded",
                ])
                .without(&[
                    "adal: refresh request failed. status code",
                    "identity not found",
                    "no azure identity found",
                ])
                .read(capture::identity),
            says(&[
                "managed identity timed out",
                "the managed identity endpoint is not available",
                "imds endpoint is not available",
            ])
            .read(capture::identity),
        ],
    },
    About {
        sign: Sign::SeveralIdentities,
        name: "several-identities",
        weight: Weight::Cause,
        meaning: "the node has several identities, and the request named none: the client id is missing in the request",
        not: "a missing identity",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[says(&["multiple user assigned identities exist"]).read(capture::identity)],
    },
    About {
        sign: Sign::WorkloadIdentityNotInjected,
        name: "workload-identity-not-injected",
        weight: Weight::Cause,
        meaning: "the pod has no workload identity variables and the node no default identity: label, annotation or webhook is missing",
        not: "scenario 2, or a missing role",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[says(&[
            "no default identity",
            "missing environment variable azure_tenant_id",
            "missing environment variable azure_client_id",
            "missing environment variable azure_federated_token_file",
            "no client id specified",
            "no tenant id specified",
            "no token file specified",
        ])
        .read(capture::identity)],
    },
    About {
        sign: Sign::OidcIssuerOff,
        name: "oidc-issuer-off",
        weight: Weight::Cause,
        meaning: "the token was issued by kubernetes.default.svc: the cluster's OIDC issuer is off",
        not: "a wrong subject in the federated credential",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[says(MISMATCH).with(&["kubernetes.default.svc"]).read(capture::federation)],
    },
    About {
        sign: Sign::FederatedCredentialMismatch,
        name: "federated-credential-mismatch",
        weight: Weight::Cause,
        meaning: "Entra ID knows no federated credential with this token's issuer, subject and audience",
        not: "a missing role",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[says(MISMATCH).without(&["kubernetes.default.svc"]).read(capture::federation)],
    },
    About {
        sign: Sign::ServicePrincipalExpired,
        name: "service-principal-expired",
        weight: Weight::Cause,
        meaning: "the client secret of a service principal has expired",
        not: "a missing role",
        codes: &[],
        tells: &[says(&["aadsts7000222", "client secret keys for app"])],
    },
    About {
        sign: Sign::ClientSecretWrong,
        name: "client-secret-wrong",
        weight: Weight::Cause,
        meaning: "the client secret of a service principal is wrong",
        not: "an expired secret",
        codes: &[],
        tells: &[says(&["aadsts7000215"])],
    },
    About {
        sign: Sign::AppNotInTenant,
        name: "app-not-in-tenant",
        weight: Weight::Cause,
        meaning: "the application or tenant does not exist in this directory: a wrong client id, tenant, or unregistered provider",
        not: "a missing role",
        codes: &[],
        tells: &[says(&["aadsts700016", "aadsts90002"])],
    },
    About {
        sign: Sign::ConditionalAccess,
        name: "conditional-access",
        weight: Weight::Cause,
        meaning: "a conditional access policy wants more from whoever signs in (second factor, device, location)",
        not: "a missing role",
        codes: &[],
        tells: &[says(&[
            "aadsts53000",
            "aadsts53001",
            "aadsts53002",
            "aadsts53003",
            "aadsts530003",
            "aadsts50076",
            "aadsts50079",
            "aadsts50158",
            "aadsts50005",
        ])],
    },
    About {
        sign: Sign::SignInExpired,
        name: "sign-in-expired",
        weight: Weight::Cause,
        meaning: "the sign-in of az has expired, was revoked or never happened",
        not: "a missing role",
        codes: &[],
        tells: &[says(&[
            "aadsts700082",
            "aadsts70043",
            "aadsts70044",
            "aadsts50173",
            "aadsts50078",
            "please run 'az login'",
            "run `az login`",
            "does not exist in msal token cache",
            "expiredauthenticationtoken",
        ])],
    },
    About {
        sign: Sign::TokenFailed,
        name: "token-failed",
        weight: Weight::Symptom,
        meaning: "no token could be had; the inner error says why",
        not: "which of the many causes it is",
        codes: &["UserErrorBackupStorageLocationNotReady"],
        tells: &[says(&[
            "failed to refresh the token for request to",
            "failed to acquire a token",
            "managedidentitycredential authentication failed",
            "workloadidentitycredential authentication failed",
            "failed to get service principal token",
            "adal: failed to execute the refresh request",
        ])
        .read(capture::identity)],
    },
];
