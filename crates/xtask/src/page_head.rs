//! What a page's head says of it beyond mdBook's template: where it stands on the web, and one description in place of
//! two. All else that search engines and shared links show stands in `theme/head.hbs`.

use crate::social_card;

/// mdBook's own description, empty since book.toml has none: every page has its own before it.
const SECOND_DESCRIPTION: &str = "<meta name=\"description\" content=\"\">";
/// What `theme/head.hbs` writes into a page that is to be found and shared; print.html and 404.html are not.
const SHARED: &str = "<meta name=\"twitter:card\" content=\"summary_large_image\">";

/// The page `name` (`orderly/time-wait.html`), its head completed.
///
/// `address` is where the book will stand, with a slash at its end: mdBook's `site-url`, if that is a whole address.
/// Without it the pages do not say where they are, and name no picture, which needs a whole address.
pub fn completed(page: &str, name: &str, address: Option<&str>) -> String {
    let page = page.replacen(SECOND_DESCRIPTION, "", 1);
    let Some(address) = address else { return page };
    // mdBook writes the first chapter twice.
    let place = if ["index.html", "introduction.html"].contains(&name) { "" } else { name };
    let absolute = format!(
        "<link rel=\"canonical\" href=\"{address}{place}\">\n\
         <meta property=\"og:url\" content=\"{address}{place}\">\n\
         <meta property=\"og:image\" content=\"{address}{file}\">\n\
         <meta property=\"og:image:width\" content=\"{width}\">\n\
         <meta property=\"og:image:height\" content=\"{height}\">\n\
         <meta property=\"og:image:alt\" content=\"{alt}\">\n{SHARED}",
        file = social_card::FILE,
        width = social_card::WIDTH,
        height = social_card::HEIGHT,
        alt = social_card::ALT,
    );
    page.replacen(SHARED, &absolute, 1)
}

/// The book's whole address, if `site-url` is one: a path alone does not say on which host it is.
pub fn address(site_url: Option<&str>) -> Option<String> {
    let url = site_url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
    Some(format!("{}/", url.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_it_is_if_that_is_known() {
        let page = format!("<head>{SHARED}{SECOND_DESCRIPTION}</head>");
        assert_eq!(completed(&page, "a/b.html", None), format!("<head>{SHARED}</head>"));
        let known = completed(&page, "a/b.html", Some("https://example.org/book/"));
        assert!(known.contains("rel=\"canonical\" href=\"https://example.org/book/a/b.html\""), "{known}");
        assert!(known.contains("content=\"https://example.org/book/card.png\""), "{known}");
        let first = completed(&page, "introduction.html", Some("https://example.org/"));
        assert!(first.contains("rel=\"canonical\" href=\"https://example.org/\""), "{first}");
        // A page that is not to be shared has no such line, and gets none.
        assert_eq!(completed("<head></head>", "print.html", Some("https://example.org/")), "<head></head>");
    }

    #[test]
    fn a_path_is_no_address() {
        assert_eq!(address(Some("/book/")), None);
        assert_eq!(address(None), None);
        for url in ["https://example.org/book", "https://example.org/book/"] {
            assert_eq!(address(Some(url)).as_deref(), Some("https://example.org/book/"));
        }
    }
}
