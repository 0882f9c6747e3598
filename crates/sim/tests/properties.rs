//! Any text is read or refused, and what is read is performed or refused. Scripts that mean something are held to more in
//! tests/properties.rs.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use scenario::Script;
use sim::Stack;

/// PROPTEST_CASES sets another number.
const CASES: u32 = 400;

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES)) })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = Script::parse(&text);
    }

    #[test]
    fn any_letters_of_the_language_are_read_or_refused(
        words in prop::collection::vec(select(vec![
            "server", "client", " ", "\n", "(", ")", "listen", "connect", "=", "&", "#", "link", "drop", "hold", "inject",
            "all", "FIN", "from", "to", "seq", "+1", "-1", "99999999999", "ms", "1.5s", "blocks", ", then ", "ECONNRESET",
            "\"", "write", "read", ".", "R.", "as", "x", "wait", "expect", "sysctl", "tcp_rfc1337", "\t", "é", "|", "IN",
        ]), 0..60)
    ) {
        let text: String = words.concat();
        if let Ok(script) = Script::parse(&text) {
            let _ = sim::run("random", &script, Stack::Linux);
        }
    }
}
