use std::time::Duration;

use crate::{Flows, Forgotten, Link, RawSegment};

/// The flows that a box on the link knows: a NAT's mappings, a balancer's table, what connection tracking keeps.
///
/// A flow begins with a SYN without ACK, and each of its segments that passes, either way, renews it. Forged segments
/// do not pass here. The table is kept from the beginning of the run; nothing is forgotten until a script says so.
#[derive(Clone, Debug)]
pub(super) struct FlowTable {
    flows: Vec<Flow>,
    all: Option<Patience>,
    half_closed: Option<Patience>,
}

#[derive(Clone, Copy, Debug)]
struct Patience {
    after: Duration,
    then: Forgotten,
}

#[derive(Clone, Debug)]
struct Flow {
    /// The ports at the link's ends.
    ports: [u16; 2],
    /// When something of it last passed.
    passed: Duration,
    /// Whose FIN has passed; by [`Link::end`].
    fins: [bool; 2],
    /// It is known no more, and this becomes of its segments.
    forgotten: Option<Forgotten>,
}

impl FlowTable {
    pub(super) const fn new() -> Self {
        Self { flows: Vec::new(), all: None, half_closed: None }
    }

    /// From now on these flows are forgotten when nothing of them has passed for so long.
    pub(super) const fn forget(&mut self, after: Duration, then: Forgotten, flows: Flows) {
        let patience = Some(Patience { after, then });
        match flows {
            Flows::All => self.all = patience,
            Flows::HalfClosed => self.half_closed = patience,
        }
    }

    /// A segment is to pass at that time; if its flow is forgotten by then it does not, and this becomes of it.
    pub(super) fn pass(&mut self, now: Duration, segment: &RawSegment) -> Option<Forgotten> {
        let RawSegment { from, to, ports, flags, .. } = *segment;
        let link = Link::between(from, to);
        let ports = link.pair(from, ports);
        if flags.syn && !flags.ack {
            self.flows.retain(|known| known.ports != ports);
            self.flows.push(Flow { ports, passed: now, fins: [false; 2], forgotten: None });
        }
        let flow = self.flows.iter_mut().find(|known| known.ports == ports)?;
        let is_half_closed = flow.fins[0] != flow.fins[1];
        let patience = self.half_closed.filter(|_| is_half_closed).or(self.all);
        if let Some(Patience { after, then }) = patience
            && now.saturating_sub(flow.passed) >= after
        {
            flow.forgotten.get_or_insert(then);
        }
        if flow.forgotten.is_none() {
            flow.passed = now;
            flow.fins[link.end(from)] |= flags.fin;
        }
        flow.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flags, Host};

    const SECOND: Duration = Duration::from_secs(1);

    fn segment(from: Host, flags: Flags) -> RawSegment {
        let ports = if from == Host::Client { [40_000, 80] } else { [80, 40_000] };
        RawSegment { from, to: Link::ClientServer.peer(from), ports, flags, seq: 0, ack: 0, len: 0, win: 0 }
    }

    /// What becomes of segments that leave so many seconds after the SYN.
    fn pass(table: &mut FlowTable, sent: &[(u32, Host, Flags)]) -> Vec<Option<Forgotten>> {
        table.pass(Duration::ZERO, &segment(Host::Client, Flags::SYN));
        sent.iter().map(|&(at, from, flags)| table.pass(at * SECOND, &segment(from, flags))).collect()
    }

    #[test]
    fn what_passes_either_way_renews_a_flow() {
        let mut table = FlowTable::new();
        table.forget(5 * SECOND, Forgotten::Drop, Flows::All);
        let (client, server) = (Host::Client, Host::Server);
        let fate = pass(&mut table, &[(4, server, Flags::ACK), (8, client, Flags::ACK), (13, server, Flags::ACK)]);
        assert_eq!(fate, [None, None, Some(Forgotten::Drop)]);
        let again = table.pass(14 * SECOND, &segment(server, Flags::ACK));
        assert_eq!(again, Some(Forgotten::Drop), "what is forgotten stays so");
        assert_eq!(table.pass(14 * SECOND, &segment(client, Flags::SYN)), None);
        assert_eq!(table.pass(15 * SECOND, &segment(server, Flags::SYN_ACK)), None);
    }

    #[test]
    fn half_closed_flows_have_their_own_time() {
        let mut table = FlowTable::new();
        table.forget(60 * SECOND, Forgotten::Reset, Flows::All);
        table.forget(5 * SECOND, Forgotten::Drop, Flows::HalfClosed);
        let (client, server) = (Host::Client, Host::Server);
        let fate = pass(&mut table, &[(10, client, Flags::FIN), (16, server, Flags::DATA)]);
        assert_eq!(fate, [None, Some(Forgotten::Drop)]);
        let both =
            [(10, client, Flags::FIN), (11, server, Flags::FIN), (70, client, Flags::ACK), (130, client, Flags::ACK)];
        assert_eq!(pass(&mut table, &both), [None, None, None, Some(Forgotten::Reset)]);
    }

    #[test]
    fn nothing_is_forgotten_before_a_script_says_so() {
        let mut table = FlowTable::new();
        assert_eq!(pass(&mut table, &[(1_000, Host::Server, Flags::ACK)]), [None]);
        table.forget(SECOND, Forgotten::Drop, Flows::HalfClosed);
        assert_eq!(pass(&mut table, &[(1_000, Host::Server, Flags::ACK)]), [None], "it is open");
    }
}
