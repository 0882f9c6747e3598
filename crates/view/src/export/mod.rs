//! What a reader can take away from a run: which files there are ([`Form`]), and the two that no other crate has a
//! writer for.

mod pkt;
mod svg;

use scenario::Host;

pub use pkt::pkt;
pub use svg::svg;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The script itself.
    Script,
    /// The trace in packetdrill's and tcpdump's notation.
    Text,
    /// Every segment with its headers, for Wireshark.
    Capture,
    /// One side's calls and segments, for packetdrill.
    Packetdrill(Host),
    /// The picture.
    Svg,
}

impl Form {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 6] = [
        Self::Script,
        Self::Text,
        Self::Capture,
        Self::Svg,
        Self::Packetdrill(Host::Client),
        Self::Packetdrill(Host::Server),
    ];

    /// The form of files whose names end so.
    pub fn of_ending(ending: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.ending() == ending)
    }

    /// What a file's name ends with.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Script => ".tcp",
            Self::Text => ".txt",
            Self::Capture => ".pcap",
            Self::Packetdrill(Host::Client) => ".client.pkt",
            Self::Packetdrill(_) => ".server.pkt",
            Self::Svg => ".svg",
        }
    }

    /// The media type (RFC 6838).
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Script | Self::Text | Self::Packetdrill(_) => "text/plain;charset=utf-8",
            Self::Capture => "application/vnd.tcpdump.pcap",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// A file's name without its ending: letters, digits and hyphens of the title, or `scenario`.
pub fn stem(title: &str) -> String {
    let mut stem = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            stem.push(c.to_ascii_lowercase());
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
        if stem.len() >= STEM_MAX {
            break;
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() { "scenario".to_owned() } else { stem.to_owned() }
}

const STEM_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_name_is_safe_everywhere() {
        assert_eq!(stem("Why does \"close()\" reset?"), "why-does-close-reset");
        assert_eq!(stem("../../etc/passwd"), "etc-passwd");
        assert_eq!(stem("连接"), "scenario");
        assert!(stem(&"a".repeat(1000)).len() <= STEM_MAX);
    }
}
