//! Draws a layout: the ladder, row by row, and the same as a table. The still picture and the live one are these.

use std::ops::Range;
use std::rc::Rc;

use catalogue::messages::{Runtime, message};
use scenario::{Fate, Host, Outcome};
use view::fold::Fold;
use view::layout::{ARROW, Change, Flight, LABEL, Lane, Layout, Look, Piece, Row, Thing};
use view::notes::{Note, notes};
use view::palette::{self, Phase};
use view::{rules, texts};
use yew::prelude::*;

use crate::dom::{Element, element, text};

/// What is drawn, and how far it has come.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct PictureProps {
    /// The run.
    pub(crate) layout: Rc<Layout>,
    /// The current row; `None` shows the whole run as over.
    pub(crate) cursor: Option<usize>,
    /// The rows that are drawn; the place of the others is kept.
    pub(crate) drawn: Range<usize>,
    /// What the names of the rows begin with (`id`), so that links lead to them: `NAME.1`, `NAME.2`; empty where none do.
    #[prop_or_default]
    pub(crate) anchor: AttrValue,
    /// Rows that are hidden until the reader wants them, or is among them.
    #[prop_or_default]
    pub(crate) fold: Option<Fold>,
    /// Whose texts stand beside the calls that tell of an end; `None` leaves them out.
    pub(crate) runtime: Option<Runtime>,
}

/// The whole picture: title, ladder, table.
#[component]
pub(crate) fn Picture(props: &PictureProps) -> Html {
    let PictureProps { layout, cursor, drawn, anchor, fold, runtime } = props;
    let [left, right] = layout.lanes;
    let mut ladder = element("div", "")
        .with("class", format!("sc-ladder sc-l{left} sc-r{right}").into())
        .with("role", "group".into())
        .with("aria-label", texts::picture_of(&layout.title, layout.rows.len()).into())
        .child(
            element("div", "sc-row sc-heads")
                .child(text("span", "sc-head sc-client", Host::Client.name()))
                .child(text("span", "sc-head sc-server", Host::Server.name()))
                .end(),
        );
    ladder = ladder.child(gap(layout.top(drawn.start)));
    let one = |at: usize| row(layout, at, *cursor, *runtime, anchor);
    match fold.as_ref().filter(|fold| drawn.start <= fold.rows.start && fold.rows.end <= drawn.end) {
        None => ladder = drawn.clone().map(one).fold(ladder, Element::child),
        Some(fold) => {
            ladder = (drawn.start..fold.rows.start).map(one).fold(ladder, Element::child);
            ladder = ladder.child(folded(layout, fold, *cursor, fold.rows.clone().map(one)));
            ladder = (fold.rows.end..drawn.end).map(one).fold(ladder, Element::child);
        }
    }
    ladder = ladder.child(gap(layout.top(layout.rows.len()) - layout.top(drawn.end)));
    let mut figure =
        element("figure", "sc-figure").child(text("figcaption", "sc-title", &layout.title)).child(ladder.end());
    for failed in &layout.unplaced {
        figure = figure.child(text("p", "sc-failed", &texts::differs(failed)));
    }
    figure.child(table(layout, drawn.clone())).end()
}

/// The place of rows that are not drawn. An image, because its height needs no style.
fn gap(height: u32) -> Html {
    element("svg", "sc-gap").with("height", height.to_string().into()).end()
}

/// Rows behind one that stands for them all; the lifelines go on through it.
fn folded(layout: &Layout, fold: &Fold, cursor: Option<usize>, rows: impl Iterator<Item = Html>) -> Html {
    let last = &layout.rows[fold.rows.end - 1];
    let after = Row { lanes: last.lanes.clone().map(|lanes| lanes.into_iter().map(at_rest).collect()), ..last.clone() };
    let label = element("span", "sc-fold-label").text(&texts::fold(fold));
    let wire = element("div", "sc-wire").child(element("div", "sc-z").child(label.end()).end());
    let summary = element("summary", "sc-row sc-of-link")
        .child(life(&Row { thing: Thing::Effect, ..after.clone() }, Host::Client))
        .child(wire.end())
        .child(life(&Row { thing: Thing::Effect, ..after }, Host::Server));
    let details = element("details", "sc-fold").child(summary.end());
    let details = match cursor.is_some_and(|cursor| fold.rows.contains(&cursor)) {
        true => details.with("open", "".into()),
        false => details,
    };
    rows.fold(details, Element::child).end()
}

const fn at_rest(Lane { after, .. }: Lane) -> Lane {
    Lane { before: after, after }
}

