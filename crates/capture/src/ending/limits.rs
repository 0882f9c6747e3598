//! What a capture cannot show of an ending, said in words.

use super::{By, Cause, Ending, Kind};
use crate::track::{Connection, Opened};

/// What cannot be known of this ending from this capture alone, the most important first.
pub fn limits(connection: &Connection, ending: &Ending) -> Vec<&'static str> {
    let mut limits = Vec::new();
    let one_sided = connection.sides.iter().any(|side| side.packets == 0);
    let names = |cause| ending.names(cause);
    if one_sided && !matches!(ending.kind, Kind::NoAnswer | Kind::Refused) {
        limits.push("One direction is missing: what the other side did, and whether it answered, is not here.");
    }
    if connection.opened == Opened::Unknown {
        limits.push("The beginning is missing: who opened it was guessed from the ports.");
    }
    if names(Cause::Abort) {
        limits.push(
            "Unread data, SO_LINGER 0 and a killed process send the same segment: the counters of that host tell them apart.",
        );
    }
    if ending.by == By::Unknown && matches!(ending.kind, Kind::Reset | Kind::Orderly | Kind::HalfClosed) {
        limits.push("Who sent the segment that ended it: too little came from that side to compare its way with.");
    }
    if matches!(ending.kind, Kind::Reset | Kind::Refused) && ending.by != By::Between {
        limits
            .push("A forger who imitates TTL and options looks like the host itself: a capture at that host decides.");
    }
    if ending.kind == Kind::Orderly {
        limits.push("Which program closed on purpose: a kernel sends FIN for close(), for shutdown(), and for a process that ended.");
    }
    if matches!(ending.kind, Kind::HalfClosed | Kind::Open) {
        limits.push("What came after the capture's end.");
    }
    if matches!(ending.kind, Kind::Vanished | Kind::NoAnswer | Kind::HandshakeOnly) {
        limits.push("Whether the segments were lost on the way there or their answers on the way back.");
    }
    if !connection.is_whole() {
        limits.push("Of a long connection the first and the last segments are kept, and those with SYN, FIN or RST.");
    }
    limits
}
