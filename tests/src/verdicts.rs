//! What is said of runs whose endings are known: who, held against who sent, and why, held against the rule that acted
//! in the simulator or the counter that rose in the kernel.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use capture::{By, Capture, Cause, Connection, Ending, EndingKind, Seen, Sure};
use fastrand::Rng;
use scenario::{Action, Counter, Event, Host, HostAction, RuleId, Verb, Witness};

use crate::captured::{Captured, File, Form, Link, OnLink, Place, Run, file, seen_at, usual_file};
use crate::changed::{CHANGES, outnumbered};

/// Frames are cut behind so many bytes: the headers of all link types, IPv6 and TCP with its options are in them.
const SNAP: usize = 96;
/// So far apart are a reset and the kernel's word for why it was sent, at most. The tracer hears the whole machine, and
/// several runs at one time have the same addresses.
const REASON_US: u64 = 1_500;
const RST: u8 = 4;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// The causes of a bare reset: it answers a segment.
const ANSWERS: [Cause; 4] = [Cause::WroteAfterClose, Cause::NoSuchConnection, Cause::QueueFull, Cause::Linger2];

/// What is true of a reset: who sent it, and the causes that it may have had, as far as the witness tells.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Truth {
    from: Host,
    causes: Vec<Cause>,
}

fn truth(run: &Run, frame: usize) -> Truth {
    let sent = &run.frames[frame];
    let from = sent.from;
    let causes = if sent.forged {
        vec![Cause::Forged]
    } else if let Some(causes) = refused(run, frame) {
        causes
    } else if run.trace.witness == Witness::Sim {
        by_rules(run, frame)
    } else if let Some(causes) = by_reason(run, frame) {
        causes
    } else {
        by_counters(run, frame)
    };
    Truth { from, causes }
}

/// What it says when it answers a segment without ACK, and so has no number to give: nobody listens. A listener would
/// have taken a SYN, and have let pass what is no SYN; of the latter there is no such connection either.
fn refused(run: &Run, frame: usize) -> Option<Vec<Cause>> {
    let sent = &run.frames[frame];
    let had_come = |other: &&OnLink| other.arrives_us.is_some_and(|at_us| at_us <= sent.left_us);
    // Through a proxy two connections may have the same ports.
    let turned = |other: &&OnLink| {
        let is_back = [other.from, other.to] == [sent.to, sent.from];
        is_back && ports(&other.bytes) == turned(ports(&sent.bytes)) && had_come(other)
    };
    // The one that came last: the link may have held it up.
    let answered = run.frames[..frame].iter().filter(turned).max_by_key(|other| other.arrives_us)?;
    let answered = tcp_flags(&answered.bytes);
    let has_no_number = tcp_flags(&sent.bytes) == RST | ACK && seq(&sent.bytes) == 0;
    match answered & (SYN | ACK | RST) {
        SYN if has_no_number => Some(vec![Cause::NobodyListens]),
        0 if has_no_number => Some(vec![Cause::NobodyListens, Cause::NoSuchConnection]),
        _ => None,
    }
}

/// The rules that acted when the simulator sent it: several, where a process is killed that has several sockets.
fn by_rules(run: &Run, frame: usize) -> Vec<Cause> {
    let sent = &run.frames[frame];
    let here = |at_us: u64, host: Host| at_us == sent.left_us && host == sent.from;
    let killed = run.trace.events.iter().any(|event| {
        matches!(event, Event::Statement { at_us, action: Action::Host(host, HostAction::Kill), .. } if here(*at_us, *host))
    });
    let rules = run.trace.events.iter().filter_map(|event| match event {
        Event::Rule { at_us, host, rule } if here(*at_us, *host) => match rule {
            RuleId::UnreadClose if killed => Some(Cause::Killed),
            RuleId::UnreadClose => Some(Cause::UnreadData),
            RuleId::LingerZero => Some(Cause::LingerZero),
            RuleId::Linger2Negative => Some(Cause::Linger2),
            RuleId::OrphanData | RuleId::RestData => Some(Cause::WroteAfterClose),
            RuleId::KeptOrphanResets => Some(Cause::OrphanTimeout),
            RuleId::QueueFullAbort => Some(Cause::QueueFull),
            RuleId::ListenerClosed => Some(Cause::ListenerClosed),
            RuleId::KeepAliveGiveUp => Some(Cause::KeepAliveGaveUp),
            _ => None,
        },
        _ => None,
    });
    // tcp_disconnect sends what close() with SO_LINGER 0 sends, and a capture cannot tell the two apart.
    let disconnected =
        run.trace.events.iter().any(
            |event| matches!(event, Event::Call { at_us, host, call: Verb::Disconnect, .. } if here(*at_us, *host)),
        );
    // Who ends a connection by himself sends RST with ACK (tcp_send_active_reset). A bare reset of the same moment is the
    // answer to a segment that came when the connection was gone.
    let is_answer = tcp_flags(&sent.bytes) & ACK == 0;
    let mut causes: Vec<Cause> = Vec::new();
    for cause in rules.filter(|cause| !is_answer || ANSWERS.contains(cause)) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    if causes.is_empty() {
        causes.push(if disconnected && !is_answer { Cause::LingerZero } else { Cause::NoSuchConnection });
    }
    causes
}

