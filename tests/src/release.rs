//! Which Linux it is: releases, in their order.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A kernel's release, `6.18.44`: series and point release. The kernel's own order of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release([u16; 3]);

impl Release {
    /// The release with which a text begins, as a trace's `kernel` does; a series alone is its first release.
    pub fn at_the_beginning_of(text: &str) -> Option<Self> {
        let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
        let mut numbers = text[..end].trim_end_matches('.').split('.').map(|number| number.parse().ok());
        Some(Self([numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?]))
    }

    /// `6.18`
    pub fn series(self) -> String {
        let [major, minor, _] = self.0;
        format!("{major}.{minor}")
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, point] = self.0;
        write!(formatter, "{major}.{minor}.{point}")
    }
}

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::at_the_beginning_of(&text)
            .ok_or_else(|| de::Error::custom(format!("found `{text}`, a release such as 6.18.44 would be right")))
    }
}

/// Releases that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// The first one.
    pub from: Release,
    /// The last one; without it they go on.
    pub until: Option<Release>,
}

impl Releases {
    /// Whether it is one of them.
    pub fn contain(&self, release: Release) -> bool {
        self.from <= release && self.until.is_none_or(|until| release <= until)
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) if until == self.from => write!(formatter, "{until}"),
            Some(until) => write!(formatter, "{} to {until}", self.from),
            None => write!(formatter, "from {}", self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        Release::at_the_beginning_of(text).expect("a release")
    }

    #[test]
    fn a_release_is_read_from_what_traces_say() {
        assert_eq!(release("6.1.180 (6.1.0-52-amd64)").to_string(), "6.1.180");
        assert_eq!(release("7.3.4+deb13-amd64").to_string(), "7.3.4");
        assert_eq!(release("6.18-rc1").to_string(), "6.18.0");
        for none in ["", "smoltcp 0.14", "6", "6.x"] {
            assert_eq!(Release::at_the_beginning_of(none), None, "{none}");
        }
    }

    #[test]
    fn releases_have_an_order_that_is_not_that_of_their_letters() {
        let range = Releases { from: release("5.10"), until: Some(release("6.9.3")) };
        assert!(range.contain(release("5.10.0")) && range.contain(release("6.9.3")) && !range.contain(release("6.10")));
        assert!(!range.contain(release("5.9.16")));
        assert!(Releases { from: release("5.10"), until: None }.contain(release("7.3.4")));
    }
}
