//! Draws a layout: the ladder, row by row, and the same as a table. The static picture and the live one are these.

use std::rc::Rc;

use scenario::{Fate, Host, Outcome, State};
use yew::prelude::*;

use crate::layout::{ARROW, Change, Flight, LABEL, Lane, Layout, Look, Piece, Row, Thing};
use crate::texts;

/// What is drawn, and how far it has come.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct PictureProps {
    /// The run.
    pub(crate) layout: Rc<Layout>,
    /// The current row; `None` shows the whole run as over.
    #[prop_or_default]
    pub(crate) cursor: Option<usize>,
    /// Told which row was clicked.
    #[prop_or_default]
    pub(crate) onpick: Callback<usize>,
}

/// The whole picture: title, ladder, table.
#[component]
pub(crate) fn Picture(props: &PictureProps) -> Html {
    let PictureProps { layout, cursor, onpick } = props;
    let rows = (0..layout.rows.len()).map(|at| row(layout, at, *cursor, onpick));
    html! {
        <figure class="sc-figure">
            <figcaption class="sc-title">{ &layout.title }</figcaption>
            <div class={classes!("sc-ladder", lanes_class("sc-l", layout.lanes[0]), lanes_class("sc-r", layout.lanes[1]))}
                role="img" aria-label={texts::picture_of(&layout.title, layout.rows.len())}>
                <div class="sc-row sc-heads">
                    <span class="sc-head sc-client">{ Host::Client.name() }</span>
                    <span class="sc-head sc-server">{ Host::Server.name() }</span>
                </div>
                { for rows }
            </div>
            { for layout.unplaced.iter().map(|failed| html! { <p class="sc-failed">{ texts::differs(failed) }</p> }) }
            { table(layout) }
        </figure>
    }
}

fn lanes_class(side: &str, lanes: usize) -> Option<String> {
    (lanes > 1).then(|| format!("{side}{lanes}"))
}

fn row(layout: &Layout, at: usize, cursor: Option<usize>, onpick: &Callback<usize>) -> Html {
    let row = &layout.rows[at];
    let now = match cursor {
        Some(cursor) if cursor == at => "sc-now",
        Some(cursor) if cursor < at => "sc-later",
        _ => "",
    };
    let shows_time = at == 0 || layout.rows[at - 1].at_us / 1000 != row.at_us / 1000;
    let onclick = {
        let onpick = onpick.clone();
        Callback::from(move |_: MouseEvent| onpick.emit(at))
    };
    html! {
        <div class={classes!("sc-row", now, kind_class(row))} {onclick}>
            if let Some(pause_us) = row.pause_us {
                <span class="sc-pause"><span>{ texts::later(pause_us) }</span></span>
            }
            if shows_time {
                <span class="sc-time">{ texts::time(row.at_us) }</span>
            }
            { side(row, Host::Client) }
            { life(row, Host::Client) }
            { wire(layout, row) }
            { life(row, Host::Server) }
            { side(row, Host::Server) }
        </div>
    }
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

fn side(row: &Row, host: Host) -> Html {
    let class = classes!("sc-side", side_class(host));
    if row.host != Some(host) {
        return html! { <div {class} /> };
    }
    html! {
        <div {class}>
            { what(row) }
            { for row.changes.iter().map(change) }
            if let Some(expected) = &row.expected {
                <span class="sc-failed">{ texts::expected(expected) }</span>
            }
            if let Some(caption) = &row.caption {
                <span class="sc-caption">{ caption }</span>
            }
            { for row.rules.iter().map(|rule| html! {
                <span class="sc-rule">{ &rule.rule }<small>{ &rule.clause }{ " · " }{ &rule.kernel }</small></span>
            }) }
        </div>
    }
}

const fn side_class(host: Host) -> &'static str {
    match host {
        Host::Client => "sc-client",
        Host::Server => "sc-server",
    }
}

fn what(row: &Row) -> Html {
    match &row.thing {
        Thing::Call { socket, call, outcome } => html! {
            <span class="sc-call">
                if let Some(socket) = socket { <span class="sc-socket">{ socket }{ " " }</span> }
                { call }{ " " }
                <b class={outcome.map_or("sc-made", outcome_class)}>{ result(*outcome) }</b>
            </span>
        },
        Thing::Statement(text) => html! { <span class="sc-statement">{ text }</span> },
        Thing::Counter(text) => html! { <span class="sc-rule">{ text }</span> },
        Thing::Segment(_) | Thing::Effect => html! {},
    }
}

const fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Errno(_) => "sc-errno",
        Outcome::Blocks => "sc-blocks",
        Outcome::Number(_) | Outcome::Ready(_) => "sc-returned",
    }
}

fn result(outcome: Option<Outcome>) -> String {
    match outcome {
        None => "…".to_owned(),
        Some(Outcome::Blocks) => "blocks".to_owned(),
        Some(outcome) => format!("= {outcome}"),
    }
}

fn change(change: &Change) -> Html {
    html! {
        <span class={classes!("sc-state", hue(change.to))}>
            if let Some(socket) = &change.socket { <span class="sc-socket">{ socket }{ " " }</span> }
            { change.to.name() }
        </span>
    }
}

/// States share a hue by what they mean for the connection.
pub(crate) const fn hue(state: State) -> &'static str {
    match state {
        State::Closed => "sc-gone",
        State::Listen | State::SynSent | State::SynReceived => "sc-opening",
        State::Established => "sc-open",
        State::FinWait1 | State::FinWait2 => "sc-half-mine",
        State::CloseWait => "sc-half-theirs",
        State::Closing | State::LastAck | State::TimeWait => "sc-ending",
    }
}

fn life(row: &Row, host: Host) -> Html {
    let lanes = &row.lanes[host.index()];
    let blocked = row.blocked[host.index()].then_some("sc-blocked");
    let dot = (row.host == Some(host) && matches!(row.thing, Thing::Call { .. })).then_some("sc-dot");
    html! {
        <div class={classes!("sc-life", side_class(host), blocked, dot)}>
            if lanes.is_empty() {
                { lane(&Lane::default()) }
            }
            { for lanes.iter().map(lane) }
        </div>
    }
}

fn lane(lane: &Lane) -> Html {
    let class = |state: Option<State>| state.map_or("sc-none", hue);
    html! {
        <span class="sc-lane">
            if lane.before != lane.after {
                <span class={classes!("sc-before", class(lane.before))} />
            }
            <span class={class(lane.after)} />
        </span>
    }
}

fn wire(layout: &Layout, row: &Row) -> Html {
    let bottom = row.top + row.height;
    match &row.thing {
        Thing::Segment(flight) => {
            let middle = row.top + LABEL;
            let rest = middle + ARROW;
            html! {
                <div class="sc-wire">
                    { zone(layout, row, row.top, middle, "sc-z sc-z1", Some(label(&layout.flights[*flight]))) }
                    { zone(layout, row, middle, rest, "sc-z sc-z2", None) }
                    { zone(layout, row, rest, bottom, "sc-z", None) }
                </div>
            }
        }
        thing => {
            let text = match thing {
                Thing::Statement(text) if row.host.is_none() => {
                    Some(html! { <span class="sc-statement">{ text }</span> })
                }
                _ => None,
            };
            html! { <div class="sc-wire">{ zone(layout, row, row.top, bottom, "sc-z", text) }</div> }
        }
    }
}

fn label(flight: &Flight) -> Html {
    // The flags stand apart: they are what the eye looks for.
    let text = flight.segment.to_string();
    let numbers = text.find(' ').map_or("", |at| text[at..].trim_start());
    html! {
        <span class={classes!("sc-label", look_class(Look::of(&flight.segment)))}>
            <b>{ flight.segment.flags.to_string() }</b>{ " " }{ numbers }
            if let Some(fate) = texts::fate(flight.fate) { { " " }<em>{ fate }</em> }
        </span>
    }
}

const fn look_class(look: Look) -> &'static str {
    match look {
        Look::Rst => "sc-rst",
        Look::Fin => "sc-fin",
        Look::Syn => "sc-syn",
        Look::Data => "sc-data",
        Look::Ack => "sc-ack",
    }
}

fn zone(layout: &Layout, row: &Row, from: u32, to: u32, class: &'static str, text: Option<Html>) -> Html {
    let mut lines = row
        .crossing
        .iter()
        .filter_map(|flight| Some(line(&layout.flights[*flight], layout.piece(*flight, from, to)?)))
        .peekable();
    html! {
        <div {class}>
            if lines.peek().is_some() { <svg>{ for lines }</svg> }
            { for text }
        </div>
    }
}

