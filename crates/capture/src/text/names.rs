//! Names and numbers that mean the same in every program: errnos, HTTP statuses, states.

use std::ops::Range;

/// An errno, with its number where it has one.
#[derive(Debug, PartialEq, Eq)]
pub struct Errno {
    /// As POSIX has it; Windows' own have their names there.
    pub name: &'static str,
    /// Linux's number (asm-generic/errno.h).
    pub linux: Option<u32>,
    /// macOS's number (sys/errno.h).
    pub macos: Option<u32>,
    /// Windows's number (winsock2.h, winerror.h).
    pub windows: Option<u32>,
    /// The id of the table's ending that it belongs to.
    pub ending: &'static str,
}

/// Whose number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names")]
pub enum System {
    Linux,
    Macos,
    Windows,
}

impl System {
    /// As its makers write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Macos => "macOS",
            Self::Windows => "Windows",
        }
    }
}

macro_rules! errnos {
    ($($name:ident $linux:tt $macos:tt $windows:tt $ending:literal;)*) => {
        &[$(Errno {
            name: stringify!($name),
            linux: errnos!(@ $linux),
            macos: errnos!(@ $macos),
            windows: errnos!(@ $windows),
            ending: $ending,
        },)*]
    };
    (@ _) => { None };
    (@ $number:literal) => { Some($number) };
}

/// Every errno that has to do with an ending: Linux, macOS, Windows.
pub const ERRNOS: &[Errno] = errnos! {
    ECONNRESET 104 54 10054 "connection-reset";
    EPIPE 32 32 _ "broken-pipe";
    ESHUTDOWN 108 58 10058 "broken-pipe";
    ECONNREFUSED 111 61 10061 "refused";
    ETIMEDOUT 110 60 10060 "timed-out";
    ENETRESET 102 52 10052 "timed-out";
    EAGAIN 11 35 10035 "again";
    EWOULDBLOCK _ _ _ "again";
    EINPROGRESS 115 36 10036 "again";
    EALREADY 114 37 10037 "again";
    ECONNABORTED 103 53 10053 "aborted";
    EHOSTUNREACH 113 65 10065 "no-route";
    EHOSTDOWN 112 64 10064 "no-route";
    ENETUNREACH 101 51 10051 "no-route";
    ENETDOWN 100 50 10050 "no-route";
    EADDRINUSE 98 48 10048 "address-in-use";
    EADDRNOTAVAIL 99 49 10049 "cannot-assign";
    ENOTCONN 107 57 10057 "not-connected";
    EBADF 9 9 10009 "own-close";
    ENOTSOCK 88 38 10038 "own-close";
    EMFILE 24 24 10024 "too-many-files";
    ENFILE 23 23 _ "too-many-files";
    ERROR_NETNAME_DELETED _ _ 64 "connection-reset";
    ERROR_BROKEN_PIPE _ _ 109 "broken-pipe";
    ERROR_CONNECTION_REFUSED _ _ 1225 "refused";
    ERROR_SEM_TIMEOUT _ _ 121 "timed-out";
    ERROR_CONNECTION_ABORTED _ _ 1236 "aborted";
    ERROR_OPERATION_ABORTED _ _ 995 "own-close";
};

/// The errno that a text names, at its last place: as a name in any case, alone, within a word of Windows' or
/// libuv's (`WSAECONNRESET`, `UV_EPIPE`), or as a number where one says that it is an errno's.
pub(super) fn errno(text: &str) -> Option<(&'static Errno, Option<System>, Range<usize>)> {
    let words = words(text);
    let named = words.iter().rev().find_map(|place| {
        let word = text[place.clone()].to_uppercase();
        let name = word.strip_prefix("WSA").or_else(|| word.strip_prefix("UV_")).unwrap_or(&word);
        let found = ERRNOS.iter().find(|errno| errno.name == name)?;
        let system = word.starts_with("WSA").then_some(System::Windows);
        Some((found, system, place.clone()))
    });
    named.or_else(|| {
        words.iter().rev().find_map(|place| {
            let number: u32 = text[place.clone()].parse().ok()?;
            let (errno, system) = of_libuv(text, place).or_else(|| numbered(number))?;
            is_said_to_be_an_errno(text, place).then(|| (errno, Some(system), place.clone()))
        })
    })
}