/// The kernel's own reason for this reset, which root may ask for (include/net/rstreason.h). Some stand for several
/// causes: tcp_disconnect has one for SO_LINGER 0, for a listener's queue and for an orphan that waited too long.
fn by_reason(run: &Run, frame: usize) -> Option<Vec<Cause>> {
    let reason = reason(run, frame)?;
    Some(match reason {
        "TCP_ABORT_ON_CLOSE" => vec![Cause::UnreadData, Cause::Killed],
        "TCP_ABORT_ON_DATA" | "TCP_TIMEWAIT_SOCKET" => vec![Cause::WroteAfterClose],
        "TCP_ABORT_ON_LINGER" => vec![Cause::Linger2],
        "TCP_KEEPALIVE_TIMEOUT" => vec![Cause::KeepAliveGaveUp],
        "TCP_STATE" => vec![Cause::LingerZero, Cause::ListenerClosed, Cause::OrphanTimeout],
        // A socket that had been closed is none any more, either.
        "NO_SOCKET" => vec![Cause::NoSuchConnection, Cause::WroteAfterClose],
        _ => return None,
    })
}

/// The word that the kernel gave for this reset. It names the host and not the ports: of several resets of one moment,
/// as a killed process sends them for its sockets, the first reason is the first one's. Where all words are alike,
/// each reset has that one. `None` where they are not, and are not as many as the resets.
fn reason(run: &Run, frame: usize) -> Option<&str> {
    let sent = &run.frames[frame];
    let is_near = |at_us: u64| at_us.abs_diff(sent.left_us) <= REASON_US;
    let is_reset = |at: &usize| {
        let other = &run.frames[*at];
        other.from == sent.from && !other.forged && tcp_flags(&other.bytes) & RST != 0 && is_near(other.left_us)
    };
    let mut resets: Vec<usize> = (0..run.frames.len()).filter(is_reset).collect();
    resets.sort_by_key(|at| run.frames[*at].left_us);
    let mut reasons: Vec<(u64, &str)> = run
        .trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Counter { at_us, host, counter: Counter::ResetReason(reason), .. }
                if *host == sent.from && is_near(*at_us) =>
            {
                Some((*at_us, reason.as_str()))
            }
            _ => None,
        })
        .collect();
    reasons.sort_by_key(|(at_us, _)| *at_us);
    let at = resets.iter().position(|at| *at == frame)?;
    if reasons.iter().all(|(_, reason)| *reason == reasons[0].1) {
        return Some(reasons.first()?.1);
    }
    (reasons.len() == resets.len()).then(|| reasons[at].1)
}

/// What the kernel counted on that host. A bare reset is an answer, and has no counter of its own.
fn by_counters(run: &Run, frame: usize) -> Vec<Cause> {
    let sent = &run.frames[frame];
    if tcp_flags(&sent.bytes) & ACK == 0 {
        return ANSWERS.to_vec();
    }
    let counted = run.trace.events.iter().filter_map(|event| match event {
        Event::Counter { host, counter: Counter::Snmp(name), by, .. } if *host == sent.from => {
            Some((name.as_str(), *by))
        }
        _ => None,
    });
    let (mut causes, mut times) = (Vec::new(), 0);
    for (name, by) in counted {
        let of_it: &[Cause] = match name {
            "TcpExtTCPAbortOnClose" => &[Cause::UnreadData, Cause::Killed],
            "TcpExtTCPAbortOnData" => &[Cause::LingerZero],
            "TcpExtTCPAbortOnLinger" => &[Cause::Linger2],
            "TcpExtTCPAbortOnTimeout" => &[Cause::KeepAliveGaveUp],
            _ => continue,
        };
        causes.extend(of_it);
        times += by;
    }
    let is_of_host = |frame: &&OnLink| {
        frame.from == sent.from && !frame.forged && tcp_flags(&frame.bytes) & (RST | ACK) == RST | ACK
    };
    // A listener's queue and an orphan's timer are counted nowhere.
    if run.frames.iter().filter(is_of_host).count() as u64 > times {
        causes.extend([Cause::ListenerClosed, Cause::OrphanTimeout, Cause::LingerZero]);
    }
    causes
}

