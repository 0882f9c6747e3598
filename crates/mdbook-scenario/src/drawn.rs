//! The HTML of a picture other than the ladder. Its words stay words, so that they can be read at any width, copied and
//! found; what is drawn is hidden from screen readers, which read the sentence under it.

use std::fmt::Write as _;

use scenario::Host;
use view::drawn::buffers::{Buffers, End};
use view::drawn::chain::{self, Chain, Why};
use view::drawn::clock::{Clock, Sending};
use view::drawn::flows::Flow;
use view::drawn::queues::Queues;
use view::drawn::texts;
use view::layout::{Layout, Look};
use view::palette::Hue;
use view::step::Step;
use view::texts::headline;

use crate::attribute::attribute;
use crate::drawing::{Drawing, Frame, Shows};

/// The drawing as one line. `row` gives the address of a scenario's row, if this page shows its ladder.
pub(crate) fn html(drawing: &Drawing, row: impl Fn(&str, usize) -> Option<String>) -> String {
    let scale = Scale::of(drawing);
    let mut html = format!("<figure class=\"drawn\"><figcaption>{}</figcaption><ol>", attribute(&drawing.title));
    for Frame { id, layout, row: at, step, shows } in &drawing.frames {
        let name = match shows {
            Shows::Buffers(_) | Shows::Queues(_) | Shows::Table(_) => headline_of(layout, *at, step),
            Shows::Clock(_) | Shows::Chain(_) => attribute(&layout.title),
        };
        let hue = Hue::of(layout, &layout.rows[*at]).class();
        let name = match row(id, *at) {
            Some(address) => format!("<a class=\"sc-step {hue}\" href=\"#{}\">{name}</a>", attribute(&address)),
            None => name,
        };
        let (picture, words) = match shows {
            Shows::Buffers(buffers) => (picture_of_buffers(layout, buffers, &scale), texts::buffers(layout, buffers)),
            Shows::Queues(queues) => (picture_of_queues(queues), texts::queues(queues)),
            Shows::Table(flows) => (picture_of_table(flows), texts::flows(flows)),
            Shows::Clock(clock) => (picture_of_clock(clock, &scale), texts::clock(clock)),
            Shows::Chain(chain) => (picture_of_chain(chain, &scale), texts::chain(chain)),
        };
        let _ = write!(
            html,
            "<li><p class=\"dr-when\">{name}</p><div class=\"dr-picture\" aria-hidden=\"true\">{picture}</div>\
             <p class=\"dr-said\">{}</p></li>",
            attribute(&words)
        );
    }
    let legend = drawing.frames.first().map(|frame| legend(&frame.shows)).unwrap_or_default();
    html + "</ol>" + &legend + "</figure>"
}

/// The key of the marks.
fn legend(shows: &Shows) -> String {
    let marks: Vec<(&str, &str)> = match shows {
        Shows::Buffers(_) => ["dr-unsent", "dr-kept", "dr-thrown"].into_iter().zip(texts::BYTES).collect(),
        Shows::Queues(_) | Shows::Table(_) => return String::new(),
        Shows::Clock(_) => ["dr-new", "dr-again", "dr-probe", "dr-reset"].into_iter().zip(texts::MARKS).collect(),
        Shows::Chain(_) => ["dr-new", "dr-reset", "dr-silence"].into_iter().zip(texts::CHAIN).collect(),
    };
    let marks = marks.iter().map(|(class, words)| format!("<span><i class=\"{class}\"></i> {words}</span>"));
    format!("<p class=\"dr-legend\" aria-hidden=\"true\">{}</p>", marks.collect::<String>())
}

/// What happens in a row, with its side before it; where the step is a state, that it is entered.
fn headline_of(layout: &Layout, at: usize, step: &Step) -> String {
    let row = &layout.rows[at];
    let words = match row.changes.iter().find(|change| change.to.name() == step.what) {
        Some(change) => view::texts::entered(change),
        None => headline(layout, row),
    };
    let side = row.host.map_or("link", Host::name);
    if words.starts_with(side) { attribute(&words) } else { format!("{side}: <code>{}</code>", attribute(&words)) }
}

