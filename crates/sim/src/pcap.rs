//! A run as a capture file (pcap 2.4, LINKTYPE_RAW: bare IP packets), for tshark and Wireshark.

/// A frame that was on the link: an IP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it left, in microseconds since the run began.
    pub at_us: u64,
    /// IP header, TCP header, payload; or an ICMP message.
    pub bytes: Vec<u8>,
}

impl Frame {
    /// Whether it is a TCP segment: each of these is an [`scenario::Event::Segment`], in the same order.
    pub fn is_segment(&self) -> bool {
        crate::wire::is_segment(&self.bytes)
    }
}

/// The capture's bytes.
pub fn pcap(frames: &[Frame]) -> Vec<u8> {
    const MAGIC: u32 = 0xa1b2_c3d4;
    const LONGEST: u32 = 65_535;
    const LINKTYPE_RAW: u32 = 101;
    let mut bytes = Vec::new();
    let mut put = |number: u32| bytes.extend_from_slice(&number.to_le_bytes());
    for number in [MAGIC, 2 | 4 << 16, 0, 0, LONGEST, LINKTYPE_RAW] {
        put(number);
    }
    for frame in frames {
        let length = frame.bytes.len() as u32;
        let (seconds, micros) = (frame.at_us / 1_000_000, frame.at_us % 1_000_000);
        for number in [seconds as u32, micros as u32, length, length] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&frame.bytes);
    }
    bytes
}
