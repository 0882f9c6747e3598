//! One number of a script, and what each of its values gives: a table, in whose place the loader puts a slider.

use std::fmt::Write as _;

use scenario::Script;
use view::step::Step;
use view::vary::{Band, Handle as Number, Tone, bands};

use crate::directive::Handle;
use crate::embed::{Performed, attribute};

/// The HTML of a handle: one line.
///
/// # Errors
/// The step has no number, or a value cannot be performed.
pub(crate) fn html(of: &Performed, handle: &Handle, program: &str) -> Result<String, String> {
    let row = Step::parse(&handle.step).and_then(|step| step.find(&of.layout)).map_err(|error| error.to_string())?;
    let line = of.layout.rows[row].line.ok_or_else(|| format!("`{}` is no statement of the script", handle.step))?;
    let number = Number::of_line(of.text, line)?;
    let bands = bands(&number, handle.values(), |text| {
        let script = Script::parse(text).map_err(|error| format!("{}: {error}", of.id))?;
        sim::run(of.id, &script, sim::Rules::Linux).map_err(|error| format!("{}: {error}", of.id))
    })?;
    let Handle { from, to, by, label, .. } = handle;
    Ok(format!(
        "<div class=\"scenario-handle\" data-scenario=\"{}\" data-program=\"{}\" data-line=\"{line}\" \
         data-from=\"{from}\" data-to=\"{to}\" data-by=\"{by}\" data-label=\"{}\" data-script=\"{}\">{}</div>",
        of.id,
        attribute(program),
        attribute(label),
        attribute(of.text),
        table(label, &bands)
    ))
}

/// What every value gives: a line for each band, a column for each call that tells one band from another.
fn table(label: &str, bands: &[Band]) -> String {
    let mut table = format!("<table><thead><tr><th scope=\"col\">{}</th>", attribute(label));
    for given in bands.first().into_iter().flat_map(|band| &band.gives) {
        let _ = write!(table, "<th scope=\"col\"><code>{}</code></th>", attribute(&given.call));
    }
    table.push_str("</tr></thead><tbody>");
    for band in bands {
        let values =
            if band.from == band.to { band.from.to_string() } else { format!("{} – {}", band.from, band.to) };
        let _ = write!(table, "<tr class=\"{}\"><th scope=\"row\">{values}</th>", class(band.tone()));
        for given in &band.gives {
            let outcome = given.outcome.map_or_else(|| "–".to_owned(), |outcome| outcome.to_string());
            let _ = write!(table, "<td><code>{}</code></td>", attribute(&outcome));
        }
        table.push_str("</tr>");
    }
    table + "</tbody></table>"
}

const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Works => "sc-works",
        Tone::Ends => "sc-ends",
        Tone::Blocks => "sc-waits",
        Tone::Fails => "sc-fails",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::perform;

    fn handle(step: &str) -> Handle {
        Handle { step: step.to_owned(), from: 1, to: 12, by: 1, label: "bytes read & left".to_owned() }
    }

    #[test]
    fn every_value_has_its_place_in_the_table() {
        let of = perform("partial-read-then-close").expect("it runs");
        let html = html(&of, &handle("server.read"), "p.js").expect("it has a number");
        assert!(!html.contains('\n'));
        assert!(html.contains("<th scope=\"col\">bytes read &amp; left</th>"), "{html}");
        assert!(html.contains("class=\"sc-fails\"") && html.contains("ECONNRESET"), "{html}");
    }

    #[test]
    fn a_step_without_a_number_is_said() {
        let of = perform("write-after-peer-close").expect("it runs");
        let why = |step: &str| html(&of, &handle(step), "p.js").expect_err(step);
        assert!(why("server.FIN").contains("is no statement of the script"));
        assert!(why("server.close").contains("found no number"));
        assert!(why("server.reset").contains("no step `server.reset`"));
    }
}