fn tcp_flags(packet: &[u8]) -> u8 {
    let header = if packet[0] >> 4 == 4 { 20 } else { 40 };
    packet[header + 13] & (RST | SYN | ACK | 1)
}

fn seq(packet: &[u8]) -> u32 {
    let header = if packet[0] >> 4 == 4 { 20 } else { 40 };
    u32::from_be_bytes(packet[header + 4..header + 8].try_into().expect("four bytes"))
}

fn ports(packet: &[u8]) -> [u16; 2] {
    let header = if packet[0] >> 4 == 4 { 20 } else { 40 };
    [0, 2].map(|at| u16::from_be_bytes([packet[header + at], packet[header + at + 1]]))
}

fn turned([source, destination]: [u16; 2]) -> [u16; 2] {
    [destination, source]
}

/// Whether a segment is forged, and nothing was captured that its host itself sent on this connection.
fn speaks_alone(run: &Run, packets: &[Captured], connection: &Connection, frame: usize) -> bool {
    let sent = &run.frames[frame];
    let its_own = |seen: &Seen| {
        let other = &run.frames[packets[seen.number as usize - 1].frame];
        !other.forged && other.from == sent.from
    };
    sent.forged && !connection.segments().any(its_own)
}

/// Where only a forger spoke in a host's name, nothing but his being one may be certain.
fn nothing_certain(ending: &Ending) -> Result<(), String> {
    let is_said = |cause: Cause| !matches!(cause, Cause::Forged | Cause::LateSegment);
    match ending.causes.iter().find(|named| named.sure == Sure::Certain && is_said(named.cause)) {
        Some(named) => Err(format!("{} is certain, and only a forger spoke", named.cause.id())),
        None => Ok(()),
    }
}

/// Which side a host is of a connection: its address ends with its place among the hosts.
fn by(host: Host, connection: &Connection) -> By {
    let last = (host.index() + 1).to_string();
    if connection.addresses[0].ip().to_string().ends_with(&last) { By::Client } else { By::Server }
}

/// Whether Zeek's history has the segments that a verdict names: it is made by other rules, from the same packets.
fn as_zeek(connection: &Connection, ending: &Ending) -> Result<(), String> {
    let history = connection.history();
    let says = |letters: &[char]| history.contains(letters);
    let is_told = match (ending.kind, ending.by) {
        (EndingKind::Reset | EndingKind::Refused, By::Client) => says(&['R', 'I', 'Q']),
        (EndingKind::Reset | EndingKind::Refused, By::Server) => says(&['r', 'i', 'q']),
        (EndingKind::Orderly, _) => says(&['F']) && says(&['f']),
        (EndingKind::HalfClosed, By::Client) => says(&['F']),
        (EndingKind::HalfClosed, By::Server) => says(&['f']),
        (EndingKind::NoAnswer, _) => says(&['S', 's', 'Q', 'q']) && !says(&['h']),
        _ => true,
    };
    // A history that is full has left letters out.
    if is_told || history.len() >= 40 { Ok(()) } else { Err(format!("Zeek's history is {history}")) }
}

/// What became of the judgement.
#[derive(Debug, Default)]
pub struct Table {
    /// True cause → first named → how often.
    counts: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Verdicts on who, and those that said it.
    who: [u64; 2],
    /// Resets with a cause that was named first, and those of which it was the right one.
    first: [u64; 2],
    /// The same, refusals left out: they are many, and easy.
    unrefused: [u64; 2],
    /// Resets of which the kernel's own reason was known.
    reasoned: u64,
    /// Forged resets in the name of a host that has sent nothing else.
    alone: u64,
    wrong: Vec<String>,
}

/// The causes that `abort` stands for: from outside they look the same.
const ABORTS: [Cause; 5] =
    [Cause::UnreadData, Cause::LingerZero, Cause::Killed, Cause::ListenerClosed, Cause::KeepAliveGaveUp];

impl Table {
    /// The share of resets whose cause that was named first was the right one, `abort` counted as right where a host
    /// aborted; in thousandths. The lesser of two shares: of all resets, and of all that are no refusals.
    pub fn first_right(&self) -> u64 {
        let share = |[all, right]: [u64; 2]| (right * 1000).checked_div(all).unwrap_or(1000);
        share(self.first).min(share(self.unrefused))
    }

