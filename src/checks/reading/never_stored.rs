//! Parts of the API that hold nothing: no backup has them, and no restore brings them back.
//!
//! Knowledge: the Kubernetes documentation of metrics and of reviews.

/// Groups whose objects are answers and are never stored.
pub const NEVER_STORED: &[&str] = &[
    "authentication.k8s.io",
    "authorization.k8s.io",
    "custom.metrics.k8s.io",
    "external.metrics.k8s.io",
    "metrics.k8s.io",
];
