//! From text to HTML.

use capture::text::table;

/// A text with nothing in it that HTML takes for its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            letter => html.push(letter),
        }
    }
    html
}

/// A sentence of the table: what stands in backticks is code.
pub(crate) fn sentence(text: &str) -> String {
    let part = |(index, part): (usize, &str)| match index % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    text.split('`').enumerate().map(part).collect()
}

/// A link to a chapter under its title. The page lies in the book's root.
pub(crate) fn chapter(path: &str) -> String {
    let title = table().titles.get(path).map_or(path, String::as_str);
    let page = path.strip_suffix(".md").unwrap_or(path);
    format!("<a href=\"{}.html\">{}</a>", escaped(page), escaped(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_becomes_markup() {
        assert_eq!(escaped("<img src=x onerror='a()'>&\""), "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;");
        assert_eq!(sentence("use `a < b` here"), "use <code>a &lt; b</code> here");
    }

    #[test]
    fn a_chapter_is_linked_under_its_title() {
        assert_eq!(
            chapter("reset/keep-alive-race.md"),
            "<a href=\"reset/keep-alive-race.html\">Why does a request fail on a connection that was fine?</a>"
        );
    }
}
