//! The playground's place in its page: what the loader needs, and where all scenarios are listed.

use catalogue::CATALOGUE;
use player::catalogue::written;
use player::language::listed;

use crate::attribute::attribute;

/// What stands below the playground, and in its place without JavaScript. Its page lies in the book's root.
const BELOW: &str = "[All scenarios](reference/scenarios.md), by family, each with its chapter and its kernels. \
                     A terminal performs a script as well: `cargo run --example simulate -- FILE.tcp`.";

/// The Markdown of the place.
///
/// Not of class `playground`: to those mdBook's own script adds a button, and asks the Rust playground's server.
pub(crate) fn place(program: &str) -> String {
    let catalogue = written(CATALOGUE.iter().map(|entry| (entry.id, entry.text)));
    format!(
        "<div class=\"tcp-playground\" data-program=\"{}\" data-catalogue=\"{}\" data-language=\"{}\">\n\n{BELOW}\n\n</div>",
        attribute(program),
        attribute(&catalogue),
        attribute(&listed())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_has_every_scenario_for_the_program_and_none_for_the_eye() {
        let place = place("p.js");
        let (attributes, seen) = place.split_once(">\n").expect("one element");
        for entry in CATALOGUE {
            assert!(attributes.contains(entry.id), "{}", entry.id);
            assert!(!seen.contains(entry.id), "{} stands in reference/scenarios.md", entry.id);
        }
        assert!(attributes.starts_with("<div class=\"tcp-playground\" data-program=\"p.js\""));
    }
}
