//! One TCP socket of smoltcp: verbs, and no decision.
//!
//! It holds the bytes to be sent and the FIN from the moment that the program gives them, so its state is the
//! connection's. When something leaves is decided outside. What smoltcp 0.14 must be made to believe for that, each
//! with a test below, so that an update of smoltcp that changes it is seen:
//!
//! - Its clock stands still, so none of its timers ever fires; [`Endpoint::rewind`] moves it beyond the longest
//!   (its RTTE_MAX_RTO is 60 s), which is a retransmission timeout.
//! - The peer's window as it sees it never closes (65,535 bytes, unscaled), so it would send at any time one segment:
//!   from its SND.NXT, of a full segment or what is left, with FIN if that ends the buffer of a socket that is closed.
//!   A window of 0 would start its own window probes: it is never shown one.
//! - It sends everything once: what leaves again is built outside. To cut a segment, as a window probe is,
//!   [`Endpoint::show_window`] shows it a window that ends there, with a bare ACK. In
//!   LAST-ACK smoltcp looks at no window any more, so the full one must be shown before.
//! - ACKs that acknowledge nothing new are kept from it: in LAST-ACK it would answer them, and elsewhere it would
//!   count three of them as a loss.
//! - [`Endpoint::acknowledge`] has it say what it expects, by a byte that it has: the answer to that is never delayed.
//! - In SYN-RECEIVED close() would lose the FIN: it must wait until the handshake is over.
//! - The seed of its interface decides its initial sequence number ([`crate::network_interface::seed`]).

use scenario::{Flags, Host, RawSegment, State};
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::tcp::{self, Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};

use crate::network_interface::{NetworkInterface, seed};
use crate::wire::{self, Ip, MTU, TIMESTAMPS};

/// The largest window without scaling: what the peer may send is decided outside, and is less.
pub(crate) const RECEIVE_BUFFER_MAX: usize = u16::MAX as usize;
/// The window that the endpoint believes its peer to have.
const WINDOW_OPEN: u16 = u16::MAX;
/// smoltcp takes the instant 0 for "now" in places.
const EPOCH: Instant = Instant::from_micros_const(1_000_000_000);
/// Longer than any timer of smoltcp's.
const BEYOND_ALL_TIMERS: Duration = Duration::from_secs(61);

pub(crate) struct Endpoint {
    network: NetworkInterface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    clock: Instant,
    ip: Ip,
    /// The own host and the peer's.
    hosts: [Host; 2],
    /// The window that it was last shown.
    shown: u16,
}

/// What an endpoint's buffers hold at most, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffers {
    /// No more than [`RECEIVE_BUFFER_MAX`] is of use.
    pub(crate) receive: usize,
    pub(crate) send: usize,
}

impl Endpoint {
    /// A closed socket whose first sequence number, when it has one, will be `iss`. Its buffers do not grow.
    pub(crate) fn new(ip: Ip, hosts: [Host; 2], iss: u32, buffers: Buffers) -> Self {
        let network = NetworkInterface::new(ip, hosts[0], MTU - TIMESTAMPS, seed(iss), EPOCH);
        let buffer = |bytes| SocketBuffer::new(vec![0; bytes]);
        let mut socket = Socket::new(buffer(buffers.receive.min(RECEIVE_BUFFER_MAX)), buffer(buffers.send));
        socket.set_ack_delay(None);
        socket.set_nagle_enabled(false);
        let mut sockets = SocketSet::new(Vec::with_capacity(1));
        let handle = sockets.add(socket);
        Self { network, sockets, handle, clock: EPOCH, ip, hosts, shown: WINDOW_OPEN }
    }

    /// From now on its packets have at most so many bytes. smoltcp asks its interface for that, and an interface asks
    /// once; a new one also has the numbers to come.
    pub(crate) fn set_mtu(&mut self, mtu: u16, iss: u32) {
        self.network = NetworkInterface::new(self.ip, self.hosts[0], mtu, seed(iss), self.clock);
    }

