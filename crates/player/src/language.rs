//! The script language as a list of statements that can be put in by a click. What there is comes from the parser's own
//! tables; here stands what each looks like and what it is for. The playground's page has the list ([`listed`]), so that
//! no chapter's reader loads it.

use scenario::{CALLS, LINK, OPTIONS};

/// A statement that can be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// As it is written.
    pub text: &'static str,
    /// What it does.
    pub does: &'static str,
}

/// Statements of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub title: &'static str,
    /// In the order of the parser's tables.
    pub snippets: Vec<Snippet>,
}

/// The whole language.
pub fn groups() -> Vec<Group> {
    let group = |title, words: &[&str], snippet: fn(&str) -> Option<Snippet>| Group {
        title,
        snippets: words.iter().filter_map(|word| snippet(word)).collect(),
    };
    vec![
        group("Calls and hosts", &CALLS, call),
        group("Options", &OPTIONS, option),
        group("The link", &LINK, link),
        Group { title: "Time, states, several sockets", snippets: OTHER.to_vec() },
    ]
}

/// The list as HTML, without a line's end. Each statement is a button with nothing else in it.
pub fn listed() -> String {
    let item = |Snippet { text, does }: &Snippet| {
        format!(
            "<li><button type=\"button\"><code>{}</code></button> <span>{}</span></li>",
            escaped(text),
            escaped(does)
        )
    };
    let section = |group: Group| {
        let items: String = group.snippets.iter().map(item).collect();
        format!("<section><h3>{}</h3><ul>{items}</ul></section>", group.title)
    };
    let sections: String = groups().into_iter().map(section).collect();
    format!("<div class=\"scenario pg-shelf pg-language\"><p>{LANGUAGE_IS}</p>{sections}</div>")
}

const LANGUAGE_IS: &str = "One statement a line; # begins a comment. A click puts a statement into the script, behind \
                           the line that you are in.";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const fn snippet(text: &'static str, does: &'static str) -> Option<Snippet> {
    Some(Snippet { text, does })
}

fn call(name: &str) -> Option<Snippet> {
    match name {
        "listen" => snippet("server listen()", "waits for connections; (backlog=1), (port=8080), (reuseaddr)"),
        "connect" => snippet("client connect()", "opens a connection; (port=8080), (from=5000), (nonblock)"),
        "socket" => snippet("client socket() as other", "a socket without a connection: other connect()"),
        "bind" => snippet("client bind(port=5000)", "gives it a port, before it connects"),
        "disconnect" => snippet("client disconnect()", "connect() with AF_UNSPEC: the socket is as new"),
        "dup" => snippet("client dup() as copy", "another descriptor for the same socket, as fork() makes one"),
        "accept" => snippet("server accept()", "takes the next connection from the queue"),
        "write" => snippet("client write(\"hello\")", "a text, or a number of bytes: write(100000)"),
        "read" => snippet("server read()", "all that is there, or at most so many bytes: read(10)"),
        "peek" => snippet("client peek()", "what read() would give, and it stays there"),
        "ioctl" => snippet("client ioctl(FIONREAD)", "unread bytes; SIOCOUTQ: not acknowledged ones"),
        "shutdown" => snippet("client shutdown(WR)", "ends one direction: WR, RD, or both with RDWR"),
        "close" => snippet("server close()", "gives the socket back"),
        "setsockopt" => snippet("server setsockopt(SO_LINGER, 0)", "sets an option; they stand below"),
        "getsockopt" => snippet("client getsockopt(SO_ERROR)", "takes the pending error"),
        "poll" => snippet("client poll()", "what is ready: IN, OUT, RDHUP, HUP, ERR, NVAL"),
        "getpeername" => snippet("client getpeername()", "0 while there is a peer, else ENOTCONN"),
        "kill" => snippet("server kill()", "kill -9: the kernel closes what the process had"),
        "crash" => snippet("server crash()", "power is cut: everything gone, nothing sent"),
        "boot" => snippet("server boot()", "it is back, and remembers nothing"),
        "sysctl" => snippet("server sysctl(tcp_fin_timeout, 5)", "a setting of that host's kernel"),
        _ => None,
    }
}

