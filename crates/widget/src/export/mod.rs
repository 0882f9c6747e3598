//! What a reader can take away from a run. Pure functions: a run in, the bytes of a file out.
//!
//! - [`link`]: script, step and settings behind an address's `#`
//! - [`Form`], [`file()`]: the files; `pkt.rs` and `svg.rs` write the two that no other crate has a writer for

pub mod link;
mod pkt;
mod svg;

use scenario::Host;

use crate::layout::Layout;
use crate::run::Run;

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
            Self::Packetdrill(Host::Server) => ".server.pkt",
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

/// The bytes of a file.
///
/// # Errors
/// What this run has that the form cannot hold.
pub fn file(run: &Run, form: Form) -> Result<Vec<u8>, String> {
    Ok(match form {
        Form::Script => run.text.clone().into_bytes(),
        Form::Text => run.trace.to_string().into_bytes(),
        Form::Capture => sim::pcap(&run.frames),
        Form::Packetdrill(host) => pkt::pkt(&run.script, &run.trace, host)?.into_bytes(),
        Form::Svg => svg::svg(&Layout::of(&run.script, &run.trace)).into_bytes(),
    })
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
    use scenario::CATALOGUE;

    use super::*;

    /// The one's complement sum of RFC 1071 over these bytes, with what was carried.
    fn sum(bytes: &[u8], start: u32) -> u32 {
        bytes
            .chunks(2)
            .fold(start, |sum, pair| sum + u32::from(pair[0]) * 256 + pair.get(1).map_or(0, |b| u32::from(*b)))
    }

    fn folded(mut sum: u32) -> u32 {
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum
    }

    #[test]
    fn every_segment_of_every_capture_has_right_checksums() {
        let mut segments = 0;
        for entry in CATALOGUE {
            let run = Run::of(entry.text, sim::Rules::Linux).expect("the book's scripts run");
            let capture = file(&run, Form::Capture).expect("every run can be captured");
            assert_eq!(capture[..4], [0xd4, 0xc3, 0xb2, 0xa1], "little-endian pcap with microseconds");
            let mut rest = &capture[24..];
            let mut last_us = 0;
            while !rest.is_empty() {
                let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four bytes")) as usize;
                let at_us = number(0) * 1_000_000 + number(4);
                assert!(at_us >= last_us, "{}: in the order of time", entry.id);
                last_us = at_us;
                let (packet, behind) = rest[16..].split_at(number(8));
                assert_eq!(number(8), number(12), "{}: nothing is cut off", entry.id);
                let (addresses, tcp) = match packet[0] >> 4 {
                    4 => {
                        assert_eq!(folded(sum(&packet[..20], 0)), 0xffff, "{}: IP header", entry.id);
                        (&packet[12..20], &packet[20..])
                    }
                    _ => (&packet[8..40], &packet[40..]),
                };
                let pseudo = sum(addresses, 6 + tcp.len() as u32);
                assert_eq!(folded(sum(tcp, pseudo)), 0xffff, "{}: TCP", entry.id);
                segments += 1;
                rest = behind;
            }
        }
        assert!(segments > 400, "the whole catalogue has only {segments} segments");
    }

    #[test]
    fn every_scenario_can_be_taken_away_or_says_why_not() {
        for entry in CATALOGUE {
            let run = Run::of(entry.text, sim::Rules::Linux).expect("the book's scripts run");
            for form in Form::ALL {
                match file(&run, form) {
                    Ok(bytes) => assert!(!bytes.is_empty(), "{} {form:?}", entry.id),
                    Err(why) => assert!(matches!(form, Form::Packetdrill(_)) && !why.is_empty(), "{why}"),
                }
            }
            assert_eq!(file(&run, Form::Script), Ok(entry.text.as_bytes().to_vec()));
        }
    }

    #[test]
    fn a_file_s_name_is_safe_everywhere() {
        assert_eq!(stem("Why does \"close()\" reset?"), "why-does-close-reset");
        assert_eq!(stem("../../etc/passwd"), "etc-passwd");
        assert_eq!(stem("连接"), "scenario");
        assert!(stem(&"a".repeat(1000)).len() <= STEM_MAX);
    }
}