/// libuv's own numbers on Windows (uv/errno.h), less their sign: Node prints `errno: -4077`.
const LIBUV: [(&str, u32); 13] = [
    ("EADDRINUSE", 4091),
    ("EADDRNOTAVAIL", 4090),
    ("EAGAIN", 4088),
    ("EALREADY", 4084),
    ("ECONNABORTED", 4079),
    ("ECONNREFUSED", 4078),
    ("ECONNRESET", 4077),
    ("EHOSTUNREACH", 4073),
    ("ENETUNREACH", 4062),
    ("ENOTCONN", 4053),
    ("EPIPE", 4047),
    ("ESHUTDOWN", 4042),
    ("ETIMEDOUT", 4039),
];

/// The errno that libuv means by a number behind a minus sign.
fn of_libuv(text: &str, place: &Range<usize>) -> Option<(&'static Errno, System)> {
    let number: u32 = text[..place.start].ends_with('-').then(|| text[place.clone()].parse().ok())??;
    let (name, _) = LIBUV.iter().find(|(_, known)| *known == number)?;
    Some((ERRNOS.iter().find(|errno| errno.name == *name)?, System::Windows))
}

/// Linux's meaning comes first, then that of macOS.
fn numbered(number: u32) -> Option<(&'static Errno, System)> {
    let find = |number_of: fn(&Errno) -> Option<u32>| ERRNOS.iter().find(|errno| number_of(errno) == Some(number));
    find(|errno| errno.linux)
        .map(|errno| (errno, System::Linux))
        .or_else(|| find(|errno| errno.macos).map(|errno| (errno, System::Macos)))
        .or_else(|| find(|errno| errno.windows).map(|errno| (errno, System::Windows)))
}

fn is_said_to_be_an_errno(text: &str, place: &Range<usize>) -> bool {
    const BEFORE: [&str; 8] = ["errno", "os error", "error", "code", "winerror", "errcode", "syscall", "err"];
    if text.trim() == &text[place.clone()] {
        return true;
    }
    let before = text[..place.start].trim_end_matches(['-', ' ', '=', ':', '(', '[', '#', '\'', '"', '%', '@']);
    let is_named = BEFORE.iter().any(|word| before.ends_with(word));
    // As nginx and OpenSSL print it: `recv() failed (104: …)`, `[104]`.
    let is_braced = text[..place.start].ends_with(['(', '[']) && text[place.end..].starts_with([':', ')', ']', ',']);
    // Windows' numbers say so by themselves, unless they are ports.
    let is_large = text[place.clone()].len() == 5 && !text[..place.start].ends_with(':');
    let tells_of_a_failure = text.contains("fail") || text.contains("error");
    is_named || is_large || is_braced && tells_of_a_failure
}

/// Statuses that a proxy gives when a connection behind or before it has ended.
const STATUSES: [&str; 14] =
    ["502", "503", "504", "499", "408", "413", "460", "520", "521", "522", "523", "524", "525", "444"];

/// The HTTP status that a text names, at its last place.
pub(super) fn status(text: &str) -> Option<(&'static str, Range<usize>)> {
    const BEFORE: [&str; 13] = [
        "cloudflare",
        "http",
        "http/1.1",
        "http/1.0",
        "http/2",
        "http/2.0",
        "http/3",
        "status",
        "code",
        "error",
        "returned",
        "statuscode",
        "response",
    ];
    const BEHIND: [&str; 11] = [
        "bad gateway",
        "gateway time",
        "service ",
        "client closed",
        "request time",
        "error",
        "payload too",
        "web server is",
        "connection timed out",
        "origin is unreachable",
        "a timeout occurred",
    ];
    words(text).iter().rev().find_map(|place| {
        let status = *STATUSES.iter().find(|status| **status == &text[place.clone()])?;
        let alone = text.trim() == status;
        let before = text[..place.start].trim_end_matches([' ', ':', '=', '"', '\'', '(', '[', '<']);
        let is_named = BEFORE.iter().any(|word| before.ends_with(word));
        // As an access log has it: "GET / HTTP/1.1" 502 157
        let is_behind_a_request = text[..place.start].ends_with("\" ");
        let behind = text[place.end..].trim_start();
        let is_explained = BEHIND.iter().any(|words| behind.starts_with(words));
        (alone || is_named || is_behind_a_request || is_explained).then(|| (status, place.clone()))
    })
}

/// The name that HAProxy's state has in logs of fields, JSON or `key=value`.
const TERMINATION: &str = "termination_state";

