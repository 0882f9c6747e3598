//! The causes that fit a reset, or a silence.

use super::facts::{CLIENT, Facts, Fit, Handshake, Odd, Reset, SERVER};
use super::{By, Cause, Ending, Kind, Sure};
use crate::read::bit;
use crate::track::Seen;

/// Boxes forget after whole minutes, as a rule of their makers.
const IDLE_US: u64 = 60_000_000;
/// A reset so soon behind what it follows had no timer.
const AT_ONCE_US: u64 = 150_000;
/// Between keep-alive's probes: a second at least, and clocks are not exact.
const KEEP_ALIVE_US: u64 = 900_000;
/// A FIN's acknowledgement takes a round trip.
const LINGER2_US: u64 = 1_000_000;
/// An alert of TLS is not longer: header, alert, and what encryption adds.
const TLS_ALERT_MAX: u32 = 64;

/// Who sent a reset, if it may be believed that its headers say.
pub(super) fn by(facts: &Facts<'_>, reset: &Reset) -> By {
    if is_forged(reset) {
        By::Between
    } else if reset.contested.is_some()
        || facts.is_unsure(reset.at)
        || odd_flags(facts, reset).is_some()
        || reset.bare && reset.answers.is_none() && !is_missing_something(facts)
    {
        // No kernel that was read sends a bare reset but in answer to a segment, and there is none.
        By::Unknown
    } else {
        By::side(reset.from)
    }
}

fn is_forged(reset: &Reset) -> bool {
    reset.lives_on.is_some() || !reset.odd.is_empty()
}

/// Place of a segment that no kernel that was read sends: the reset with SYN or FIN beside RST, or its side's SYN with FIN.
fn odd_flags(facts: &Facts<'_>, reset: &Reset) -> Option<usize> {
    let beside = |at: &usize, bits: u8| facts.seen[*at].bits & bits == bits && facts.seen[*at].from == reset.from;
    let is_odd = |at: &usize| beside(at, bit::SYN | bit::FIN) && facts.seen[*at].opens();
    let own = beside(&reset.at, bit::RST | bit::FIN) || beside(&reset.at, bit::RST | bit::SYN);
    if own { Some(reset.at) } else { (0..reset.at).find(is_odd) }
}

/// Whether segments are missing before the reset that it might answer.
fn is_missing_something(facts: &Facts<'_>) -> bool {
    !facts.connection.is_whole()
        || facts.handshake == Handshake::NotSeen
        || !facts.is_answered()
        || facts.connection.sides.iter().any(|side| side.packets == 0)
}

