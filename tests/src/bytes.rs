//! The segments of two runs, byte by byte: the page `reference/bytes.md` and its captures. The header is read by
//! smoltcp's `wire`, which is not what the picture reads it with.

use catalogue::scenario;
use scenario::Script;
use sim::{Frame, Stack};
use smoltcp::wire::{Ipv4Packet, TcpOption, TcpPacket};

/// A run, and what each of its segments says.
struct Story {
    scenario: &'static str,
    title: &'static str,
    says: &'static [&'static str],
}

const STORIES: [Story; 2] = [
    Story {
        scenario: "graceful-four-segments",
        title: "A connection that ends well",
        says: &[
            "Let us begin: the client names its first number.",
            "Yes: the server acknowledges the SYN, which counts as one byte, and names its own first number.",
            "The handshake is finished. From here on both sides are in ESTABLISHED.",
            "Five bytes: hello. PSH says that the sender has no more to send for the moment.",
            "All five have arrived: the next number is expected.",
            "The server's `close()`: this was the last byte that I send.",
            "The FIN counts as one byte too, and is acknowledged. The client is in CLOSE-WAIT, the server in FIN-WAIT-2.",
            "The client's `close()`: the other stream ends.",
            "The last segment. Nobody acknowledges it; the server waits in TIME-WAIT in case it is lost.",
        ],
    },
    Story {
        scenario: "close-with-unread-data",
        title: "A connection that is reset",
        says: &[
            "Let us begin.",
            "Yes.",
            "The handshake is finished.",
            "Eleven bytes, which the server's program will not read.",
            "They are in the server's receive queue. Its kernel has acknowledged them; its program knows nothing.",
            "The server's `close()`, with eleven bytes unread: a reset in the place of a FIN. No answer follows.",
        ],
    },
];

/// The scenarios whose captures lie beside the page.
pub fn captured() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    STORIES.iter().map(|story| (story.scenario, sim::pcap(&frames(story.scenario))))
}

fn frames(id: &str) -> Vec<Frame> {
    let entry = scenario(id).unwrap_or_else(|| panic!("{id} is a scenario"));
    let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{id}: {error}"));
    sim::capture(id, &script, Stack::Linux).unwrap_or_else(|error| panic!("{id}: {error}")).1
}

/// All segments of all stories.
///
/// # Panics
/// A run has more or fewer segments than there are sentences about them, or a frame is none.
pub fn page() -> String {
    let mut page = String::new();
    let mut number = 0;
    for Story { scenario, title, says } in &STORIES {
        let frames = frames(scenario);
        assert_eq!(frames.len(), says.len(), "{scenario}: segments and sentences about them");
        page += &format!("## {title}\n\nThis is `{scenario}`; [its capture](../captures/{scenario}.pcap).\n\n");
        let mut first = [None; 2];
        for (frame, says) in frames.iter().zip(*says) {
            number += 1;
            page += &segment(number, frame, says, &mut first);
        }
    }
    page
}

