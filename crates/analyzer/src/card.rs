//! The verdict on one connection, as HTML.

use capture::html::{escaped, sentence};
use capture::{Cause, Connection, Ending, Matched, Next, Opened, Played, UnseenFate, heading, limits, segment, told};
use catalogue::messages::{self, Runtime};
use scenario::{Errno, Outcome};

use crate::words::{count, headline, seconds};

pub(crate) fn card(connection: &Connection, ending: &Ending, runtime: Option<Runtime>) -> String {
    let [client, server] = connection.addresses;
    let opened = match connection.opened {
        Opened::Client => "opened by the client",
        Opened::Unknown => "its beginning is not in the capture",
    };
    let lasted_us = connection.times_us[1].saturating_sub(connection.times_us[0]);
    let ended = ending.segment.map_or_else(String::new, |number| format!(" <b>Packet {number}</b> ended it."));
    let mut html = format!(
        "<h2 class=\"cap-ending\" tabindex=\"-1\">{}</h2>\
         <p><code>{client}</code> (client) and <code>{server}</code> (server), {opened}: {} segments, {} bytes and {} bytes, {}; \
         Zeek would say <code>{}</code>, <code>{}</code>.{ended}</p>",
        escaped(&headline(ending)),
        count(connection.packets),
        count(connection.sides[0].bytes),
        count(connection.sides[1].bytes),
        seconds(lasted_us),
        connection.conn_state().name(),
        escaped(&connection.history()),
    );
    if !ending.causes.is_empty() {
        html += "<h3>Why</h3><ol class=\"cap-causes\">";
        for named in &ending.causes {
            html += &format!(
                "<li><p><b>{}</b>: {}. <a href=\"reference/causes.html#{id}\"><code>{id}</code></a></p><ul>",
                named.sure.name(),
                sentence(named.cause.sentence()),
                id = named.cause.id()
            );
            for shown in &named.evidence {
                html += &format!(
                    "<li>{} <span class=\"cap-packets\">({})</span></li>",
                    escaped(&shown.why),
                    packets(&shown.packets)
                );
            }
            html += "</ul></li>";
        }
        html += "</ol>";
    }
    html += &told_to_programs(connection, ending, runtime);
    let limits = limits(connection, ending);
    if !limits.is_empty() {
        html += "<h3>What this capture does not show</h3><ul>";
        html += &limits.iter().map(|limit| format!("<li>{}</li>", escaped(limit))).collect::<String>();
        html += "</ul>";
    }
    html + &next(ending)
}

/// `packets 3, 5 and 7`
fn packets(numbers: &[u64]) -> String {
    const SHOWN_MAX: usize = 12;
    let shown: Vec<String> = numbers.iter().take(SHOWN_MAX).map(u64::to_string).collect();
    let more =
        if numbers.len() > SHOWN_MAX { format!(" and {} more", numbers.len() - SHOWN_MAX) } else { String::new() };
    format!("packet{} {}{more}", if numbers.len() == 1 { "" } else { "s" }, shown.join(", "))
}

fn told_to_programs(connection: &Connection, ending: &Ending, runtime: Option<Runtime>) -> String {
    let told = told(connection, ending);
    if told.iter().all(Vec::is_empty) {
        return String::new();
    }
    let column = runtime.map_or_else(String::new, |runtime| format!("<th>{}</th>", escaped(runtime.name())));
    let mut html = format!(
        "<h3>What each program is told by its next calls, on Linux</h3>\
         <table><thead><tr><th>program</th><th>call</th><th>returns</th>{column}</tr></thead><tbody>"
    );
    for (side, calls) in ["client", "server"].into_iter().zip(&told) {
        for (place, next) in calls.iter().enumerate() {
            let text = runtime.map_or_else(String::new, |runtime| {
                let printed = cause(&calls[..place], next).and_then(|cause| messages::message(runtime, cause));
                format!(
                    "<td>{}</td>",
                    printed.map_or_else(
                        || "not known here".to_owned(),
                        |message| format!("<code>{}</code>", escaped(message.text))
                    )
                )
            });
            html += &format!(
                "<tr><td>{side}</td><td><code>{}()</code></td><td><code>{}</code></td>{text}</tr>",
                next.call, next.outcome
            );
        }
    }
    html + "</tbody></table>"
}

/// What the texts of runtimes are found by.
fn cause(before: &[Next], next: &Next) -> Option<messages::Cause> {
    let reset_was_read = before.iter().any(|next| next.outcome == Outcome::Errno(Errno::ECONNRESET));
    Some(match (next.call, next.outcome) {
        ("read", Outcome::Errno(Errno::ECONNRESET)) => messages::Cause::ReadReset,
        ("read", Outcome::Number(0)) if reset_was_read => messages::Cause::ReadAfterReset,
        ("read", Outcome::Number(0)) => messages::Cause::EndOfStream,
        ("write", Outcome::Errno(Errno::EPIPE)) => messages::Cause::BrokenPipe,
        ("connect", Outcome::Errno(Errno::ECONNREFUSED)) => messages::Cause::Refused,
        ("connect", Outcome::Errno(Errno::ETIMEDOUT)) => messages::Cause::ConnectTimedOut,
        (_, Outcome::Errno(Errno::ETIMEDOUT)) => messages::Cause::TimedOut,
        _ => return None,
    })
}