    fn socket(&self) -> &Socket<'static> {
        self.sockets.get(self.handle)
    }

    fn socket_mut(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    pub(crate) fn state(&self) -> State {
        match self.socket().state() {
            tcp::State::Closed => State::Closed,
            tcp::State::Listen => State::Listen,
            tcp::State::SynSent => State::SynSent,
            tcp::State::SynReceived => State::SynReceived,
            tcp::State::Established => State::Established,
            tcp::State::FinWait1 => State::FinWait1,
            tcp::State::FinWait2 => State::FinWait2,
            tcp::State::CloseWait => State::CloseWait,
            tcp::State::Closing => State::Closing,
            tcp::State::LastAck => State::LastAck,
            tcp::State::TimeWait => State::TimeWait,
        }
    }

    pub(crate) fn listen(&mut self, port: u16) {
        let listening = self.socket_mut().listen(port);
        assert!(listening.is_ok(), "a new socket can listen");
    }

    pub(crate) fn connect(&mut self, ports: [u16; 2]) {
        let [local, remote] = [0, 1].map(|end| (self.ip.address(self.hosts[end]), ports[end]));
        let socket = self.sockets.get_mut::<Socket<'_>>(self.handle);
        let connecting = socket.connect(self.network.interface().context(), remote, local);
        assert!(connecting.is_ok(), "a new socket can connect");
    }

    /// Bytes that were given to it and are not acknowledged.
    pub(crate) fn queued(&self) -> usize {
        self.socket().send_queue()
    }

    /// Gives it bytes to send; how many it took.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> usize {
        self.socket_mut().send_slice(bytes).unwrap_or(0)
    }

    /// A FIN follows what it was given.
    pub(crate) fn close(&mut self, numbers: &Between) {
        debug_assert!(self.state() != State::SynReceived, "smoltcp would lose the FIN");
        self.show_window(WINDOW_OPEN, numbers);
        self.socket_mut().close();
    }

    /// Takes in a frame of the peer's; what it answers at once comes back.
    pub(crate) fn deliver(&mut self, mut frame: Vec<u8>) -> Option<Vec<u8>> {
        wire::set_window(&mut frame, self.shown);
        self.network.receive(self.clock, frame, &mut self.sockets);
        self.take_one()
    }

    /// smoltcp answers a frame with one at most, and sends one at a time.
    fn take_one(&mut self) -> Option<Vec<u8>> {
        let mut left = self.network.take_left();
        let frame = left.next();
        debug_assert!(left.next().is_none(), "there was a second one");
        frame
    }

    /// Takes out of it what has arrived in order: how many bytes. What they are no program here can tell.
    pub(crate) fn take_received(&mut self) -> usize {
        let mut taken = 0;
        while self.socket().recv_queue() > 0 {
            taken += self.socket_mut().recv(|bytes| (bytes.len(), bytes.len())).unwrap_or(0);
        }
        taken
    }

    /// Sends the next segment, SYN, data or FIN, if there is one and the window shown has room for it.
    pub(crate) fn transmit(&mut self) -> Option<Vec<u8>> {
        self.network.transmit(self.clock, &mut self.sockets);
        self.take_one()
    }

    /// The retransmission timeout: the next segment is the first that is not acknowledged.
    pub(crate) fn rewind(&mut self) {
        self.clock += BEYOND_ALL_TIMERS;
    }

    /// From now on it believes the peer's window to be this, counted from SND.UNA; in LAST-ACK it does not listen.
    pub(crate) fn show_window(&mut self, window: u16, numbers: &Between) {
        debug_assert!(window > 0, "smoltcp would begin to probe");
        if self.shown == window || self.state() == State::LastAck {
            return;
        }
        self.shown = window;
        let update = numbers.segment(self.hosts, numbers.rcv_nxt, 0);
        let answer = self.deliver(wire::write(self.ip, &update));
        debug_assert!(answer.is_none(), "a window update is not answered");
    }

    /// The full window again.
    pub(crate) fn open_window(&mut self, numbers: &Between) {
        self.show_window(WINDOW_OPEN, numbers);
    }

    /// Has it say what it expects next; SACK tells of what has arrived beyond a gap.
    pub(crate) fn acknowledge(&mut self, numbers: &Between) -> Option<Vec<u8>> {
        let old = numbers.segment(self.hosts, numbers.rcv_nxt.wrapping_sub(1), 1);
        self.deliver(wire::write(self.ip, &old))
    }
}

/// What a segment from the peer must hold to be taken: the ports as the peer has them, RCV.NXT and SND.UNA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Between {
    pub(crate) ports: [u16; 2],
    pub(crate) rcv_nxt: u32,
    pub(crate) una: u32,
}

