//! The files that a reader can take away from a run.

use gloo_timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use view::export::{Form, pkt, svg};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::run::Run;
use crate::texts;

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

/// Hands the reader a file of a run.
///
/// # Errors
/// What the form cannot hold, or that the browser takes no file.
pub(crate) fn take(run: &Run, form: Form, name: &str) -> Result<(), String> {
    let bytes = file(run, form)?;
    download(&bytes, form.media_type(), name).map_err(|_| texts::NO_FILE.to_owned())
}

fn download(bytes: &[u8], media_type: &str, name: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let address = Url::create_object_url_with_blob(&Blob::new_with_u8_array_sequence_and_options(&parts, &options)?)?;
    let document = web_sys::window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let link = document.create_element("a")?.unchecked_into::<HtmlAnchorElement>();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The address may still be read for a moment.
    Timeout::new(60_000, move || drop(Url::revoke_object_url(&address))).forget();
    Ok(())
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
}
