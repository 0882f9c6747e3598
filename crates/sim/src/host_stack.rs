//! What performs a host's calls: Linux's rules over smoltcp, or smoltcp alone.

use std::rc::Rc;

use scenario::{BufferMemory, Host, Network, RawSegment, State, Sysctl, Verb};

use crate::bare::BareHost;
use crate::kernel::{Attempt, Effect, Kernel, Waiting};
use crate::micros::earlier;
use crate::tcp::{Buffers, Timestamp, TimestampsOption};
use crate::wire::Ip;

/// Which TCP the hosts of a run have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// smoltcp, and what Linux does beyond it.
    Linux,
    /// smoltcp alone, with its defaults. It does not say why a connection ended, so neither do the calls.
    Bare,
}

pub(crate) enum HostStack {
    Linux(Box<Kernel>),
    Bare(Box<BareHost>),
}

macro_rules! forward {
    ($self:ident, $host:ident => $call:expr) => {
        match $self {
            Self::Linux($host) => $call,
            Self::Bare($host) => $call,
        }
    };
}

impl HostStack {
    /// A host with this stack. `buffers`: what the buffers of a Linux host's sockets hold at most.
    pub(crate) fn new(stack: Stack, network: Network, host: Host, ip: Ip, buffers: Buffers) -> Self {
        let connects_to = network.connects_to(host);
        match stack {
            Stack::Linux => Self::Linux(Box::new(Kernel::new(host, connects_to, ip, buffers))),
            Stack::Bare => Self::Bare(Box::new(BareHost::new(host, connects_to, ip))),
        }
    }

    /// What has happened since the last time; what was in `effects` is gone.
    pub(crate) fn take_effects(&mut self, effects: &mut Vec<Effect>) {
        forward!(self, host => host.take_effects(effects));
    }

    /// What has happened and was not taken.
    pub(crate) fn effects(&self) -> &[Effect] {
        forward!(self, host => host.effects())
    }

    pub(crate) fn set_time(&mut self, now_us: u64) {
        forward!(self, host => host.set_time(now_us));
    }

    /// How many connections there are.
    pub(crate) fn connections(&self) -> usize {
        forward!(self, host => host.connections())
    }

    /// The newest connection's state; CLOSED if it is gone, or if there never was one.
    pub(crate) fn newest_state(&self) -> State {
        forward!(self, host => host.newest_state())
    }

    /// The state of the socket of that name, newest first.
    pub(crate) fn named_state(&self, name: &str) -> State {
        forward!(self, host => host.named_state(name))
    }

    /// The host loses power.
    pub(crate) fn crash(&mut self) {
        forward!(self, host => host.crash());
    }

    /// The host boots.
    pub(crate) fn boot(&mut self) {
        forward!(self, host => host.boot());
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        forward!(self, host => host.kill());
    }

    /// A setting of Linux's; smoltcp has none.
    pub(crate) fn set_sysctl(&mut self, name: Sysctl, value: u32) {
        if let Self::Linux(kernel) = self {
            kernel.sysctls().set(name, value);
        }
    }

    /// ip_local_port_range; smoltcp's user chooses ports.
    pub(crate) fn set_port_range(&mut self, first: u16, last: u16) {
        if let Self::Linux(kernel) = self {
            kernel.sysctls().port_range = Some((first, last));
        }
    }

    /// tcp_rmem or tcp_wmem; smoltcp's user makes the buffers.
    pub(crate) fn set_buffer_memory(&mut self, buffer: BufferMemory, bytes: u32) {
        if let Self::Linux(kernel) = self {
            let sysctls = kernel.sysctls();
            let memory = match buffer {
                BufferMemory::Receive => &mut sysctls.receive_memory,
                BufferMemory::Send => &mut sysctls.send_memory,
            };
            *memory = Some(bytes);
        }
    }

    /// The timestamp that a segment echoes which leaves now. smoltcp alone has none here.
    pub(crate) fn echo(&self, segment: &RawSegment) -> Option<Timestamp> {
        match self {
            Self::Linux(kernel) => kernel.echo(segment),
            Self::Bare(_) => None,
        }
    }

    /// A frame has arrived; a forged one has no timestamps.
    pub(crate) fn arrive(&mut self, frame: Vec<u8>, timestamps: Option<TimestampsOption>) {
        match self {
            Self::Linux(kernel) => kernel.arrive(frame, timestamps),
            Self::Bare(host) => host.arrive(frame),
        }
    }

    /// When the next socket in TIME-WAIT, or of an orphan in FIN-WAIT-2, goes, in microseconds; smoltcp alone keeps
    /// whole sockets only.
    pub(crate) fn next_end_us(&self) -> Option<u64> {
        match self {
            Self::Linux(kernel) => kernel.next_end_us(),
            Self::Bare(_) => None,
        }
    }

    /// When the next timer of a connection fires.
    pub(crate) fn next_timer_us(&mut self) -> Option<u64> {
        forward!(self, host => host.next_timer_us())
    }

    /// The earlier of [`Self::next_end_us`] and [`Self::next_timer_us`].
    pub(crate) fn next_us(&mut self) -> Option<u64> {
        earlier(self.next_end_us(), self.next_timer_us())
    }

    /// Lets every timer fire whose time has come.
    pub(crate) fn fire(&mut self) {
        forward!(self, host => host.fire());
    }

    /// Makes a call on the socket of that name, or one that makes that socket.
    pub(crate) fn call(&mut self, name: &Rc<str>, verb: &Verb) -> Attempt {
        forward!(self, host => host.call(name, verb))
    }

    /// Tries a call that waits.
    pub(crate) fn try_again(&mut self, waiting: Waiting) -> Attempt {
        forward!(self, host => host.try_again(waiting))
    }

    /// Tells what sockets hold; of smoltcp alone there is nothing that Linux would say.
    pub(crate) fn report_tcp_info(&mut self) {
        if let Self::Linux(kernel) = self {
            kernel.report_tcp_info();
        }
    }
}
