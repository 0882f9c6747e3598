//! The answer to a line: what was recognised, what it says and does not say, and its causes.

use std::ops::Range;

use capture::html::{escaped, sentence};
use capture::text::table::{Cause, Known};
use capture::text::{By, Found, Message};

use crate::html::chapter;

/// Around what was recognised so many bytes of the text are shown.
const CONTEXT: usize = 160;

pub(crate) fn message(text: &str, message: &Message) -> String {
    let found = message.found;
    let mut card = format!("<pre class=\"ev-line\"><code>{}</code></pre>", marked(text, &message.marks));
    card += &format!("<p class=\"ev-by\">{}</p>", recognised(&message.by, &found));
    card +=
        &format!("<h2 class=\"ev-ending\"><a href=\"#{}\">{}</a></h2>", found.ending.id, escaped(&found.ending.title));
    card += "<dl>";
    let mut says = vec![("What failed", found.call())];
    match found.line.and_then(|line| line.says.as_deref()) {
        Some(own) => says.push(("It says", own)),
        None => says.push(("On the wire", &found.ending.wire)),
    }
    says.push(("It does not say", found.not()));
    says.push(("First", &found.ending.first));
    for (term, text) in says.iter().filter(|(_, text)| !text.is_empty()) {
        card += &format!("<dt>{term}</dt><dd>{}</dd>", sentence(text));
    }
    card += "</dl>";
    if let Some(context) = message.context {
        card += &format!("<p class=\"ev-context\">{}</p>", sentence(&context.says));
    }
    card += "<h3>Causes, the most likely for this line first</h3><ol class=\"ev-causes\">";
    card += &message.causes().into_iter().map(cause).collect::<String>();
    card += "</ol>";
    if !message.also.is_empty() {
        let link = |also: &Found| format!("<a href=\"#{}\">{}</a>", also.ending.id, escaped(&also.ending.title));
        let links: Vec<String> = message.also.iter().map(link).collect();
        card += &format!("<p class=\"ev-also\">The same text tells of: {}.</p>", links.join("; "));
    }
    card + "<div class=\"ev-run\"></div>"
}

/// The text around the marks, and they in it.
fn marked(text: &str, marks: &[Range<usize>]) -> String {
    let mut html = String::new();
    let mut at = 0;
    for mark in marks {
        html += &between(&text[at..mark.start], at == 0, false);
        html += &format!("<mark>{}</mark>", escaped(&text[mark.clone()]));
        at = mark.end;
    }
    html + &between(&text[at..], at == 0, true)
}

/// Text that is not marked; of a long one only what is beside the marks, which stand at its inner ends.
fn between(text: &str, is_first: bool, is_last: bool) -> String {
    if text.len() <= 2 * CONTEXT {
        return escaped(text);
    }
    let head = &text[..floor(text, CONTEXT)];
    let tail = &text[floor(text, text.len() - CONTEXT)..];
    match (is_first, is_last) {
        (true, _) => format!("… {}", escaped(tail)),
        (_, true) => format!("{} …", escaped(head)),
        _ => format!("{} … {}", escaped(head), escaped(tail)),
    }
}

/// The last place of a letter at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn recognised(by: &By, found: &Found) -> String {
    let of_line = found.line.map(|line| {
        let known = match &line.known {
            Known::Run(version) => format!("seen in a run: {version}"),
            Known::Source(place) => format!("read in the source: {place}"),
            Known::Unverified(place) => format!("not verified; it should stand in {place}"),
        };
        format!("{}: <code>{}</code> ({})", escaped(&line.who), escaped(&line.text), escaped(&known))
    });
    let of_line = of_line.unwrap_or_default();
    match by {
        By::Line => of_line,
        By::Errno { errno, system } => {
            let numbers = [(errno.linux, "Linux"), (errno.macos, "macOS"), (errno.windows, "Windows")];
            let numbers = numbers.iter().filter_map(|(number, system)| Some(format!("{} on {system}", (*number)?)));
            let numbers: Vec<String> = numbers.collect();
            let whose = system.map_or_else(String::new, |system| format!(", as {} has it", system.name()));
            format!("The errno <code>{}</code>{whose} ({})", errno.name, numbers.join(", "))
        }
        By::Status(status) => format!("The HTTP status {status}. {of_line}"),
        By::State(state) => format!("The state <code>{state}</code>, of a connection"),
        By::Code(code) => format!("The code <code>{}</code>. {of_line}", escaped(code)),
        By::Words(phrase) => format!(
            "No errno and no line of a known program stands here; the words <code>{}</code> say what follows, \
             and no more than that.",
            escaped(&phrase.text)
        ),
        By::Translated(errno, words) => {
            format!("<code>{}</code>: the errno <code>{}</code> in another language", escaped(words), errno.name)
        }
        By::Termination(state) => format!("HAProxy's termination state <code>{}</code>. {of_line}", escaped(state)),
        By::Near(meant) => format!("Not found as it stands. Perhaps it is <code>{}</code>?", escaped(meant)),
    }
}

