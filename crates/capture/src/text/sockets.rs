//! Lines of `ss`, `netstat` and `/proc/net/tcp`: how many connections are in which state, and what stands out.

use super::found::Found;
use super::names;

/// The sockets of a pasted list (`ss`, `netstat`), counted by state.
#[derive(Clone, Debug, PartialEq)]
pub struct Sockets {
    /// Each state with its number, those first that ask for a look.
    pub counts: Vec<Count>,
    /// Queues and timers that ask for a look, beside the states.
    pub notes: Vec<Note>,
}

/// A state, and how many sockets are in it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Count {
    pub state: &'static str,
    pub sockets: usize,
    /// What the table says of the state.
    pub found: Option<Found>,
}

/// A queue or a timer of a socket that asks for a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A listener whose accept queue (`Recv-Q`) is at its limit (`Send-Q`).
    QueueFull {
        /// Connections that wait.
        waiting: u64,
        /// So many may.
        limit: u64,
    },
    /// A listener with connections that its program has not accepted, below the limit.
    NotAccepted {
        /// Connections that wait.
        waiting: u64,
    },
    /// Retransmissions of data or a FIN that are not acknowledged (`timer:(on,…,N)`).
    Repeating {
        /// Sockets that do.
        sockets: usize,
        /// The most repetitions of one.
        times: u32,
    },
    /// The peer's window is shut (`timer:(persist,…)`).
    WindowShut {
        /// Sockets that wait for it.
        sockets: usize,
    },
    /// Bytes wait for the program to read them, on an open connection.
    Unread {
        /// Sockets that hold some.
        sockets: usize,
        /// The most bytes of one.
        most: u64,
    },
}