impl Between {
    const fn segment(&self, [to, from]: [Host; 2], seq: u32, len: u32) -> RawSegment {
        RawSegment { from, to, ports: self.ports, flags: Flags::ACK, seq, ack: self.una, len, win: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISS: u32 = 1_000;
    const PEER_ISS: u32 = 5_000;
    const BUFFERS: Buffers = Buffers { receive: RECEIVE_BUFFER_MAX, send: 10_000 };

    fn from_peer(flags: Flags, seq: u32, ack: u32, len: u32) -> Vec<u8> {
        let segment =
            RawSegment { from: Host::Server, to: Host::Client, ports: [80, 40_001], flags, seq, ack, len, win: 9 };
        wire::write(Ip::V4, &segment)
    }

    const BETWEEN: Between = Between { ports: [80, 40_001], rcv_nxt: PEER_ISS + 1, una: ISS + 1 };

    fn syn_sent() -> Endpoint {
        let mut endpoint = Endpoint::new(Ip::V4, Host::BOTH, ISS, BUFFERS);
        endpoint.connect([40_001, 80]);
        let syn = endpoint.transmit().expect("a SYN leaves");
        assert_eq!(wire::read(&syn).seq, ISS);
        endpoint
    }

    fn established() -> Endpoint {
        let mut endpoint = Endpoint::new(Ip::V4, Host::BOTH, ISS, BUFFERS);
        endpoint.connect([40_001, 80]);
        let mut peer = Endpoint::new(Ip::V4, [Host::Server, Host::Client], PEER_ISS, BUFFERS);
        peer.listen(80);
        peer.deliver(endpoint.transmit().expect("a SYN leaves"));
        endpoint.deliver(peer.transmit().expect("it is answered"));
        assert_eq!(endpoint.state(), State::Established);
        assert!(endpoint.acknowledge(&BETWEEN).is_some());
        endpoint
    }

    fn sent(endpoint: &mut Endpoint) -> Option<(u32, u32, bool)> {
        let segment = wire::read(&endpoint.transmit()?);
        Some((segment.seq - ISS, segment.len, segment.flags.fin))
    }

    #[test]
    fn the_seed_decides_the_first_sequence_number() {
        for iss in [0, 1, 0x1234_5678, u32::MAX] {
            let mut endpoint = Endpoint::new(Ip::V4, Host::BOTH, iss, BUFFERS);
            endpoint.connect([40_001, 80]);
            let syn = endpoint.transmit().expect("a SYN leaves");
            assert_eq!(wire::read(&syn).seq, iss);
        }
    }

    #[test]
    fn only_rewinding_makes_it_send_again() {
        let mut endpoint = syn_sent();
        assert!(endpoint.transmit().is_none());
        endpoint.rewind();
        assert!(endpoint.transmit().is_some());
        let mut endpoint = established();
        endpoint.send(&[0; 2_000]);
        assert_eq!(sent(&mut endpoint), Some((1, 1_448, false)));
        assert_eq!(sent(&mut endpoint), Some((1_449, 552, false)));
        assert_eq!(sent(&mut endpoint), None);
        endpoint.rewind();
        assert_eq!(sent(&mut endpoint), Some((1, 1_448, false)));
    }

    #[test]
    fn the_window_of_what_arrives_does_not_stop_it_and_a_shown_one_cuts() {
        let mut endpoint = established();
        endpoint.send(&[0; 3_000]);
        endpoint.show_window(100, &BETWEEN);
        assert_eq!(sent(&mut endpoint), Some((1, 100, false)));
        assert_eq!(sent(&mut endpoint), None);
        endpoint.open_window(&BETWEEN);
        assert_eq!(sent(&mut endpoint), Some((101, 1_448, false)));
    }

    #[test]
    fn a_closed_socket_is_in_fin_wait_1_and_its_fin_joins_the_last_bytes() {
        let mut endpoint = established();
        endpoint.send(&[0; 10]);
        endpoint.close(&BETWEEN);
        assert_eq!(endpoint.state(), State::FinWait1);
        endpoint.deliver(from_peer(Flags { fin: true, ..Flags::ACK }, PEER_ISS + 1, ISS + 1, 0));
        assert_eq!(endpoint.state(), State::Closing, "its own FIN has not even left");
        assert_eq!(sent(&mut endpoint), Some((1, 10, true)));
    }

    #[test]
    fn in_last_ack_it_is_closed_by_the_ack_of_its_fin_alone() {
        let mut endpoint = established();
        endpoint.deliver(from_peer(Flags { fin: true, ..Flags::ACK }, PEER_ISS + 1, ISS + 1, 0));
        endpoint.send(&[0; 10]);
        let between = Between { rcv_nxt: PEER_ISS + 2, ..BETWEEN };
        endpoint.close(&between);
        assert_eq!(sent(&mut endpoint), Some((1, 10, true)));
        endpoint.deliver(from_peer(Flags::ACK, PEER_ISS + 2, ISS + 11, 0));
        assert_eq!(endpoint.state(), State::LastAck);
        endpoint.deliver(from_peer(Flags::ACK, PEER_ISS + 2, ISS + 12, 0));
        assert_eq!(endpoint.state(), State::Closed);
    }

    #[test]
    fn it_says_what_it_expects_while_data_waits() {
        let mut endpoint = established();
        endpoint.send(&[0; 10]);
        endpoint.deliver(from_peer(Flags::DATA, PEER_ISS + 1, ISS + 1, 7));
        assert_eq!(endpoint.take_received(), 7);
        let between = Between { rcv_nxt: PEER_ISS + 8, ..BETWEEN };
        let ack = wire::read(&endpoint.acknowledge(&between).expect("an ACK leaves"));
        assert_eq!((ack.ack, ack.len, ack.seq), (PEER_ISS + 8, 0, ISS + 1));
    }

    #[test]
    fn what_stands_beyond_a_gap_is_answered_at_once_with_sack() {
        let mut endpoint = established();
        let answer = endpoint.deliver(from_peer(Flags::DATA, PEER_ISS + 11, ISS + 1, 5)).expect("it is answered");
        assert_eq!(endpoint.take_received(), 0);
        let ranges = wire::sack_ranges(&answer);
        assert_eq!(ranges[0], Some((PEER_ISS + 11, PEER_ISS + 16)));
    }
}