fn cause(cause: &Cause) -> String {
    let run = cause.scenario.as_ref().map_or_else(String::new, |scenario| {
        format!(
            " <button type=\"button\" data-run=\"{}\" aria-pressed=\"false\">Show its run</button>",
            escaped(scenario)
        )
    });
    let in_a_capture = cause.verdict.as_ref().map_or_else(String::new, |_| {
        format!(" <a href=\"reference/causes.html#{}\">How a capture shows it</a>", escaped(&cause.id))
    });
    format!(
        "<li data-cause=\"{id}\"><p class=\"ev-title\">{title}</p>\
         <p class=\"ev-ask\"><span id=\"ask-{id}\">{ask}</span> \
         <button type=\"button\" data-say=\"yes\" aria-pressed=\"false\" aria-describedby=\"ask-{id}\">Yes</button> \
         <button type=\"button\" data-say=\"no\" aria-pressed=\"false\" aria-describedby=\"ask-{id}\">No</button></p>\
         <p class=\"ev-how\">{how}</p><p class=\"ev-more\">{chapter}{in_a_capture}{run}</p></li>",
        id = escaped(&cause.id),
        title = sentence(&cause.title),
        ask = sentence(&cause.ask),
        how = sentence(&cause.how),
        chapter = chapter(&cause.chapter),
    )
}

pub(crate) fn part(lines: &[Found]) -> String {
    let mut card =
        "<p class=\"ev-by\">That is a part of these lines. Which is yours?</p><ul class=\"ev-parts\">".to_owned();
    for line in lines.iter().filter_map(|found| found.line) {
        let text = escaped(&line.text);
        card += &format!(
            "<li><button type=\"button\" data-fill=\"{text}\"><code>{text}</code></button> {}</li>",
            escaped(&line.who)
        );
    }
    card + "</ul>"
}

pub(crate) fn packets() -> String {
    "<p class=\"ev-by\">Lines of tcpdump or tshark.</p>\
     <p><button type=\"button\" data-packets>Who ended it?</button> \
     They are read as a capture, below. A file can be dropped on this page as well: \
     <a href=\"capture.html\">what does your capture say?</a></p>"
        .to_owned()
}

pub(crate) fn nothing() -> String {
    "<p class=\"ev-by\">Nothing in this text is known here.</p>\
     <p>It may have nothing to do with a connection; or it is a program's own sentence. \
     Paste the lines around it as well: the errno may stand in another one. \
     Then <code>strace -f -e trace=network -p PID</code> shows what the system had said, \
     and <a href=\"practice/from-alert-to-cause.html\">from an alert to the cause</a> goes on from there.</p>"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use crate::card;

    #[test]
    fn the_answer_marks_what_it_recognised_and_ranks_the_causes_of_this_line() {
        let html =
            card("x recv() failed (104: Connection reset by peer) while reading response header from upstream, y");
        assert!(html.contains("<mark>recv() failed (104: Connection reset by peer) while reading response header from upstream</mark>, y"), "{html}");
        let causes: Vec<&str> = html.split("data-cause=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(causes[0], "keep-alive-race");
        assert!(html.contains("data-run=\"keepalive-race-unread\""));
    }

    #[test]
    fn of_a_long_text_only_what_stands_around_the_marks_is_shown() {
        let long = format!("{} broken pipe {}", "ä".repeat(5000), "ö".repeat(5000));
        let html = card(&long);
        assert!(html.contains("<mark>broken pipe</mark>"));
        assert!(html.matches('ä').count() < 200 && html.matches('ö').count() < 200);
    }

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        for text in [
            "<script>a</script> broken pipe",
            "<b>errno 104</b>",
            "<b>CLOSE_WAIT</b>",
            "<i>conn",
            "<x>connection rest by peer",
        ] {
            let html = card(text);
            assert!(
                !html.contains("<script") && !html.contains("<b>") && !html.contains("<i>") && !html.contains("<x>"),
                "{html}"
            );
        }
    }

    #[test]
    fn an_empty_text_has_no_answer_and_any_other_has_one() {
        assert_eq!(card(" \n"), "");
        for text in [
            "hello",
            "conn",
            "10.0.0.1.80 > 10.0.0.2.90: Flags [S], seq 1",
            "TcpOutRsts 0 0.0",
            "CLOSE_WAIT",
            "SD-- ",
            "502",
        ] {
            assert!(card(text).contains("ev-by"), "{text}");
        }
    }
}
