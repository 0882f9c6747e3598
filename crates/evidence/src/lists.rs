//! The answer to lists: sockets and counters.

use capture::html::{escaped, sentence};
use capture::text::{Count, Counter, Sockets};

use crate::html::chapter;

pub(crate) fn sockets(sockets: &Sockets) -> String {
    let mut card = "<p class=\"ev-by\">A list of sockets.</p>".to_owned();
    if !sockets.notes.is_empty() {
        card += "<ul class=\"ev-notes\">";
        for note in &sockets.notes {
            let (says, more) = note.says();
            card += &format!("<li>{} {}</li>", escaped(&says), chapter(more));
        }
        card += "</ul>";
    }
    card += "<table><thead><tr><th>state</th><th>sockets</th><th>what it says</th><th>what it does not say</th></tr></thead><tbody>";
    card += &sockets.counts.iter().map(count).collect::<String>();
    card + "</tbody></table>\
            <p>One moment says little: look again after a minute. <code>ss -tanp</code> names the process; a line without \
            one is an orphan, in TIME-WAIT, or waits to be accepted. <a href=\"reference/states.html\">States</a></p>"
}

fn count(count: &Count) -> String {
    let line = count.found.and_then(|found| found.line);
    let says = line.and_then(|line| line.says.as_deref()).unwrap_or_default();
    let not = line.and_then(|line| line.not.as_deref()).unwrap_or_default();
    let first = count.found.and_then(|found| found.causes().first().copied());
    let more = first.map_or_else(String::new, |cause| format!(" {}", chapter(&cause.chapter)));
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}{more}</td><td>{}</td></tr>",
        count.state,
        count.sockets,
        sentence(says),
        sentence(not)
    )
}

pub(crate) fn counters(counters: &[Counter]) -> String {
    if counters.is_empty() {
        return "<p class=\"ev-by\">Counters of the kernel; all that have to do with endings are 0.</p>\
                <p>Of this host, and this network namespace: a container has its own. Look at the other host as well.</p>"
            .to_owned();
    }
    let is_counted = counters.iter().any(|counter| counter.value.is_some());
    let (what, column) =
        if is_counted { ("; those that have to do with endings and are not 0", "<th>value</th>") } else { ("", "") };
    let mut card = format!(
        "<p class=\"ev-by\">Counters of the kernel{what}.</p>\
         <table><thead><tr><th>counter</th>{column}<th>what it says</th><th>what to ask next</th></tr></thead><tbody>"
    );
    for Counter { meaning, value } in counters {
        let value = value.map_or_else(String::new, |value| format!("<td>{value}</td>"));
        card += &format!(
            "<tr><th scope=\"row\"><code>{}</code></th>{value}<td>{} {}</td><td>{}</td></tr>",
            meaning.name,
            sentence(meaning.says),
            chapter(meaning.chapter),
            sentence(meaning.next)
        );
    }
    card + "</tbody></table>\
            <p>They count since the host, or the container, began: what matters is what is added while it happens, \
            <code>nstat -n; sleep 60; nstat</code>. <a href=\"reference/counters.html\">Counters and reasons</a></p>"
}