/// Adds the causes of the reset that ended a connection.
pub(super) fn of_reset(facts: &Facts<'_>, reset: &Reset, ending: &mut Ending) {
    let number = facts.number(reset.at);
    if forged(facts, reset, ending) {
        return;
    }
    if facts.seen[reset.at].fast_close {
        ending.add(Cause::FastClose, Sure::Certain, &[number], "it carries MP_FASTCLOSE");
    } else if ending.kind == Kind::Refused {
        ending.add(
            Cause::NobodyListens,
            Sure::Likely,
            &[number],
            "it acknowledges the SYN, and nothing came before it",
        );
        ending.add(Cause::Firewall, Sure::Possible, &[number], "a firewall that rejects sends the same segment");
        let plain = |seen: &&Seen| seen.from == reset.from || seen.bits & !bit::PSH == bit::SYN || seen.is_reset();
        if !facts.seen[..reset.at].iter().copied().all(|seen| plain(&seen)) {
            let why = "if it answers a segment that is no SYN alone";
            ending.add(Cause::NoSuchConnection, Sure::Possible, &[number], why);
        }
    } else if reset.bare {
        answer(facts, reset, ending);
    } else if facts.seen[reset.at].seq == 0
        && facts.last_before(reset.from, reset.at).is_none_or(|last| facts.seen[last].has(bit::SYN))
    {
        let why = "its number is 0: it answers a segment without ACK, such as a SYN";
        ending.add(Cause::NobodyListens, Sure::Likely, &[number], why);
        ending.add(Cause::NoSuchConnection, Sure::Possible, &[number], why);
        ending.add(Cause::Firewall, Sure::Possible, &[number], "a firewall that rejects sends the same segment");
    } else {
        abort(facts, reset, ending);
        if facts.seen[reset.at].seq == 0 {
            let why = "if what came before it in its sender's name is forged, it answers a SYN";
            ending.add(Cause::NobodyListens, Sure::Possible, &[number], why);
        }
    }
    if let Some(later) = reset.contested {
        let why = "behind it somebody speaks in its sender's name: one of the two is forged, or came late";
        ending.add(Cause::Forged, Sure::Possible, &[number, facts.number(later)], why);
    }
    if let Some(odd) = odd_flags(facts, reset) {
        let why = "no kernel that was read sends more than one of SYN, FIN and RST";
        ending.add(Cause::Forged, Sure::Possible, &[facts.number(odd)], why);
    }
    let own = facts.seen[..reset.at].iter().filter(|seen| seen.from == reset.from);
    let only_syn = own.clone().all(|seen| seen.has(bit::SYN));
    if !reset.bare && ending.kind == Kind::Reset && (only_syn || !facts.shows_its_host(reset.at)) {
        nothing_is_certain(ending);
        let packets: Vec<u64> = own.filter(|_| only_syn).map(|seen| seen.number).chain([number]).collect();
        let why = if only_syn {
            "before it came a SYN alone from there: whoever forged that may have sent this as well"
        } else {
            "all that came from there may be forged: neither options nor IP-IDs nor answers show a host"
        };
        ending.add(Cause::Forged, Sure::Possible, &packets, why);
    }
    if ending.by == By::Unknown {
        // Who sent it is not known, so why is not certain.
        nothing_is_certain(ending);
    }
    if facts.is_unsure(reset.at) {
        for named in &mut ending.causes {
            named.sure = Sure::Possible;
        }
        let why = if facts.has_id_of_another(reset.at) {
            "its IP-ID is not the next of its side, whose other segments count up"
        } else {
            "its TTL is not that of the side's other segments, and they are too few to say which is the side's"
        };
        ending.add(Cause::Forged, Sure::Possible, &[number], why);
        if facts.last_before(reset.from, reset.at).is_some() {
            // What has come from there so far came another way.
            let forged = ending.causes.iter().position(|named| named.cause == Cause::Forged).unwrap_or_default();
            let forged = ending.causes.remove(forged);
            ending.causes.insert(0, forged);
        }
    }
}

fn nothing_is_certain(ending: &mut Ending) {
    for named in ending.causes.iter_mut().filter(|named| named.sure == Sure::Certain) {
        named.sure = Sure::Likely;
    }
}

/// Signs that a box on the way wrote it. Says whether there are any.
fn forged(facts: &Facts<'_>, reset: &Reset, ending: &mut Ending) -> bool {
    let number = facts.number(reset.at);
    let sender = By::side(reset.from).name();
    if let Some(later) = reset.lives_on {
        let why = format_args!("behind it the {sender} goes on as if it had sent no reset");
        ending.add(Cause::Forged, Sure::Certain, &[number, facts.number(later)], why);
    }
    for odd in &reset.odd {
        match odd {
            Odd::Ttl(ttl, others) => {
                let why = format_args!("its TTL is {ttl}, and that of the {sender}'s other segments {others}");
                ending.add(Cause::Forged, Sure::Likely, &[number], why);
            }
            Odd::HandshakeTtl(ttl, others) => {
                let why =
                    format_args!("its TTL is {ttl} as in the handshake, and the {sender}'s data came with {others}");
                ending.add(Cause::IdleBox, Sure::Likely, &[number], why);
                ending.add(Cause::Forged, Sure::Possible, &[number], why);
            }
            Odd::NoTimestamp => {
                let why = format_args!("it has no timestamp, and the {sender} is a Linux host whose segments have one");
                ending.add(Cause::Forged, Sure::Likely, &[number], why);
            }
            Odd::Window => {
                let why = format_args!("its window takes back what the {sender}, a Linux host, had offered");
                ending.add(Cause::Forged, Sure::Likely, &[number], why);
            }
        }
    }
    is_forged(reset)
}

