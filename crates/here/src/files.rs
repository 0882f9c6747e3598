//! The files that a reader can take away from a run.

use player::run::Run;
use view::export::{Form, pkt, svg};

/// The bytes of a file.
///
/// # Errors
/// What this run has that the form cannot hold.
pub fn file(run: &Run, form: Form) -> Result<Vec<u8>, String> {
    Ok(match form {
        Form::Script => run.text.clone().into_bytes(),
        Form::Text => run.trace.to_string().into_bytes(),
        Form::Capture => sim::pcap(&run.frames),
        Form::Packetdrill(host) => pkt(&run.script, &run.trace, host)?.into_bytes(),
        Form::Svg => svg(&run.layout).into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use catalogue::CATALOGUE;

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
            let run = Run::of(entry.text, sim::Stack::Linux).expect("the book's scripts run");
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
                let (addresses, protocol, payload) = match packet[0] >> 4 {
                    4 => {
                        assert_eq!(folded(sum(&packet[..20], 0)), 0xffff, "{}: IP header", entry.id);
                        (&packet[12..20], packet[9], &packet[20..])
                    }
                    _ => (&packet[8..40], packet[6], &packet[40..]),
                };
                // ICMP over IPv4 is the one without a pseudo header (RFC 792).
                let pseudo = match protocol {
                    1 => 0,
                    _ => sum(addresses, u32::from(protocol) + payload.len() as u32),
                };
                assert_eq!(folded(sum(payload, pseudo)), 0xffff, "{}: protocol {protocol}", entry.id);
                segments += 1;
                rest = behind;
            }
        }
        assert!(segments > 400, "the whole catalogue has only {segments} segments");
    }

    #[test]
    fn every_scenario_can_be_taken_away_or_says_why_not() {
        for entry in CATALOGUE {
            let run = Run::of(entry.text, sim::Stack::Linux).expect("the book's scripts run");
            for form in Form::ALL {
                match file(&run, form) {
                    Ok(bytes) => assert!(!bytes.is_empty(), "{} {form:?}", entry.id),
                    Err(why) => assert!(matches!(form, Form::Packetdrill(_)) && !why.is_empty(), "{why}"),
                }
            }
            assert_eq!(file(&run, Form::Script), Ok(entry.text.as_bytes().to_vec()));
        }
    }
}
