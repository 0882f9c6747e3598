//! A run's segments as a capture that Wireshark and tshark open.

use std::io::{self, Write};

use crate::link::Captured;

/// Link type RAW: each packet begins with its IP header (tcpdump.org/linktypes.html).
const RAW: u32 = 101;
const LENGTH_MAX: u32 = 65_535;

/// Writes a capture in the classic form, version 2.4, with microseconds. Times count from the beginning of the run.
pub(crate) fn write(packets: &[Captured], mut out: impl Write) -> io::Result<()> {
    for field in [0xa1b2_c3d4, 0x0004_0002, 0, 0, LENGTH_MAX, RAW] {
        out.write_all(&u32::to_le_bytes(field))?;
    }
    for Captured { at_us, packet } in packets {
        let length = u32::try_from(packet.len()).unwrap_or(LENGTH_MAX);
        let seconds = u32::try_from(at_us / 1_000_000).unwrap_or(u32::MAX);
        let micros = u32::try_from(at_us % 1_000_000).expect("below a million");
        for field in [seconds, micros, length, length] {
            out.write_all(&field.to_le_bytes())?;
        }
        out.write_all(packet)?;
    }
    out.flush()
}