impl Note {
    /// What it says, and where the book explains it.
    pub fn says(&self) -> (String, &'static str) {
        match self {
            Self::QueueFull { waiting, limit } => (
                format!(
                    "A listener has {waiting} connections waiting, and its limit is {limit}: the accept queue is full. New clients get silence, or a reset with tcp_abort_on_overflow=1."
                ),
                "silence/accept-queue.md",
            ),
            Self::NotAccepted { waiting } => (
                format!(
                    "A listener has {waiting} connections that its program has not accepted. Look again: a number that stays means that nobody accepts."
                ),
                "silence/accept-queue.md",
            ),
            Self::Repeating { sockets, times } => (
                format!(
                    "Sockets that repeat what nobody acknowledges: {sockets}; repetitions of one: {times}. The other host or the way to it may be gone."
                ),
                "silence/gone-without-a-word.md",
            ),
            Self::WindowShut { sockets } => (
                format!("Sockets that wait for a shut window to open: {sockets}. The peer's program does not read."),
                "silence/gone-without-a-word.md",
            ),
            Self::Unread { sockets, most } => (
                format!(
                    "Open sockets that hold bytes which their program has not read: {sockets}, at most {most} bytes in one. If it closes now, the peer gets a reset."
                ),
                "reset/close-sends-reset.md",
            ),
        }
    }
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Socket {
    state: &'static str,
    sockets: usize,
    queues: Option<(u64, u64)>,
    timer: Option<(Timer, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Retransmission,
    Persist,
}

/// At most so many lines are read.
const LINES_MAX: usize = 100_000;

/// What the lines say, if they are a list of sockets.
pub(super) fn read(text: &str) -> Option<Sockets> {
    // `ss state close-wait` leaves the column of states out.
    let asked = text.lines().find_map(asked_state);
    let of_line = |line| {
        socket(line)
            .map_or_else(|| asked.and_then(|state| of_ss_in(state, line)).into_iter().collect(), |one| vec![one])
    };
    let mut sockets: Vec<Socket> = text.lines().take(LINES_MAX).flat_map(of_line).collect();
    if sockets.is_empty() {
        sockets = text.lines().find_map(summary)?;
    }
    Some(Sockets { counts: counts(&sockets), notes: notes(&sockets) })
}

/// The states, in the order of the answer.
const STATES: [&str; 10] = [
    "CLOSE-WAIT",
    "SYN-RECV",
    "SYN-SENT",
    "FIN-WAIT-1",
    "LAST-ACK",
    "CLOSING",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "ESTABLISHED",
    "LISTEN",
];

fn counts(sockets: &[Socket]) -> Vec<Count> {
    let of = |state: &'static str| {
        let count = sockets.iter().filter(|socket| socket.state == state).map(|socket| socket.sockets).sum();
        Count { state, sockets: count, found: Found::of_name(state) }
    };
    STATES.into_iter().map(of).filter(|count| count.sockets > 0).collect()
}

fn notes(sockets: &[Socket]) -> Vec<Note> {
    let mut notes = Vec::new();
    let queue_of = |socket: &Socket| socket.queues.filter(|_| socket.state == "LISTEN");
    let fullest = sockets.iter().filter_map(queue_of).max_by_key(|(waiting, _)| *waiting);
    match fullest {
        // The kernel compares with "greater than": one more than the limit gets in.
        Some((waiting, limit)) if waiting > 0 && waiting >= limit && limit > 0 => {
            notes.push(Note::QueueFull { waiting, limit });
        }
        Some((waiting, _)) if waiting > 0 => notes.push(Note::NotAccepted { waiting }),
        _ => {}
    }
    let timers = |wanted: Timer| {
        sockets.iter().filter_map(move |socket| socket.timer.filter(|(timer, times)| *timer == wanted && *times > 0))
    };
    if let Some(times) = timers(Timer::Retransmission).map(|(_, times)| times).max() {
        notes.push(Note::Repeating { sockets: timers(Timer::Retransmission).count(), times });
    }
    let shut = sockets.iter().filter(|socket| matches!(socket.timer, Some((Timer::Persist, _)))).count();
    if shut > 0 {
        notes.push(Note::WindowShut { sockets: shut });
    }
    let unread = sockets.iter().filter(|socket| matches!(socket.state, "ESTABLISHED" | "FIN-WAIT-2"));
    let unread: Vec<u64> = unread.filter_map(|socket| Some(socket.queues?.0)).filter(|bytes| *bytes > 0).collect();
    if let Some(most) = unread.iter().copied().max() {
        notes.push(Note::Unread { sockets: unread.len(), most });
    }
    notes
}

fn socket(line: &str) -> Option<Socket> {
    of_ss(line).or_else(|| of_netstat(line)).or_else(|| of_proc(line)).or_else(|| counted(line))
}

/// `ESTAB 0 0 10.0.0.1:80 10.0.0.2:4000 users:(…) timer:(on,1.2sec,3)`, with the protocol before it or not.
fn of_ss(line: &str) -> Option<Socket> {
    let mut fields = line.split_whitespace().peekable();
    fields.next_if(|field| field.eq_ignore_ascii_case("tcp"));
    let state = names::state(fields.next()?)?;
    of_ss_fields(state, fields, line)
}

/// The state that a command line asks for: `ss -tan state close-wait`.
fn asked_state(line: &str) -> Option<&'static str> {
    let (before, behind) = line.split_once(" state ")?;
    before.split_whitespace().any(|word| word == "ss").then(|| names::state(behind.split_whitespace().next()?))?
}

/// A line of ss without its state: `1 0 10.0.0.1:80 10.0.0.2:4000`.
fn of_ss_in(state: &'static str, line: &str) -> Option<Socket> {
    of_ss_fields(state, line.split_whitespace(), line)
}

/// What ss prints behind the state: the two queues, the two addresses; the timer stands anywhere in the line.
fn of_ss_fields<'a>(state: &'static str, mut fields: impl Iterator<Item = &'a str>, line: &str) -> Option<Socket> {
    let queues = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let (local, peer) = (fields.next()?, fields.next()?);
    (is_address(local) && is_address(peer)).then(|| Socket {
        state,
        sockets: 1,
        queues: Some(queues),
        timer: timer(line),
    })
}

