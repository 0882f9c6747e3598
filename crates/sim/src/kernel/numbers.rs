//! The numbers of a connection as its host has last sent them: what a forged segment for it goes by.

use crate::tcp::{ReceiveSequence, SendSequence, Tcb};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    /// The own port and the peer's.
    pub(crate) ports: [u16; 2],
    pub(crate) isn: u32,
    pub(crate) send_next: u32,
    pub(crate) send_window: u32,
    pub(crate) receive_next: u32,
    /// Counted from `receive_next`.
    pub(crate) receive_window: u32,
}

impl Numbers {
    pub(crate) const fn new(ports: [u16; 2], snd: &SendSequence, rcv: &ReceiveSequence) -> Self {
        Self {
            ports,
            isn: snd.iss,
            send_next: snd.nxt,
            send_window: snd.wnd,
            receive_next: rcv.nxt,
            receive_window: rcv.window_left(),
        }
    }

    pub(crate) const fn of(tcb: &Tcb) -> Self {
        Self::new(tcb.ports, &tcb.snd, &tcb.rcv)
    }
}
