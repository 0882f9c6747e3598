//! What is known of one connection's TCP: its endpoint, and the sequence spaces, read from the segments that pass it.

mod backoff;
mod congestion_window;
mod endpoint;
mod receive_memory;
mod receive_sequence;
mod retransmission_queue;
mod round_trip;
mod send_sequence;
mod timers;
mod timestamp;
mod write_queue;

use scenario::{Flags, Host, RawSegment, State};

pub(crate) use backoff::{Backoff, WindowProbes};
pub(crate) use congestion_window::{CongestionWindow, INITIAL_WINDOW, Phase, Probe, ProbeKind, Spurious, Undo};
pub(crate) use endpoint::{Buffers, RECEIVE_BUFFER_MAX};
pub(crate) use receive_memory::{ReceiveMemory, of_segment as memory_of_segment};
pub(crate) use receive_sequence::ReceiveSequence;
pub(crate) use retransmission_queue::{
    AtTimeout, Believed, Found, InFlight, News, RetransmissionQueue, Seen, is_before,
};
pub(crate) use round_trip::{Estimate, RTO_INITIAL_US, RTO_MAX_US, RTO_MIN_US, RoundTrip};
pub(crate) use send_sequence::SendSequence;
pub(crate) use timers::{Timer, Timers};
pub(crate) use timestamp::{Recent, Timestamp, TimestampsOption};

use crate::seq::{after, before, end, later, length};
use crate::tcp::endpoint::{Between, Endpoint};
pub(crate) use crate::wire::Sack;
use crate::wire::{self, Ip, MTU, SynOptions, TIMESTAMPS};
use write_queue::WriteQueue;

/// A transmission control block (RFC 9293 §3.3.1), and the endpoint that it describes.
pub(crate) struct Tcb {
    endpoint: Endpoint,
    ip: Ip,
    /// The own host and the peer's.
    pub(crate) hosts: [Host; 2],
    /// The own port and the peer's.
    pub(crate) ports: [u16; 2],
    pub(crate) snd: SendSequence,
    pub(crate) rcv: ReceiveSequence,
    pub(crate) queue: RetransmissionQueue,
    /// What was written and is not acknowledged, piece by piece.
    written: WriteQueue,
    /// Whether the last of it is the end of what a program writes.
    pub(crate) writing: Writing,
    pub(crate) congestion: CongestionWindow,
    /// Something has arrived in order that no segment has acknowledged.
    pub(crate) ack_owed: bool,
    /// Whether the peer's SYN has offered SACK.
    pub(crate) sack: Sack,
    timestamps: Timestamps,
    /// The longest packet that the path to the peer takes.
    path_mtu: u16,
    /// Another connection was told that the path is narrower, and nothing has left since.
    pub(crate) path_narrowed: Seen,
    /// The most payload of a segment, whatever path and peer take.
    segment_limit: u16,
    /// Bytes that SACK takes from the payload of each segment.
    sack_room: u16,
    /// The payload of the largest segment that the peer takes.
    peer_segment_max: u16,
    /// A FIN shall follow what is queued, as soon as the handshake is over.
    fin_deferred: Option<DeferredFin>,
    /// The SYN, or the handshake's second segment, is to leave: for the first time or again.
    handshake_leaves: bool,
}

/// Whether a connection's segments have timestamps (RFC 7323 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timestamps {
    Used,
    None,
}

/// Where a program is that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// There is more to come at once, so PSH would come too early (Linux: `tcp_mark_push`).
    GoesOn,
    /// It has written it all, or waits.
    Over,
}

/// A FIN that is to follow a handshake: Linux has queued it, or has only noted that it shall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeferredFin {
    /// By close(2): the state is FIN-WAIT-1.
    Queued,
    /// By shutdown(2): the state stays SYN-RECEIVED.
    Noted,
}

/// The one segment that the endpoint would send next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) seq: u32,
    /// Payload bytes.
    pub(crate) len: u32,
    pub(crate) fin: bool,
    pub(crate) standing: Standing,
}