/// One segment as a table; `first` are the initial sequence numbers of client and server, as far as they are known.
fn segment(number: usize, frame: &Frame, says: &str, first: &mut [Option<u32>; 2]) -> String {
    let ip = Ipv4Packet::new_checked(&frame.bytes[..]).expect("a frame is an IPv4 packet");
    let tcp = TcpPacket::new_checked(ip.payload()).expect("it carries TCP");
    let from = usize::from(ip.src_addr().octets()[3] != 1);
    let (sender, receiver) = if from == 0 { ("client", "server") } else { ("server", "client") };
    let sequence = tcp.seq_number().0 as u32;
    let acknowledged = tcp.ack_number().0 as u32;
    let sent_first = *first[from].get_or_insert(sequence);
    let mut flags = Vec::new();
    for (is_set, name) in
        [(tcp.fin(), "FIN"), (tcp.syn(), "SYN"), (tcp.rst(), "RST"), (tcp.psh(), "PSH"), (tcp.ack(), "ACK")]
    {
        if is_set {
            flags.push(name);
        }
    }
    let ends_or_begins = tcp.syn() || tcp.fin() || tcp.rst();
    let named = match tcp.payload() {
        _ if ends_or_begins => flags.join("+"),
        [] => "ACK".to_owned(),
        _ => "data".to_owned(),
    };
    let bytes = ip.payload();
    let header = usize::from(tcp.header_len());
    let mut rows = ip_header(&frame.bytes, &ip);
    rows.extend([
        row(&bytes[..2], "source port", &tcp.src_port().to_string()),
        row(&bytes[2..4], "destination port", &tcp.dst_port().to_string()),
        row(
            &bytes[4..8],
            "sequence number",
            &format!("{sequence}; counted from the {sender}'s first: {}", sequence.wrapping_sub(sent_first)),
        ),
        row(
            &bytes[8..12],
            "acknowledgement number",
            &match (tcp.ack(), first[1 - from]) {
                (true, Some(peer)) => {
                    format!("{acknowledged}; counted from the {receiver}'s first: {}", acknowledged.wrapping_sub(peer))
                }
                _ => "not used: the flag ACK is not set".to_owned(),
            },
        ),
        row(&bytes[12..13], "data offset", &format!("{} times 4 bytes of header: {header}", header / 4)),
        row(&bytes[13..14], "flags", &flags.join(", ")),
        row(&bytes[14..16], "window", &tcp.window_len().to_string()),
        row(&bytes[16..18], "checksum", "over this segment and the addresses"),
        row(&bytes[18..20], "urgent pointer", "not used"),
    ]);
    let mut options = &bytes[20..header];
    while let Ok((rest, option)) = TcpOption::parse(options) {
        let said = match option {
            TcpOption::MaxSegmentSize(size) => ("option", format!("maximum segment size: {size} bytes of data")),
            TcpOption::WindowScale(shift) => {
                ("option", format!("window scale: later windows are shifted by {shift} bits"))
            }
            TcpOption::SackPermitted => ("option", "SACK permitted: gaps may be told".to_owned()),
            TcpOption::NoOperation => ("option", "no operation: fills up to four bytes".to_owned()),
            TcpOption::EndOfList => ("option", "end of the options".to_owned()),
            other => ("option", format!("{other:?}")),
        };
        rows.push(row(&options[..options.len() - rest.len()], said.0, &said.1));
        options = rest;
        if options.is_empty() {
            break;
        }
    }
    if !tcp.payload().is_empty() {
        rows.push(row(tcp.payload(), "data", &format!("{:?}", String::from_utf8_lossy(tcp.payload()))));
    }
    format!(
        "### {number}. {named}, {sender} to {receiver}\n\n{says}\n\n| bytes | field | value |\n|---|---|---|\n{}\n\n",
        rows.join("\n")
    )
}

/// The rows of an IP header without options (RFC 791 §3.1).
fn ip_header(bytes: &[u8], ip: &Ipv4Packet<&[u8]>) -> Vec<String> {
    assert_eq!(ip.header_len(), 20, "no host of the simulator sends IP options");
    let parts = if ip.dont_frag() { "don't fragment" } else { "may be cut into fragments" };
    vec![
        row(&bytes[..1], "IP: version, header length", "4; 5 times 4 bytes"),
        row(&bytes[1..2], "IP: type of service", "no wish, and no word of congestion (DSCP, ECN)"),
        row(&bytes[2..4], "IP: total length", &format!("{} bytes, headers included", ip.total_len())),
        row(&bytes[4..6], "IP: identification", "not needed by a packet that is not cut"),
        row(&bytes[6..8], "IP: flags, fragment offset", &format!("{parts}; {}", ip.frag_offset())),
        row(&bytes[8..9], "IP: time to live", &format!("{} routers at most", ip.hop_limit())),
        row(&bytes[9..10], "IP: protocol", "6: TCP"),
        row(&bytes[10..12], "IP: header checksum", "over these 20 bytes"),
        row(&bytes[12..16], "IP: source address", &ip.src_addr().to_string()),
        row(&bytes[16..20], "IP: destination address", &ip.dst_addr().to_string()),
    ]
}

fn row(bytes: &[u8], field: &str, value: &str) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("| `{}` | {field} | {value} |", digits.join(" "))
}