/// What a drawing's widths stand for.
struct Scale {
    /// The longest bar.
    bytes: u64,
    /// The longest wait.
    us: u64,
}

impl Scale {
    fn of(drawing: &Drawing) -> Self {
        let mut scale = Self { bytes: 1, us: 1 };
        for frame in &drawing.frames {
            match &frame.shows {
                Shows::Buffers(buffers) => {
                    let held = |end: &End| [end.to_send() + end.in_doubt, end.unread + end.never_read];
                    let most = buffers.ends.iter().flat_map(held).max();
                    scale.bytes = scale.bytes.max(most.unwrap_or(0));
                }
                Shows::Clock(clock) => {
                    let last = clock.marks.iter().map(|mark| mark.at_us).chain(clock.end.as_ref().map(|end| end.at_us));
                    scale.us = scale.us.max(last.max().unwrap_or(0));
                }
                Shows::Chain(chain) => scale.us = scale.us.max(chain.length_us),
                Shows::Queues(_) | Shows::Table(_) => {}
            }
        }
        scale
    }
}

/// A share of a whole as a style's length.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = part * 1000 / whole;
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

fn picture_of_buffers(layout: &Layout, Buffers { ends, wire, .. }: &Buffers, scale: &Scale) -> String {
    let mut html = String::from("<div class=\"dr-three\">");
    html += &picture_of_end(Host::Client, &ends[0], scale);
    let _ = write!(html, "<div class=\"dr-wire\"><span class=\"dr-name\">{}</span>", texts::BOXES[1]);
    for at in wire {
        let flight = &layout.flights[*at];
        let to = if flight.from == Host::Client { "dr-right" } else { "dr-left" };
        let class = Look::of(&flight.segment).class();
        let _ = write!(
            html,
            "<span class=\"dr-segment {class} {to}\">{}</span>",
            attribute(&texts::on_the_wire(layout, *at))
        );
    }
    html += "</div>";
    html += &picture_of_end(Host::Server, &ends[1], scale);
    html + "</div>"
}

fn picture_of_end(host: Host, end: &End, scale: &Scale) -> String {
    let state = end.state.map_or("–", |state| state.name());
    let mut html = format!("<div class=\"dr-end\"><span class=\"dr-name\">{host} <small>{state}</small></span>");
    let bar = |class: &str, bytes: u64| match bytes {
        0 => String::new(),
        bytes => format!("<i class=\"{class}\" style=\"width:{}\"></i>", percent(bytes, scale.bytes)),
    };
    for (name, bytes, bars) in [
        (
            texts::BOXES[0],
            end.to_send(),
            bar("dr-kept", end.unacknowledged) + &bar("dr-unsent", end.unsent) + &bar("dr-thrown", end.in_doubt),
        ),
        (texts::BOXES[2], end.unread, bar("dr-unread", end.unread) + &bar("dr-thrown", end.never_read)),
    ] {
        let _ = write!(
            html,
            "<span class=\"dr-label\">{name} <b>{bytes}</b></span><span class=\"dr-buffer\">{bars}</span>"
        );
    }
    html + "</div>"
}

fn picture_of_queues(Queues { room, begun, finished, accepted, .. }: &Queues) -> String {
    let cell = |class: &str, name: &str| format!("<span class=\"dr-cell {class}\">{}</span>", attribute(name));
    let mut html = String::from("<div class=\"dr-three\">");
    for (name, class, held, places) in [
        (texts::PLACES[0], "dr-begun", begun, 0),
        (texts::PLACES[1], "dr-finished", finished, *room as usize),
        (texts::PLACES[2], "dr-accepted", accepted, 0),
    ] {
        let _ = write!(html, "<div class=\"dr-end\"><span class=\"dr-name\">{name}</span><span class=\"dr-cells\">");
        for name in held {
            html += &cell(class, name);
        }
        // A queue of 129 has its free places told, not drawn.
        match places.saturating_sub(held.len()) {
            free @ 1..=8 => html += &cell("dr-free", "free").repeat(free),
            0 => {}
            free => html += &cell("dr-free", &format!("{free} free")),
        }
        html += "</span></div>";
    }
    html + "</div>"
}

