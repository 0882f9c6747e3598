//! The picture as one SVG that stands alone: for slides, issues and mail. White paper, its own colours, no fonts.
//!
//! The page's picture is text that flows, so that it fits every width. Here nothing flows: texts are broken by the
//! number of their letters, and each row is as high as its longer side.

use std::fmt::Write as _;

use scenario::{Fate, Host, Link, Network, Outcome, State};

use crate::layout::{Flight, Lane, Layout, Look, Row, Thing, covers};
use crate::notes::{Note, notes};
use crate::palette::{self, Phase};
use crate::{rules, texts};

/// In pixels: where times stand, and how far the lifelines are from the edges and from each other. What a proxy does
/// stands between lifelines, so that they are further apart.
const TIME_X: u32 = 12;
const EDGE: u32 = 360;
const APART: u32 = 280;
const APART_PROXIED: u32 = 380;
const SIDE_GAP: u32 = 22;
const LANE: u32 = 12;
/// In pixels: a line of text, and the room above and below a row's texts.
const LINE: u32 = 17;
const PAD: u32 = 5;
const HEAD: u32 = 64;
/// Letters that fit beside a lifeline.
const LETTERS: usize = 38;

/// The picture of a layout.
pub fn svg(layout: &Layout) -> String {
    let sides: Vec<Vec<Written>> = layout.rows.iter().map(side).collect();
    let tops = tops(layout, &sides);
    let network = layout.network;
    let width = width(network);
    let height = tops.last().copied().unwrap_or(HEAD) + 16;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\"><title>{}</title><style>{STYLE}{}</style><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        escaped(&layout.title),
        Look::ALL.map(style).concat()
    );
    write(&mut out, [width / 2, 26], "t m", &layout.title);
    for host in network.hosts() {
        write(&mut out, [life_x(network, *host), 52], "h m", host.name());
    }
    for (at, row) in layout.rows.iter().enumerate() {
        for &host in network.hosts() {
            lanes(&mut out, network, row, host, [tops[at], tops[at + 1]]);
        }
    }
    for flight in &layout.flights {
        arrow(&mut out, network, flight, &tops);
    }
    for (at, row) in layout.rows.iter().enumerate() {
        texts_of(&mut out, layout, at, row, &sides[at], tops[at]);
    }
    out.push_str("</svg>\n");
    out
}

const fn apart(network: Network) -> u32 {
    match network {
        Network::Direct => APART,
        Network::Proxied => APART_PROXIED,
    }
}

const fn width(network: Network) -> u32 {
    2 * EDGE + apart(network) * network.links().len() as u32
}

/// Where a host's lifeline stands.
fn life_x(network: Network, host: Host) -> u32 {
    let place = network.hosts().iter().position(|drawn| *drawn == host).unwrap_or(0);
    EDGE + apart(network) * place as u32
}

/// The middle of a link's wire; of the whole picture, if it is about none.
fn middle(network: Network, link: Option<Link>) -> u32 {
    let [left, right] = link.map_or([Host::Client, Host::Server], Link::ends).map(|host| life_x(network, host));
    left.midpoint(right)
}

/// The style of a look: of its label, its line, and a tip that is filled.
fn style(look: Look) -> String {
    let (class, colour) = (look.class(), look.on_white());
    let dashes = look.dashes().map(|dashes| format!("stroke-dasharray:{dashes}")).unwrap_or_default();
    format!("text.{class}{{fill:{colour}}}g.{class} path{{stroke:{colour};{dashes}}}g.{class} .f{{fill:{colour}}}")
}

/// A line of text beside a lifeline.
struct Written {
    class: &'static str,
    text: String,
}

fn side(row: &Row) -> Vec<Written> {
    let mut lines = Vec::new();
    for note in notes(row) {
        let mut add = |class: &'static str, text: &str| {
            lines.extend(broken(text).into_iter().map(|text| Written { class, text }));
        };
        match note {
            Note::Call { socket, call, outcome } => {
                let class = match outcome {
                    Some(Outcome::Errno(_)) => "c e",
                    Some(Outcome::Blocks) | None => "c b",
                    Some(_) => "c",
                };
                add(class, &texts::call(socket, call, outcome));
            }
            Note::Statement(text) => add("c d", text),
            Note::Counter { counter, by } => add("c d", &texts::counter(counter, by)),
            Note::State(change) => add("s", &texts::entered(change)),
            Note::Expected(expected) => add("e", &texts::expected(expected)),
            Note::Caption(caption) => add("", caption),
            Note::Rule(rule) => {
                add("i", rules::short(rule));
                add("s", &texts::source(rule));
            }
        }
    }
    lines
}