    /// Judges a run as it is captured at each place.
    pub fn judge_everywhere(&mut self, name: &str, run: &Run) {
        for place in Place::of(run) {
            self.judge(&format!("{name} at {place:?}"), run, &seen_at(run, *place));
        }
    }

    /// What was said wrongly.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// Judges a run as it is captured at each place, the captures changed in every way, each in another form.
    pub fn judge_changed(&mut self, name: &str, rng: &mut Rng, run: &Run) {
        for (how, change) in CHANGES {
            for place in Place::of(run) {
                let packets = change(rng, seen_at(run, *place));
                if outnumbered(run, &packets) {
                    continue;
                }
                let form = Form { file: File::ALL[rng.usize(..8)], link: Link::ALL[rng.usize(..9)] };
                let snap = if rng.bool() { SNAP } else { usize::MAX };
                let file = file(form, snap, &packets);
                self.judge_file(&format!("{name} at {place:?}, {how}, {form:?}, {snap}"), run, &packets, &file);
            }
        }
    }

    /// Judges what a capture of a run says.
    ///
    /// # Panics
    /// Something of the capture cannot be read.
    pub fn judge(&mut self, name: &str, run: &Run, packets: &[Captured]) {
        self.judge_file(name, run, packets, &usual_file(packets));
    }

    fn judge_file(&mut self, name: &str, run: &Run, packets: &[Captured], file: &[u8]) {
        let (connections, skipped) = Capture::read(file);
        assert_eq!(skipped.iter().count(), 0, "{name}: {skipped:?}");
        for connection in &connections {
            let ending = Ending::of(connection);
            let judged = self.judge_ending(run, packets, connection, &ending);
            if let Err(why) = judged.and_then(|()| as_zeek(connection, &ending)) {
                self.wrong.push(format!("{name}: {why}; {ending:?}"));
            }
        }
    }

    fn judge_ending(
        &mut self,
        run: &Run,
        packets: &[Captured],
        connection: &Connection,
        ending: &Ending,
    ) -> Result<(), String> {
        let Some(number) = ending.segment else { return Ok(()) };
        if ending.by == By::Unknown
            && ending.causes.iter().any(|named| named.sure == Sure::Certain && named.cause != Cause::LateSegment)
        {
            return Err("something is certain, and who is not known".to_owned());
        }
        let frame = packets[number as usize - 1].frame;
        if !matches!(ending.kind, EndingKind::Reset | EndingKind::Refused) {
            return self.judge_fin(run, packets, frame, connection, ending);
        }
        if tcp_flags(&run.frames[frame].bytes) & RST == 0 {
            return Err(format!("frame {frame} is no reset"));
        }
        if speaks_alone(run, packets, connection, frame) {
            // There is nothing to compare him with, so who cannot be told; that it may have been he must be.
            self.alone += 1;
            let is_named = ending.names(Cause::Forged) || ending.names(Cause::Firewall);
            return if is_named {
                nothing_certain(ending)
            } else {
                Err("why: only a forger spoke, and he is not named".to_owned())
            };
        }
        let truth = truth(run, frame);
        let right = if truth.causes == [Cause::Forged] { By::Between } else { by(truth.from, connection) };
        self.who[0] += 1;
        if ending.by != By::Unknown {
            self.who[1] += 1;
            if ending.by != right {
                return Err(format!("who: it is {right:?} ({truth:?}, frame {frame})"));
            }
        }
        self.reasoned += u64::from(truth.causes != [Cause::Forged] && by_reason(run, frame).is_some());
        let first = ending.causes.first().ok_or("no cause is named")?;
        let row: Vec<&str> = truth.causes.iter().map(|cause| cause.id()).collect();
        self.first[0] += 1;
        let is_abort = first.cause == Cause::Abort && truth.causes.iter().any(|cause| ABORTS.contains(cause));
        let is_right = u64::from(is_abort || truth.causes.contains(&first.cause));
        self.first[1] += is_right;
        if !truth.causes.contains(&Cause::NobodyListens) {
            self.unrefused[0] += 1;
            self.unrefused[1] += is_right;
        }
        *self.counts.entry(row.join(" or ")).or_default().entry(first.cause.id()).or_default() += 1;
        if !truth.causes.iter().any(|cause| ending.names(*cause)) {
            return Err(format!("why: none of {truth:?} is named (frame {frame})"));
        }
        if first.sure == Sure::Certain && !truth.causes.contains(&first.cause) && first.cause != Cause::Abort {
            return Err(format!("{} is certain, and it was {truth:?}", first.cause.id()));
        }
        Ok(())
    }

