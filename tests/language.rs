//! The page of the script language against the parser: what the page shows can be read, and what the parser knows is
//! on the page.

use std::collections::BTreeSet;

use catalogue::CATALOGUE;
use scenario::Script;
use tests::files::read;
use tests::forms::{forms, of_statement};
use tests::random::{Class, Clock, Forgery, script};
use tests::root;
use tests::vocabulary::{OPEN, PLACES, known};

fn page() -> String {
    read(&root().join("book/reference/language.md"))
}

/// What may stand before a statement, so that its sockets are there.
const BEFORE: [&str; 8] = [
    "",
    "server listen()\n",
    "server listen()\nclient connect()\n",
    OPEN,
    "server listen()\nclient connect()\nserver accept()\nserver crash()\n",
    "server listen()\nproxy listen()\nproxy crash()\nproxy boot()\n",
    "server listen()\nproxy listen()\nclient connect()\n",
    "server listen()\nproxy listen()\nclient connect()\nproxy accept()\nproxy connect()\n",
];

/// The statements of the page's tables, each behind what it needs: they can be read.
fn statements() -> Vec<Script> {
    let page = page();
    let (page, _) = page.split_once(WORDS).expect("the page has the words");
    // In a cell a `|` is escaped.
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let statements: Vec<String> = cells.map(|(statement, _)| statement.replace("\\|", "|")).collect();
    let statements: Vec<&String> = statements.iter().filter(|text| text.contains(' ') && !is_outcome(text)).collect();
    assert!(statements.len() >= 50, "only {} statements were found", statements.len());
    let read = |statement: &String| {
        let tried = BEFORE.iter().map(|before| Script::parse(&format!("{before}{statement}")));
        let (read, errors): (Vec<_>, Vec<_>) = tried.partition(Result::is_ok);
        let said = || errors.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect::<Vec<_>>();
        read.into_iter().find_map(Result::ok).unwrap_or_else(|| panic!("`{statement}`: {}", said().join("; ")))
    };
    statements.into_iter().map(read).collect()
}

/// The forms of the language that the page shows.
fn shown() -> BTreeSet<String> {
    let last = |script: &Script| of_statement(script.statements.last().expect("it has the statement"));
    statements().iter().flat_map(last).filter(|form| is_performed(form)).collect()
}

/// Whether a form is something that is done; the others say what shall have come of it.
fn is_performed(form: &str) -> bool {
    !form.starts_with('=') && !form.starts_with("expect")
}

/// `= 5` and `&`: what stands behind a call.
fn is_outcome(text: &str) -> bool {
    text.starts_with('=') || text.starts_with('&')
}

#[test]
fn every_script_on_the_page_can_be_read() {
    let page = page();
    let scripts: Vec<&str> =
        page.split("```tcp\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)).collect();
    assert!(!scripts.is_empty(), "the page has no script");
    for script in scripts {
        Script::parse(script).unwrap_or_else(|error| panic!("{error}:\n{script}"));
    }
}

/// The page behind this heading is made of the parser's own words, and what is left out; before it each statement is
/// explained.
const WORDS: &str = "## The words";

#[test]
fn every_word_of_the_parser_is_explained_on_the_page() {
    let page = page();
    let (explained, _) = page.split_once(WORDS).expect("the page has the words");
    let shown = words(explained);
    for (place, asked) in PLACES.into_iter().filter(|(place, _)| !NAMES_OF_THE_FIELD.contains(place)) {
        for word in known(asked) {
            assert!(
                shown.contains(&word.as_str()),
                "book/reference/language.md does not explain `{word}` of `{place}`"
            );
        }
    }
}

/// Where the words mean what they mean everywhere, and the table of words is enough.
const NAMES_OF_THE_FIELD: [&str; 4] =
    ["= ERROR", "expect server STATE", "link drop KIND from client", "link inject FLAGS to client"];

#[test]
fn what_every_option_and_setting_does_is_on_their_page() {
    let page = read(&root().join("book/reference/options.md"));
    let shown = words(&page);
    for asked in ["client setsockopt(zzz, 1)", "server sysctl(zzz, 1)"] {
        for word in known(asked) {
            assert!(shown.contains(&word.as_str()), "book/reference/options.md has no `{word}` (of `{asked}`)");
        }
    }
}

fn words(page: &str) -> Vec<&str> {
    page.split(|letter: char| !(letter.is_alphanumeric() || "_-.".contains(letter))).collect()
}

#[test]
fn every_statement_of_the_page_is_drawn_at_random() {
    let mut left = shown();
    for seed in 0..DRAWN_OF_EACH_CLASS {
        for (_, class) in Class::ALL {
            let text = script(seed, class, Clock::Real, Forgery::Any);
            for form in forms(&Script::parse(&text).expect("it is a script")) {
                left.remove(&form);
            }
        }
        if left.is_empty() {
            return;
        }
    }
    panic!("{DRAWN_OF_EACH_CLASS} scripts of each class have no {left:?}: draw it");
}

/// So many at most: the rarest is among the first 200.
const DRAWN_OF_EACH_CLASS: u64 = 400;

#[test]
fn every_statement_of_the_page_is_in_a_scenario_of_the_book_or_is_known_not_to_be() {
    let scripts = CATALOGUE.iter().map(|entry| Script::parse(entry.text).expect("each scenario reads"));
    let used: BTreeSet<String> = scripts.flat_map(|script| forms(&script)).collect();
    let left_out: BTreeSet<String> = shown().difference(&used).cloned().collect();
    let known: BTreeSet<String> = NOT_IN_A_SCENARIO.iter().map(|(form, _)| (*form).to_owned()).collect();
    assert_eq!(left_out, known, "what no scenario has, and what NOT_IN_A_SCENARIO says");
}

/// What stands in no scenario of the book, and why.
const NOT_IN_A_SCENARIO: [(&str, &str); 5] = [
    ("link RULE N", "the scenarios lose one segment, or all"),
    ("link ipv6", "every ending is the same with IPv6, which random scripts show"),
    ("setsockopt(SO_LINGER, off)", "it is as if it had never been set"),
    ("setsockopt(TCP_LINGER2, N)", "it is tcp_fin_timeout for one socket, and that is in a scenario"),
    ("sysctl(tcp_synack_retries, …)", "it shortens a wait that the chapter gives in seconds"),
];
