//! What Linux does beyond smoltcp: one function a rule, each with the RFC's clause, the kernel's function (6.18), and
//! the scenario or the test's script that shows it.
//!
//! A rule decides and changes nothing; `kernel/` carries out what it says. The trace shows its
//! [`scenario::RuleId`] when it has acted ([`scenario::Event::Rule`]).

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

/// One of Linux's rules, as traces name it.
pub(crate) type Rule = scenario::RuleId;

macro_rules! rules {
    ($($constant:ident: $id:ident,)*) => {
        $(pub(crate) static $constant: Rule = Rule::$id;)*
    };
}

rules! {
    ERROR_BY_STATE: ErrorByState,
    ERROR_ONCE: ErrorOnce,
    UNREAD_CLOSE: UnreadClose,
    LINGER_ZERO: LingerZero,
    LINGER_WAITS: LingerWaits,
    LINGER2_NEGATIVE: Linger2Negative,
    ORPHAN_DATA: OrphanData,
    REST_DATA: RestData,
    FIN_WAIT_2_ENDS: FinWait2Ends,
    KEPT_ORPHAN_RESETS: KeptOrphanResets,
    NO_ROOM_TO_REST: NoRoomToRest,
    TIME_WAIT_ENDS: TimeWaitEnds,
    TIME_WAIT_ANSWERS: TimeWaitAnswers,
    TIME_WAIT_REOPENS: TimeWaitReopens,
    TIME_WAIT_KILLED: TimeWaitKilled,
    TIME_WAIT_KEPT: TimeWaitKept,
    RESET_CHALLENGED: ResetChallenged,
    RESET_OUTSIDE: ResetOutside,
    RESET_BEFORE_FIN: ResetBeforeFin,
    RESET_OF_SYN: ResetOfSyn,
    SYN_CHALLENGED: SynChallenged,
    SYN_SOON_AGAIN: SynSoonAgain,
    OUTSIDE_ANSWERED: OutsideAnswered,
    STALE_ACK: StaleAck,
    ACK_OF_NOTHING: AckOfNothing,
    TEXT_AFTER_FIN: TextAfterFin,
    FIN_ACK_WAITS: FinAckWaits,
    EARLY_FIN: EarlyFin,
    HANDSHAKE_RESET: HandshakeReset,
    SYN_REPEATED: SynRepeated,
    QUEUE_FULL_SYN: QueueFullSyn,
    QUEUE_FULL_ACK: QueueFullAck,
    QUEUE_FULL_ABORT: QueueFullAbort,
    LISTENER_CLOSED: ListenerClosed,
    GIVE_UP: GiveUp,
    LOSS_PROBE: LossProbe,
    WINDOW_GIVE_UP: WindowGiveUp,
    WINDOW_PROBE: WindowProbe,
    KEEP_ALIVE: KeepAlive,
    KEEP_ALIVE_GIVE_UP: KeepAliveGiveUp,
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
