use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($id:ident: $name:literal, $clause:literal, $kernel:literal, $scenario:literal;)*) => {
        /// A rule of Linux's TCP that smoltcp does not have. A trace of the simulator names each that acted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "`RuleId::name` says what each rule says")]
        pub enum RuleId {
            $($id,)*
        }

        impl RuleId {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$id,)*];

            /// The rule in a few words, as traces show it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }

            /// The clause that demands it: RFC and section; `Linux` where no RFC does.
            pub const fn clause(self) -> &'static str {
                match self {
                    $(Self::$id => $clause,)*
                }
            }

            /// The function of the Linux kernel (6.18) that decides it.
            pub const fn kernel(self) -> &'static str {
                match self {
                    $(Self::$id => $kernel,)*
                }
            }

            /// The id of a run in which it acts: a scenario of the book, or else a script of the simulator's tests
            /// (`crates/sim/tests/scripts/`).
            pub const fn scenario(self) -> &'static str {
                match self {
                    $(Self::$id => $scenario,)*
                }
            }
        }
    };
}

rules! {
    ErrorByState:
        "the errno of a reset depends on the state it meets", "RFC 9293 §3.5.3", "tcp_reset", "write-after-peer-close";
    ErrorOnce:
        "a pending error is handed out once", "RFC 9293 §3.9.1.8", "sock_error", "close-with-unread-data";
    UnreadClose:
        "close() with unread data resets", "RFC 9293 §3.6.1", "__tcp_close", "close-with-unread-data";
    LingerZero:
        "close() with SO_LINGER 0 resets", "RFC 9293 §3.10.5", "tcp_disconnect", "linger-zero";
    LingerWaits:
        "close() with SO_LINGER waits for the FIN's ACK", "Linux", "sk_stream_wait_close", "linger-timeout";
    Linger2Negative:
        "TCP_LINGER2 -1 resets in place of FIN-WAIT-2", "Linux", "tcp_rcv_state_process", "linger2-negative";
    OrphanData:
        "data for a connection that nobody reads any more is reset", "RFC 9293 §3.6.1", "tcp_rcv_state_process",
        "fin-lost-data-first";
    RestData:
        "data for what is left in FIN-WAIT-2 is reset", "RFC 9293 §3.6.1", "tcp_timewait_state_process",
        "write-after-peer-close";
    SynInFinWait2:
        "a SYN for what is left in FIN-WAIT-2 is reset", "Linux", "tcp_timewait_state_process", "syn-in-fin-wait-2";
    FinWait2Ends:
        "FIN-WAIT-2 without a descriptor ends after tcp_fin_timeout", "Linux", "tcp_time_wait", "fin-wait2-orphan";
    KeptOrphanResets:
        "an orphan whose FIN was acknowledged by a FIN resets after tcp_fin_timeout", "Linux", "tcp_keepalive_timer",
        "orphan-kept-whole";
    NoRoomToRest:
        "no TIME-WAIT where tcp_max_tw_buckets is reached", "Linux", "tcp_time_wait", "time-wait-overflow";
    TimeWaitEnds:
        "TIME-WAIT ends after 60 s", "RFC 9293 §3.6.1", "tcp_time_wait", "time-wait-minute";
    TimeWaitAnswers:
        "TIME-WAIT repeats its last ACK", "RFC 9293 §3.10.7.4", "tcp_timewait_state_process", "final-ack-lost";
    TimeWaitReopens:
        "a new SYN takes over TIME-WAIT", "RFC 9293 §3.6.1", "tcp_timewait_state_process", "time-wait-reopen";
    TimeWaitKilled:
        "a reset ends TIME-WAIT", "RFC 1337 §2", "tcp_timewait_state_process", "time-wait-assassination";
    TimeWaitKept:
        "tcp_rfc1337: a reset does not end TIME-WAIT", "RFC 1337 §3", "tcp_timewait_state_process",
        "time-wait-assassination";
    ResetChallenged:
        "a reset that is not exact is challenged", "RFC 5961 §3.2", "tcp_validate_incoming",
        "rst-in-window-challenge";
    ResetOutside:
        "a reset outside the window is ignored", "RFC 5961 §3.2", "tcp_validate_incoming", "rst-in-window-challenge";
    ResetBeforeFin:
        "a reset at the FIN's own number is accepted", "Linux", "tcp_reset_check", "keepalive-race-fin";
    ResetOfSyn:
        "a reset in SYN-SENT must acknowledge the SYN", "RFC 9293 §3.10.7.3", "tcp_rcv_synsent_state_process",
        "syn-sent-wrong-rst";
    HandshakeResetChallenged:
        "a reset for a handshake that is not exact is challenged", "RFC 5961 §3.2", "tcp_check_req",
        "reset-in-handshake";
    SynChallenged:
        "a SYN for a living connection is challenged", "RFC 5961 §4.2", "tcp_validate_incoming",
        "syn-in-established";
    SynSoonAgain:
        "a wrong ACK in SYN-SENT is reset, and the SYN repeated soon", "RFC 9293 §3.10.7.3",
        "tcp_rcv_synsent_state_process", "syn-in-established";
    OutsideAnswered:
        "a segment outside the window is answered with an ACK", "RFC 9293 §3.10.7.4", "tcp_validate_incoming",
        "zero-window-stall";
    LateSegment:
        "a segment that a later one has overtaken is answered, and not taken", "RFC 7323 §5.3", "tcp_validate_incoming",
        "late-acks";
    StaleAck:
        "an old ACK in LAST-ACK is not answered", "RFC 9293 §3.10.7.4", "tcp_ack", "stale-ack-in-last-ack";
    AckOfNothing:
        "an ACK of what was never sent is answered", "RFC 5961 §5.2", "tcp_ack", "forged-data";
    AckTooOld:
        "an ACK from before all that was acknowledged is challenged", "RFC 5961 §5.2", "tcp_ack", "too-old-ack";
    NoMemory:
        "what finds no memory is not taken, though it was offered a window", "RFC 9293 §3.8.6", "tcp_try_rmem_schedule",
        "receive-buffer-made-smaller";
    TextAfterFin:
        "data behind a FIN is ignored", "RFC 9293 §3.10.7.4", "tcp_rcv_state_process", "data-behind-fin";
    FinAckWaits:
        "the ACK of a FIN is delayed: another segment may carry it", "RFC 9293 §3.8.6.3", "tcp_fin",
        "graceful-three-segments";
    EarlyFin:
        "a FIN before its data is answered, and kept", "RFC 9293 §3.10.7.4", "tcp_data_queue_ofo",
        "fin-overtakes-data";
    HandshakeReset:
        "a reset ends a handshake that nobody has accepted", "RFC 9293 §3.10.7.4", "tcp_check_req",
        "close-before-connected";
    SynInHandshake:
        "a SYN with another number ends a handshake with a reset", "RFC 9293 §3.10.7.4", "tcp_check_req",
        "syn-in-handshake";
    LaterEcho:
        "a segment for a handshake that echoes a later time than its SYN-ACK had is answered", "Linux", "tcp_check_req",
        "later-echo";
    SynRepeated:
        "a repeated SYN is answered again", "RFC 9293 §3.10.7.4", "tcp_check_req", "syn-twice";
    SynCookie:
        "beyond the backlog a SYN is answered with a cookie, and nothing is kept", "RFC 4987 §3.6", "tcp_conn_request",
        "syn-cookies";
    HandshakesFull:
        "tcp_syncookies 0: beyond the backlog a SYN is dropped", "RFC 4987 §3.6", "tcp_conn_request",
        "no-syn-cookies";
    QueueFullSyn:
        "a full accept queue drops the SYN", "Linux", "tcp_conn_request", "accept-queue-full-syn-dropped";
    QueueFullAck:
        "a full accept queue ignores the last ACK of the handshake", "Linux", "tcp_check_req", "accept-queue-full";
    QueueFullAbort:
        "tcp_abort_on_overflow: a full accept queue resets", "Linux", "tcp_check_req", "accept-queue-full-abort";
    ListenerClosed:
        "a listener that closes resets what it has queued", "Linux", "inet_csk_listen_stop",
        "listener-closed-with-backlog";
    AcceptDeferred:
        "TCP_DEFER_ACCEPT: the last ACK of a handshake is put aside until data comes", "Linux", "tcp_check_req",
        "defer-accept";
    GiveUp:
        "too many retransmissions: ETIMEDOUT, and no reset", "RFC 9293 §3.8.3", "tcp_write_timeout",
        "peer-vanished-write";
    IcmpEndsAttempt:
        "an ICMP error ends an attempt to connect", "RFC 5461 §4.1", "tcp_v4_err", "icmp-refused";
    IcmpEndsHandshake:
        "an ICMP error ends a handshake that a listener has begun, without a word", "Linux", "tcp_req_err",
        "icmp-in-handshake";
    IcmpNoted:
        "an ICMP error for an open connection is noted, and ends nothing", "RFC 9293 §3.9.2.2", "tcp_v4_err",
        "icmp-soft-error";
    IcmpLate:
        "an ICMP error that quotes nothing in flight is ignored", "RFC 5927 §4.1", "tcp_v4_err", "icmp-late";
    IcmpTakesBack:
        "an unreachable host takes one doubling of the timeout back", "RFC 6069 §4.2", "tcp_ld_RTO_revert",
        "icmp-soft-error";
    PathNarrows:
        "a link says what is not too long for it: segments are shorter, and what was too long leaves again", "RFC 1191 §3",
        "tcp_v4_mtu_reduced", "path-mtu-told";
    NotedErrorTold:
        "a connection that is given up has the error that ICMP has told", "Linux", "tcp_write_err", "icmp-soft-error";
    LossProbe:
        "a probe for losses: what waits leaves, or the last segment again", "RFC 8985 §7.3", "tcp_send_loss_probe",
        "loss-probe";
    WindowGiveUp:
        "too long a closed window: ETIMEDOUT, and no reset", "RFC 9293 §3.8.6.1", "tcp_probe_timer",
        "zero-window-stall";
    WindowProbe:
        "a closed window is probed", "RFC 9293 §3.8.6.1", "tcp_send_probe0", "zero-window-stall";
    KeepAlive:
        "an idle connection is probed", "RFC 9293 §3.8.4", "tcp_keepalive_timer", "keepalive-dead";
    KeepAliveGiveUp:
        "too many keep-alive probes without an answer: a reset, and ETIMEDOUT", "RFC 9293 §3.8.4",
        "tcp_keepalive_timer", "keepalive-dead";
}

impl RuleId {
    /// The rule of that name, as [`RuleId::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for RuleId {
    /// `NAME: CLAUSE; KERNEL`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.name(), self.clause(), self.kernel())
    }
}