/// What a segment is that may leave next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The SYN, or the handshake's second segment; again or for the first time.
    Handshake,
    /// It has never left.
    New,
}

impl Next {
    /// The number behind the segment's last.
    pub(crate) const fn end(&self) -> u32 {
        self.seq.wrapping_add(self.len + self.fin as u32)
    }
}

/// What a segment that was delivered has brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivered {
    /// Bytes of text that came in order, now or with it.
    pub(crate) text: usize,
    /// The peer's FIN.
    pub(crate) fin: bool,
    /// Sequence numbers that it acknowledges and no segment had before.
    pub(crate) acknowledged: u32,
    /// Whole segments among them.
    pub(crate) segments: u32,
    /// The round trip that it has measured.
    pub(crate) round_trip_us: Option<u64>,
}

impl Tcb {
    pub(crate) fn new(ip: Ip, hosts: [Host; 2], ports: [u16; 2], iss: u32, buffers: Buffers) -> Self {
        Self {
            endpoint: Endpoint::new(ip, hosts, iss, buffers),
            ip,
            hosts,
            ports,
            snd: SendSequence::new(iss, ip.segment_max(MTU - TIMESTAMPS).into()),
            rcv: ReceiveSequence::default(),
            queue: RetransmissionQueue::new(),
            written: WriteQueue::default(),
            writing: Writing::Over,
            congestion: CongestionWindow::new(iss),
            ack_owed: false,
            sack: Sack::Permitted,
            timestamps: Timestamps::Used,
            path_mtu: MTU,
            path_narrowed: Seen::No,
            segment_limit: u16::MAX,
            sack_room: 0,
            peer_segment_max: u16::MAX,
            fin_deferred: None,
            handshake_leaves: true,
        }
    }

    /// The handshake has decided on timestamps (RFC 7323 §3.2).
    pub(crate) fn agree_on(&mut self, timestamps: Timestamps) {
        if self.timestamps != timestamps {
            self.timestamps = timestamps;
            self.fit_packets();
        }
    }

    /// The path to the peer takes no longer packets than this.
    pub(crate) fn note_path_mtu(&mut self, mtu: u16) {
        if self.path_mtu != mtu {
            self.path_mtu = mtu;
            self.fit_packets();
        }
    }

    /// A segment holds no more payload than this.
    pub(crate) fn limit_segments(&mut self, most: u32) {
        let most = u16::try_from(most).unwrap_or(u16::MAX);
        if self.segment_limit != most {
            self.segment_limit = most;
            self.fit_packets();
        }
    }

    /// While something lies beyond a gap each segment tells of it, and holds less (Linux: `tcp_current_mss`).
    pub(crate) fn make_room_for_sack(&mut self) {
        let blocks_max = if self.timestamps == Timestamps::Used { 3 } else { 4 };
        let room = wire::room_of_sack(self.rcv.pieces_beyond().min(blocks_max) as u16);
        if self.sack_room != room {
            self.sack_room = room;
            self.fit_packets();
        }
    }

    /// Linux: `tcp_sync_mss`.
    fn fit_packets(&mut self) {
        let packet = match self.timestamps {
            Timestamps::Used => self.path_mtu - TIMESTAMPS,
            Timestamps::None => self.path_mtu,
        };
        let most = self.ip.segment_max(packet);
        let mss = most.min(self.peer_segment_max).min(self.segment_limit).saturating_sub(self.sack_room).max(1);
        self.endpoint.set_mtu(packet - (most - mss), self.snd.iss);
        self.snd.mss = mss.into();
    }

    /// The payload of the longest segment that the own host takes: with timestamps, once they are agreed on
    /// (Linux: `advmss`).
    pub(crate) fn segment_max(&self) -> u32 {
        let packet = match (self.state(), self.timestamps) {
            (State::SynSent, _) | (_, Timestamps::None) => MTU,
            (_, Timestamps::Used) => MTU - TIMESTAMPS,
        };
        self.ip.segment_max(packet).into()
    }

