//! CoreDNS's versions: which there are, and which a cluster's image may be.
//!
//! Knowledge: coredns-on-aks.md 1.2 (what AKS ships) and the sources of each release named here.

use std::fmt;

/// A release of CoreDNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

impl Release {
    /// Returns the release of three numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Returns whether this release has what came with `minor.patch` of the first major version.
    #[must_use]
    pub fn has(self, minor: u16, patch: u16) -> bool {
        self >= Self::new(1, minor, patch)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The releases whose behaviour this model holds, oldest first: what AKS ships, and each later one up to the newest.
pub const RELEASES: &[Release] = &[
    Release::new(1, 9, 4),
    Release::new(1, 11, 3),
    Release::new(1, 12, 1),
    Release::new(1, 13, 1),
    Release::new(1, 14, 3),
    Release::new(1, 14, 4),
    Release::new(1, 14, 5),
    Release::new(1, 14, 6),
    Release::new(1, 14, 7),
];

/// The version of a running CoreDNS, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version(Option<Release>);

impl Version {
    /// The version that nobody knows.
    pub const UNKNOWN: Self = Self(None);

    /// Reads the version from an image or its tag: `v1.13.1-20`, `mcr.microsoft.com/…/coredns:v1.9.4@sha256:…`.
    #[must_use]
    pub fn of_image(image: &str) -> Self {
        let name = image.split('@').next().unwrap_or_default();
        let tag = name.rsplit('/').next().unwrap_or_default();
        let tag = tag.rsplit(':').next().unwrap_or_default();
        let mut numbers = tag.trim_start_matches('v').splitn(3, '.').map(|part| {
            let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
            part.get(..digits).and_then(|digits| digits.parse::<u16>().ok())
        });
        let (Some(Some(major)), Some(Some(minor)), Some(Some(patch))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return Self::UNKNOWN;
        };
        Self(Some(Release::new(major, minor, patch)))
    }

    /// Returns the release, if it is known.
    #[must_use]
    pub fn release(self) -> Option<Release> {
        self.0
    }

    /// Returns whether the behaviour of exactly this version is known.
    #[must_use]
    pub fn is_modelled(self) -> bool {
        self.0.is_some_and(|release| RELEASES.contains(&release))
    }

    /// Returns whether it is older than all releases whose behaviour is known.
    #[must_use]
    pub fn is_older(self) -> bool {
        self.0.is_some_and(|release| RELEASES.first().is_some_and(|oldest| release < *oldest))
    }

    /// Returns whether it is older or newer than all releases whose behaviour is known. Such a version is judged by the nearest one, and what that one
    /// refuses may be taken, unless the rule is as old as CoreDNS.
    #[must_use]
    pub fn is_beyond(self) -> bool {
        self.is_older() || self.0.is_some_and(|release| RELEASES.last().is_some_and(|newest| release > *newest))
    }

    /// Returns the releases that it is judged by: itself, its two neighbours where it lies between them, the nearest where it lies
    /// beyond them, and all of them where it is not known.
    #[must_use]
    pub fn judged_as(self) -> Vec<Release> {
        let Some(release) = self.0 else { return RELEASES.to_vec() };
        if RELEASES.contains(&release) {
            return vec![release];
        }
        let before = RELEASES.iter().rev().find(|known| **known < release);
        let after = RELEASES.iter().find(|known| **known > release);
        before.into_iter().chain(after).copied().collect()
    }
}

impl From<Release> for Version {
    fn from(release: Release) -> Self {
        Self(Some(release))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_tags() {
        for (image, release) in [
            ("v1.13.1-20", Some((1, 13, 1))),
            ("1.9.4", Some((1, 9, 4))),
            ("mcr.microsoft.com/oss/v2/kubernetes/coredns:v1.14.3-hotfix.20260101@sha256:00", Some((1, 14, 3))),
            ("localhost:5000/coredns", None),
            ("coredns:latest", None),
            ("", None),
            ("v1.13", None),
        ] {
            assert_eq!(
                Version::of_image(image).release(),
                release.map(|(major, minor, patch)| Release::new(major, minor, patch)),
                "{image}"
            );
        }
    }

    #[test]
    fn what_an_unmodelled_version_is_judged_as() {
        let judged = |tag| Version::of_image(tag).judged_as();
        assert_eq!(judged("v1.12.1"), [Release::new(1, 12, 1)]);
        assert_eq!(judged("v1.12.0"), [Release::new(1, 11, 3), Release::new(1, 12, 1)]);
        assert_eq!(judged("v1.15.0"), [Release::new(1, 14, 7)]);
        assert_eq!(judged("v1.8.7"), [Release::new(1, 9, 4)]);
        assert_eq!(Version::UNKNOWN.judged_as(), RELEASES);
        let beyond = |tag| Version::of_image(tag).is_beyond();
        assert!(beyond("v1.15.0") && beyond("v1.8.7"));
        assert!(!beyond("v1.14.7") && !beyond("v1.9.4") && !beyond("v1.12.0") && !beyond("latest"));
    }
}