/// HAProxy's termination state in a line of its log, as the table has it: `SH--`, or `SD` of a TCP line, or of a field.
/// Great and small letters differ in it.
pub(super) fn termination(original: &str) -> Option<(String, Range<usize>)> {
    let of_field = original.match_indices(TERMINATION).find_map(|(at, name)| {
        let value = original[at + name.len()..].trim_start_matches(['"', '\\', ':', '=', ' ', '\'']);
        let begin = original.len() - value.len();
        let length = value.find(|letter: char| !letter.is_ascii_alphabetic() && letter != '-').unwrap_or(value.len());
        let is_state = matches!(length, 2 | 4) && is_termination(value);
        is_state.then(|| (format!("{}--", &value[..2]), begin..begin + length))
    });
    if of_field.is_some() {
        return of_field;
    }
    let fields = |line: &str| -> Vec<Range<usize>> {
        let mut fields = Vec::new();
        let mut begin = 0;
        for field in line.split(' ') {
            fields.push(begin..begin + field.len());
            begin += field.len() + 1;
        }
        fields
    };
    let mut begin = 0;
    for line in original.split('\n') {
        for pair in fields(line).windows(2) {
            let (state, next) = (&line[pair[0].clone()], &line[pair[1].clone()]);
            // Behind it stand five numbers of connections: 1/1/0/0/0
            let is_counted = next.split('/').count() == 5 && next.starts_with(|letter: char| letter.is_ascii_digit());
            let is_state = matches!(state.len(), 2 | 4) && is_termination(state);
            if is_counted && is_state {
                return Some((format!("{}--", &state[..2]), begin + pair[0].start..begin + pair[0].end));
            }
        }
        begin += line.len() + 1;
    }
    let alone = original.trim();
    let is_alone = alone.len() == 4 && alone.ends_with("--") && is_termination(alone);
    is_alone.then(|| (alone.to_owned(), 0..original.len()))
}

/// Who ended it, and in which phase (HAProxy's manual, "Session state at disconnection").
fn is_termination(state: &str) -> bool {
    let mut letters = state.chars();
    let by = letters.next().is_some_and(|letter| "CSPLRIDUKcs".contains(letter));
    by && letters.next().is_some_and(|letter| "RQCHDLT".contains(letter))
}

/// A state's name as the table has it, from any spelling: `FIN_WAIT_2`, `FinWait2`, `fin wait 2`.
pub(super) fn state(word: &str) -> Option<&'static str> {
    let bare: String = word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match bare.as_str() {
        "closewait" => "CLOSE-WAIT",
        "timewait" => "TIME-WAIT",
        "finwait1" => "FIN-WAIT-1",
        "finwait2" => "FIN-WAIT-2",
        "lastack" => "LAST-ACK",
        "synsent" => "SYN-SENT",
        "synrecv" | "synrcvd" | "synreceived" => "SYN-RECV",
        "closing" => "CLOSING",
        "established" | "estab" => "ESTABLISHED",
        "listen" | "listening" => "LISTEN",
        _ => return None,
    })
}

/// The state that a text names, at its last place. Words of everyday (`closing`, `established`) count only alone.
pub(super) fn state_in(text: &str) -> Option<(&'static str, Range<usize>)> {
    const EVERYDAY: [&str; 3] = ["CLOSING", "ESTABLISHED", "LISTEN"];
    if let Some(found) = state(text) {
        return Some((found, 0..text.len()));
    }
    let words = words(text);
    let spans = (1..=3).flat_map(|length| words.windows(length).map(|span| span[0].start..span[span.len() - 1].end));
    spans
        .filter_map(|place| {
            let span = &text[place.clone()];
            let is_one_name = span.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | ' '));
            let found = state(span).filter(|found| is_one_name && !EVERYDAY.contains(found))?;
            Some((found, place))
        })
        .max_by_key(|(_, place)| place.start)
}