fn next(ending: &Ending) -> String {
    let mut steps: Vec<&str> = Vec::new();
    let mut chapters: Vec<&'static str> = ending.kind.chapter().into_iter().collect();
    for named in &ending.causes {
        if !steps.contains(&named.cause.next()) {
            steps.push(named.cause.next());
        }
        if !chapters.contains(&named.cause.chapter()) {
            chapters.push(named.cause.chapter());
        }
    }
    let mut html = String::new();
    if !steps.is_empty() {
        html += "<h3>To be sure</h3><ul>";
        html += &steps.iter().map(|step| format!("<li>{}</li>", sentence(step))).collect::<String>();
        html += "</ul>";
    }
    if !chapters.is_empty() {
        let link = |chapter: &&'static str| {
            let page = chapter.strip_suffix(".md").unwrap_or(chapter);
            format!("<li><a href=\"{}.html\">{}</a></li>", escaped(page), escaped(heading(chapter)))
        };
        html += &format!("<h3>Read on</h3><ul>{}</ul>", chapters.iter().map(link).collect::<String>());
    }
    html
}

/// What only one of two captures has.
pub(crate) fn other_end(matched: &Matched, file: usize, names: [&String; 2]) -> String {
    let ends = if matched.at_client == file { ["the client", "the server"] } else { ["the server", "the client"] };
    let mut html = format!(
        "<h3>Seen from both ends</h3><p>This file was taken nearer to {}; <b>{}</b> nearer to {}.</p>",
        ends[0],
        escaped(names[1 - file]),
        ends[1]
    );
    if matched.unseen.is_empty() {
        return html + "<p>Both ends saw the same segments: nothing was lost or forged between them.</p>";
    }
    html += "<ul>";
    for unseen in &matched.unseen {
        let what = match unseen.fate {
            UnseenFate::Lost => "it left, and did not arrive at the other end",
            UnseenFate::Forged => "it arrived, and never left the end that it is said to come from: forged in between",
            UnseenFate::Doubled => "it left once, and arrived twice",
            UnseenFate::Missed => "the other capture missed it, as what follows shows",
        };
        let unless = if unseen.is_beyond { ", unless that one was over by then" } else { "" };
        html +=
            &format!("<li>Packet {} of <b>{}</b>: {what}{unless}.</li>", unseen.number, escaped(names[unseen.capture]));
    }
    html + "</ul>"
}

/// The picture, and the same segments as text.
pub(crate) fn segments(connection: &Connection, picture: &str) -> String {
    format!(
        "<h3>Its segments</h3><div class=\"cap-picture\" tabindex=\"0\" role=\"region\" aria-label=\"Picture of the connection\">{picture}</div>\
         <details><summary>The same as text, with packet numbers</summary><pre tabindex=\"0\"><code>{}</code></pre></details>",
        escaped(&lines(connection))
    )
}

/// A line a segment: `5 0.040000 server > R. 1:1(0) ack 12`
pub(crate) fn lines(connection: &Connection) -> String {
    let mut text = String::new();
    for (place, seen) in connection.segments().enumerate() {
        if let Some((_, missing)) = connection.gap().filter(|(before, _)| *before == place) {
            text += &format!("… {missing} segments from here on are not shown\n");
        }
        let at_us = seen.at_us.saturating_sub(connection.times_us[0]);
        let side = ["client", "server"][seen.from];
        text += &format!("{} {}.{:06} {side} > {}\n", seen.number, at_us / 1_000_000, at_us % 1_000_000, segment(seen));
    }
    text
}

/// The ways that were played. `link`: what stands behind the `#` of the playground's address.
pub(crate) fn played(played: Option<Played>, link: impl Fn(&str) -> String) -> String {
    let Some(played) = played else {
        return "<p>Its beginning is not in the capture, or it is too long: the ways to end it cannot be played.</p>"
            .to_owned();
    };
    let shortened = if played.shortened { ", with turns or pauses shortened" } else { "" };
    if played.same.is_empty() {
        return format!(
            "<p>Of {} ways to end a connection none sends just these segments{shortened}.</p>",
            played.tried
        );
    }
    let mut html = format!(
        "<p>Of {} ways to end a connection, played with its own lengths and timing, {} just these segments{shortened}:</p><ul>",
        played.tried,
        if played.same.len() == 1 { "one sends".to_owned() } else { format!("{} send", played.same.len()) },
    );
    for way in &played.same {
        let name = way.cause.map_or("orderly", Cause::id);
        let says = way.cause.map_or("both sides close", Cause::sentence);
        html += &format!(
            "<li><code>{name}</code>: {}. <a href=\"playground.html#{}\">Make it a script<span class=\"cap-only-heard\">: {name}</span></a></li>",
            sentence(says),
            link(&way.script)
        );
    }
    html + "</ul>"
}
