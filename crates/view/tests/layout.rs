//! Layouts of real runs.

use catalogue::CATALOGUE;
use catalogue::messages::Cause;
use scenario::{Event, Fate, Host, Script, State, Trace};
use view::layout::{Layout, Row, Thing};

fn run(text: &str) -> (Script, Trace) {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let trace = sim::run("test", &script, sim::Stack::Linux).unwrap_or_else(|error| panic!("{error}"));
    (script, trace)
}

fn layout(text: &str) -> Layout {
    let (script, trace) = run(text);
    Layout::of(&script, &trace)
}

fn row<'a>(layout: &'a Layout, wanted: &str) -> (usize, &'a Row) {
    let is_wanted =
        |row: &Row| matches!(&row.thing, Thing::Call { call, outcome: Some(_), .. } if call.to_string() == wanted);
    let at = layout.rows.iter().position(is_wanted).unwrap_or_else(|| panic!("no row for {wanted}"));
    (at, &layout.rows[at])
}

#[test]
fn every_event_has_its_place_and_only_one() {
    for entry in CATALOGUE {
        let (script, trace) = run(entry.text);
        let layout = Layout::of(&script, &trace);
        let count = |kind: fn(&Event) -> bool| trace.events.iter().filter(|event| kind(event)).count();
        let calls = layout.rows.iter().filter(|row| matches!(row.thing, Thing::Call { outcome: Some(_), .. }));
        assert_eq!(calls.count(), count(|event| matches!(event, Event::Call { .. })), "{}", entry.id);
        assert_eq!(layout.flights.len(), count(|event| matches!(event, Event::Segment { .. })), "{}", entry.id);
        let changes: usize = layout.rows.iter().map(|row| row.changes.len()).sum();
        assert_eq!(changes, count(|event| matches!(event, Event::State { .. })), "{}", entry.id);
        let rules: usize = layout.rows.iter().map(|row| row.rules.len()).sum();
        assert_eq!(rules, count(|event| matches!(event, Event::Rule { .. })), "{}", entry.id);
        assert!(layout.rows.is_sorted_by_key(|row| row.at_us), "{}: time runs downwards", entry.id);
    }
}

#[test]
fn rows_do_not_overlap_and_segments_arrive_after_they_left() {
    let layout = layout(catalogue::scenario("write-after-peer-close").expect("it is in the book").text);
    for pair in layout.rows.windows(2) {
        assert_eq!(pair[0].top + pair[0].height, pair[1].top);
    }
    for (index, flight) in layout.flights.iter().enumerate() {
        assert!(flight.last >= flight.row);
        if let Some(next) = layout.rows.get(flight.last + 1) {
            assert!(next.at_us >= flight.arrives_us.expect("nothing is lost here"), "what it does stands below it");
        }
        let first = &layout.rows[flight.row];
        let end = &layout.rows[flight.last];
        let piece = layout.piece(index, first.top, end.top + end.height).expect("the whole way");
        let (from, to) = if flight.from == Host::Client { (0, 1000) } else { (1000, 0) };
        assert_eq!((piece.x1, piece.x2, piece.begins, piece.ends), (from, to, true, true));
    }
}

#[test]
fn states_stand_beside_what_changes_them_and_colour_the_lifeline() {
    let layout = layout(catalogue::scenario("write-after-peer-close").expect("it is in the book").text);
    let (_, close) = row(&layout, "close()");
    assert_eq!(close.changes[0].to, State::FinWait1);
    assert_eq!(
        close.lanes[Host::Server.index()][0].before,
        Some(State::Established),
        "accept() took the queued one over"
    );
    assert_eq!(close.lanes[Host::Server.index()][0].after, Some(State::FinWait1));
    assert_eq!(layout.lanes, [1; 3], "one connection a side");
    assert_eq!(close.caption.as_deref(), Some("nothing unread: a FIN leaves"));
}

