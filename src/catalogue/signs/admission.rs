//! What the API server, its webhooks and the scheduler refuse, and why.

use super::super::capture;
use super::super::sign::{About, Sign, Weight, says};

const POLICY: &[&str] = &["POLICY_IMAGE_NOT_ALLOWED_GATEKEEPER", "SCENARIO_4_UPGRADE_CRDS_JOB_FAILED"];
const SCENARIO_1: &[&str] = &["SCENARIO_1_HELM_POST_INSTALL_TIMEOUT"];
const NODES: &[&str] = &["nodes are available"];

pub(super) const SIGNS: &[About] = &[
    About {
        sign: Sign::DeniedByAzurePolicy,
        name: "denied-by-azure-policy",
        weight: Weight::Cause,
        meaning: "a constraint that Azure Policy made denies the object: change or exempt its assignment",
        not: "that Gatekeeper should be removed, or the constraint edited in the cluster",
        codes: POLICY,
        tells: &[says(&["[azurepolicy-", "[denied by azurepolicy-"]).read(capture::azure_policy)],
    },
    About {
        sign: Sign::DeniedByConstraint,
        name: "denied-by-constraint",
        weight: Weight::Cause,
        meaning: "a Gatekeeper constraint of the cluster's owners denies the object",
        not: "an Azure Policy assignment",
        codes: POLICY,
        tells: &[
            says(&["[denied by"]).read(capture::constraint),
            says(&["denied the request: ["]).with(&["validation.gatekeeper.sh"]).read(capture::constraint),
        ],
    },
    About {
        sign: Sign::DeniedByAdmissionPolicy,
        name: "denied-by-admission-policy",
        weight: Weight::Cause,
        meaning: "a ValidatingAdmissionPolicy denies the object; those of AKS itself begin with aks-managed",
        not: "Azure Policy or Gatekeeper",
        codes: SCENARIO_1,
        tells: &[says(&["validatingadmissionpolicy"])
            .with(&["denied request", "denied the request"])
            .read(capture::admission_policy)],
    },
    About {
        sign: Sign::DeniedByPodSecurity,
        name: "denied-by-pod-security",
        weight: Weight::Cause,
        meaning: "the namespace's pod security level forbids the pod",
        not: "Azure Policy",
        codes: POLICY,
        tells: &[says(&["violates podsecurity"]).read(capture::named_denial)],
    },
    About {
        sign: Sign::DeniedByWebhook,
        name: "denied-by-webhook",
        weight: Weight::Cause,
        meaning: "an admission webhook answered no",
        not: "that the webhook is unreachable",
        codes: POLICY,
        tells: &[says(&["denied the request"]).with(&["admission webhook"]).read(capture::webhook_denial)],
    },
    About {
        sign: Sign::WebhookUnreachable,
        name: "webhook-unreachable",
        weight: Weight::Cause,
        meaning: "a webhook could not be called: its service is missing, has no endpoints or does not answer",
        not: "that the webhook denied the object",
        codes: &["KubernetesBackupGenericWarning"],
        tells: &[says(&["failed calling webhook"]).read(capture::named_denial)],
    },
    About {
        sign: Sign::QuotaExceeded,
        name: "quota-exceeded",
        weight: Weight::Cause,
        meaning: "a ResourceQuota of the namespace is used up",
        not: "that nodes are short of room",
        codes: SCENARIO_1,
        tells: &[says(&["exceeded quota:"]).read(capture::quota)],
    },
    About {
        sign: Sign::QuotaWantsLimits,
        name: "quota-wants-limits",
        weight: Weight::Cause,
        meaning: "a ResourceQuota demands requests or limits that the pod does not state",
        not: "that the quota is used up",
        codes: SCENARIO_1,
        tells: &[says(&["failed quota:"]).with(&["must specify"]).read(capture::quota)],
    },
    About {
        sign: Sign::LimitRange,
        name: "limit-range",
        weight: Weight::Cause,
        meaning: "a LimitRange of the namespace forbids the pod's requests or limits",
        not: "that nodes are short of room",
        codes: SCENARIO_1,
        tells: &[says(&[
            "maximum cpu usage per",
            "maximum memory usage per",
            "minimum cpu usage per",
            "minimum memory usage per",
            "max limit to request ratio per",
            "maximum ephemeral-storage usage per",
        ])
        .read(capture::said)],
    },
    About {
        sign: Sign::RequestAboveLimit,
        name: "request-above-limit",
        weight: Weight::Cause,
        meaning: "a pod requests more than its own limit: the extension's limit was set below its request",
        not: "that nodes are short of room",
        codes: &["SCENARIO_1_HELM_POST_INSTALL_TIMEOUT", "UserErrorKubernetesBackupExtensionHasErrors"],
        tells: &[says(&["must be less than or equal to cpu limit", "must be less than or equal to memory limit"])
            .read(capture::said)],
    },
    About {
        sign: Sign::InsufficientRoom,
        name: "insufficient-room",
        weight: Weight::Cause,
        meaning: "no node has room for the pod: too little CPU or memory, or too many pods",
        not: "taints or selectors, which more nodes do not cure",
        codes: &["SCENARIO_1_HELM_POST_INSTALL_TIMEOUT", "KubernetesBackupCustomResourcesTrackingTimeOutError"],
        tells: &[says(&[
            "insufficient cpu",
            "insufficient memory",
            "insufficient ephemeral-storage",
            "insufficient pods",
            "too many pods",
        ])
        .with(NODES)
        .read(capture::no_room)],
    },
    About {
        sign: Sign::TaintNotTolerated,
        name: "taint-not-tolerated",
        weight: Weight::Cause,
        meaning: "nodes carry a taint that the pod does not tolerate",
        not: "that more nodes of the same pool help",
        codes: SCENARIO_1,
        tells: &[says(&[
            "untolerated taint",
            "untolerated taint(s)",
            "had taint",
            "had taints",
            "taints that the pod",
        ])
        .with(NODES)
        .read(capture::taint)],
    },
    About {
        sign: Sign::SelectorUnmatched,
        name: "selector-unmatched",
        weight: Weight::Cause,
        meaning: "no node fulfils the pod's selector, affinity or spread",
        not: "that more nodes of the same pool help",
        codes: SCENARIO_1,
        tells: &[
            says(&[
                "node affinity/selector",
                "node affinity",
                "node selector",
                "anti-affinity rules",
                "pod affinity rules",
                "topology spread constraints",
            ])
            .with(NODES)
            .without(&["had volume node affinity conflict"])
            .read(capture::selector),
            says(&["node affinity/selector", "node selector"]).with(NODES).read(capture::selector),
        ],
    },
    About {
        sign: Sign::VolumeZoneConflict,
        name: "volume-zone-conflict",
        weight: Weight::Cause,
        meaning: "the pod's volume lies in another zone than the nodes, or in none (a restored LRS disk)",
        not: "that more nodes help, unless they are in the volume's zone",
        codes: &[],
        tells: &[says(&[
            "volume node affinity conflict",
            "persistentvolume's node affinity",
            "no available volume zone",
        ])
        .with(NODES)
        .read(capture::volume_zone)],
    },
    About {
        sign: Sign::ClaimUnbound,
        name: "claim-unbound",
        weight: Weight::Cause,
        meaning: "the pod waits for a claim that has no volume",
        not: "that nodes are short of room",
        codes: &["UserErrorPVCNotBoundToVolume"],
        tells: &[says(&[
            "unbound immediate persistentvolumeclaims",
            "available persistent volumes to bind",
            "non-existent pv(s)",
        ])
        .with(NODES)
        .read(capture::unbound)],
    },
    About {
        sign: Sign::NodesCordoned,
        name: "nodes-cordoned",
        weight: Weight::Cause,
        meaning: "nodes are cordoned",
        not: "that nodes are short of room",
        codes: SCENARIO_1,
        tells: &[says(&["were unschedulable"]).with(NODES).read(capture::cordoned)],
    },
    About {
        sign: Sign::AzureQuotaExceeded,
        name: "azure-quota-exceeded",
        weight: Weight::Cause,
        meaning: "the subscription's quota for cores in the region is used up, so the pool cannot grow",
        not: "a ResourceQuota in the cluster",
        codes: SCENARIO_1,
        tells: &[says(&["quotaexceeded", "regional cores quota", "exceeding approved", "cores quota"])
            .without(&["exceeded quota:"])],
    },
    About {
        sign: Sign::AzureCapacityShort,
        name: "azure-capacity-short",
        weight: Weight::Cause,
        meaning: "Azure has no machines of this size in the region or zone now",
        not: "the subscription's quota",
        codes: SCENARIO_1,
        tells: &[says(&[
            "skunotavailable",
            "zonalallocationfailed",
            "allocationfailed",
            "overconstrainedallocationrequest",
            "overconstrainedzonalallocationrequest",
        ])],
    },
];