/// The words of a text: letters, digits and underscores.
pub(super) fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for (place, letter) in text.char_indices() {
        if !(letter.is_alphanumeric() || letter == '_') {
            continue;
        }
        let end = place + letter.len_utf8();
        match words.last_mut() {
            Some(last) if last.end == place => last.end = end,
            _ => words.push(place..end),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::found::Found;

    fn errno_of(text: &str) -> Option<(&'static str, Option<System>)> {
        errno(&text.to_lowercase()).map(|(errno, system, _)| (errno.name, system))
    }

    #[test]
    fn an_errno_is_found_by_any_of_its_names() {
        for text in
            ["{ code: 'ECONNRESET' }", "econnreset", "uv_econnreset", "[Errno::ECONNRESET]", "read ECONNRESET\n"]
        {
            assert_eq!(errno_of(text), Some(("ECONNRESET", None)), "{text}");
        }
        assert_eq!(errno_of("WSAECONNRESET"), Some(("ECONNRESET", Some(System::Windows))));
        assert_eq!(errno_of("the connections were reset"), None);
    }

    #[test]
    fn a_number_is_an_errno_where_it_is_said() {
        for (text, name, system) in [
            ("errno: -104", "ECONNRESET", System::Linux),
            ("104", "ECONNRESET", System::Linux),
            ("(os error 32)", "EPIPE", System::Linux),
            ("recv() failed (111: ", "ECONNREFUSED", System::Linux),
            ("[Errno 54]", "ECONNRESET", System::Macos),
            ("os error 61", "ECONNREFUSED", System::Macos),
            ("[WinError 10060]", "ETIMEDOUT", System::Windows),
            ("error code 10053", "ECONNABORTED", System::Windows),
            ("errno: -4077,", "ECONNRESET", System::Windows),
            ("errno: -104", "ECONNRESET", System::Linux),
            ("system error: 110", "ETIMEDOUT", System::Linux),
        ] {
            assert_eq!(errno_of(text), Some((name, Some(system))), "{text}");
        }
        for text in ["104 bytes", "took 110 ms", "port 10 of 32", "(104)"] {
            assert_eq!(errno_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_status_is_one_where_it_is_said() {
        for text in
            ["502", "HTTP/1.1 502", "502 Bad Gateway", "\"GET / HTTP/1.1\" 502 157", "status code 502", "status=502"]
        {
            assert_eq!(status(&text.to_lowercase()).map(|(status, _)| status), Some("502"), "{text}");
        }
        assert_eq!(status("502 bytes in 504 ms"), None);
        assert_eq!(status("http/1.1 200 ok"), None);
    }

    #[test]
    fn what_is_found_by_name_has_its_line() {
        for state in ["closewait", "timewait", "finwait1", "finwait2", "lastack", "synsent", "synrecv", "listen"] {
            let name = state_in(state).map(|(name, _)| name);
            assert!(name.and_then(Found::of_name).is_some(), "{state}");
        }
        for status in STATUSES {
            assert!(Found::of_name(status).is_some(), "{status}");
            // As Cloudflare's page and logs say it.
            for text in [format!("cloudflare {status}"), format!("error {status}: a timeout occurred")] {
                assert_eq!(super::status(&text).map(|(found, _)| found), Some(status), "{text}");
            }
        }
    }

    #[test]
    fn haproxy_s_states_are_found_where_they_stand() {
        let http = "f7101 b7101/s 0/0/1/-1/37 502 209 - - SH-- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"";
        assert_eq!(termination(http).map(|(state, place)| (state, &http[place])), Some(("SH--".to_owned(), "SH--")));
        let tcp = "a\nt7108 tb7108/s 1/0/1003 0 sD 1/1/0/0/0 0/0";
        assert_eq!(termination(tcp).map(|(state, place)| (state, &tcp[place])), Some(("sD--".to_owned(), "sD")));
        assert_eq!(termination("cD--").map(|(state, _)| state), Some("cD--".to_owned()));
        for field in
            ["{\"termination_state\":\"SD\"}", "termination_state=SD-- a=b", "\\\"termination_state\\\": \\\"SD\\\""]
        {
            let (state, place) = termination(field).unwrap_or_else(|| panic!("{field}"));
            assert_eq!((state.as_str(), &field[place][..2]), ("SD--", "SD"), "{field}");
        }
        assert_eq!(termination("the termination_state is not here"), None);
        for text in ["no state", "in order -- 1/1", "- - ---- 1/1/0/0/0 0/0", "SD card 1/2/3/4/5"] {
            assert_eq!(termination(text), None, "{text}");
        }
    }

    #[test]
    fn a_state_is_found_in_any_spelling() {
        for text in ["FIN_WAIT_2", "FIN_WAIT2", "FIN-WAIT-2", "FinWait2", "fin wait 2", "many in FIN_WAIT_2 here"] {
            assert_eq!(state_in(&text.to_lowercase()).map(|(state, _)| state), Some("FIN-WAIT-2"), "{text}");
        }
        assert_eq!(state_in("syn_rcvd").map(|(state, _)| state), Some("SYN-RECV"));
        assert_eq!(state_in("closing").map(|(state, _)| state), Some("CLOSING"));
        assert_eq!(state_in("closing the file, connection established"), None);
        assert_eq!(state_in("time to wait"), None);
    }

    #[test]
    fn no_number_means_two_things_on_one_system() {
        let systems: [fn(&Errno) -> Option<u32>; 3] = [|errno| errno.linux, |errno| errno.macos, |errno| errno.windows];
        for number_of in systems {
            let mut numbers: Vec<u32> = ERRNOS.iter().filter_map(number_of).collect();
            numbers.sort_unstable();
            let all = numbers.len();
            numbers.dedup();
            assert_eq!(numbers.len(), all);
        }
    }
}