fn row(layout: &Layout, at: usize, cursor: Option<usize>, runtime: Option<Runtime>, anchor: &AttrValue) -> Html {
    let row = &layout.rows[at];
    let now = match cursor {
        Some(cursor) if cursor == at => " sc-now",
        Some(cursor) if cursor < at => " sc-later",
        _ => "",
    };
    let mut element = element("div", "")
        .with("class", format!("sc-row {}{now}", kind_class(row)).into())
        .with("data-step", at.to_string().into());
    if !anchor.is_empty() {
        element = element.with("id", format!("{anchor}.{}", at + 1).into());
    }
    if let Some(pause_us) = row.pause_us {
        element =
            element.child(self::element("span", "sc-pause").child(text("span", "", &texts::later(pause_us))).end());
    }
    if at == 0 || layout.rows[at - 1].at_us / 1000 != row.at_us / 1000 {
        element = element.child(text("span", "sc-time", &texts::time(row.at_us)));
    }
    element
        .child(side(row, Host::Client, runtime))
        .child(life(row, Host::Client))
        .child(wire(layout, row))
        .child(life(row, Host::Server))
        .child(side(row, Host::Server, runtime))
        .end()
}

const fn kind_class(row: &Row) -> &'static str {
    match (&row.thing, row.host) {
        (Thing::Segment(_), Some(Host::Server)) => "sc-segment sc-from-server",
        (Thing::Segment(_), _) => "sc-segment",
        (_, Some(Host::Client)) => "sc-of-client",
        (_, Some(Host::Server)) => "sc-of-server",
        (_, None) => "sc-of-link",
    }
}

fn side(row: &Row, host: Host, runtime: Option<Runtime>) -> Html {
    let mut side = element(
        "div",
        match host {
            Host::Client => "sc-side sc-client",
            Host::Server => "sc-side sc-server",
        },
    );
    if row.host != Some(host) {
        return side.end();
    }
    for note in notes(row) {
        side = side.child(written(note));
        if let (Note::Call { .. }, Some(runtime), Some(cause)) = (note, runtime, row.cause)
            && let Some(message) = message(runtime, cause)
        {
            side = side.child(text("span", "sc-message", message.text));
        }
    }
    side.end()
}

fn written(note: Note<'_>) -> Html {
    match note {
        Note::Call { socket, call, outcome } => named(element("span", "sc-call"), socket)
            .text(&call.to_string())
            .text(" ")
            .child(text("b", outcome.map_or("sc-made", outcome_class), &texts::result(outcome)))
            .end(),
        Note::Statement(statement) => text("span", "sc-statement", statement),
        Note::Counter(counter) => text("span", "sc-rule", counter),
        Note::State(change) => state(change),
        Note::Expected(expected) => text("span", "sc-failed", &texts::expected(expected)),
        Note::Caption(caption) => text("span", "sc-caption", caption),
        Note::Rule(rule) => {
            let source = text("small", "", &texts::source(rule));
            element("span", "sc-rule").text(rules::short(rule)).child(source).end()
        }
    }
}

fn named(element: Element, socket: Option<&str>) -> Element {
    match socket {
        Some(socket) => element.child(text("span", "sc-socket", socket)).text(" "),
        None => element,
    }
}

const fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Errno(_) => "sc-errno",
        Outcome::Blocks => "sc-blocks",
        Outcome::Number(_) | Outcome::Ready(_) => "sc-returned",
    }
}

/// A state's name in its hue, with the socket's where there are several.
pub(crate) fn state(change: &Change) -> Html {
    let class = format!("sc-state {}", Phase::of(Some(change.to)).class());
    named(element("span", "").with("class", class.into()), change.socket.as_deref()).text(change.to.name()).end()
}

fn life(row: &Row, host: Host) -> Html {
    let mut class = format!("sc-life sc-{host}");
    if row.blocked[host.index()] {
        class.push_str(" sc-blocked");
    }
    if row.host == Some(host) && matches!(row.thing, Thing::Call { .. }) {
        class.push_str(" sc-dot");
    }
    let mut life = element("div", "").with("class", class.into());
    let lanes = &row.lanes[host.index()];
    if lanes.is_empty() {
        life = life.child(lane(Lane::default()));
    }
    for each in lanes {
        life = life.child(lane(*each));
    }
    life.end()
}

fn lane(Lane { before, after }: Lane) -> Html {
    let mut lane = element("span", "sc-lane");
    if before != after {
        lane = lane.child(element("i", Phase::of(before).class()).end());
    }
    lane.child(element("b", Phase::of(after).class()).end()).end()
}