    pub(crate) fn state(&self) -> State {
        self.endpoint.state()
    }

    pub(crate) fn listen(&mut self) {
        self.endpoint.listen(self.ports[0]);
    }

    pub(crate) fn connect(&mut self) {
        self.endpoint.connect(self.ports);
    }

    /// Gives bytes to be sent, which fill the last piece or begin a new one of so many bytes; how many were taken.
    pub(crate) fn send(&mut self, bytes: &[u8], goal: u32) -> usize {
        let tail = self.tail();
        let taken = self.endpoint.send(bytes);
        if taken > 0 {
            self.written.note_written(self.write_end(), tail, goal);
        }
        taken
    }

    /// Bytes of the last piece, if it has not left.
    pub(crate) fn tail(&self) -> u32 {
        self.written.tail(self.snd.nxt)
    }

    /// Bytes that have never left, of the piece that the next segment is cut from.
    pub(crate) fn piece(&self) -> u32 {
        self.written.piece(self.snd.nxt)
    }

    /// The pieces in which all lies that is not acknowledged, where those that leave have so many segments.
    pub(crate) fn pieces(&self, segments: u32) -> u32 {
        let (sent, unsent) = self.written.sent_and_unsent(self.snd.nxt);
        unsent + sent.max(self.queue.packets_out().div_ceil(segments))
    }

    /// Bytes that are to be sent or not acknowledged.
    pub(crate) fn queued(&self) -> usize {
        self.endpoint.queued()
    }

    /// A FIN follows what is queued: at once, or as soon as the handshake is over.
    pub(crate) fn close(&mut self, in_handshake: DeferredFin) {
        if self.state() == State::SynReceived {
            self.fin_deferred = Some(in_handshake);
        } else {
            self.endpoint.close(&self.between());
        }
    }

    /// A FIN that waits for the handshake.
    pub(crate) const fn fin_deferred(&self) -> Option<DeferredFin> {
        self.fin_deferred
    }

    /// Whether a FIN is queued, or under way.
    fn is_closing(&self) -> bool {
        matches!(self.state(), State::FinWait1 | State::Closing | State::LastAck)
    }

    /// The number behind all that is queued, a FIN included (Linux: `write_seq`).
    pub(crate) fn write_end(&self) -> u32 {
        let syn = u32::from(self.snd.una == self.snd.iss);
        let fin = u32::from(self.is_closing() || self.fin_deferred == Some(DeferredFin::Queued));
        self.snd.una.wrapping_add(syn + self.queued() as u32 + fin)
    }

    /// Sequence numbers that have never left.
    pub(crate) fn unsent(&self) -> u32 {
        let unsent = self.write_end().wrapping_sub(self.snd.nxt).cast_signed();
        unsent.max(0).cast_unsigned()
    }

    /// An empty segment: `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`, with this window.
    pub(crate) const fn acknowledgement(&self, window: u32) -> RawSegment {
        RawSegment {
            from: self.hosts[0],
            to: self.hosts[1],
            ports: self.ports,
            flags: Flags::ACK,
            seq: self.snd.nxt,
            ack: self.rcv.nxt,
            len: 0,
            win: window,
        }
    }

    const fn between(&self) -> Between {
        Between { ports: [self.ports[1], self.ports[0]], rcv_nxt: self.rcv.nxt, una: self.snd.una }
    }

