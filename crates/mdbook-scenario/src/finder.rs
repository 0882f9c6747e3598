//! The field for pasted text, and the place of its answer; it is hidden until the page's script can serve it.

use crate::attribute::attribute;

/// The HTML of the place, with the addresses of the programs that answer and that show a run.
pub(crate) fn place(evidence: &str, player: &str) -> String {
    format!(
        "<div class=\"finder\" data-program=\"{}\" data-player=\"{}\" hidden>\n\
         <label for=\"finder-text\">Paste what you have: a line, a stack trace, lines of <code>ss</code>, \
         <code>netstat</code> or <code>nstat</code>. Nothing leaves this device.</label>\n\
         <textarea id=\"finder-text\" rows=\"4\" autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\"></textarea>\n\
         <p id=\"finder-said\" class=\"ev-said\" role=\"status\"></p>\n\
         <section id=\"finder-card\" class=\"ev-card\" aria-label=\"Answer\" hidden></section>\n</div>",
        attribute(evidence),
        attribute(player)
    )
}
