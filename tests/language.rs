//! The page of the script language against the parser: what the page shows can be read, and what the parser knows is
//! on the page.

use scenario::Script;
use tests::files::read;
use tests::root;

fn page() -> String {
    read(&root().join("book/reference/language.md"))
}

/// What may stand before a statement, so that its sockets are there.
const BEFORE: [&str; 8] = [
    "",
    "server listen()\n",
    "server listen()\nclient connect()\n",
    "server listen()\nclient connect()\nserver accept()\n",
    "server listen()\nclient connect()\nserver accept()\nserver crash()\n",
    "server listen()\nproxy listen()\nproxy crash()\nproxy boot()\n",
    "server listen()\nproxy listen()\nclient connect()\n",
    "server listen()\nproxy listen()\nclient connect()\nproxy accept()\nproxy connect()\n",
];

#[test]
fn every_statement_on_the_page_can_be_read() {
    let page = page();
    // In a cell a `|` is escaped.
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let statements: Vec<String> = cells.map(|(statement, _)| statement.replace("\\|", "|")).collect();
    let statements: Vec<&String> = statements.iter().filter(|text| text.contains(' ') && !is_outcome(text)).collect();
    assert!(statements.len() >= 50, "only {} statements were found", statements.len());
    for statement in statements {
        let errors: Vec<String> = BEFORE
            .iter()
            .map_while(|before| Script::parse(&format!("{before}{statement}")).err().map(|error| error.to_string()))
            .collect();
        assert!(errors.len() < BEFORE.len(), "`{statement}`: {}", errors.join("; "));
    }
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

#[test]
fn every_word_of_the_parser_is_on_the_page() {
    // What the parser says is right in the place of a word that it cannot know is all that it knows there.
    const ASKED: [&str; 17] = [
        "client zzz()",
        "server listen(zzz)",
        "client connect(zzz)",
        "client shutdown(zzz)",
        "client setsockopt(zzz, 1)",
        "client getsockopt(zzz)",
        "client ioctl(zzz)",
        "client bind(zzz)",
        "server sysctl(zzz, 1)",
        "link zzz",
        "link drop zzz from client",
        "link forget after 5s zzz",
        "link icmp zzz to client",
        "link inject zzz to client",
        "link inject R to client zzz 1",
        "expect server zzz",
        "client close() = EZZZ",
    ];
    let page = page();
    let shown: Vec<&str> = page.split(|letter: char| !(letter.is_alphanumeric() || "_-.".contains(letter))).collect();
    for asked in ASKED {
        let error = Script::parse(&format!("{}{asked}", BEFORE[3])).expect_err("nobody knows zzz");
        let listed = error.right.split(|letter: char| ",` ".contains(letter));
        let words: Vec<&str> = listed
            .filter(|word| !["", "known", "possible:", "are", "and", "is", "or", "flags", "follow:"].contains(word))
            .collect();
        assert!(!words.is_empty(), "`{asked}`: {error}");
        for word in words {
            assert!(shown.contains(&word), "book/reference/language.md has no `{word}` (the parser: {error})");
        }
    }
}
