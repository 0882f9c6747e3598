//! Who, and why: held against runs in which both are known.

use std::collections::BTreeMap;

use capture::{By, Capture, Cause, Connection, Ending, EndingKind, Sure};
use scenario::{Action, CATALOGUE, Event, Host, HostAction, RuleId};
use tests::captured::{Captured, Place, Run, run, seen_at, usual_file};
use tests::random;

/// So many random scripts are drawn; `CAPTURES_RANDOM=100000` draws more, `CAPTURES_SEED=7` others.
const RANDOM: u64 = 2_000;

const RST: u8 = 4;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// What is true of a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Truth {
    from: Host,
    cause: Cause,
}

/// What is true of the reset in that frame: who sent it, and the cause, from the rule that acted in the simulator.
fn truth(run: &Run, frame: usize) -> Truth {
    let sent = &run.frames[frame];
    let from = sent.from;
    if sent.forged {
        return Truth { from, cause: Cause::Forged };
    }
    let here = |at_us: u64, host: Host| at_us == sent.left_us && host == from;
    let killed = run.trace.events.iter().any(|event| {
        matches!(event, Event::Statement { at_us, action: Action::Host(host, HostAction::Kill), .. } if here(*at_us, *host))
    });
    let rule = run.trace.events.iter().find_map(|event| match event {
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
    let flags = tcp_flags(&sent.bytes);
    let answered = run.frames[..frame].iter().rfind(|other| ports(&other.bytes) == turned(ports(&sent.bytes)));
    // A refusal has no number to give.
    let refuses = flags == RST | ACK
        && seq(&sent.bytes) == 0
        && answered.is_some_and(|answered| tcp_flags(&answered.bytes) == SYN);
    let cause = if refuses { Cause::NobodyListens } else { rule.unwrap_or(Cause::NoSuchConnection) };
    Truth { from, cause }
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

/// Which side a host is of a connection: the client's address ends with 1.
fn by(host: Host, connection: &Connection) -> By {
    let is_1 = connection.addresses[0].ip().to_string().ends_with('1');
    if is_1 == (host == Host::Client) { By::Client } else { By::Server }
}

/// What became of the judgement.
#[derive(Default)]
struct Table {
    /// True cause → first named → how often.
    counts: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Verdicts on who, and those that said it.
    who: [u64; 2],
    wrong: Vec<String>,
}

impl Table {
    fn judge(&mut self, name: &str, run: &Run, packets: &[Captured]) {
        let (connections, skipped) = Capture::read(&usual_file(packets));
        assert_eq!(skipped.iter().count(), 0, "{name}: {skipped:?}");
        for connection in &connections {
            let ending = Ending::of(connection);
            if let Err(why) = self.judge_ending(run, packets, connection, &ending) {
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
        let frame = packets[number as usize - 1].frame;
        if !matches!(ending.kind, EndingKind::Reset | EndingKind::Refused) {
            return self.judge_fin(run, frame, connection, ending);
        }
        if tcp_flags(&run.frames[frame].bytes) & RST == 0 {
            return Err(format!("frame {frame} is no reset"));
        }
        let truth = truth(run, frame);
        let right = if truth.cause == Cause::Forged { By::Between } else { by(truth.from, connection) };
        self.who[0] += 1;
        if ending.by != By::Unknown {
            self.who[1] += 1;
            if ending.by != right {
                return Err(format!("who: it is {right:?} ({truth:?}, frame {frame})"));
            }
        }
        let first = ending.causes.first().ok_or("no cause is named")?;
        *self.counts.entry(truth.cause.id()).or_default().entry(first.cause.id()).or_default() += 1;
        if !ending.names(truth.cause) {
            return Err(format!("why: {} is not named ({truth:?}, frame {frame})", truth.cause.id()));
        }
        if first.sure == Sure::Certain && first.cause != truth.cause && first.cause != Cause::Abort {
            return Err(format!("{} is certain, and it was {}", first.cause.id(), truth.cause.id()));
        }
        Ok(())
    }

    /// An ending by FINs: who sent the first one.
    fn judge_fin(&mut self, run: &Run, frame: usize, connection: &Connection, ending: &Ending) -> Result<(), String> {
        self.who[0] += 1;
        if ending.by == By::Unknown {
            return Ok(());
        }
        self.who[1] += 1;
        let first = &run.frames[frame];
        if first.forged {
            return Err(format!("the FIN in frame {frame} is forged"));
        }
        if ending.by != By::Both && ending.kind == EndingKind::HalfClosed && ending.by != by(first.from, connection) {
            return Err(format!("who: the FIN is {}'s", first.from));
        }
        Ok(())
    }

    fn print(&self, title: &str) {
        println!("{title}: who was said {} times of {}", self.who[1], self.who[0]);
        println!("| true cause | first named |");
        for (truth, named) in &self.counts {
            let mut named: Vec<(&&str, &u64)> = named.iter().collect();
            named.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let named: Vec<String> = named.iter().map(|(id, count)| format!("{id} {count}")).collect();
            println!("| {truth} | {} |", named.join(", "));
        }
    }

    fn end(self, title: &str) {
        self.print(title);
        assert!(self.who[0] > 0, "{title}: nothing was judged");
        let shown: Vec<&String> = self.wrong.iter().take(8).collect();
        assert!(self.wrong.is_empty(), "{title}: {} wrong, such as {shown:#?}", self.wrong.len());
    }
}

#[test]
fn every_scenario_at_every_place() {
    let mut table = Table::default();
    for entry in CATALOGUE {
        let run = run(entry.text).unwrap_or_else(|| panic!("{}: it does not run", entry.id));
        for place in Place::ALL {
            table.judge(&format!("{} at {place:?}", entry.id), &run, &seen_at(&run, place));
        }
    }
    table.end("scenarios");
}

#[test]
fn random_scripts_at_every_place() {
    let number =
        |name: &str, else_: u64| std::env::var(name).ok().map_or(else_, |text| text.parse().expect("a number"));
    let first = number("CAPTURES_SEED", 1) * 1_000_000;
    let mut table = Table::default();
    for seed in first..first + number("CAPTURES_RANDOM", RANDOM) {
        let text = random::script(seed);
        // A bound was reached: nothing to judge.
        let Some(run) = run(&text) else { continue };
        for place in Place::ALL {
            table.judge(&format!("seed {seed} at {place:?}"), &run, &seen_at(&run, place));
        }
    }
    table.end("random scripts");
}