    /// Notes what a segment that has arrived tells of this side's sending, and hands it to the endpoint if it holds
    /// anything that is new to it. What the endpoint answers at once is the second part.
    pub(crate) fn deliver(
        &mut self,
        now_us: u64,
        echo: Option<Timestamp>,
        segment: &RawSegment,
        frame: Vec<u8>,
    ) -> (Delivered, Option<Vec<u8>>) {
        let before = self.state();
        let is_open = !matches!(before, State::Listen | State::SynSent | State::SynReceived);
        let advances = self.snd.is_advanced_by(segment);
        let is_bare = length(segment) == 0 && segment.flags.ack && !segment.flags.rst;
        let mut answer = None;
        let peer = segment.flags.syn.then(|| wire::options_of_syn(&frame));
        if !is_open {
            // Only a forged one tells none: smoltcp would assume IPv4's size.
            let is_silent = self.ip == Ip::V6 && peer.is_some_and(|peer| peer.segment_max.is_none());
            let frame =
                if is_silent { wire::write_syn(self.ip, segment, self.ip.segment_max_assumed()) } else { frame };
            answer = self.endpoint.deliver(self.as_in_handshake(segment, frame));
        } else if !is_bare || advances {
            answer = self.endpoint.deliver(self.as_smoltcp_takes_it(segment, frame));
        }
        let after = self.state();
        let mut delivered = Delivered { text: self.endpoint.take_received(), ..Delivered::default() };
        if matches!(before, State::Listen | State::SynSent) && after != before && after != State::Closed {
            if let Some(SynOptions { segment_max, sack }) = peer {
                self.peer_segment_max = segment_max.unwrap_or_else(|| self.ip.segment_max_assumed());
                self.snd.mss = self.snd.mss.min(self.peer_segment_max.into());
                self.sack = sack;
            }
            self.rcv.nxt = segment.seq.wrapping_add(1);
            // Nothing was told yet; the window counts from here.
            self.rcv.wup = self.rcv.nxt;
            self.ack_owed = after == State::Established;
            if after == State::SynReceived {
                self.handshake_leaves = true;
            }
        }
        let had_fin = matches!(before, State::CloseWait | State::Closing | State::LastAck | State::TimeWait);
        delivered.fin = !had_fin && matches!(after, State::CloseWait | State::Closing | State::TimeWait);
        self.rcv.nxt = self.rcv.nxt.wrapping_add(delivered.text as u32 + u32::from(delivered.fin));
        self.ack_owed |= delivered.text > 0 || delivered.fin;
        if delivered.fin {
            // Linux: `tcp_fin`, which purges its out_of_order_queue.
            self.rcv.beyond.clear();
            self.rcv.early_fins.clear();
        }
        if advances {
            delivered.acknowledged = segment.ack.wrapping_sub(self.snd.una);
            self.snd.una = segment.ack;
            self.written.note_acknowledged(segment.ack);
            delivered.segments = self.queue.note_acknowledged(now_us, segment.ack, echo, self.congestion.high);
            delivered.round_trip_us = self.queue.take_round_trip_us();
        }
        if self.fin_deferred.is_some() && matches!(after, State::Established | State::CloseWait) {
            self.fin_deferred = None;
            self.endpoint.close(&self.between());
            self.catch_up_with_fin(segment.ack);
        }
        if is_open && let Some(frame) = &mut answer {
            self.renumber(frame);
        }
        (delivered, answer)
    }

    /// The SYN is acknowledged, and nothing else has come.
    pub(crate) fn acknowledge_syn(&mut self, now_us: u64) -> Delivered {
        self.snd.una = self.snd.nxt;
        let segments = self.queue.note_acknowledged(now_us, self.snd.una, None, self.congestion.high);
        Delivered { segments, round_trip_us: self.queue.take_round_trip_us(), ..Delivered::default() }
    }

    /// The segment is taken, and stands beyond a gap perhaps: SACK tells the peer, if it has offered it.
    pub(crate) fn note_beyond_gap(&mut self, segment: &RawSegment) {
        if self.sack == Sack::Permitted {
            self.rcv.note_beyond_gap(segment);
        }
    }

    /// An ACK of the endpoint's stands behind all that has left, also while the endpoint goes over what was lost.
    fn renumber(&self, frame: &mut [u8]) {
        let segment = wire::read(frame);
        if length(&segment) == 0 && !segment.flags.rst {
            wire::set_sequence_number(frame, self.snd.nxt);
        }
    }

