//! RFC 9293's state diagram (§3.3.2, figure 5) with the path that a host has taken.

use crate::layout::Layout;
use scenario::{Host, State};

/// Where each state stands. CLOSED has two places: before a connection, and after it.
pub const PLACES: [(State, i32, i32); 12] = [
    (State::Closed, 150, 15),
    (State::Listen, 75, 55),
    (State::SynSent, 225, 55),
    (State::SynReceived, 75, 95),
    (State::Established, 150, 135),
    (State::FinWait1, 50, 175),
    (State::CloseWait, 250, 175),
    (State::FinWait2, 50, 225),
    (State::Closing, 150, 225),
    (State::LastAck, 250, 225),
    (State::TimeWait, 50, 270),
    (State::Closed, 250, 270),
];
/// The place of CLOSED after a connection.
const END: usize = 11;

/// The diagram's arrows, between places.
pub const ARROWS: [(usize, usize); 17] = [
    (0, 1),
    (0, 2),
    (1, 3),
    (2, 3),
    (2, 4),
    (3, 4),
    (3, 5),
    (4, 5),
    (4, 6),
    (5, 7),
    (5, 8),
    (5, 10),
    (7, 10),
    (8, 10),
    (6, 9),
    (9, END),
    (10, END),
];

/// The places that the host's newest connection has gone through when a row is over.
pub fn path(layout: &Layout, host: Host, until: usize) -> Vec<usize> {
    let mut path = vec![0];
    let mut name = "";
    for row in layout.rows.iter().take(until + 1).filter(|row| row.host == Some(host)) {
        for change in &row.changes {
            let begins = matches!(change.to, State::Listen | State::SynSent | State::SynReceived);
            if change.name != name && begins {
                // A connection that came to a listener begins where the listener is.
                path.truncate(1);
                path.extend((change.to == State::SynReceived).then_some(1));
                name = &change.name;
            }
            let place = match change.to {
                State::Closed => END,
                to => PLACES.iter().position(|(state, ..)| *state == to).unwrap_or(END),
            };
            path.push(place);
        }
    }
    path
}

/// The path in words.
pub fn described(host: Host, path: &[usize]) -> String {
    let mut described = host.name().to_owned();
    for place in path {
        described.push_str(" → ");
        described.push_str(PLACES[*place].0.name());
    }
    described
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    #[test]
    fn the_path_is_the_one_that_was_taken() {
        let entry = catalogue::scenario("write-after-peer-close").expect("it is in the book");
        let script = Script::parse(entry.text).expect("it is a script");
        let trace = sim::run(entry.id, &script, sim::Stack::Linux).expect("it runs");
        let layout = Layout::of(&script, &trace);
        let names = |host| {
            let path = path(&layout, host, layout.rows.len());
            path.into_iter().map(|place| PLACES[place].0.name()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(Host::Client), "CLOSED SYN-SENT ESTABLISHED CLOSE-WAIT CLOSED");
        assert_eq!(names(Host::Server), "CLOSED LISTEN SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSED");
        assert_eq!(path(&layout, Host::Client, 0), [0], "before it begins");
    }
}