    /// An ending by FINs: who sent the first one.
    fn judge_fin(
        &mut self,
        run: &Run,
        packets: &[Captured],
        frame: usize,
        connection: &Connection,
        ending: &Ending,
    ) -> Result<(), String> {
        self.who[0] += 1;
        if ending.by == By::Unknown {
            return Ok(());
        }
        self.who[1] += 1;
        let first = &run.frames[frame];
        if speaks_alone(run, packets, connection, frame) {
            return nothing_certain(ending);
        }
        if first.forged {
            return Err(format!("the FIN in frame {frame} is forged"));
        }
        if ending.by != By::Both && ending.kind == EndingKind::HalfClosed && ending.by != by(first.from, connection) {
            return Err(format!("who: the FIN is {}'s", first.from));
        }
        Ok(())
    }

    /// The table: each true cause, and what was named first.
    pub fn text(&self) -> String {
        let [all, said] = self.who;
        let mut text = format!("who ended it: said {said} times of {all}, wrongly {}\n\n", self.wrong.len());
        let [all, right] = self.first;
        let [others, right_of_others] = self.unrefused;
        let _ = write!(text, "the cause named first was right {right} times of {all}; ");
        let _ = write!(text, "without refusals {right_of_others} times of {others}\n\n");
        if self.reasoned > 0 {
            let _ = write!(text, "for {} of these the kernel itself said why\n\n", self.reasoned);
        }
        if self.alone > 0 {
            let alone = self.alone;
            let _ =
                write!(text, "only a forger spoke in the host's name: {alone}, he or a firewall named each time\n\n");
        }
        text.push_str("| true cause | named first |\n|---|---|\n");
        for (truth, named) in &self.counts {
            let mut named: Vec<(&&str, &u64)> = named.iter().collect();
            named.sort_by_key(|(id, count)| (std::cmp::Reverse(**count), **id));
            let named: Vec<String> = named.iter().map(|(id, count)| format!("`{id}` {count}")).collect();
            let _ = writeln!(text, "| `{truth}` | {} |", named.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captured::run;

    /// A process is killed that has a listener with a connection in its queue, and a connection with unread data.
    const KILLED: &str = "server listen()\nclient connect()\nserver accept()\nclient write(3)\n\
                          client connect() as second\nserver kill()\n";

    #[test]
    fn two_resets_of_one_moment_have_each_its_own_reason() {
        let mut run = run(KILLED).expect("it can be performed");
        let resets: Vec<usize> =
            (0..run.frames.len()).filter(|at| tcp_flags(&run.frames[*at].bytes) & RST != 0).collect();
        let [first, second] = resets[..] else { panic!("{} resets", resets.len()) };
        let at_us = run.frames[first].left_us;
        let say = |run: &mut Run, reason: &str| {
            let counter = Counter::ResetReason(reason.to_owned());
            run.trace.events.push(Event::Counter { at_us, host: Host::Server, counter, by: 1 });
        };
        say(&mut run, "TCP_STATE");
        say(&mut run, "TCP_ABORT_ON_CLOSE");
        assert_eq!([first, second].map(|at| reason(&run, at)), [Some("TCP_STATE"), Some("TCP_ABORT_ON_CLOSE")]);
        say(&mut run, "NO_SOCKET");
        assert_eq!([first, second].map(|at| reason(&run, at)), [None; 2], "whose is the third?");
    }

    #[test]
    fn a_reset_that_no_counter_has_may_have_any_of_the_uncounted_causes() {
        let mut run = run(KILLED).expect("it can be performed");
        let is_reset = |at: &usize| tcp_flags(&run.frames[*at].bytes) & RST != 0;
        let first = (0..run.frames.len()).find(is_reset).expect("there are two");
        let count = |by: u64| Event::Counter {
            at_us: 0,
            host: Host::Server,
            counter: Counter::Snmp("TcpExtTCPAbortOnClose".to_owned()),
            by,
        };
        run.trace.events.push(count(2));
        assert_eq!(by_counters(&run, first), [Cause::UnreadData, Cause::Killed], "both were counted");
        *run.trace.events.last_mut().expect("it was pushed") = count(1);
        assert!(by_counters(&run, first).contains(&Cause::ListenerClosed), "one of the two was not");
    }
}