fn option(name: &str) -> Option<Snippet> {
    match name {
        "SO_LINGER" => snippet("client setsockopt(SO_LINGER, 0)", "close() resets; with seconds it waits; off"),
        "SO_KEEPALIVE" => snippet("client setsockopt(SO_KEEPALIVE, 1)", "an idle peer is probed"),
        "TCP_KEEPIDLE" => snippet("client setsockopt(TCP_KEEPIDLE, 5s)", "so long it may be idle before"),
        "TCP_KEEPINTVL" => snippet("client setsockopt(TCP_KEEPINTVL, 1s)", "from one probe to the next"),
        "TCP_KEEPCNT" => snippet("client setsockopt(TCP_KEEPCNT, 3)", "so many unanswered probes end it"),
        "TCP_USER_TIMEOUT" => snippet("client setsockopt(TCP_USER_TIMEOUT, 3s)", "so long sent bytes may wait"),
        "TCP_LINGER2" => snippet("server setsockopt(TCP_LINGER2, 2)", "seconds in FIN-WAIT-2 after close; -1 resets"),
        "TCP_DEFER_ACCEPT" => snippet("listener setsockopt(TCP_DEFER_ACCEPT, 5s)", "accept() waits for data"),
        "SO_RCVBUF" => snippet("server setsockopt(SO_RCVBUF, 4096)", "room for bytes that nobody has read"),
        "SO_SNDBUF" => snippet("client setsockopt(SO_SNDBUF, 4096)", "room for bytes that are not acknowledged"),
        "O_NONBLOCK" => snippet("client setsockopt(O_NONBLOCK, 1)", "no call waits: EAGAIN"),
        "SO_RCVTIMEO" => snippet("client setsockopt(SO_RCVTIMEO, 2s)", "so long read() and accept() wait: EAGAIN"),
        "SO_SNDTIMEO" => snippet("client setsockopt(SO_SNDTIMEO, 2s)", "so long write() and connect() wait"),
        "SO_REUSEADDR" => snippet("client setsockopt(SO_REUSEADDR, 1)", "bind() in spite of TIME-WAIT"),
        "IP_BIND_ADDRESS_NO_PORT" => {
            snippet("client setsockopt(IP_BIND_ADDRESS_NO_PORT, 1)", "bind() leaves the port to connect()")
        }
        "TCP_NODELAY" => snippet("client setsockopt(TCP_NODELAY, 1)", "small segments do not wait for one another"),
        _ => None,
    }
}

fn link(word: &str) -> Option<Snippet> {
    match word {
        "delay" => snippet("link delay 40ms", "one way, from here on; 10 ms until set"),
        "ipv6" => snippet("link ipv6", "only as the first statement"),
        "cut" => snippet("link cut", "everything is lost"),
        "restore" => snippet("link restore", "and arrives again"),
        "drop" => snippet("link drop next FIN from server", "loses it: next, next 3, all"),
        "twice" => snippet("link twice next data from client", "delivers it twice"),
        "hold" => snippet("link hold next FIN from server 500ms", "delivers it later"),
        "reject" => snippet("link reject next data from client", "loses it, and answers with a reset"),
        "forget" => snippet("link forget after 5s drop", "a box forgets what is idle: drop or reset; half-closed"),
        "mtu" => snippet("link mtu 576", "loses longer segments, and tells nobody"),
        "icmp" => snippet("link icmp unreachable to client", "says that the other side cannot be reached"),
        "inject" => {
            snippet("link inject RST to client", "forges one; seq exact, inside, outside, +N; ack N; len N; port N")
        }
        _ => None,
    }
}