/// A bare reset answers a segment that came for no connection.
fn answer(facts: &Facts<'_>, reset: &Reset, ending: &mut Ending) {
    let number = facts.number(reset.at);
    let sender = By::side(reset.from).name();
    let Some(answered) = reset.answers else {
        let why = "it would answer a segment that is not in this capture: lost to it, or forged";
        ending.add(Cause::Forged, Sure::Possible, &[number], "it answers no segment that was captured");
        ending.add(Cause::NoSuchConnection, Sure::Possible, &[number], why);
        if facts.seen.iter().all(|seen| seen.is_reset()) {
            // Of a connection there is no other trace: somebody had forged a segment in the other host's name.
            let first = ending.causes.remove(0);
            ending.causes.push(first);
        }
        ending.add(Cause::WroteAfterClose, Sure::Possible, &[number], why);
        ending.add(Cause::Abort, Sure::Possible, &[number], "some systems and boxes abort with a bare RST");
        if facts.fins[reset.from].is_some() {
            ending.add(Cause::Linger2, Sure::Possible, &[number], why);
        }
        idle(facts, reset, ending);
        return;
    };
    let segment = facts.seen[answered];
    let packets = [facts.number(answered), number];
    let first_words = facts.last_before(SERVER, reset.at).is_some_and(|last| facts.seen[last].has(bit::SYN));
    let asked = facts.connection.sides[CLIENT].syn_seen() && facts.fin_before(CLIENT, reset.at).is_none();
    if reset.from == CLIENT && segment.opens() && asked {
        let why = "the client's kernel knows nothing of a SYN of its own: closed meanwhile, a scanner, or a forged SYN";
        ending.add(Cause::NoSuchConnection, Sure::Likely, &packets, why);
        return;
    }
    if let Some(fin) = facts.fin_before(reset.from, reset.at) {
        let packets = [facts.number(fin), facts.number(answered), number];
        if segment.len > 0 {
            let why = format_args!("the {sender} closed, then data came, and was answered with RST");
            let alert = segment.tls_alert && segment.len <= TLS_ALERT_MAX;
            if alert {
                ending.add(Cause::CloseNotify, Sure::Likely, &packets, "the data is a TLS alert");
            }
            let sure = if alert { Sure::Possible } else { Sure::Likely };
            ending.add(Cause::WroteAfterClose, sure, &packets, why);
        } else if segment.has(bit::FIN) {
            let why =
                format_args!("the {sender} closed, and had forgotten the connection when the other side's FIN came");
            ending.add(Cause::NoSuchConnection, Sure::Likely, &packets, why);
        }
        let why = format_args!("the {sender} closed, and knew the connection no more");
        ending.add(Cause::NoSuchConnection, Sure::Possible, &packets, why);
        if segment.len == 0 {
            let why = "if data came that is not in this capture";
            ending.add(Cause::WroteAfterClose, Sure::Possible, &packets, why);
        } else if segment.ack >= Some(facts.seen[fin].end()) {
            let why = "the data acknowledges its FIN, and that alone may be what it answers";
            ending.add(Cause::Linger2, Sure::Possible, &packets, why);
        }
        if segment.is_pure_ack() {
            let since_us = facts.seen[reset.at].at_us.saturating_sub(facts.seen[fin].at_us);
            let why = "its FIN was acknowledged, and it reset in place of FIN-WAIT-2";
            let sure = if since_us <= LINGER2_US { Sure::Likely } else { Sure::Possible };
            ending.add(Cause::Linger2, sure, &packets, why);
            ending.add(Cause::OrphanTimeout, Sure::Possible, &packets, "a closed socket does not wait for ever");
        }
        return;
    }
    let own_fin = (0..reset.at).find(|at| {
        let seen = facts.seen[*at];
        seen.from == segment.from && seen.has(bit::FIN) && seen.bits & (bit::RST | bit::SYN) == 0
    });
    if let Some(fin) = own_fin.filter(|fin| facts.seen[*fin].end() < segment.end()) {
        let peer = By::side(segment.from).name();
        let packets = [facts.number(fin), facts.number(answered), number];
        let why = format_args!("data came behind the {peer}'s own FIN, where nobody reads any more");
        ending.add(Cause::WroteAfterClose, Sure::Likely, &packets, why);
        ending.add(Cause::Forged, Sure::Possible, &packets, format_args!("if the FIN in the {peer}'s name is forged"));
    }
    let first_answer =
        facts.seen.iter().position(|seen| seen.from == CLIENT && !seen.has(bit::SYN) && !seen.is_reset());
    let is_first = first_words && first_answer == Some(answered);
    if reset.from == SERVER && first_words {
        let why = if is_first {
            "it answers the handshake's last segment"
        } else {
            "the server has not said a word since the handshake"
        };
        ending.add(Cause::QueueFull, Sure::Possible, &packets, format_args!("{why}, as with tcp_abort_on_overflow"));
        ending.add(Cause::ListenerClosed, Sure::Possible, &packets, format_args!("{why}: nobody listens any more"));
    }
    let why = format_args!("the {sender} answers that it knows no such connection");
    let sure = if is_first { Sure::Possible } else { Sure::Likely };
    ending.add(Cause::NoSuchConnection, sure, &packets, why);
    let why = format_args!("if the {sender} had closed, and its FIN was lost before it could be captured");
    if segment.is_pure_ack() && is_missing_something(facts) {
        ending.add(Cause::Linger2, Sure::Possible, &packets, why);
    }
    ending.add(Cause::WroteAfterClose, Sure::Possible, &packets, why);
    ending.add(Cause::Forged, Sure::Possible, &packets, "a box may answer in the host's name");
    idle(facts, reset, ending);
}