/// `TCP:   5123 (estab 210, closed 4850, orphaned 3, timewait 4812)`, of `ss -s`: the states that it counts.
fn summary(line: &str) -> Option<Vec<Socket>> {
    let (_, counts) = line.strip_prefix("TCP:")?.split_once('(')?;
    let counted = |part: &str| {
        let (name, count) = part.trim().trim_end_matches(')').split_once(' ')?;
        // `timewait 12/0` in older ones.
        let count = count.split('/').next()?.parse().ok().filter(|count| *count > 0)?;
        Some(Socket { state: names::state(name)?, sockets: count, queues: None, timer: None })
    };
    let sockets: Vec<Socket> = counts.split(',').filter_map(counted).collect();
    (!sockets.is_empty()).then_some(sockets)
}

/// `timer:(on,200ms,3)` of ss -o; `on (0.5/3/0)` of netstat -o.
fn timer(line: &str) -> Option<(Timer, u32)> {
    let (_, inside) = line.split_once("timer:(")?;
    let mut parts = inside.split([',', ')']);
    let timer = match parts.next()? {
        "on" => Timer::Retransmission,
        "persist" => Timer::Persist,
        _ => return None,
    };
    Some((timer, parts.nth(1)?.parse().ok()?))
}

/// `tcp 0 0 10.0.0.1:80 10.0.0.2:4000 ESTABLISHED 12/program`; Windows has no queues, macOS a dot before the port.
fn of_netstat(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let protocol = fields.first()?.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "tcp4" | "tcp6" | "tcp46") {
        return None;
    }
    let index = fields.iter().take(7).position(|field| names::state(field).is_some())?;
    let state = names::state(fields[index])?;
    let (local, peer) = (fields.get(index.checked_sub(2)?)?, fields[index - 1]);
    // netstat's second queue is no limit of a listener, as it is in ss.
    let queues = match (fields[1].parse(), fields[2].parse()) {
        (Ok(received), Ok(sent)) if state != "LISTEN" => Some((received, sent)),
        _ => None,
    };
    (is_address(local) && is_address(peer)).then_some(Socket { state, sockets: 1, queues, timer: None })
}

/// `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 …`, the state in hexadecimal (include/net/tcp_states.h).
fn of_proc(line: &str) -> Option<Socket> {
    const STATES: [&str; 12] = [
        "ESTABLISHED",
        "SYN-SENT",
        "SYN-RECV",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "TIME-WAIT",
        "CLOSED",
        "CLOSE-WAIT",
        "LAST-ACK",
        "LISTEN",
        "CLOSING",
        "SYN-RECV",
    ];
    let fields: Vec<&str> = line.split_whitespace().take(5).collect();
    let [slot, local, peer, state, queues] = fields[..] else { return None };
    slot.strip_suffix(':')?.parse::<u32>().ok()?;
    let is_end = |end: &str| end.split_once(':').is_some_and(|(address, port)| is_hex(address) && is_hex(port));
    if !is_end(local) || !is_end(peer) || state.len() != 2 {
        return None;
    }
    let state = *STATES.get(usize::from_str_radix(state, 16).ok()?.checked_sub(1)?)?;
    let (sent, received) = queues.split_once(':')?;
    let number = |text| u64::from_str_radix(text, 16).ok();
    let queues = (number(received)?, number(sent)?);
    Some(Socket { state, sockets: 1, queues: Some(queues).filter(|_| state != "LISTEN"), timer: None })
}

/// `27 CLOSE_WAIT` or `CLOSE-WAIT 27`, as `sort | uniq -c` and awk make them.
fn counted(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [one, other] = fields[..] else { return None };
    // netstat's heading leaves `established)`.
    let state = |word: &str| names::state(word).filter(|_| !word.ends_with(')'));
    let (state, count) = match (state(one), state(other)) {
        (Some(state), None) => (state, other.parse().ok()?),
        (None, Some(state)) => (state, one.parse().ok()?),
        _ => return None,
    };
    Some(Socket { state, sockets: count, queues: None, timer: None })
}

fn is_hex(text: &str) -> bool {
    text.len() >= 4 && text.chars().all(|letter| letter.is_ascii_hexdigit())
}