/// A text in lines of at most so many letters, between words where it can be.
fn broken(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last_mut().expect("there is always a line");
            let used = line.chars().count();
            let room = LETTERS.saturating_sub(used + usize::from(used > 0));
            if word.len() <= room {
                if used > 0 {
                    line.push(' ');
                }
                line.extend(&word);
                break;
            }
            if used == 0 {
                line.extend(word.drain(..LETTERS));
            }
            lines.push(String::new());
        }
    }
    lines
}

/// Where each row begins, and where the last ends.
fn tops(layout: &Layout, sides: &[Vec<Written>]) -> Vec<u32> {
    let mut tops = vec![HEAD];
    let mut top = HEAD;
    for (row, side) in layout.rows.iter().zip(sides) {
        let wire: u32 = match row.thing {
            Thing::Segment(_) => 2 * LINE + PAD,
            _ => LINE,
        };
        let pause = if row.pause_us.is_some() { LINE } else { 0 };
        top += pause + (side.len() as u32 * LINE).max(wire) + 2 * PAD;
        tops.push(top);
    }
    tops
}

fn texts_of(out: &mut String, layout: &Layout, at: usize, row: &Row, side: &[Written], top: u32) {
    let network = layout.network;
    let mut y = top + PAD + 13;
    if let Some(pause_us) = row.pause_us {
        write(out, [width(network) / 2, y], "s m", &texts::later(pause_us));
        y += LINE;
    }
    if at == 0 || layout.rows[at - 1].at_us / 1000 != row.at_us / 1000 {
        write(out, [TIME_X, y], "s", &texts::time(row.at_us));
    }
    if let Thing::Segment(flight) = row.thing {
        let Flight { segment, fate, .. } = &layout.flights[flight];
        let fate = texts::fate(*fate).map(|fate| format!(" {fate}")).unwrap_or_default();
        write(out, [middle(network, row.link), y], &label_class(Look::of(segment)), &format!("{segment}{fate}"));
    }
    if let Thing::Icmp { icmp, to } = row.thing {
        write(out, [middle(network, row.link), y], "c d m", &texts::icmp(icmp, to));
    }
    let (x, end) = match row.host {
        Some(host @ Host::Client) => (life_x(network, host) - SIDE_GAP, " r"),
        // What the proxy does stands on that side on which the connection is.
        Some(host @ Host::Proxy) if row.link == Some(Link::ClientProxy) => (life_x(network, host) - SIDE_GAP, " r"),
        Some(host) => (life_x(network, host) + SIDE_GAP, ""),
        None => (middle(network, row.link), " m"),
    };
    for Written { class, text } in side {
        write(out, [x, y], &format!("{class}{end}"), text);
        y += LINE;
    }
}

/// The classes of a segment's label: its own behind those that all have.
fn label_class(look: Look) -> String {
    format!("c m {}", look.class())
}

fn lanes(out: &mut String, network: Network, row: &Row, host: Host, [top, bottom]: [u32; 2]) {
    let lanes = &row.lanes[host.index()];
    let count = lanes.len().max(1) as u32;
    let left = life_x(network, host) - count * LANE / 2;
    let nothing = [Lane::default()];
    for (index, lane) in if lanes.is_empty() { &nothing[..] } else { lanes }.iter().enumerate() {
        let x = left + index as u32 * LANE;
        let (width, inset) =
            if matches!(lane.after, None | Some(State::Closed)) { (2, LANE / 2 - 1) } else { (LANE - 2, 1) };
        let _ = write!(
            out,
            "<rect x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>",
            x + inset,
            bottom - top,
            Phase::of(lane.after).on_white()
        );
    }
    if row.blocked[host.index()] {
        let x = match host {
            Host::Client | Host::Proxy => left - 6,
            Host::Server => left + count * LANE + 2,
        };
        let _ = write!(out, "<path d=\"M{x} {top}V{bottom}\" class=\"w\"/>");
    }
}