    /// Behind the SYN of an endpoint in SYN-RECEIVED its FIN has left, of which it does not know.
    fn is_fin_ahead(&self) -> bool {
        self.snd.nxt == self.snd.iss.wrapping_add(2) && self.fin_deferred == Some(DeferredFin::Queued)
    }

    /// The endpoint in SYN-RECEIVED takes the ACK of its SYN alone, at the next number where there is no text.
    fn as_in_handshake(&self, segment: &RawSegment, mut frame: Vec<u8>) -> Vec<u8> {
        if length(segment) == 0 {
            wire::set_sequence_number(&mut frame, self.rcv.nxt);
        }
        if self.is_fin_ahead() && segment.flags.ack && segment.ack == self.snd.nxt {
            wire::set_acknowledgement_number(&mut frame, self.snd.iss.wrapping_add(1));
        }
        frame
    }

    /// The endpoint is closed; its FIN may have left in SYN-RECEIVED, and be acknowledged.
    fn catch_up_with_fin(&mut self, ack: u32) {
        let fin = self.snd.iss.wrapping_add(1);
        if self.snd.nxt == fin {
            return;
        }
        let left_before = self.endpoint.transmit();
        debug_assert!(left_before.is_some(), "it has a FIN to send");
        if ack == self.snd.nxt {
            let bare = RawSegment {
                from: self.hosts[1],
                to: self.hosts[0],
                ports: [self.ports[1], self.ports[0]],
                seq: self.rcv.nxt,
                ack,
                ..self.acknowledgement(self.snd.wnd)
            };
            self.endpoint.deliver(wire::write(self.ip, &bare));
        }
    }

    /// smoltcp overlooks what Linux takes: the ACK of a segment without text that is not exactly the next one, the
    /// text of one with an old ACK, and a FIN behind nothing but old text.
    fn as_smoltcp_takes_it(&self, segment: &RawSegment, mut frame: Vec<u8>) -> Vec<u8> {
        if before(segment.ack, self.snd.una) {
            wire::set_acknowledgement_number(&mut frame, self.snd.una);
        }
        if length(segment) == 0 {
            wire::set_sequence_number(&mut frame, self.rcv.nxt);
        }
        let text_end = segment.seq.wrapping_add(segment.len);
        if segment.flags.fin && segment.len > 0 && text_end == self.rcv.nxt {
            let ack = later(segment.ack, self.snd.una);
            return wire::write(self.ip, &RawSegment { seq: self.rcv.nxt, len: 0, ack, ..*segment });
        }
        frame
    }

    /// The one segment that the endpoint would send next: new, or of the handshake.
    pub(crate) fn next(&self) -> Option<Next> {
        let SendSequence { iss, una, nxt, mss, .. } = self.snd;
        match self.state() {
            State::SynSent | State::SynReceived if self.handshake_leaves => {
                return Some(Next { seq: iss, len: 0, fin: false, standing: Standing::Handshake });
            }
            // close(2) after SYNs have crossed: the FIN waits for no ACK (Linux: `tcp_send_fin`).
            State::SynReceived if self.fin_deferred == Some(DeferredFin::Queued) && nxt == iss.wrapping_add(1) => {
                return Some(Next { seq: nxt, len: 0, fin: true, standing: Standing::New });
            }
            State::Established | State::FinWait1 | State::CloseWait | State::Closing | State::LastAck => {}
            _ => return None,
        }
        let queued = self.queued() as u32;
        let offset = nxt.wrapping_sub(una);
        if offset > queued {
            return None;
        }
        let len = (queued - offset).min(mss);
        let fin = self.is_closing() && offset + len == queued;
        (len > 0 || fin).then_some(Next { seq: nxt, len, fin, standing: Standing::New })
    }

