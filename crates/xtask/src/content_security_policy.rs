//! The pages' Content-Security-Policy: the book loads from its own origin, and nothing else may run in it.
//!
//! mdBook writes scripts into its pages, and one of them names the search index by its hash: so the policy is made
//! after the pages, for each its own.

use sha2::{Digest, Sha256};

/// What stands in every page of mdBook's before anything is loaded.
pub(crate) const CHARSET: &str = "<meta charset=\"UTF-8\">";
const BEGIN: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"";

/// A page without the policy that [`with_policy`] put into it.
pub fn without(page: &str) -> String {
    match page.split_once(BEGIN) {
        Some((before, rest)) => before.to_owned() + rest.split_once("\">").map_or("", |(_, behind)| behind),
        None => page.to_owned(),
    }
}

/// A page with its policy; `None` if it is none of mdBook's, and has no place for it.
pub fn with_policy(page: &str) -> Option<String> {
    let (before, behind) = page.split_once(CHARSET)?;
    Some(format!("{before}{CHARSET}{BEGIN}{}\">{behind}", policy(page)))
}

/// Styles may stand in elements: mdBook's do, and none of them can ask for anything elsewhere.
fn policy(page: &str) -> String {
    let mut scripts = String::new();
    for script in inline_scripts(page) {
        let source = format!(" 'sha256-{}'", base64(&Sha256::digest(script)));
        if !scripts.contains(&source) {
            scripts.push_str(&source);
        }
    }
    // Only the page that is served at any address has a base.
    let base = if page.contains("<base ") { "'self'" } else { "'none'" };
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; object-src 'none'; base-uri {base}; form-action 'self'"
    )
}

/// The scripts that stand in the page itself.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

/// RFC 4648 §4, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            text.push(if at <= three.len() { char::from(LETTERS[number >> (18 - 6 * at) & 63]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_own_scripts_by_their_hash() {
        let page = format!("<head>{CHARSET}</head><script src=\"a.js\"></script><script>alert(1)</script>");
        let with = with_policy(&page).expect("it has a place");
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(with.contains("'wasm-unsafe-eval' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';"), "{with}");
        assert_eq!(without(&with), page);
        assert_eq!(with_policy("<html>"), None);
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        // RFC 4648 §10.
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
