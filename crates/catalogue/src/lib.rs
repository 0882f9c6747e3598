//! The book's content, as data: its scenarios ([`CATALOGUE`], every file in book/scenarios, in the book's order), and what
//! programs print when a connection ends ([`messages`]).

pub mod messages;

/// A scenario of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The script's file name without `.tcp`.
    pub id: &'static str,
    /// Where it belongs.
    pub family: Family,
    /// The script's text; [`scenario::Script::parse`] reads it.
    pub text: &'static str,
}

/// What the endings of a family have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Both sides close, in their time.
    Orderly,
    /// One side is gone, the other goes on talking.
    OneSided,
    /// A reset ends it.
    Abort,
    /// It never began.
    NeverIn,
    /// The peer is gone and sends nothing: crashed, rebooted, cut off.
    NobodyThere,
    /// A box on the way: a NAT, a firewall, a proxy, a forger.
    InBetween,
}

impl Family {
    /// All of them, in the book's order.
    pub const ALL: [Self; 6] =
        [Self::Orderly, Self::OneSided, Self::Abort, Self::NeverIn, Self::NobodyThere, Self::InBetween];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Orderly => "Orderly endings",
            Self::OneSided => "One side goes on talking",
            Self::Abort => "Abort",
            Self::NeverIn => "Never got in",
            Self::NobodyThere => "Nobody there any more",
            Self::InBetween => "Somebody in between",
        }
    }
}

macro_rules! catalogue {
    ($($family:ident: $($id:literal)*;)*) => {
        &[$($(Entry {
            id: $id,
            family: Family::$family,
            text: include_str!(concat!("../../../book/scenarios/", $id, ".tcp")),
        },)*)*]
    };
}

/// Every scenario of the book.
pub const CATALOGUE: &[Entry] = catalogue! {
    Orderly:
        "graceful-four-segments"
        "graceful-three-segments"
        "half-close-request"
        "fin-wait2-with-descriptor"
        "simultaneous-close"
        "fin-overtakes-data"
        "data-behind-fin"
        "eof-ignored-loop"
        "sigkill-clean"
        "final-ack-lost"
        "time-wait-minute"
        "time-wait-bind"
        "time-wait-restart"
        "time-wait-reopen"
        "close-wait-leak"
        "close-not-the-last"
        "close-while-reading"
        "queues-looked-at"
        "shutdown-wakes-read"
        "fin-wait2-orphan";
    OneSided:
        "write-after-peer-close"
        "stale-pooled-connection"
        "keepalive-race"
        "keepalive-race-fin"
        "keepalive-race-unread"
        "fin-lost-data-first"
        "read-timeout"
        "shutdown-rd-ignored"
        "shutdown-rdwr-then-data"
        "shutdown-rdwr-unread";
    Abort:
        "close-with-unread-data"
        "close-with-unread-data-write-first"
        "close-with-unread-data-fin-first"
        "reset-while-reading"
        "partial-read-then-close"
        "early-reply-reset-read-first"
        "early-reply-reset-write-first"
        "reply-lost"
        "lingering-close"
        "linger-zero"
        "nagle-and-reset"
        "linger-acknowledged"
        "linger-timeout"
        "listener-closed-with-backlog"
        "sigkill-unread"
        "small-buffers"
        "linger2-negative"
        "reset-then-retry-race";
    NeverIn:
        "connection-refused"
        "connect-nonblocking"
        "connect-again"
        "wrong-moment"
        "bind-then-listen"
        "ports-exhausted"
        "own-port"
        "fork-keeps-port"
        "reuse-needs-timestamps"
        "syn-sent-wrong-rst"
        "close-before-connected"
        "syn-blackhole"
        "icmp-refused"
        "syn-twice"
        "accept-queue-full"
        "accept-queue-full-syn-dropped"
        "accept-queue-full-abort"
        "syn-queue-full"
        "defer-accept"
        "rst-before-accept"
        "fin-before-accept";
    NobodyThere:
        "peer-reboot-half-open"
        "peer-vanished-write"
        "peer-vanished-read"
        "keepalive-dead"
        "keepalive-reboot"
        "keepalive-one-lost-probe"
        "keepalive-behind-data"
        "zero-window-stall"
        "zero-window-orphan"
        "last-ack-stuck"
        "fin-wait1-orphan"
        "nat-idle-drop"
        "nat-idle-reset"
        "nat-idle-kept"
        "half-close-forgotten"
        "mtu-black-hole"
        "path-mtu-told"
        "write-nonblocking"
        "send-timeout";
    InBetween:
        "middlebox-rst"
        "icmp-soft-error"
        "icmp-forged"
        "rst-in-window-challenge"
        "forged-reset-exact"
        "forged-data"
        "forged-to-nobody"
        "syn-in-established"
        "time-wait-assassination"
        "time-wait-overflow"
        "proxy-502"
        "proxy-loses-answer"
        "proxy-half-close"
        "proxy-passes-half-close"
        "proxy-accepts-for-nobody"
        "proxy-idle-wrong-order"
        "proxy-idle-right-order"
        "proxy-answer-too-late"
        "proxy-gives-up-first"
        "proxy-deploy";
};

/// The scenario of that id.
pub fn scenario(id: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use ::scenario::Script;

    use super::*;

    #[test]
    fn every_scenario_of_the_book_reads() {
        for entry in CATALOGUE {
            let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{}.tcp:{error}", entry.id));
            assert!(script.title.ends_with('?'), "{}: the title is the reader's question", entry.id);
        }
    }
}
