//! A segment's header, field by field, from the bytes that were on the link.

use crate::layout::Flight;
use crate::texts;

/// So many bytes of a payload are shown.
pub const PAYLOAD_SHOWN_MAX: usize = 32;

/// One field: what it is called, its value, its bytes.
pub type Field = (&'static str, String, Vec<u8>);

/// The fields of a TCP header (RFC 9293 §3.1) behind an IPv4 or IPv6 header; `None` if these are no such bytes.
pub fn fields(bytes: &[u8], flight: &Flight) -> Option<Vec<Field>> {
    let first = *bytes.first()?;
    let tcp = bytes.get(if first >> 4 == 6 { 40 } else { usize::from(first & 15) * 4 }..)?;
    let header = usize::from(*tcp.get(12)? >> 4) * 4;
    let (options, payload) = (tcp.get(20..header)?, tcp.get(header..)?);
    let number = |from: usize, to: usize| tcp[from..to].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let relative = |number: u32, relative: i64| match i64::from(number) == relative {
        true => number.to_string(),
        false => format!("{number} ({relative})"),
    };
    let segment = &flight.segment;
    let field = |name, from: usize, to: usize, value| (name, value, tcp[from..to].to_vec());
    Some(vec![
        field(texts::FIELDS[0], 0, 2, number(0, 2).to_string()),
        field(texts::FIELDS[1], 2, 4, number(2, 4).to_string()),
        field(texts::FIELDS[2], 4, 8, relative(number(4, 8), segment.seq)),
        field(texts::FIELDS[3], 8, 12, segment.ack.map_or_else(|| "0".to_owned(), |ack| relative(number(8, 12), ack))),
        field(texts::FIELDS[4], 12, 13, header.to_string()),
        field(texts::FIELDS[5], 13, 14, segment.flags.to_string()),
        field(texts::FIELDS[6], 14, 16, relative(number(14, 16), i64::from(segment.win))),
        field(texts::FIELDS[7], 16, 18, format!("{:#06x}", number(16, 18))),
        field(texts::FIELDS[8], 18, 20, number(18, 20).to_string()),
        (texts::FIELDS[9], options.len().to_string(), options.to_vec()),
        (texts::FIELDS[10], segment.len.to_string(), payload.iter().take(PAYLOAD_SHOWN_MAX).copied().collect()),
    ])
}
