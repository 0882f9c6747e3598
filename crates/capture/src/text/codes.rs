//! Codes that a whole family of programs prints, in whatever words around them: libcurl's, SQL's, WebSocket's.

use std::ops::Range;

use super::names::words;

/// libcurl's codes that have to do with an ending (docs/libcurl/libcurl-errors.md).
const CURL: [&str; 9] = ["7", "16", "18", "28", "35", "52", "55", "56", "92"];
/// Classes and values of SQLSTATE that have to do with an ending (SQL:2016 class 08; PostgreSQL's errcodes.txt).
const SQLSTATES: [&str; 13] = [
    "08000", "08001", "08003", "08004", "08006", "08007", "08s01", "57p01", "57p02", "57p03", "57p05", "25p03", "53300",
];
/// WebSocket's close codes of an end that the program has not asked for (RFC 6455, section 7.4.1).
const WEBSOCKET: [&str; 2] = ["1001", "1006"];

/// The code that a text names, as the table has it (`curl 56`), and its place. The text is in small letters.
pub(super) fn code(text: &str) -> Option<(String, Range<usize>)> {
    words(text).into_iter().find_map(|place| Some((named(text, &place)?, place)))
}

fn named(text: &str, place: &Range<usize>) -> Option<String> {
    let word = &text[place.clone()];
    let before = text[..place.start].trim_end_matches([' ', ':', '=', '(', '[', '\'', '"', '#', '-', ',']);
    let is_version = text[place.end..].starts_with('.');
    if CURL.contains(&word)
        && !is_version
        && ["curl", "curl error", "curl errno", "curle", "curl code"].iter().any(|by| before.ends_with(by))
    {
        return Some(format!("curl {word}"));
    }
    if SQLSTATES.contains(&word) {
        // Those with a letter are like nothing else; numbers alone need the word.
        let is_unlike = word.bytes().any(|byte| byte.is_ascii_alphabetic());
        let is_said = text.contains("sqlstate") || text.contains("sql state");
        return (is_unlike || is_said).then(|| format!("SQLSTATE {}", word.to_uppercase()));
    }
    let is_closing = before.ends_with("close") || before.ends_with("code") || text.contains("websocket");
    (WEBSOCKET.contains(&word) && is_closing).then(|| format!("WebSocket {word}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::found::Found;

    #[test]
    fn every_code_has_its_line() {
        for (program, codes) in [("curl", &CURL[..]), ("SQLSTATE", &SQLSTATES[..]), ("WebSocket", &WEBSOCKET[..])] {
            for code in codes {
                let name = format!("{program} {}", code.to_uppercase());
                assert!(Found::of_name(&name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_code_is_found_in_any_program_s_words() {
        for (text, name) in [
            ("RPC failed; curl 56 Recv failure", "curl 56"),
            ("cURL error 52: Empty reply from server", "curl 52"),
            ("curl: (18) transfer closed", "curl 18"),
            ("marked as broken because of SQLSTATE(08S01), ErrorCode(0)", "SQLSTATE 08S01"),
            ("SQLSTATE[08006] [7] timeout expired", "SQLSTATE 08006"),
            ("ERROR: 57P01: terminating", "SQLSTATE 57P01"),
            ("websocket: close 1006 (abnormal closure)", "WebSocket 1006"),
        ] {
            assert_eq!(code(&text.to_lowercase()).map(|(code, _)| code).as_deref(), Some(name), "{text}");
        }
        for text in ["curl 7.88.1", "took 1006 ms", "order 08006", "port 1006", "curly 56"] {
            assert_eq!(code(text), None, "{text}");
        }
    }
}
