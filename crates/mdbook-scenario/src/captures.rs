//! The place for captures; it is hidden until the page's script can serve it.

use crate::attribute::attribute;

/// The HTML of the place, with the addresses of the programs that judge captures and that perform scripts.
pub(crate) fn place(analyzer: &str, here: &str) -> String {
    format!(
        "<section class=\"captures\" data-program=\"{}\" data-here=\"{}\" aria-label=\"Captures\" hidden></section>",
        attribute(analyzer),
        attribute(here)
    )
}
