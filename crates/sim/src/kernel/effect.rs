//! What a kernel does to the world, and what a call that was made gives.

use std::rc::Rc;

use scenario::{Errno, Info, Outcome, RuleId, State};

/// What a kernel does to the world, in the order of cause.
pub(crate) enum Effect {
    /// A rule has acted.
    Rule(RuleId),
    /// A connection or a listener has changed its state.
    State { id: u32, name: Rc<str>, from: State, to: State },
    /// The connection of that id has this name, in earlier events, too.
    Named { id: u32, name: Rc<str> },
    /// A socket holds something else than before.
    Info { id: u32, name: Rc<str>, info: Info },
    /// A segment leaves: its frame.
    Segment(Vec<u8>),
}

/// Records the rule that has decided, if the trace shows one.
pub(crate) fn note_rule(effects: &mut Vec<Effect>, rule: Option<RuleId>) {
    if let Some(rule) = rule {
        effects.push(Effect::Rule(rule));
    }
}

/// A call has returned, or waits.
pub(crate) enum Attempt {
    Returned(Outcome),
    Waits(Waiting),
}

/// A call that waits.
pub(crate) struct Waiting {
    pub(crate) awaited: Awaited,
    /// When it returns at the latest.
    pub(crate) until_us: Option<u64>,
}

impl Waiting {
    /// Whether it returns now, come what may.
    pub(crate) fn is_over(&self, now_us: u64) -> bool {
        self.until_us.is_some_and(|until_us| until_us <= now_us)
    }
}

/// What a call waits for.
pub(crate) enum Awaited {
    /// connect(2): the handshake; or that the socket is disconnected once more than so often. Where its time is over
    /// first, it gives this.
    Connect { id: u32, otherwise: Errno, disconnects: u32 },
    /// accept(2): a connection in the listener's queue, which gets this name.
    Accept { listener: u32, name: Rc<str> },
    /// write(2): room for the rest of the bytes.
    Write { id: u32, bytes: Vec<u8>, written: usize },
    /// read(2): anything; or that the socket is disconnected once more than so often.
    Read { id: u32, at_most: usize, taking: Taking, disconnects: u32 },
    /// close(2) with SO_LINGER: the ACK of the FIN.
    Close(u32),
}

/// Whether bytes that are read leave the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    Takes,
    /// MSG_PEEK
    Leaves,
}

/// Whether a call that would have to wait does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocking {
    Waits,
    /// O_NONBLOCK
    Never,
}