/// An address with its port, as a number or a name: `10.0.0.1:80`, `[::1]:http`, `*:*`, `10.0.0.1.80`.
fn is_address(text: &str) -> bool {
    text.contains([':', '.']) || text == "*"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(text: &str) -> Vec<(&'static str, usize)> {
        let sockets = read(text).unwrap_or_else(|| panic!("no sockets in {text:?}"));
        sockets.counts.iter().map(|count| (count.state, count.sockets)).collect()
    }

    #[test]
    fn ss_is_read() {
        let text = "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n\
                    LISTEN     129    128          0.0.0.0:80           0.0.0.0:*\n\
                    CLOSE-WAIT 1      0            10.0.0.1:80         10.0.0.2:4000 users:((\"app\",pid=1,fd=3))\n\
                    ESTAB      0      2896         10.0.0.1:80         10.0.0.2:4001 timer:(on,1min32sec,7)\n\
                    ESTAB      0      2896         10.0.0.1:80         10.0.0.2:4002 timer:(persist,2sec,1)\n\
                    CLOSE-WAIT 1      0            10.0.0.1:80         10.0.0.2:4003\n";
        assert_eq!(states(text), [("CLOSE-WAIT", 2), ("ESTABLISHED", 2), ("LISTEN", 1)]);
        let notes = read(text).expect("they are sockets").notes;
        assert_eq!(
            notes,
            [
                Note::QueueFull { waiting: 129, limit: 128 },
                Note::Repeating { sockets: 1, times: 7 },
                Note::WindowShut { sockets: 1 }
            ]
        );
    }

    #[test]
    fn netstat_is_read_as_three_systems_print_it() {
        let linux = "tcp        0      0 127.0.0.1:8080          127.0.0.1:40000         TIME_WAIT   -\n\
                     tcp6       0      0 :::22                   :::*                    LISTEN      1/sshd";
        assert_eq!(states(linux), [("TIME-WAIT", 1), ("LISTEN", 1)]);
        assert_eq!(states("tcp4  0  0  10.0.0.1.51234  10.0.0.2.443  CLOSE_WAIT"), [("CLOSE-WAIT", 1)]);
        assert_eq!(states("  TCP    10.0.0.1:51234    10.0.0.2:443    FIN_WAIT_2"), [("FIN-WAIT-2", 1)]);
    }

    #[test]
    fn the_kernel_s_own_list_is_read() {
        let line = "   1: 0100007F:1F90 0100007F:9C40 08 00000000:00000001 00:00000000 00000000     0        0 1 1";
        assert_eq!(states(line), [("CLOSE-WAIT", 1)]);
    }

    #[test]
    fn counted_states_are_read() {
        assert_eq!(states("   4123 CLOSE_WAIT\n     12 ESTABLISHED"), [("CLOSE-WAIT", 4123), ("ESTABLISHED", 12)]);
        assert_eq!(states("TIME-WAIT 900"), [("TIME-WAIT", 900)]);
    }

    #[test]
    fn ss_is_read_without_its_states_and_as_a_summary() {
        let asked = "$ ss -tan state close-wait\nRecv-Q Send-Q Local Address:Port  Peer Address:Port\n\
                     1      0      10.0.0.5:8080       10.0.0.9:51234\n1 0 10.0.0.5:8080 10.0.0.9:51236";
        assert_eq!(states(asked), [("CLOSE-WAIT", 2)]);
        let summary = "Total: 1036\nTCP:   5123 (estab 210, closed 4850, orphaned 3, timewait 4812)\n";
        assert_eq!(states(summary), [("TIME-WAIT", 4812), ("ESTABLISHED", 210)]);
        let headed = "      1 established)\n      1 Foreign\n    210 ESTABLISHED";
        assert_eq!(states(headed), [("ESTABLISHED", 210)]);
    }

    #[test]
    fn a_log_is_no_list_of_sockets() {
        for text in ["closing connection", "tcp connect error: refused", "established 10.0.0.1:80", "CLOSE_WAIT"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
