//! The extension's install: agent, helm, hooks, images.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

/// A wait of helm's, not of anybody else.
const HELM: &[&str] =
    &["helm", "release", "post-install", "post-upgrade", "installing the extension", "upgrading the extension"];

const FAILED_HOOK: &[&str] = &[
    "failed pre-install:",
    "failed post-install:",
    "failed pre-upgrade:",
    "failed post-upgrade:",
    "failed pre-delete:",
    "failed post-delete:",
    "failed pre-rollback:",
    "failed post-rollback:",
];

const PULL: &[&str] = &["failed to pull", "pull image", "pulling image", "failed to resolve reference", "errimagepull"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::HelmWaitTimeout,
        name: "helm-wait-timeout",
        weight: Weight::Symptom,
        meaning: "helm waited for the extension's pods in vain and took everything back; the pods' events, while they exist, say why",
        not: "that nodes lack CPU or memory; taints, egress, policy, images and selectors end in the same sentence",
        codes: &["SCENARIO_1_HELM_POST_INSTALL_TIMEOUT", "INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[
            says(&["timed out waiting for the condition"]).with(HELM).read(capture::release),
            says(&[
                "last resource not ready was",
                "timed out waiting for the resource to come to a ready/completed state",
            ])
            .read(capture::release),
            says(&["context deadline exceeded"])
                .with(&[
                    "uninstalled due to atomic being set: context deadline exceeded",
                    "client rate limiter wait returned an error: context deadline exceeded",
                    "not ready. status: inprogress",
                ])
                .and(&["release", "helm"])
                .read(capture::release),
        ],
    },
    About {
        sign: Sign::HelmHookFailed,
        name: "helm-hook-failed",
        weight: Weight::Symptom,
        meaning: "a helm hook of the chart failed (for this extension mostly the pre-install Job that updates CRDs); its pod and events say why",
        not: "a lack of nodes, or a policy because the envelope's advice mentions policies",
        codes: &["SCENARIO_4_UPGRADE_CRDS_JOB_FAILED"],
        tells: &[
            says(&[
                "backofflimitexceeded",
                "job failed: deadlineexceeded",
                "job has reached the specified backoff limit",
            ])
            .read(capture::hook),
            says(FAILED_HOOK).read(capture::hook),
        ],
    },
    About {
        sign: Sign::ResourceExists,
        name: "resource-exists",
        weight: Weight::Cause,
        meaning: "an object of the chart exists already and belongs to something else: leftovers, or another Velero",
        not: "that deleting it is safe before its owner is known",
        codes: &["EXT_RESOURCE_ALREADY_EXISTS"],
        tells: &[
            says(&[
                "cannot be imported into the current release",
                "invalid ownership metadata",
                "exists and cannot be imported",
            ])
            .read(capture::existing),
            says(&[
                "resource already exists in your cluster",
                "resource already existing in your cluster",
                "contain a resource that already exists",
            ])
            .read(capture::existing),
        ],
    },
    About {
        sign: Sign::DuplicateExtension,
        name: "duplicate-extension",
        weight: Weight::Cause,
        meaning: "an extension of the same type exists already, perhaps failed and under another name",
        not: "that the extension is missing",
        codes: &["UserErrorKubernetesBackupExtensionNotFoundError"],
        tells: &[says(&[
            "multiple extensions of same type is not allowed at this scope",
            "multiple extensions of same type",
        ])],
    },
    About {
        sign: Sign::HelmInProgress,
        name: "helm-in-progress",
        weight: Weight::Cause,
        meaning: "another helm operation on the release has not ended, or was cut off",
        not: "that the operation failed",
        codes: &["EXT_HELM_OPERATION_IN_PROGRESS"],
        tells: &[says(&[
            "another operation (install/upgrade/rollback) is in progress",
            "operation is already in progress for helm",
        ])],
    },
    About {
        sign: Sign::ChartDownloadFailed,
        name: "chart-download-failed",
        weight: Weight::Symptom,
        meaning: "the chart cannot be fetched; the inner error says whether it is network, trust or the registry",
        not: "wrong settings",
        codes: &["EXT_HELM_CHART_DOWNLOAD_FAILED"],
        tells: &[says(&[
            "unable to download the helm chart",
            "failed to download the helm chart",
            "failed to download chart",
        ])],
    },
    About {
        sign: Sign::ChartNotPublished,
        name: "chart-not-published",
        weight: Weight::Cause,
        meaning: "the registry does not have this version of the chart: a gap on the service's side; another version works",
        not: "a blocked network",
        codes: &["EXT_HELM_CHART_DOWNLOAD_FAILED"],
        tells: &[says(&[
            "failed to setup helm client",
            "unable to download the helm chart",
            "failed to download the helm chart",
            "failed to download chart",
        ])
        .with(&["not found", "manifest unknown"])
        .without(&["no such host", "x509:", "i/o timeout"])],
    },
    About {
        sign: Sign::ChartRenderFailed,
        name: "chart-render-failed",
        weight: Weight::Cause,
        meaning: "the chart cannot be rendered with these settings",
        not: "a lack of nodes, or a policy",
        codes: &["EXT_HELM_RENDER_FAILED"],
        tells: &[says(&["helm chart rendering failed", "chart rendering failed"])],
    },
    About {
        sign: Sign::AgentNoAnswer,
        name: "agent-no-answer",
        weight: Weight::Symptom,
        meaning: "the service got no answer from the extension agent in time; the agent's own log says why",
        not: "which of DNS, network, identity or scheduling it is",
        codes: &["EXT_AGENT_DISCONNECTED_48H", "UserErrorKubernetesBackupExtensionHasErrors"],
        tells: &[says(&[
            "unabled to get a response from the agent in time",
            "unable to get a response from the agent in time",
        ])],
    },
    About {
        sign: Sign::ExtensionStatusEmpty,
        name: "extension-status-empty",
        weight: Weight::Symptom,
        meaning: "the extension operator did not fill in the status of the ExtensionConfig in time",
        not: "that the settings arrived; pods may be unschedulable",
        codes: &["UserErrorKubernetesBackupExtensionHasErrors"],
        tells: &[says(&["status not populated", "status is not populated", "status isn't populated"])],
    },
    About {
        sign: Sign::CustomResourcesIgnored,
        name: "custom-resources-ignored",
        weight: Weight::Symptom,
        meaning: "the extension's controller does not work on the vault's objects: it does not run, or its CRDs are missing",
        not: "that the extension is healthy because ARM says Succeeded",
        codes: &[
            "KubernetesBackupCustomResourcesTrackingTimeOutError",
            "UserErrorKubernetesCustomResourcesNotPickedUpByExtension",
        ],
        tells: &[says(&[
            "usererrorkubernetescustomresourcesnotpickedupbyextension",
            "kubernetesbackupcustomresourcestrackingtimeouterror",
        ])],
    },
    About {
        sign: Sign::ExtensionUnhealthy,
        name: "extension-unhealthy",
        weight: Weight::Symptom,
        meaning: "the vault or the portal calls the extension unhealthy; often the storage location is unavailable",
        not: "that a reinstall helps",
        codes: &["UserErrorKubernetesBackupExtensionUnhealthy", "UserErrorKubernetesBackupExtensionHasErrors"],
        tells: &[says(&[
            "usererrorkubernetesbackupextensionunhealthy",
            "usererrorkubernetesbackupextensionhaserrors",
            "is not in a healthy state",
        ])],
    },
    About {
        sign: Sign::NamespaceTerminating,
        name: "namespace-terminating",
        weight: Weight::Cause,
        meaning: "the namespace is being deleted and waits for finalizers, so nothing can be created in it",
        not: "that waiting helps while the controller behind the finalizers is gone",
        codes: &["UserErrorKubernetesBackupExtensionHasErrors"],
        tells: &[says(&[
            "because it is being terminated",
            "namespacefinalizersremaining",
            "namespacecontentremaining",
        ])
        .read(capture::terminating)],
    },
    About {
        sign: Sign::ImageNotFound,
        name: "image-not-found",
        weight: Weight::Cause,
        meaning: "the registry that answers does not have the image",
        not: "a blocked network",
        codes: &["INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[says(&["not found", "manifest unknown", "manifest_unknown"])
            .with(PULL)
            .without(&["no such host", "secret"])
            .read(capture::image)],
    },
    About {
        sign: Sign::ImageUnauthorized,
        name: "image-unauthorized",
        weight: Weight::Cause,
        meaning: "the registry that answers wants a sign-in, or refuses it (a mirror, a cache rule, a proxy)",
        not: "a missing image",
        codes: &["INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[says(&[
            "401 unauthorized",
            "403 forbidden",
            "pull access denied",
            "failed to authorize",
            "authentication required",
            "unauthorized",
        ])
        .with(PULL)
        .without(&["i/o timeout", "no such host", "x509:"])
        .read(capture::image)],
    },
    About {
        sign: Sign::ImageNoRoute,
        name: "image-no-route",
        weight: Weight::Cause,
        meaning: "the nodes cannot reach the registry or its data endpoints",
        not: "a missing image",
        codes: &["INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[says(&[
            "i/o timeout",
            "no such host",
            "connection refused",
            "connection timed out",
            "tls handshake timeout",
            "client.timeout exceeded while awaiting headers",
            "connection reset by peer",
            "context deadline exceeded",
            "no route to host",
            "server misbehaving",
            "x509:",
        ])
        .with(PULL)
        .read(capture::image)],
    },
    About {
        sign: Sign::ImagePullFailed,
        name: "image-pull-failed",
        weight: Weight::Symptom,
        meaning: "an image cannot be pulled; the event before says why",
        not: "that the image is missing",
        codes: &["INSTALL_GENEVA_SERVICE_NOT_READY"],
        tells: &[says(&["errimagepull", "imagepullbackoff", "back-off pulling image", "failed to pull image"])
            .read(capture::image)],
    },
    About {
        sign: Sign::WrongArchitecture,
        name: "wrong-architecture",
        weight: Weight::Cause,
        meaning: "the pod runs on a node whose processor the image is not made for; the extension needs x86-64",
        not: "a broken image",
        codes: &["SCENARIO_1_HELM_POST_INSTALL_TIMEOUT"],
        tells: &[says(&["exec format error", "no match for platform in manifest"]).read(capture::image)],
    },
];
