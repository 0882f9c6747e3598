//! What two captures of one connection, one of each end, say that only one end saw: held against what the link did.

use capture::{Capture, Connection, Matched, Unseen, UnseenFate, matched};

use crate::captured::{Captured, Place, Run, seen_at, usual_file};

/// What was judged, and what was said wrongly.
#[derive(Debug, Default)]
pub struct Ends {
    /// Connections that were found in both captures.
    pub connections: u64,
    /// Segments of which it was said that only one end saw them.
    pub unseen: u64,
    /// Of these those later than all that the other capture has.
    pub beyond: u64,
    /// What was said wrongly, or not said.
    pub wrong: Vec<String>,
}

/// The captures of a run's two ends.
pub fn ends_of(run: &Run) -> [Vec<Captured>; 2] {
    [Place::Client, Place::Server].map(|place| seen_at(run, place))
}

impl Ends {
    /// Judges the captures of both ends, with all that was there: what is said is true, and all is said that only one end
    /// saw, of connections of which everything was kept. The other capture may have it in another life of the same ports.
    pub fn judge(&mut self, name: &str, run: &Run) {
        let ends = ends_of(run);
        for (matched, both) in self.matched(&ends) {
            let has_it = |unseen: &&Unseen| truth(run, &ends, unseen.capture, unseen.number).is_none();
            for unseen in matched.unseen.iter().filter(|unseen| !unseen.is_beyond || !has_it(unseen)) {
                self.judge_said(name, run, &ends, unseen);
            }
            for (capture, connection) in both.iter().enumerate().filter(|_| both.iter().all(Connection::is_whole)) {
                for seen in connection.segments() {
                    let is_said = |unseen: &Unseen| {
                        unseen.capture == capture && is_twin(run, &ends[capture], [unseen.number, seen.number])
                    };
                    let is_due = truth(run, &ends, capture, seen.number).is_some()
                        && !is_taken_for_its_double(run, &ends, capture, (connection, seen.number));
                    if is_due && !matched.unseen.iter().any(is_said) {
                        self.wrong.push(format!("{name}: nothing is said of packet {} of {capture}", seen.number));
                    }
                }
            }
        }
    }

    /// Judges captures of both ends that lack something: what is said for certain is true.
    pub fn judge_changed(&mut self, name: &str, run: &Run, ends: &[Vec<Captured>; 2]) {
        for (matched, _) in self.matched(ends) {
            for unseen in matched.unseen.iter().filter(|unseen| !unseen.is_beyond) {
                self.judge_said(name, run, ends, unseen);
            }
        }
    }

    fn matched(&mut self, ends: &[Vec<Captured>; 2]) -> Vec<(Matched, [Connection; 2])> {
        let [client, server] = ends.each_ref().map(|packets| Capture::read(&usual_file(packets)).0);
        let all = matched(&client, &server);
        self.connections += all.len() as u64;
        self.unseen += all.iter().map(|one| one.unseen.len() as u64).sum::<u64>();
        let beyond = all.iter().flat_map(|one| &one.unseen).filter(|unseen| unseen.is_beyond);
        self.beyond += beyond.count() as u64;
        let with_both = |one: Matched| {
            let [first, second] = one.places;
            (one, [client[first].clone(), server[second].clone()])
        };
        all.into_iter().map(with_both).collect()
    }

    fn judge_said(&mut self, name: &str, run: &Run, ends: &[Vec<Captured>; 2], unseen: &Unseen) {
        let packets = &ends[unseen.capture];
        let is_true = |number: &u64| truth(run, ends, unseen.capture, *number) == Some(unseen.fate);
        let mut twins = (1..=packets.len() as u64).filter(|number| is_twin(run, packets, [*number, unseen.number]));
        if !twins.any(|number| is_true(&number)) {
            let truth = truth(run, ends, unseen.capture, unseen.number);
            self.wrong.push(format!("{name}: {unseen:?}, and it is {truth:?}"));
        }
    }
}

/// Whether two packets of a capture are one, or nothing tells them apart: IPv6 has no numbers.
fn is_twin(run: &Run, packets: &[Captured], numbers: [u64; 2]) -> bool {
    const IPV6_HEADER: usize = 40;
    let [one, other] = numbers.map(|number| &run.frames[packets[number as usize - 1].frame]);
    let is_ipv6 = one.bytes[0] >> 4 == 6;
    numbers[0] == numbers[1]
        || is_ipv6 && (one.from, &one.bytes[IPV6_HEADER..]) == (other.from, &other.bytes[IPV6_HEADER..])
}

/// Whether a packet stands for another one that nothing tells apart from it and that the other end has: what comes twice
/// at one moment was captured twice, as far as a capture shows.
fn is_taken_for_its_double(
    run: &Run,
    ends: &[Vec<Captured>; 2],
    capture: usize,
    (connection, number): (&Connection, u64),
) -> bool {
    let is_left_out = |other: u64| connection.segments().all(|seen| seen.number != other);
    (1..=ends[capture].len() as u64).any(|other| {
        other != number
            && is_twin(run, &ends[capture], [other, number])
            && is_left_out(other)
            && truth(run, ends, capture, other).is_none()
    })
}

/// Why the other end's capture has not got a packet; `None` if it has it.
fn truth(run: &Run, ends: &[Vec<Captured>; 2], capture: usize, number: u64) -> Option<UnseenFate> {
    let captured = &ends[capture][number as usize - 1];
    if ends[1 - capture].iter().any(|other| other.frame == captured.frame) {
        return None;
    }
    let frame = &run.frames[captured.frame];
    Some(match frame.arrives_us {
        _ if frame.forged => UnseenFate::Forged,
        None => UnseenFate::Lost,
        Some(_) => UnseenFate::Missed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captured::run;

    /// Three bare resets answer three segments at one moment, the same byte for byte; IPv6 numbers no packets.
    const THREE_RESETS: &str = "link ipv6\nserver listen()\nclient connect()\nserver accept()\n\
                                link drop next RST from server\nserver close()\nclient write(3000)\n";

    #[test]
    fn of_resets_that_nothing_tells_apart_one_may_be_lost_and_nobody_knows() {
        let lost = |text: &str| {
            let mut judged = Ends::default();
            judged.judge("three", &run(text).expect("it can be performed"));
            (judged.unseen, judged.wrong)
        };
        assert_eq!(lost(THREE_RESETS), (0, Vec::new()));
        // IPv4's numbers tell them apart.
        assert_eq!(lost(&THREE_RESETS.replace("link ipv6\n", "")), (1, Vec::new()));
    }
}
