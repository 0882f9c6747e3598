//! One number of a script, and what each of its values gives: a table, in whose place the loader puts a slider.

use std::fmt::Write as _;

use scenario::Script;
use view::step::Step;
use view::texts;
use view::vary::{Band, Handle as Number, bands};

use crate::attribute::attribute;
use crate::directive::Handle;
use crate::perform::Performed;

/// A number of a script, performed with each of its values.
#[derive(Clone, Debug)]
pub(crate) struct Varied {
    handle: Handle,
    /// The statement that has the number.
    line: u32,
    bands: Vec<Band>,
}

impl Varied {
    /// Performs a scenario with every value.
    ///
    /// # Errors
    /// The step has no number, the script's own value is not one of these, or a value cannot be performed.
    pub(crate) fn of(of: &Performed, handle: Handle) -> Result<Self, String> {
        let row =
            Step::parse(&handle.step).and_then(|step| step.find(&of.layout)).map_err(|error| error.to_string())?;
        let line =
            of.layout.rows[row].line.ok_or_else(|| format!("`{}` is no statement of the script", handle.step))?;
        let number = Number::of_line(of.text, line)?;
        if !handle.values().any(|value| value == number.value()) {
            let Handle { from, to, by, .. } = handle;
            return Err(format!("the script has {}, which is none of {from}..{to} by {by}", number.value()));
        }
        let bands = bands(&number, handle.values(), |text| {
            let script = Script::parse(text).map_err(|error| format!("{}: {error}", of.id))?;
            sim::run(of.id, &script, sim::Stack::Linux).map_err(|error| format!("{}: {error}", of.id))
        })?;
        Ok(Self { handle, line, bands })
    }

    /// What the loader needs, as attributes; and the table. No line ends in either.
    pub(crate) fn html(&self) -> (String, String) {
        let Self { handle: Handle { from, to, by, label, .. }, line, bands } = self;
        let attributes = format!(
            " data-line=\"{line}\" data-from=\"{from}\" data-to=\"{to}\" data-by=\"{by}\" data-label=\"{}\"",
            attribute(label)
        );
        (attributes, table(label, bands))
    }
}

/// What every value gives: a line for each band, a column for each call that tells one band from another.
fn table(label: &str, bands: &[Band]) -> String {
    let mut table = format!("<table class=\"sc-values\"><thead><tr><th scope=\"col\">{}</th>", attribute(label));
    for given in bands.first().into_iter().flat_map(|band| &band.gives) {
        let _ = write!(table, "<th scope=\"col\"><code>{}</code></th>", attribute(&given.call));
    }
    table.push_str("</tr></thead><tbody>");
    for band in bands {
        let values = texts::values(band);
        let _ = write!(table, "<tr class=\"{}\"><th scope=\"row\">{values}</th>", band.tone().class());
        for given in &band.gives {
            let outcome = given.outcome.map_or_else(|| "–".to_owned(), |outcome| outcome.to_string());
            let _ = write!(table, "<td><code>{}</code></td>", attribute(&outcome));
        }
        table.push_str("</tr>");
    }
    table + "</tbody></table>"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perform::perform;

    fn handle(step: &str) -> Handle {
        Handle { step: step.to_owned(), from: 1, to: 12, by: 1, label: "bytes read & left".to_owned() }
    }

    #[test]
    fn the_book_s_own_value_is_one_of_them() {
        let of = perform("partial-read-then-close").expect("it runs");
        let why = Varied::of(&of, Handle { by: 3, ..handle("server.read") }).expect_err("5 is not 1, 4, 7 or 10");
        assert_eq!(why, "the script has 5, which is none of 1..12 by 3");
    }

    #[test]
    fn every_value_has_its_place_in_the_table() {
        let of = perform("partial-read-then-close").expect("it runs");
        let (attributes, html) = Varied::of(&of, handle("server.read")).expect("it has a number").html();
        assert!(attributes.contains("data-from=\"1\" data-to=\"12\" data-by=\"1\""), "{attributes}");
        assert!(!html.contains('\n'));
        assert!(html.contains("<th scope=\"col\">bytes read &amp; left</th>"), "{html}");
        assert!(html.contains("class=\"sc-fails\"") && html.contains("ECONNRESET"), "{html}");
    }

    #[test]
    fn a_step_without_a_number_is_said() {
        let of = perform("write-after-peer-close").expect("it runs");
        let why = |step: &str| Varied::of(&of, handle(step)).expect_err(step);
        assert!(why("server.FIN").contains("is no statement of the script"));
        assert!(why("server.close").contains("found no number"));
        assert!(why("server.reset").contains("no step `server.reset`"));
    }
}