fn line(flight: &Flight, piece: Piece) -> Html {
    let Piece { x1, x2, y2, begins, ends } = piece;
    let look = Look::of(&flight.segment);
    html! {
        <g class={look_class(look)}>
            <line x1={percent(x1)} y1="0%" x2={percent(x2)} y2={percent(y2)} />
            if begins && flight.fate == Fate::Injected {
                { mark(percent(x1), "0%".into(), 1, "sc-mark", FROM_NOWHERE) }
            }
            if ends {
                if flight.fate == Fate::Dropped {
                    { mark(percent(x2), percent(y2), towards(flight), "sc-mark", BROKEN_OFF) }
                } else {
                    { mark(percent(x2), percent(y2), towards(flight), "sc-head-mark", head(look)) }
                }
            }
        </g>
    }
}

fn percent(thousandths: i32) -> AttrValue {
    format!("{}.{}%", thousandths / 10, thousandths % 10).into()
}

const fn towards(flight: &Flight) -> i32 {
    match flight.from {
        Host::Client => 1,
        Host::Server => -1,
    }
}

/// What stands at a line's end, drawn as if the segment went to the right.
const fn head(look: Look) -> &'static str {
    match look {
        Look::Rst => "M-11-5.5L0 5.5M-11 5.5L0-5.5",
        Look::Fin => "M0 0L-7-6L-14 0L-7 6Z",
        Look::Syn | Look::Data => "M0 0L-10-4.5V4.5Z",
        Look::Ack => "M-8-4L0 0L-8 4",
    }
}
const BROKEN_OFF: &str = "M1-8L-2-3L3 2L0 7M8 1h3M15 2h2.5M22 3h2";
const FROM_NOWHERE: &str = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0M-4-4L4 4";

fn mark(x: AttrValue, y: AttrValue, towards: i32, class: &'static str, path: &'static str) -> Html {
    html! {
        <svg {x} {y} class={class}>
            <path d={path} transform={(towards < 0).then_some("scale(-1 1)")} />
        </svg>
    }
}

/// The same events for whoever cannot see the ladder, or would rather read.
fn table(layout: &Layout) -> Html {
    html! {
        <details class="sc-table">
            <summary>{ texts::AS_TABLE }</summary>
            <table>
                <thead><tr>{ for texts::COLUMNS.map(|column| html! { <th scope="col">{ column }</th> }) }</tr></thead>
                <tbody>
                    { for layout.rows.iter().enumerate().map(|(at, row)| html! {
                        <tr>
                            <td>{ at + 1 }</td>
                            <td>{ texts::time(row.at_us) }</td>
                            <td>{ row.host.map_or(texts::LINK, Host::name) }</td>
                            <td>{ sentence(layout, row) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </details>
    }
}

/// What happens in a row, in words, without what follows from it.
pub(crate) fn headline(layout: &Layout, row: &Row) -> Option<String> {
    match &row.thing {
        Thing::Call { socket, call, outcome } => {
            let socket = socket.as_ref().map(|socket| format!("{socket} ")).unwrap_or_default();
            Some(format!("{socket}{call} {}", result(*outcome)))
        }
        Thing::Segment(flight) => {
            let Flight { from, segment, fate, .. } = &layout.flights[*flight];
            Some(texts::segment(segment, from.peer(), *fate))
        }
        Thing::Statement(text) | Thing::Counter(text) => Some(text.clone()),
        Thing::Effect => None,
    }
}

/// A row in words.
fn sentence(layout: &Layout, row: &Row) -> String {
    let mut parts = Vec::from_iter(headline(layout, row));
    for Change { socket, from, to, .. } in &row.changes {
        let socket = socket.as_ref().map(|socket| format!("{socket} ")).unwrap_or_default();
        parts.push(format!("{socket}{from} → {to}"));
    }
    parts.extend(row.expected.as_deref().map(texts::expected));
    parts.extend(row.caption.clone());
    parts.extend(row.rules.iter().map(|rule| format!("{} ({}; {})", rule.rule, rule.clause, rule.kernel)));
    parts.join(". ")
}