/// A line for each flow, with a clock that is full when it is forgotten.
fn picture_of_table(flows: &[Flow]) -> String {
    let mut html = String::from("<div class=\"dr-table\">");
    for flow in flows {
        let [one, other] = flow.ports;
        let share = flow.kept.map_or(0, |kept| flow.idle.as_millis() * 100 / kept.as_millis().max(1)).min(100);
        let (class, says) = match flow.kept {
            _ if flow.is_forgotten() => ("dr-forgotten", "forgotten".to_owned()),
            Some(kept) => ("dr-known", format!("{} of {} s", texts::of_duration(flow.idle), texts::of_duration(kept))),
            None => ("dr-known", texts::of_duration(flow.idle) + " s"),
        };
        let _ = write!(
            html,
            "<span class=\"dr-flow {class}\"><code>{one} ↔ {other}</code> {}</span>\
             <span class=\"dr-buffer\"><i class=\"{class}\" style=\"width:{share}%\"></i></span><span class=\"dr-label\">{says}</span>",
            attribute(&flow.name)
        );
    }
    html + "</div>"
}

fn picture_of_clock(clock: &Clock, scale: &Scale) -> String {
    let end = clock.end.as_ref().map_or(scale.us, |end| end.at_us);
    let ends = match &clock.end {
        Some(end) if end.fails => "dr-ended",
        Some(_) => "dr-ended dr-answered",
        None => "dr-endless",
    };
    let mut html =
        format!("<div class=\"dr-time\"><i class=\"dr-wait {ends}\" style=\"width:{}\"></i>", percent(end, scale.us));
    for mark in &clock.marks {
        let class = match mark.sending {
            Sending::New => "dr-new",
            Sending::Again => "dr-again",
            Sending::Probe => "dr-probe",
            Sending::Reset => "dr-reset",
        };
        let lost = if mark.arrives { "" } else { " dr-lost" };
        let _ =
            write!(html, "<i class=\"dr-mark {class}{lost}\" style=\"left:{}\"></i>", percent(mark.at_us, scale.us));
    }
    let _ =
        write!(html, "</div><div class=\"dr-axis\"><span>0 s</span><span>{} s</span></div>", texts::seconds(scale.us));
    html
}

fn picture_of_chain(chain: &Chain, scale: &Scale) -> String {
    let mut html = String::from("<div class=\"dr-chain\">");
    for (at, ends) in chain.connections.iter().enumerate() {
        let class = if at == 0 { "" } else { " dr-next" };
        for (at, end) in ends.iter().enumerate() {
            let class = if at == 0 { class } else { "" };
            let _ = write!(
                html,
                "<span class=\"dr-label{class}\">{}</span><div class=\"dr-time{class}\">{}</div>",
                attribute(&end.name),
                bar_of_end(end, scale)
            );
        }
    }
    let _ = write!(
        html,
        "<span></span><div class=\"dr-axis\"><span>0 s</span><span>{} s</span></div></div>",
        texts::seconds(scale.us)
    );
    html
}