/// Silence of whole minutes before a reset.
fn idle(facts: &Facts<'_>, reset: &Reset, ending: &mut Ending) {
    let first = reset.answers.unwrap_or(reset.at);
    let silence_us = facts.silence_us(first);
    if silence_us >= IDLE_US {
        let why = format_args!("the connection was silent for {} s", silence_us / 1_000_000);
        ending.add(Cause::IdleBox, Sure::Possible, &[facts.number(first)], why);
    }
}

/// RST with ACK: the host ended the connection by itself, or a forger did in its name.
fn abort(facts: &Facts<'_>, reset: &Reset, ending: &mut Ending) {
    let number = facts.number(reset.at);
    let sender = By::side(reset.from).name();
    // Linux counts keep-alive's times in whole seconds.
    let paused = |at: usize| {
        let before = (0..at).rev().find(|before| facts.seen[*before].from == reset.from);
        before.is_some_and(|before| facts.seen[at].at_us.saturating_sub(facts.seen[before].at_us) >= KEEP_ALIVE_US)
    };
    let probes: Vec<usize> = if paused(reset.at) {
        let unanswered = facts.unanswered(reset.from, reset.at).into_iter();
        unanswered.filter(|at| facts.is_probe(*at) && paused(*at)).collect()
    } else {
        Vec::new()
    };
    if !probes.is_empty() {
        let mut packets: Vec<u64> = probes.iter().map(|at| facts.number(*at)).collect();
        packets.push(number);
        let why = format_args!("the {sender} asked {} times whether anybody is there, and had no answer", probes.len());
        // A single one may be an acknowledgement that a forged number makes look like it.
        let sure = if facts.connection.in_order && probes.len() > 1 { Sure::Certain } else { Sure::Likely };
        ending.add(Cause::KeepAliveGaveUp, sure, &packets, why);
        if sure == Sure::Certain {
            return;
        }
    }
    if let Some(fin) = facts.fin_before(reset.from, reset.at) {
        let packets = [facts.number(fin), number];
        let acked = (fin..reset.at).find(|at| {
            let seen = facts.seen[*at];
            seen.from != reset.from && seen.ack.is_some_and(|ack| ack >= facts.seen[fin].end())
        });
        if let Some(acked) = acked {
            let since = facts.seen[reset.at].at_us.saturating_sub(facts.seen[acked].at_us);
            let packets = [facts.number(fin), facts.number(acked), number];
            if since <= AT_ONCE_US {
                let why = "a FIN, its acknowledgement, and a reset at once";
                ending.add(Cause::Linger2, Sure::Possible, &packets, why);
            } else {
                let why = "a FIN, its acknowledgement, and a reset later";
                ending.add(Cause::OrphanTimeout, Sure::Possible, &packets, why);
                let why = "if the FIN was a shutdown's, and close() came later";
                ending.add(Cause::Linger2, Sure::Possible, &packets, why);
            }
        }
        ending.add(Cause::LingerZero, Sure::Possible, &packets, "a shutdown, then close() with SO_LINGER 0");
    }
    // Without a SYN-ACK nobody can say which of the two had listened.
    let answers_listener = (reset.from == SERVER || !facts.is_answered()) && !reset.spoke;
    let could_be_unread = reset.peer_bytes > 0 || reset.acks_unseen || is_missing_something(facts);
    let mut members = Vec::new();
    if could_be_unread {
        let last_own = facts.last_before(reset.from, reset.at).filter(|at| facts.seen[*at].len > 0);
        let last_peer = facts.seen[..reset.at].iter().rposition(|seen| seen.from != reset.from && seen.len > 0);
        let why = match (last_peer, last_own) {
            (Some(peer), Some(own)) if own > peer => {
                format!("the {sender} may have left something of what it got unread")
            }
            _ => format!("the last data went to the {sender}, and had no answer"),
        };
        let packets = last_peer.map_or_else(|| vec![number], |peer| vec![facts.number(peer), number]);
        members.push((Cause::UnreadData, packets, why));
    }
    members.push((Cause::LingerZero, vec![number], format!("the {sender}'s program may have asked for it")));
    if paused(reset.at) {
        let why =
            format!("the {sender} was silent before it; keep-alive probes may not have come as far as this capture");
        members.push((Cause::KeepAliveGaveUp, vec![number], why));
    }
    if could_be_unread {
        members.push((Cause::Killed, vec![number], format!("the {sender}'s process may have ended with data unread")));
    }
    if answers_listener {
        let why = format!("the {sender} had not said a word: perhaps nobody had accepted the connection");
        members.push((Cause::ListenerClosed, vec![number], why));
    }
    match members.as_slice() {
        [_] if ending.causes.is_empty() => {
            let why = format_args!("the {sender} aborted, and there was nothing that it could have left unread");
            ending.add(Cause::LingerZero, Sure::Likely, &[number], why);
        }
        _ => {
            let answered = answered_after_close(facts, reset);
            if let Some([fin, data]) = answered {
                let packets = [facts.number(fin), facts.number(data), number];
                let why = format_args!("the {sender} closed, then data came: Windows answers it so");
                ending.add(Cause::WroteAfterClose, Sure::Likely, &packets, why);
            }
            let sure = if answered.is_some() { Sure::Possible } else { Sure::Certain };
            let why = format_args!("the {sender} ended it with RST in place of a FIN, by itself");
            ending.add(Cause::Abort, sure, &[number], why);
            behind_an_end(facts, reset, ending);
            for (cause, packets, why) in &members {
                ending.add(*cause, Sure::Possible, packets, &**why);
            }
        }
    }
    idle(facts, reset, ending);
}