const OTHER: [Snippet; 7] = [
    Snippet { text: "wait 1s", does: "lets time pass: 300ms, 2s" },
    Snippet { text: "expect server CLOSE-WAIT", does: "says in which state its connection is" },
    Snippet { text: "client read() = 0", does: "says what it returns; the picture marks what differs" },
    Snippet { text: "client read() = blocks, then ECONNRESET", does: "it waits, and how that ends" },
    Snippet { text: "client connect() as second", does: "names the socket: second write(3)" },
    Snippet {
        text: "proxy listen()",
        does: "a host between them, with sockets downstream and upstream, and two links",
    },
    Snippet { text: "client close() &", does: "the next statement begins at once" },
];

/// A script with a statement put in as a line of its own behind the line of the caret, and where the caret is then;
/// both carets in UTF-16 units, as browsers count.
pub fn put_in(script: &str, caret: u32, statement: &str) -> (String, u32) {
    let line = Line::of(script, caret);
    // An empty line is filled.
    let separator = if line.text.is_empty() { "" } else { "\n" };
    line.replaced(&format!("{}{separator}{statement}", line.text))
}

/// A script whose line at the caret is this statement, and where the caret is then.
pub fn completed(script: &str, caret: u32, statement: &str) -> (String, u32) {
    Line::of(script, caret).replaced(statement)
}

/// What stands in the line of the caret before it, if nothing stands behind it.
pub fn begun(script: &str, caret: u32) -> Option<String> {
    let line = Line::of(script, caret);
    line.is_at_end.then_some(line.text)
}

/// The line that the caret is in.
struct Line {
    before: String,
    text: String,
    behind: String,
    is_at_end: bool,
}

impl Line {
    fn of(script: &str, caret: u32) -> Self {
        let units: Vec<u16> = script.encode_utf16().collect();
        let caret = units.len().min(caret as usize);
        let newline = u16::from(b'\n');
        let end = units[caret..].iter().position(|unit| *unit == newline).map_or(units.len(), |more| caret + more);
        let begin = units[..caret].iter().rposition(|unit| *unit == newline).map_or(0, |at| at + 1);
        let text = String::from_utf16_lossy;
        Self {
            before: text(&units[..begin]),
            text: text(&units[begin..end]),
            behind: text(&units[end..]),
            is_at_end: caret == end,
        }
    }

    /// The script with another text in its place, and the caret behind that.
    fn replaced(&self, text: &str) -> (String, u32) {
        let before = format!("{}{text}", self.before);
        let caret = before.encode_utf16().count();
        let end = if self.behind.is_empty() { "\n" } else { &self.behind };
        (before + end, u32::try_from(caret).unwrap_or(u32::MAX))
    }
}

/// So many statements are proposed at a time.
const PROPOSED: usize = 8;
/// Calls of one side alone.
const ONE_SIDED: [&str; 6] = ["listen", "accept", "connect", "socket", "bind", "disconnect"];

/// The statements of a list ([`listed`]).
pub fn statements(listed: &str) -> Vec<String> {
    listed.split("<code>").skip(1).filter_map(|rest| Some(unescaped(rest.split_once("</code>")?.0))).collect()
}

