//! What Linux does beyond smoltcp: one function a rule, each with the RFC's clause, the kernel's function (6.18), and
//! the scenario or the test's script that shows it.
//!
//! A rule decides and changes nothing; `kernel/` carries out what it says. Its entry in [`RULES`] is what the trace
//! shows when it has acted ([`scenario::Event::Rule`]).

mod arriving;
mod closing;
mod errors;
mod listening;
mod resting;
mod sending;

pub(crate) use arriving::{judge, judge_handshake, repeats_ack, says_nothing_new};
pub(crate) use closing::{Closing, Exiting, close, fin_wait_2_us};
pub(crate) use errors::{reset_error, take_error};
pub(crate) use listening::{full_queue_drops_syn, full_queue_meets_ack};
pub(crate) use resting::{Answer, answer};
pub(crate) use sending::{fin_ack_us, may_leave};

/// One of Linux's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it says, in a few words.
    pub name: &'static str,
    /// Where it is written: RFC and section; `Linux` where no RFC says it.
    pub clause: &'static str,
    /// The function of the Linux kernel that does it.
    pub kernel: &'static str,
    /// The scenario that shows it, or the script of this crate's tests (`tests/scripts/`) where the book has none.
    pub scenario: &'static str,
}

macro_rules! rules {
    ($($(#[$docs:meta])* $id:ident: $name:literal, $clause:literal, $kernel:literal, $scenario:literal;)*) => {
        $($(#[$docs])* pub(crate) static $id: Rule =
            Rule { name: $name, clause: $clause, kernel: $kernel, scenario: $scenario };)*
        /// Every rule.
        pub static RULES: &[&Rule] = &[$(&$id,)*];
    };
}

rules! {
    ERROR_BY_STATE:
        "the state that a reset meets names the error", "RFC 9293 §3.5.3", "tcp_reset", "write-after-peer-close";
    ERROR_ONCE:
        "a pending error is handed out once", "RFC 9293 §3.9.1.8", "sock_error", "close-with-unread-data";
    UNREAD_CLOSE:
        "close() with unread data resets", "RFC 9293 §3.6.1", "__tcp_close", "close-with-unread-data";
    LINGER_ZERO:
        "close() with SO_LINGER 0 resets", "RFC 9293 §3.10.5", "tcp_disconnect", "linger-zero";
    LINGER_WAITS:
        "close() with SO_LINGER waits for the FIN's ACK", "Linux", "sk_stream_wait_close", "linger-timeout";
    LINGER2_NEGATIVE:
        "TCP_LINGER2 -1 resets in place of FIN-WAIT-2", "Linux", "tcp_rcv_state_process", "linger2-negative";
    ORPHAN_DATA:
        "data for a connection that nobody reads any more is reset", "RFC 9293 §3.6.1", "tcp_rcv_state_process",
        "fin-lost-data-first";
    REST_DATA:
        "data for what is left in FIN-WAIT-2 is reset", "RFC 9293 §3.6.1", "tcp_timewait_state_process",
        "write-after-peer-close";
    FIN_WAIT_2_ENDS:
        "FIN-WAIT-2 without a descriptor ends after tcp_fin_timeout", "Linux", "tcp_time_wait", "fin-wait2-orphan";
    KEPT_ORPHAN_RESETS:
        "an orphan whose FIN was acknowledged by a FIN resets after tcp_fin_timeout", "Linux", "tcp_keepalive_timer",
        "orphan-kept-whole";
    NO_ROOM_TO_REST:
        "no TIME-WAIT where tcp_max_tw_buckets is reached", "Linux", "tcp_time_wait", "time-wait-overflow";
    TIME_WAIT_ENDS:
        "TIME-WAIT ends after 60 s", "RFC 9293 §3.6.1", "tcp_time_wait", "time-wait-minute";
    TIME_WAIT_ANSWERS:
        "TIME-WAIT repeats its last ACK", "RFC 9293 §3.10.7.4", "tcp_timewait_state_process", "final-ack-lost";
    TIME_WAIT_REOPENS:
        "a new SYN takes over TIME-WAIT", "RFC 9293 §3.6.1", "tcp_timewait_state_process", "time-wait-reopen";
    TIME_WAIT_KILLED:
        "a reset ends TIME-WAIT", "RFC 1337 §2", "tcp_timewait_state_process", "time-wait-assassination";
    TIME_WAIT_KEPT:
        "tcp_rfc1337: a reset does not end TIME-WAIT", "RFC 1337 §3", "tcp_timewait_state_process",
        "time-wait-assassination";
    RESET_CHALLENGED:
        "a reset that is not exact is challenged", "RFC 5961 §3.2", "tcp_validate_incoming",
        "rst-in-window-challenge";
    RESET_OUTSIDE:
        "a reset outside the window is ignored", "RFC 5961 §3.2", "tcp_validate_incoming", "rst-in-window-challenge";
    RESET_BEFORE_FIN:
        "a reset at the FIN's own number is accepted", "Linux", "tcp_reset_check", "keepalive-race-fin";
    RESET_OF_SYN:
        "a reset in SYN-SENT must acknowledge the SYN", "RFC 9293 §3.10.7.3", "tcp_rcv_synsent_state_process",
        "syn-sent-wrong-rst";
    SYN_CHALLENGED:
        "a SYN for a living connection is challenged", "RFC 5961 §4.2", "tcp_validate_incoming",
        "syn-in-established";
    SYN_SOON_AGAIN:
        "a wrong ACK in SYN-SENT is reset, and the SYN repeated soon", "RFC 9293 §3.10.7.3",
        "tcp_rcv_synsent_state_process", "syn-in-established";
    OUTSIDE_ANSWERED:
        "a segment outside the window is answered with an ACK", "RFC 9293 §3.10.7.4", "tcp_validate_incoming",
        "zero-window-stall";
    STALE_ACK:
        "an old ACK in LAST-ACK is not answered", "RFC 9293 §3.10.7.4", "tcp_ack", "stale-ack-in-last-ack";
    ACK_OF_NOTHING:
        "an ACK of what was never sent is answered", "RFC 5961 §5.2", "tcp_ack", "forged-data";
    TEXT_AFTER_FIN:
        "data behind a FIN is ignored", "RFC 9293 §3.10.7.4", "tcp_rcv_state_process", "data-behind-fin";
    FIN_ACK_WAITS:
        "the ACK of a FIN waits for something that takes it along", "RFC 9293 §3.8.6.3", "tcp_fin",
        "graceful-three-segments";
    EARLY_FIN:
        "a FIN before its data is answered, and kept", "RFC 9293 §3.10.7.4", "tcp_data_queue_ofo",
        "fin-overtakes-data";
    HANDSHAKE_RESET:
        "a reset ends a handshake that nobody has accepted", "RFC 9293 §3.10.7.4", "tcp_check_req",
        "close-before-connected";
    SYN_REPEATED:
        "a repeated SYN is answered again", "RFC 9293 §3.10.7.4", "tcp_check_req", "syn-twice";
    QUEUE_FULL_SYN:
        "a full accept queue drops the SYN", "Linux", "tcp_conn_request", "accept-queue-full-syn-dropped";
    QUEUE_FULL_ACK:
        "a full accept queue ignores the last ACK of the handshake", "Linux", "tcp_check_req", "accept-queue-full";
    QUEUE_FULL_ABORT:
        "tcp_abort_on_overflow: a full accept queue resets", "Linux", "tcp_check_req", "accept-queue-full-abort";
    LISTENER_CLOSED:
        "a listener that closes resets what it has queued", "Linux", "inet_csk_listen_stop",
        "listener-closed-with-backlog";
    GIVE_UP:
        "too many retransmissions: ETIMEDOUT, and no reset", "RFC 9293 §3.8.3", "tcp_write_timeout",
        "peer-vanished-write";
    LOSS_PROBE:
        "a probe for losses: what waits leaves, or the last segment again", "RFC 8985 §7.3", "tcp_send_loss_probe",
        "loss-probe";
    WINDOW_GIVE_UP:
        "too long a closed window: ETIMEDOUT, and no reset", "RFC 9293 §3.8.6.1", "tcp_probe_timer",
        "zero-window-stall";
    WINDOW_PROBE:
        "a closed window is probed", "RFC 9293 §3.8.6.1", "tcp_send_probe0", "zero-window-stall";
    KEEP_ALIVE:
        "an idle connection is probed", "RFC 9293 §3.8.4", "tcp_keepalive_timer", "keepalive-dead";
    KEEP_ALIVE_GIVE_UP:
        "too many keep-alive probes without an answer: a reset, and ETIMEDOUT", "RFC 9293 §3.8.4",
        "tcp_keepalive_timer", "keepalive-dead";
}

/// What becomes of a segment that arrives for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// smoltcp takes it.
    Pass,
    /// Nothing happens.
    Drop,
    /// It is answered with the last ACK; see [`Pace`].
    Answer(Pace),
    /// Only what it acknowledges counts.
    TakeAck,
    /// The same, and it is answered with the last ACK.
    TakeAckAndAnswer,
    /// It resets the connection.
    Reset,
    /// The connection ends, and the segment is answered with a reset.
    Refuse,
    /// A handshake ends without a word.
    Forget,
    /// smoltcp takes it, and repeats its SYN soon.
    PassAndHurry,
    /// Nothing happens, but that the SYN is repeated soon.
    DropAndHurry,
    /// It is answered with the last ACK, and its FIN kept until the data before it has come.
    KeepFin,
    /// The handshake's last segment leaves again.
    Repeat,
}

/// How often a segment is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each time.
    Always,
    /// Once in half a second (tcp_invalid_ratelimit).
    Limited,
}