/// The FIN of a side that is no Linux host, and the data that came for it behind that, which its reset acknowledges and
/// nothing before: Windows answers data for a closed socket with a reset that has ACK.
fn answered_after_close(facts: &Facts<'_>, reset: &Reset) -> Option<[usize; 2]> {
    let side = &facts.connection.sides[reset.from];
    let fin = facts.fin_before(reset.from, reset.at)?;
    let data = facts.seen[..reset.at].iter().rposition(|seen| seen.from != reset.from && seen.len > 0)?;
    let end = Some(facts.seen[data].seq + i64::from(facts.seen[data].len));
    let is_acknowledged = facts.seen[..reset.at].iter().any(|seen| seen.from == reset.from && seen.ack >= end);
    let is_answer = facts.seen[reset.at].ack >= end && !is_acknowledged;
    (is_answer && side.no_linux).then_some([fin, data])
}

/// Says that nothing of the other side's was lost, where it had ended its stream and all of that had come.
fn behind_an_end(facts: &Facts<'_>, reset: &Reset, ending: &mut Ending) {
    let other = if reset.from == CLIENT { SERVER } else { CLIENT };
    let Some(fin) = facts.fin_before(other, reset.at) else { return };
    if facts.seen[reset.at].ack.is_some_and(|ack| ack >= facts.seen[fin].end()) {
        let why = format_args!(
            "the {} had ended its stream before, and all of it had come: as browsers leave, and harmless",
            By::side(other).name()
        );
        ending.add(Cause::Abort, Sure::Certain, &[facts.number(fin), facts.number(reset.at)], why);
    }
}

