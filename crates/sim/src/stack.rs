//! One TCP connection of smoltcp, with an interface, a device and a clock of its own.
//!
//! Alone, so that everything about it can be seen and steered through smoltcp's public API:
//! - `Interface::poll_at` tells *this* connection's timer;
//! - its clock can be wound forward to that timer, so that Linux's timers decide when it retransmits (smoltcp waits
//!   at least 1 s, Linux at least 200 ms), and can be held back, so that smoltcp's never decide;
//! - its interface's seed decides its initial sequence number.

use scenario::Host;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp::{self, Socket, SocketBuffer};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpCidr};

use crate::Rules;
use crate::wire::{self, Ip};

/// The window that Linux offers on a link with this MTU, without SO_RCVBUF (tcp_rmem).
pub(crate) const WINDOW: usize = 64_512;

/// smoltcp takes the instant 0 for "now" in places: its clocks start far from it.
const EPOCH_US: u64 = 1_000_000_000;
/// No timeout of smoltcp's is longer.
const RTO_MAX: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(61);

pub(crate) struct Stack {
    interface: Interface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    device: Wire,
    rules: Rules,
    /// What smoltcp believes the time to be.
    clock: Instant,
    ip: Ip,
    host: Host,
    /// The window that smoltcp believes its peer to have.
    pub(crate) shown: u16,
}

impl Stack {
    /// A closed socket whose first sequence number, when it has one, will be `isn`, and whose window is `window` bytes.
    /// It takes `send_buffer` bytes: as many as the script writes, for smoltcp's buffer does not grow.
    pub(crate) fn new(
        ip: Ip,
        host: Host,
        rules: Rules,
        isn: u32,
        [window, send_buffer]: [usize; 2],
        now_us: u64,
    ) -> Self {
        let mut device = Wire { arriving: None, leaving: Vec::new() };
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed(isn);
        let clock = Instant::from_micros((EPOCH_US + now_us) as i64);
        let mut interface = Interface::new(config, &mut device, clock);
        interface.update_ip_addrs(|addresses| {
            // There is room for two.
            let _ = addresses.push(IpCidr::new(ip.address(host), ip.prefix_len()));
        });
        let mut socket =
            Socket::new(SocketBuffer::new(vec![0; window.clamp(1, WINDOW)]), SocketBuffer::new(vec![0; send_buffer]));
        // Then the last acknowledgement number sent is what the connection expects next.
        socket.set_ack_delay(None);
        // With Linux's rules what is given to smoltcp may leave (`rules::ready_to_send`).
        socket.set_nagle_enabled(rules == Rules::Bare);
        let mut sockets = SocketSet::new(Vec::with_capacity(1));
        let handle = sockets.add(socket);
        Self { interface, sockets, handle, device, rules, clock, ip, host, shown: u16::MAX }
    }

    pub(crate) fn socket(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    pub(crate) const fn rules(&self) -> Rules {
        self.rules
    }

    pub(crate) fn state(&self) -> tcp::State {
        self.sockets.get::<Socket<'_>>(self.handle).state()
    }

    /// Bytes that arrived in order and were not taken.
    pub(crate) fn received(&self) -> usize {
        self.sockets.get::<Socket<'_>>(self.handle).recv_queue()
    }

    /// Whether there is no room for more.
    pub(crate) fn is_window_closed(&self) -> bool {
        self.received() == self.sockets.get::<Socket<'_>>(self.handle).recv_capacity()
    }

    /// Bytes that were given to it and are not acknowledged.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.sockets.get::<Socket<'_>>(self.handle).send_queue()
    }

    /// The room for what arrives: its window.
    pub(crate) fn free(&self) -> usize {
        let socket = self.sockets.get::<Socket<'_>>(self.handle);
        socket.recv_capacity() - socket.recv_queue()
    }

    /// Whether it is over for smoltcp, with no RST left to send.
    pub(crate) fn is_over(&self) -> bool {
        let socket = self.sockets.get::<Socket<'_>>(self.handle);
        socket.state() == tcp::State::Closed && socket.remote_endpoint().is_none()
    }

    pub(crate) fn listen(&mut self, port: u16) {
        let listening = self.socket().listen(port);
        assert!(listening.is_ok(), "a new socket can listen");
    }

    pub(crate) fn connect(&mut self, from: u16, to: u16) {
        let remote = (self.ip.address(self.host.peer()), to);
        let local = (self.ip.address(self.host), from);
        let socket = self.sockets.get_mut::<Socket<'_>>(self.handle);
        let connecting = socket.connect(self.interface.context(), remote, local);
        assert!(connecting.is_ok(), "a new socket can connect");
    }