    /// The segment leaves: its frame. `None` only if the endpoint has less to send than was believed.
    pub(crate) fn transmit(&mut self, next: &Next) -> Option<Vec<u8>> {
        if self.state() == State::SynReceived && next.fin {
            // The endpoint does not know of it.
            return Some(wire::write(self.ip, &self.again(next.seq, 0, Flags { fin: true, ..Flags::ACK })));
        }
        if next.standing == Standing::New {
            self.endpoint.open_window(&self.between());
        }
        let mut frame = self.endpoint.transmit()?;
        match next.standing {
            Standing::Handshake => wire::set_segment_max(&mut frame, self.ip.segment_max(MTU)),
            // Of a second FIN the endpoint does not know.
            Standing::New => wire::set_acknowledgement_number(&mut frame, self.rcv.nxt),
        }
        if self.writing == Writing::GoesOn {
            wire::clear_push(&mut frame);
        }
        Some(frame)
    }

    /// A segment that has left before, with what is to be told now; its window is written when it leaves.
    const fn again(&self, seq: u32, len: u32, flags: Flags) -> RawSegment {
        RawSegment { flags, seq, len, ..self.acknowledgement(self.rcv.wnd) }
    }

    /// The segment that begins there leaves again, joined with small ones behind it: its frame. The endpoint is not asked.
    pub(crate) fn send_again(&mut self, now_us: u64, seq: u32) -> Option<Vec<u8>> {
        let sent = self.queue.send_again(now_us, seq, self.snd.mss)?;
        let (end, text) = (sent.end, sent.text.clone());
        Some(self.frame_again(seq, end, &text))
    }

    /// The last segment leaves again, as a probe: what is believed of it stays.
    pub(crate) fn send_last_again(&mut self, now_us: u64) -> Option<Vec<u8>> {
        let sent = self.queue.send_last_again(now_us, self.snd.mss)?;
        let (seq, end, text) = (sent.seq, sent.end, sent.text.clone());
        Some(self.frame_again(seq, end, &text))
    }

    fn frame_again(&self, seq: u32, end: u32, text: &[u8]) -> Vec<u8> {
        let len = text.len() as u32;
        let fin = end.wrapping_sub(seq) > len;
        // PSH at the end of what was written, which a FIN may have joined.
        let psh = len > 0 && !before(end, self.write_end().wrapping_sub(u32::from(self.is_closing())));
        wire::write_text(self.ip, &self.again(seq, len, Flags { fin, psh, ..Flags::ACK }), text)
    }

    /// Sends as much of a segment as a window has room for (Linux: `tcp_write_wakeup`).
    pub(crate) fn transmit_into(&mut self, window: u32) -> Option<Vec<u8>> {
        self.endpoint.show_window(u16::try_from(window).unwrap_or(u16::MAX), &self.between());
        self.endpoint.transmit()
    }

    /// The endpoint says what it expects next.
    pub(crate) fn acknowledge(&mut self) -> Option<Vec<u8>> {
        let mut frame = self.endpoint.acknowledge(&self.between())?;
        wire::set_sequence_number(&mut frame, self.snd.nxt);
        Some(frame)
    }

    /// The handshake's segment leaves again.
    pub(crate) fn repeat_handshake(&mut self) {
        self.endpoint.rewind();
        self.handshake_leaves = true;
    }

    /// A frame with that segment has left; true if it takes up sequence numbers.
    pub(crate) fn note_left(&mut self, now_us: u64, segment: &RawSegment, frame: &[u8]) -> bool {
        if segment.flags.ack {
            self.rcv.note_told(segment.ack, segment.win);
            self.ack_owed = false;
        }
        if segment.flags.rst || length(segment) == 0 {
            return false;
        }
        if segment.flags.syn {
            self.handshake_leaves = false;
        }
        let end = end(segment);
        if after(end, self.snd.nxt) {
            self.snd.note_sent(segment);
            self.queue.note_sent(now_us, segment.seq, end, wire::text(frame).to_vec());
            self.congestion.note_sent();
        } else if segment.flags.syn {
            self.queue.note_repeated(now_us, segment.seq);
        }
        true
    }
}