fn wire(layout: &Layout, row: &Row) -> Html {
    let bottom = row.top + row.height;
    let wire = element("div", "sc-wire");
    match &row.thing {
        Thing::Segment(flight) => {
            let middle = row.top + LABEL;
            let rest = middle + ARROW;
            wire.child(zone(layout, row, [row.top, middle], "sc-z sc-z1", Some(label(&layout.flights[*flight]))))
                .child(zone(layout, row, [middle, rest], "sc-z sc-z2", None))
                .child(zone(layout, row, [rest, bottom], "sc-z", None))
        }
        thing => {
            let statement = match thing {
                Thing::Statement { text: statement, .. } if row.host.is_none() => {
                    Some(text("span", "sc-statement", statement))
                }
                _ => None,
            };
            wire.child(zone(layout, row, [row.top, bottom], "sc-z", statement))
        }
    }
    .end()
}

/// What is written on a segment. The flags stand apart: they are what the eye looks for.
fn label(flight: &Flight) -> Html {
    let written = flight.segment.to_string();
    let (flags, numbers) = written.split_once(' ').unwrap_or((&written, ""));
    let label = element("span", "")
        .with("class", format!("sc-label {}", Look::of(&flight.segment).class()).into())
        .child(text("b", "", flags))
        .text(" ")
        .text(numbers.trim_start());
    let label = match flight.is_one_of_several {
        true => label.child(text("small", "", &texts::port(flight))),
        false => label,
    };
    match texts::fate(flight.fate) {
        Some(fate) => label.text(" ").child(text("em", "", fate)),
        None => label,
    }
    .end()
}

/// A band across the wire, with the pieces of all lines that pass through it.
fn zone(layout: &Layout, row: &Row, [from, to]: [u32; 2], class: &'static str, written: Option<Html>) -> Html {
    let mut zone = element("div", class);
    let mut svg = None;
    for flight in &row.crossing {
        if let Some(piece) = layout.piece(*flight, from, to) {
            svg = Some(svg.unwrap_or_else(|| element("svg", "")).child(line(&layout.flights[*flight], piece)));
        }
    }
    zone = zone.maybe(svg.map(Element::end));
    zone.maybe(written).end()
}

fn line(flight: &Flight, Piece { x1, x2, y2, begins, ends }: Piece) -> Html {
    let look = Look::of(&flight.segment);
    let line = element("line", "")
        .with("x1", percent(x1))
        .with("y1", "0%".into())
        .with("x2", percent(x2))
        .with("y2", percent(y2));
    let mut group = element("g", look.class()).child(line.end());
    if begins && flight.fate == Fate::Injected {
        group = group.child(mark([x1, 0], flight.from, "", palette::FROM_NOWHERE));
    }
    if ends {
        let (class, path) = match flight.fate {
            Fate::Dropped => ("", palette::BROKEN_OFF),
            Fate::Delivered | Fate::Injected => ("sc-tip", look.tip()),
        };
        group = group.child(mark([x2, y2], flight.from, class, path));
    }
    group.end()
}

fn percent(thousandths: i32) -> AttrValue {
    format!("{}.{}%", thousandths / 10, thousandths % 10).into()
}

fn mark([x, y]: [i32; 2], from: Host, class: &'static str, path: &'static str) -> Html {
    let mut drawn = element("path", "").with("d", path.into());
    if from == Host::Server {
        drawn = drawn.with("transform", "scale(-1 1)".into());
    }
    element("svg", class).with("x", percent(x)).with("y", percent(y)).child(drawn.end()).end()
}

/// The same events for whoever cannot see the ladder, or would rather read.
fn table(layout: &Layout, drawn: Range<usize>) -> Html {
    let mut head = element("tr", "");
    for column in texts::COLUMNS {
        head = head.child(element("th", "").with("scope", "col".into()).text(column).end());
    }
    let mut body = element("tbody", "");
    for at in drawn {
        let row = &layout.rows[at];
        let place = row.host.map_or(texts::LINK, Host::name);
        let cells = [(at + 1).to_string(), texts::time(row.at_us), place.to_owned(), texts::sentence(layout, row)];
        let mut line = element("tr", "");
        for cell in cells {
            line = line.child(text("td", "", &cell));
        }
        body = body.child(line.end());
    }
    let table = element("table", "").child(element("thead", "").child(head.end()).end()).child(body.end());
    element("details", "sc-table").child(text("summary", "", texts::AS_TABLE)).child(table.end()).end()
}
