//! What each program was told: the rule by which a socket hands out its error (the book's "Which error will I get?").

use scenario::{Errno, Outcome};

use super::{By, Ending, Kind};
use crate::read::bit;
use crate::track::Connection;

/// A call that a program makes next, and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The call: `read`, `write` or `connect`.
    pub call: &'static str,
    /// The outcome, a number or an errno.
    pub outcome: Outcome,
}

/// What the client's program and the server's were told by the ending, in the order of their next calls, if the kernel
/// is Linux. Data that had arrived is read first. Empty where nothing was told, or where the program ended it itself.
pub fn told(connection: &Connection, ending: &Ending) -> [Vec<Next>; 2] {
    [0, 1].map(|side| told_to(side, connection, ending))
}

fn told_to(side: usize, connection: &Connection, ending: &Ending) -> Vec<Next> {
    let own = if side == 0 { By::Client } else { By::Server };
    let next = |call, outcome| Next { call, outcome };
    let errno = Outcome::Errno;
    let zero = Outcome::Number(0);
    match ending.kind {
        Kind::Refused if side == 0 => vec![next("connect", errno(Errno::ECONNREFUSED))],
        Kind::NoAnswer if side == 0 => vec![next("connect", errno(Errno::ETIMEDOUT))],
        Kind::Reset if own != ending.by => {
            let Some(end) = ending.segment else { return Vec::new() };
            // Nobody had been given this connection yet.
            if side == 1
                && !connection.segments().any(|seen| seen.from == 0 && !seen.has(bit::SYN) && !seen.has(bit::RST))
            {
                return Vec::new();
            }
            let reset = connection.segments().find(|seen| seen.number == end);
            if reset.is_none_or(|reset| reset.from == side) {
                return Vec::new();
            }
            let mut before = connection.segments().take_while(|seen| seen.number != end);
            if before.any(|seen| seen.from != side && seen.has(bit::FIN)) {
                vec![next("read", zero), next("write", errno(Errno::EPIPE))]
            } else {
                vec![next("read", errno(Errno::ECONNRESET)), next("read", zero), next("write", errno(Errno::EPIPE))]
            }
        }
        Kind::Reset if ending.causes.first().is_some_and(|named| named.cause == super::Cause::KeepAliveGaveUp) => {
            vec![next("read", errno(Errno::ETIMEDOUT)), next("read", zero), next("write", errno(Errno::EPIPE))]
        }
        Kind::Orderly | Kind::HalfClosed if own != ending.by && connection.sides[1 - side].fin.is_some() => {
            vec![next("read", zero)]
        }
        _ => Vec::new(),
    }
}
