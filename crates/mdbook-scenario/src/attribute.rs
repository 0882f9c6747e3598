//! Texts as attributes of HTML.

/// A text as an attribute's value between double quotes, without a line's end.
pub(crate) fn attribute(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_fits_into_an_attribute() {
        assert_eq!(attribute("a \"b\" & <c>\n"), "a &quot;b&quot; &amp; &lt;c&gt;&#10;");
    }
}