    /// Takes in one frame. What it is answered with at once waits in [`Stack::leaving`].
    ///
    /// With Linux's rules it never learns of the peer's window: what may leave is decided beside it.
    pub(crate) fn arrive(&mut self, now_us: u64, mut frame: Vec<u8>) {
        self.tick(now_us);
        if self.rules == Rules::Linux {
            wire::show_window(self.ip, self.host.peer(), &mut frame, self.shown);
        }
        self.device.arriving = Some(frame);
        self.interface.poll_ingress_single(self.clock, &mut self.device, &mut self.sockets);
    }

    /// Lets it send one more frame, if it has one; false when it has none.
    pub(crate) fn speak(&mut self, now_us: u64) -> bool {
        self.tick(now_us);
        let before = self.device.leaving.len();
        self.interface.poll_egress(self.clock, &mut self.device, &mut self.sockets);
        self.device.leaving.len() > before
    }

    /// As if it had sent this frame.
    pub(crate) fn say(&mut self, frame: Vec<u8>) {
        self.device.leaving.push(frame);
    }

    /// The frames that it has sent since the last time.
    pub(crate) fn leaving(&mut self) -> Vec<Vec<u8>> {
        if self.device.leaving.is_empty() {
            return Vec::new();
        }
        let mut frames = std::mem::take(&mut self.device.leaving);
        if self.rules == Rules::Linux {
            for frame in &mut frames {
                wire::push_last_data(self.ip, self.host, frame);
            }
        }
        frames
    }

    /// Winds the clock beyond any timer that is set: smoltcp retransmits at the next occasion.
    pub(crate) fn expire(&mut self) {
        self.clock += RTO_MAX;
    }

    /// When its own timer wants to act, in the run's time; for smoltcp without Linux's timers.
    pub(crate) fn wakes_at_us(&mut self, now_us: u64) -> Option<u64> {
        self.tick(now_us);
        let timer = self.interface.poll_at(self.clock, &self.sockets)?;
        Some(now_us.max((timer.total_micros() as u64).saturating_sub(EPOCH_US)))
    }

    /// Moves the clock by the time that has passed; with Linux's rules it stands.
    fn tick(&mut self, now_us: u64) {
        if self.rules == Rules::Bare {
            self.clock = Instant::from_micros((EPOCH_US + now_us) as i64);
        }
    }
}

/// Frames to and from one interface.
struct Wire {
    arriving: Option<Vec<u8>>,
    leaving: Vec<Vec<u8>>,
}

impl Device for Wire {
    type RxToken<'a> = Arriving;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Arriving, Leaving<'_>)> {
        Some((Arriving(self.arriving.take()?), Leaving(&mut self.leaving)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Leaving<'_>> {
        Some(Leaving(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = wire::MTU;
        capabilities
    }
}

struct Arriving(Vec<u8>);

impl RxToken for Arriving {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

struct Leaving<'a>(&'a mut Vec<Vec<u8>>);

impl TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.push(frame);
        result
    }
}

/// The seed with which smoltcp's generator gives `isn` to the first socket that asks.
///
/// smoltcp draws initial sequence numbers from a 64-bit congruential generator whose output are bits 29 to 60 of a
/// state below 2^61 (`rand.rs`). Every step of it can be undone, so the seed is computed backwards. An interface takes
/// one number for itself first, and another as long as that folds to 0.
fn seed(isn: u32) -> u64 {
    const M: u64 = 0xbb2e_fcec_3c39_611d;
    const A: u64 = 0x7590_ef39;
    const fn inverse() -> u64 {
        let mut inverse: u64 = 1;
        let mut round = 0;
        while round < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(M.wrapping_mul(inverse)));
            round += 1;
        }
        inverse
    }
    const INVERSE: u64 = inverse();
    let back = |state: u64| state.wrapping_sub(A).wrapping_mul(INVERSE);
    let mut low = 0;
    loop {
        let first = back((u64::from(isn) << 29) | low);
        let output = (first >> (29 - (first >> 61))) as u32;
        if (output ^ (output >> 16)) as u16 != 0 {
            return back(first);
        }
        low += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_the_first_sequence_number() {
        for isn in [0, 1, 0x1234_5678, u32::MAX] {
            let mut stack = Stack::new(Ip::V4, Host::Client, Rules::Linux, isn, [WINDOW, 1], 0);
            stack.connect(40_001, 80);
            assert!(stack.speak(0), "a SYN leaves");
            let frames = stack.leaving();
            assert_eq!(wire::read(Host::Client, &frames[0]).seq, isn);
        }
    }

    #[test]
    fn only_winding_the_clock_makes_it_retransmit() {
        let mut stack = Stack::new(Ip::V4, Host::Client, Rules::Linux, 5, [WINDOW, 1], 0);
        stack.connect(40_001, 80);
        stack.speak(0);
        assert_eq!(stack.leaving().len(), 1);
        stack.speak(10_000_000);
        assert_eq!(stack.leaving().len(), 0, "smoltcp's own timer never comes");
        stack.expire();
        stack.speak(10_000_000);
        assert_eq!(stack.leaving().len(), 1);
    }
}