/// SYNs without an answer.
pub(super) fn no_answer(facts: &Facts<'_>) -> Ending {
    let packets: Vec<u64> = facts.seen.iter().filter(|seen| seen.has(bit::SYN)).map(|seen| seen.number).collect();
    let why = match packets.len() {
        1 => "one SYN, and no answer".to_owned(),
        count => format!("{count} SYNs, and no answer"),
    };
    Ending::new(Kind::NoAnswer, By::Unknown)
        .because(Cause::Firewall, Sure::Possible, &packets, &*why)
        .because(Cause::LostPeer, Sure::Possible, &packets, &*why)
        .because(Cause::QueueFull, Sure::Possible, &packets, "a full accept queue drops SYNs without a word")
}

/// The server's answers to the SYN, when there are several.
pub(super) fn repeats_syn_ack(facts: &Facts<'_>) -> Option<Vec<u64>> {
    let answers: Vec<u64> =
        facts.seen.iter().filter(|seen| seen.from == SERVER && seen.has(bit::SYN)).map(|seen| seen.number).collect();
    (answers.len() > 1).then_some(answers)
}

/// A handshake, and nothing behind it.
pub(super) fn handshake_only(facts: &Facts<'_>) -> Ending {
    let ending = Ending::new(Kind::HandshakeOnly, By::Unknown);
    let Some(packets) = repeats_syn_ack(facts) else { return ending };
    if facts.handshake == Handshake::Done {
        let why = "the server repeats its SYN-ACK although the client has answered: its accept queue is full, or the answer was lost";
        ending.because(Cause::QueueFull, Sure::Possible, &packets, why).because(
            Cause::Firewall,
            Sure::Possible,
            &packets,
            "the client's answers do not arrive",
        )
    } else {
        let why = "the server answered, and the client did not: its answer did not arrive, or the client is gone";
        ending.because(Cause::LostPeer, Sure::Possible, &packets, why).because(
            Cause::Firewall,
            Sure::Possible,
            &packets,
            why,
        )
    }
}

/// Adds what was there and did not end the connection: resets that were not believed or came late, questioned SYNs.
pub(super) fn add_notes(facts: &Facts<'_>, ending: &mut Ending) {
    for reset in &facts.resets {
        let number = facts.number(reset.at);
        if ending.segment == Some(number) && ending.kind != Kind::Orderly {
            continue;
        }
        let ended_before =
            ending.segment.is_some_and(|ended| facts.seen[..reset.at].iter().any(|seen| seen.number == ended));
        match reset.fit {
            Fit::Inside => {
                ending.add(
                    Cause::Challenged,
                    Sure::Likely,
                    &[number],
                    "a reset that is ahead of its turn is questioned",
                );
            }
            Fit::Outside if !ended_before => {
                ending.add(Cause::NotBelieved, Sure::Likely, &[number], "its number fits nothing");
                if !reset.odd.is_empty() {
                    let why = "and it came another way than its side's other segments";
                    ending.add(Cause::NotBelieved, Sure::Likely, &[number], why);
                }
            }
            Fit::Exact if ending.kind == Kind::Orderly => {
                ending.add(Cause::LateSegment, Sure::Certain, &[number], "both sides had closed when this reset came");
            }
            _ => {}
        }
    }
    let alien: Vec<u64> = facts.alien.iter().map(|at| facts.number(*at)).collect();
    if !alien.is_empty() {
        ending.add(Cause::Forged, Sure::Possible, &alien, "segments with another TTL than the side's others");
    }
    let stray = facts.seen.iter().filter(|seen| seen.is_stray_syn() && !seen.is_reset()).map(|seen| seen.number);
    let packets: Vec<u64> = facts.connection.challenged_syns.iter().copied().chain(stray).collect();
    if !packets.is_empty() {
        ending.add(Cause::Challenged, Sure::Likely, &packets, "a SYN to a living connection is questioned");
    }
}