fn arrow(out: &mut String, network: Network, flight: &Flight, tops: &[u32]) {
    let [from, to] = [flight.from, flight.to].map(|host| life_x(network, host).cast_signed());
    let gap = (SIDE_GAP / 2).cast_signed() * (to - from).signum();
    let (from, to) = (from + gap, to - gap);
    let below = |row: usize| tops[row + 1].saturating_sub(2 * LINE + 3 * PAD).max(tops[row]) + PAD + LINE + 2;
    let (first, last) = (below(flight.row).cast_signed(), (tops[flight.last + 1] - 4).cast_signed());
    let share =
        |thousandths: i32| [from + (to - from) * thousandths / 1000, first + (last - first) * thousandths / 1000];
    let [[x1, y1], [x2, y2]] = covers(flight.fate).map(share);
    let look = Look::of(&flight.segment);
    let class = look.class();
    let direction = if to > from { 1 } else { -1 };
    let (filled, path) = match (flight.fate, look) {
        (Fate::Dropped, _) => ("", palette::BROKEN_OFF),
        (_, Look::Fin) => (" o", look.tip()),
        (_, Look::Syn | Look::Data) => (" f", look.tip()),
        (_, Look::Rst | Look::Ack) => ("", look.tip()),
    };
    let _ = write!(
        out,
        "<g class=\"{class}\"><path d=\"M{x1} {y1}L{x2} {y2}\"/>\
         <path transform=\"translate({x2} {y2}) scale({direction} 1)\" class=\"x{filled}\" d=\"{path}\"/>"
    );
    if flight.fate == Fate::Injected {
        let nowhere = palette::FROM_NOWHERE;
        let _ = write!(out, "<path transform=\"translate({x1} {y1})\" class=\"x\" d=\"{nowhere}\"/>");
    }
    out.push_str("</g>");
}

fn write(out: &mut String, [x, y]: [u32; 2], class: &str, text: &str) {
    let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>", escaped(text));
}

/// A text between tags. Control characters have no place in XML at all (XML 1.0 §2.2).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

const STYLE: &str = "text{font:13px sans-serif;fill:#1c1e21;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\
.t{font-size:18px;font-weight:600}.h{font-weight:600;font-size:15px}.m{text-anchor:middle}.r{text-anchor:end}\
.c{font-family:monospace}.s{font-size:12px;fill:#555b62}.i{font-style:italic}.d{fill:#555b62;font-style:italic}\
.e{fill:#b3121d;font-weight:700}.b{fill:#8a4700}\
g path{fill:none;stroke-width:1.7}g .o{fill:#fff}g path[transform]{stroke-dasharray:none!important}\
.w{stroke:#8a4700;stroke-width:4;stroke-dasharray:2 3}";

#[cfg(test)]
mod tests {
    use scenario::{Script, Trace};

    use super::*;

    fn run(text: &str) -> (Script, Trace) {
        let script = Script::parse(text).expect("it is a script");
        let trace = sim::run("test", &script, sim::Stack::Linux).expect("it runs");
        (script, trace)
    }

    fn drawn(text: &str) -> String {
        let (script, trace) = run(text);
        svg(&Layout::of(&script, &trace))
    }

    #[test]
    fn it_shows_every_call_every_segment_and_closes_every_tag() {
        for entry in catalogue::CATALOGUE {
            let (script, trace) = run(entry.text);
            let layout = Layout::of(&script, &trace);
            let svg = svg(&layout);
            assert_eq!(svg.matches("<text ").count(), svg.matches("</text>").count(), "{}", entry.id);
            assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count(), "{}", entry.id);
            for flight in &layout.flights {
                assert!(svg.contains(&escaped(&flight.segment.to_string())), "{}: {}", entry.id, flight.segment);
            }
            for row in &layout.rows {
                if let Thing::Call { outcome: Some(Outcome::Errno(errno)), .. } = &row.thing {
                    assert!(svg.contains(&errno.to_string()), "{}: {errno}", entry.id);
                }
            }
            assert!(!svg.contains("NaN") && !svg.contains("url("), "{}", entry.id);
        }
    }

    #[test]
    fn a_script_s_text_stays_text() {
        let svg = drawn("# <script>alert(1)</script> & \"so\" \u{1}\nserver listen() = 0 # <b>\n");
        assert!(!svg.contains("<script") && !svg.contains("<b>") && !svg.contains('\u{1}'), "{svg}");
        assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;so&quot;"));
    }

    #[test]
    fn long_words_are_broken_and_short_ones_kept_together() {
        assert_eq!(broken("one two"), ["one two"]);
        assert_eq!(broken(&"x".repeat(LETTERS + 1)), ["x".repeat(LETTERS), "x".to_owned()]);
        assert!(broken(&"word ".repeat(40)).iter().all(|line| line.len() <= LETTERS));
    }
}