/// Those of the statements that begin as a line does; what one side or a socket does, any other can do.
pub fn proposed(statements: &[String], begun: &str) -> Vec<String> {
    let begun = begun.trim_start();
    let Some(begin) = begun.split(' ').next().filter(|word| !word.is_empty() && !begun.starts_with('#')) else {
        return Vec::new();
    };
    let is_subject = begun.contains(' ') && !["link", "wait", "expect", "proxy"].contains(&begin);
    let as_begun = |statement: &String| match statement.split_once(' ') {
        Some(("client" | "server", call))
            if is_subject && !ONE_SIDED.iter().any(|verb| call.starts_with(&format!("{verb}("))) =>
        {
            format!("{begin} {call}")
        }
        _ => statement.clone(),
    };
    let mut fitting: Vec<String> = Vec::new();
    for statement in statements.iter().map(as_begun) {
        if statement.starts_with(begun) && statement != begun && !fitting.contains(&statement) {
            fitting.push(statement);
        }
    }
    fitting.truncate(PROPOSED);
    fitting
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use scenario::Script;

    use super::*;

    #[test]
    fn every_word_of_the_language_can_be_put_in() {
        for name in CALLS {
            assert!(call(name).is_some_and(|snippet| snippet.text.contains(&format!(" {name}("))), "{name}");
        }
        for name in OPTIONS {
            assert!(option(name).is_some_and(|snippet| snippet.text.contains(name)), "{name}");
        }
        for word in LINK {
            assert!(link(word).is_some_and(|snippet| snippet.text.starts_with(&format!("link {word}"))), "{word}");
        }
    }

    #[test]
    fn what_is_put_in_is_a_statement() {
        for snippet in groups().iter().flat_map(|group| &group.snippets) {
            let open = "server listen()\nclient connect()\nserver accept()\n";
            let script = match snippet.text {
                "link ipv6" => format!("{}\n{open}", snippet.text),
                "server listen()" | "client connect()" => snippet.text.to_owned(),
                "server accept()" => "server listen()\nclient connect()\nserver accept()\n".to_owned(),
                "server boot()" => format!("{open}server crash()\n{}\n", snippet.text),
                text => format!("{open}{text}\n"),
            };
            assert!(Script::parse(&script).is_ok(), "{script}: {:?}", Script::parse(&script));
        }
    }

    #[test]
    fn it_stands_behind_the_line_of_the_caret() {
        assert_eq!(put_in("a\nb\n", 0, "x"), ("a\nx\nb\n".to_owned(), 3));
        assert_eq!(put_in("a\nb\n", 3, "x"), ("a\nb\nx\n".to_owned(), 5));
        assert_eq!(put_in("a\n\nb\n", 2, "x"), ("a\nx\nb\n".to_owned(), 3), "an empty line is filled");
        assert_eq!(put_in("", 9, "x"), ("x\n".to_owned(), 1));
        assert_eq!(put_in("é😀\n", 3, "x"), ("é😀\nx\n".to_owned(), 5), "browsers count in UTF-16");
    }

    #[test]
    fn a_begun_line_is_completed() {
        assert_eq!(begun("a\nserver re\nb\n", 11).as_deref(), Some("server re"));
        assert_eq!(begun("a\nserver re\nb\n", 5), None, "the caret is in the middle of it");
        let (script, caret) = completed("a\nserver re\nb\n", 11, "server read()");
        assert_eq!((script.as_str(), caret), ("a\nserver read()\nb\n", 15));
        assert_eq!(completed("wai", 3, "wait 1s"), ("wait 1s\n".to_owned(), 7));
    }

    #[test]
    fn what_is_proposed_begins_as_the_line_does_and_is_a_statement() {
        let list = statements(&listed());
        assert_eq!(
            proposed(&list, "server rea"),
            ["server read()", "server read() = 0", "server read() = blocks, then ECONNRESET"]
        );
        assert!(proposed(&list, "second wr").iter().any(|statement| statement == "second write(\"hello\")"));
        assert_eq!(proposed(&list, "link dro").len(), 1);
        assert_eq!(proposed(&list, "server conn"), [""; 0], "the server connects to nobody");
        for nothing in ["", "  ", "# client ", "client close() = 0", "nobody sings"] {
            assert_eq!(proposed(&list, nothing), [""; 0], "`{nothing}`");
        }
        for word in ["client ", "server ", "link ", "w", "exp"] {
            let of_word = proposed(&list, word);
            assert!(!of_word.is_empty() && of_word.len() <= PROPOSED, "{word}: {of_word:?}");
            assert!(of_word.iter().all(|statement| statement.starts_with(word)), "{of_word:?}");
        }
    }
}
