//! Fragmented datagrams: the first part has the TCP header, the last part tells the segment's length.

use super::packet::{Fragment, Packet};

/// So many datagrams may be incomplete at one time; the oldest goes first.
const DATAGRAMS_MAX: usize = 256;

/// Datagrams of which not all parts were seen.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    fragment: Fragment,
    first: Option<Packet>,
    /// Bytes of IP payload before the TCP payload's end in the first part.
    seen: u32,
}

impl Fragments {
    /// Takes the part with the TCP header; gives back segments that are complete, or as complete as they will be.
    pub(crate) fn first(&mut self, packet: Packet, fragment: Fragment) -> Option<Packet> {
        if let Some(at) = self.open.iter().position(|open| open.fragment.key == fragment.key) {
            let open = &mut self.open[at];
            open.first = Some(packet);
            open.seen = packet.len;
            if open.fragment.end.is_some() {
                return self.open.remove(at).close();
            }
            return None;
        }
        self.remember(Open { fragment, first: Some(packet), seen: packet.len })
    }

    /// Takes a later part.
    pub(crate) fn later(&mut self, fragment: Fragment) -> Option<Packet> {
        let Some(at) = self.open.iter().position(|open| open.fragment.key == fragment.key) else {
            return self.remember(Open { fragment, first: None, seen: 0 });
        };
        let open = &mut self.open[at];
        open.fragment.end = open.fragment.end.or(fragment.end);
        if open.first.is_some() && open.fragment.end.is_some() {
            return self.open.remove(at).close();
        }
        None
    }

    /// What is left when the file is over: segments, and how many datagrams had no first part.
    pub(crate) fn finish(&mut self) -> (Vec<Packet>, usize) {
        let open = std::mem::take(&mut self.open);
        let all = open.len();
        let packets: Vec<Packet> = open.into_iter().filter_map(Open::close).collect();
        let missing = all - packets.len();
        (packets, missing)
    }

    fn remember(&mut self, open: Open) -> Option<Packet> {
        self.open.push(open);
        if self.open.len() > DATAGRAMS_MAX { self.open.remove(0).close() } else { None }
    }
}

impl Open {
    fn close(self) -> Option<Packet> {
        let mut packet = self.first?;
        if let Some(end) = self.fragment.end {
            // The first part's payload ends where its IP payload does; what is behind it is payload as well.
            packet.len = end.saturating_sub(packet.header_len()).max(self.seen);
        }
        Some(packet)
    }
}
