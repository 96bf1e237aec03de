//! The driver of file shares, by the image that runs on the nodes.
//!
//! Knowledge: azurefile-csi-driver, issue 2561 and pull request 2562: 1.32.0 to 1.32.2 delete the live share with a
//! snapshot of it. CSI driver 1.32 is the first that Azure Backup takes shares of.

use crate::facts::objects::Workload;

/// Returns the image of the driver of file shares, where this DaemonSet runs it.
#[must_use]
pub fn share_driver(set: &Workload) -> Option<&str> {
    let images = set.spec.template.spec.containers.iter().filter_map(|container| container.image.as_deref());
    images.into_iter().find(|image| {
        let name = image.rsplit('/').next().unwrap_or(image);
        name.split([':', '@']).next() == Some("azurefile-csi")
    })
}

/// Reads `v1.32.2`, with or without what Azure's own builds add, out of an image.
#[must_use]
pub fn driver_version(image: &str) -> Option<(u32, u32, u32)> {
    let name = image.rsplit('/').next()?.split('@').next()?;
    let tag = name.split_once(':')?.1;
    let mut parts = tag.strip_prefix('v').unwrap_or(tag).split(['-', '_', '+']).next()?.split('.');
    let mut next = || parts.next()?.parse().ok();
    Some((next()?, next()?, next()?))
}

/// Returns whether this version deletes the live share with a snapshot of it.
#[must_use]
pub const fn loses_shares((major, minor, patch): (u32, u32, u32)) -> bool {
    major == 1 && minor == 32 && patch < 3
}

#[cfg(test)]
mod tests {
    use super::{driver_version, loses_shares};

    #[test]
    fn reads_versions_of_upstream_and_of_azures_own_builds() {
        for (image, wanted) in [
            ("mcr.microsoft.com/oss/kubernetes-csi/azurefile-csi:v1.32.2", Some((1, 32, 2))),
            ("mcr.microsoft.com/oss/v2/kubernetes-csi/azurefile-csi:v1.32.1-windows-hp", Some((1, 32, 1))),
            ("registry:5000/azurefile-csi:1.34.1@sha256:00", Some((1, 34, 1))),
            ("azurefile-csi@sha256:00", None),
            ("azurefile-csi:latest", None),
            ("azurefile-csi:v1.32", None),
        ] {
            assert_eq!(driver_version(image), wanted, "{image}");
        }
        assert!(loses_shares((1, 32, 0)) && loses_shares((1, 32, 2)));
        assert!(!loses_shares((1, 32, 3)) && !loses_shares((1, 31, 9)) && !loses_shares((1, 33, 0)));
    }
}