#[test]
fn a_call_that_waits_has_a_bar_until_it_returns() {
    let layout = layout(
        "# ?\nserver listen()\nclient connect()\nserver accept()\nclient read() = blocks, then 0\nserver close()\n",
    );
    let made = layout
        .rows
        .iter()
        .position(|row| matches!(&row.thing, Thing::Call { call, outcome: None, .. } if call.to_string() == "read()"));
    let made = made.expect("the call is shown when it is made");
    let (returned, _) = row(&layout, "read()");
    assert!(returned > made + 1);
    for (at, row) in layout.rows.iter().enumerate().skip(made) {
        assert_eq!(row.blocked[Host::Client.index()], at > made && at < returned, "row {at}");
    }
}

#[test]
fn segments_that_cross_share_rows() {
    let layout =
        layout("# ?\nserver listen()\nclient connect()\nserver accept()\nserver close() &\nclient close()\nwait 1s\n");
    let fins: Vec<_> = layout.flights.iter().filter(|flight| flight.segment.flags.fin).collect();
    if let [first, second] = fins[..] {
        assert!(first.last >= second.row, "{first:?} is under way when {second:?} leaves");
    } else {
        panic!("{} FINs", fins.len());
    }
}

#[test]
fn a_lost_segment_breaks_off_and_a_pause_shows() {
    let layout = layout("# ?\nserver listen()\nlink drop next SYN from client\nclient connect() = 0\nwait 2s\n");
    let (lost, flight) = layout.flights.iter().enumerate().find(|(_, it)| it.fate == Fate::Dropped).expect("the SYN");
    let row = &layout.rows[flight.row];
    let piece = layout.piece(lost, row.top, row.top + row.height).expect("it left");
    assert!(piece.x2 < 1000 && piece.ends);
    assert!(layout.rows.iter().any(|row| row.pause_us.is_some_and(|pause_us| pause_us > 500_000)));
}

#[test]
fn what_differs_from_the_script_is_marked() {
    let layout = layout("# ?\nserver listen()\nclient connect() = ECONNREFUSED\nexpect client CLOSED\n");
    let (_, connect) = row(&layout, "connect()");
    assert_eq!(connect.expected.as_deref(), Some("ECONNREFUSED"));
    assert_eq!(layout.unplaced, [(4, "CLOSED".to_owned(), "ESTABLISHED".to_owned())]);
}

#[test]
fn several_connections_lie_side_by_side() {
    let layout = layout(
        "# ?\nserver listen()\nclient connect() as a\nserver accept() as x\nclient connect() as b\nserver accept() as y\n\
         a close()\nb write(3)\n",
    );
    assert_eq!(layout.lanes, [2, 2, 1]);
    let (_, write) = row(&layout, "write(3)");
    assert!(matches!(&write.thing, Thing::Call { socket: Some(name), .. } if name == "b"), "its name is needed here");
}

#[test]
fn of_a_long_run_only_what_is_in_view_is_drawn() {
    let mut text = "# ?\nserver listen()\nclient connect()\nserver accept()\n".to_owned();
    for _ in 0..400 {
        text.push_str("client write(20000)\nserver read()\n");
    }
    let layout = layout(&text);
    assert!(layout.flights.len() > 10_000, "{} segments", layout.flights.len());
    let rows = layout.rows.len();
    for at in [0, 1, 200, rows / 2, rows - 1] {
        let drawn = layout.drawn(layout.top(at));
        assert!(drawn.contains(&at) && drawn.len() == 90 && drawn.end <= rows, "row {at}: {drawn:?}");
    }
    assert!(layout.drawn(u32::MAX).contains(&(rows - 1)));
}

#[test]
fn outcomes_that_tell_of_an_end_have_a_cause_for_runtimes_to_name() {
    let layout = layout(catalogue::scenario("close-with-unread-data").expect("it is in the book").text);
    let causes: Vec<Cause> = layout.rows.iter().filter_map(|row| row.cause).collect();
    assert_eq!(causes, [Cause::ReadReset, Cause::ReadAfterReset, Cause::BrokenPipe], "some runtimes remember a reset");
}