/// From where the end opens to where it ends, its bytes, and its silence if it closes first.
fn bar_of_end(end: &chain::End, scale: &Scale) -> String {
    let closed = end.closing.map_or(scale.us, |closing| closing.at_us);
    let ends = match end.closing.map(|closing| closing.why) {
        Some(Why::First) => "dr-ended",
        Some(Why::Second) => "dr-ended dr-answered",
        Some(Why::Broken) => "dr-ended dr-broken",
        None => "dr-endless",
    };
    let span = |from: u64, until: u64| {
        format!("left:{};width:{}", percent(from, scale.us), percent(until.saturating_sub(from), scale.us))
    };
    let mut html = format!("<i class=\"dr-wait {ends}\" style=\"{}\"></i>", span(end.opened_us, closed));
    if let Some(closing) = end.closing.filter(|closing| closing.why == Why::First) {
        let from = closing.at_us - closing.silence_us;
        let _ = write!(
            html,
            "<i class=\"dr-silence\" style=\"{}\">{} s</i>",
            span(from, closing.at_us),
            texts::seconds(closing.silence_us)
        );
    }
    for bytes in &end.bytes {
        let class = if bytes.meet_nobody { "dr-reset" } else { "dr-new" };
        let _ = write!(html, "<i class=\"dr-mark {class}\" style=\"left:{}\"></i>", percent(bytes.at_us, scale.us));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::drawings;

    fn drawn(text: &str) -> String {
        let drawing = drawings(text).remove(0).1.expect("it can be drawn");
        html(&drawing, |id, row| (id == "write-after-peer-close").then(|| format!("a.{id}.{}", row + 1)))
    }

    #[test]
    fn what_is_drawn_is_said_and_leads_to_its_row() {
        let html = drawn("{{#draw buffers write-after-peer-close/client.write.2 client.data.2: Eight <bytes>}}");
        assert!(!html.contains('\n'), "one line, or Markdown would tear it");
        for part in [
            "<figcaption>Eight &lt;bytes&gt;</figcaption>",
            "href=\"#a.write-after-peer-close.",
            "<i class=\"dr-unsent\" style=\"width:100.0%\"></i>",
            "<i class=\"dr-kept\" style=\"width:100.0%\"></i>",
            "<span class=\"dr-segment sc-data dr-right\">P. 8 bytes</span>",
            "The client has 8 bytes to send, none has left.",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert_eq!(html.matches("aria-hidden=\"true\"").count(), 3, "two moments and the legend");
    }

    #[test]
    fn queues_have_places_and_waits_have_marks() {
        let html = drawn("{{#draw queues accept-queue-full/two.connect four.write: Queues}}");
        assert_eq!(html.matches("dr-free").count(), 2, "three places; the last ACK of two is on its way: {html}");
        assert!(html.contains("<span class=\"dr-cell dr-begun\">four</span>") && !html.contains("href"), "{html}");
        let html = drawn("{{#draw timers keepalive-dead/client.connect peer-vanished-read/client.write: Waits}}");
        assert!(html.contains("dr-mark dr-probe dr-lost") && html.contains("dr-wait dr-endless"), "{html}");
        assert!(html.contains("Nothing ends it in this run."), "{html}");
    }

    #[test]
    fn a_chain_has_a_bar_for_each_end_and_says_who_closes_first() {
        let html = drawn("{{#draw chain proxy-idle-wrong-order/client.connect proxy-502/client.connect: Chains}}");
        assert_eq!(html.matches("<div class=\"dr-time").count(), 2 + 4, "{html}");
        assert!(html.contains("downstream closes first, after 2.25 s of silence"), "{html}");
        assert!(html.contains("Between client and downstream: neither closes."), "{html}");
        assert_eq!(html.matches("dr-silence").count(), 2 + 1, "one for each run, and the legend: {html}");
        assert_eq!(
            html.matches("dr-mark dr-reset").count(),
            4,
            "a request in each run, where it leaves and where it arrives"
        );
    }

    #[test]
    fn a_table_has_a_clock_for_each_flow() {
        let html = drawn("{{#draw table nat-idle-drop/link.forget client.data.2: The table}}");
        assert!(html.contains("dr-flow dr-known") && html.contains("dr-flow dr-forgotten"), "{html}");
        assert!(html.contains("the box keeps it for 5 s.") && html.contains("and the box has forgotten it."), "{html}");
        assert!(html.contains("style=\"width:100%\""), "{html}");
    }

    #[test]
    fn colours_are_the_ladder_s() {
        let (ladder, drawn) = (include_str!("../../player/player.css"), include_str!("../../../theme/drawn.css"));
        for name in ["data", "fin", "rst", "syn", "ack", "line"] {
            let values = |css: &'static str, of: &str| -> Vec<&'static str> {
                let named = format!("{of}{name}: ");
                let found = css.split(named.as_str()).skip(1);
                found.filter_map(|rest| rest.split(';').next()).take(3).collect()
            };
            let (ladder, drawn) = (values(ladder, "--sc-"), values(drawn, "--dr-"));
            assert_eq!(ladder, drawn, "{name}: light, dark, and dark without a script");
            assert_eq!(drawn.len(), 3, "{name}");
        }
    }
}
