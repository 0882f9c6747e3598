//! The words of the script language, as the parser tells them where it finds one that it does not know.

use scenario::Script;

/// Places in which only some words may stand: each as the page of the language shows it, and a statement with a word
/// there that is none of them.
pub const PLACES: [(&str, &str); 18] = [
    ("client CALL()", "client zzz()"),
    ("server listen(…)", "server listen(zzz)"),
    ("client connect(…)", "client connect(zzz)"),
    ("client bind(…)", "client bind(zzz)"),
    ("client shutdown(…)", "client shutdown(zzz)"),
    ("client setsockopt(…)", "client setsockopt(zzz, 1)"),
    ("client getsockopt(…)", "client getsockopt(zzz)"),
    ("client ioctl(…)", "client ioctl(zzz)"),
    ("= ERROR", "client close() = EZZZ"),
    ("server sysctl(…)", "server sysctl(zzz, 1)"),
    ("link …", "link zzz"),
    ("link drop KIND from client", "link drop zzz from client"),
    ("link reject data from client …", "link reject data from client zzz"),
    ("link forget after 5s …", "link forget after 5s zzz"),
    ("link icmp … to client", "link icmp zzz to client"),
    ("link inject FLAGS to client", "link inject zzz to client"),
    ("link inject R to client …", "link inject R to client zzz 1"),
    ("expect server STATE", "expect server zzz"),
];

/// A script up to an open connection.
pub const OPEN: &str = "server listen()\nclient connect()\nserver accept()\n";

/// What the parser knows in the place of `zzz`.
///
/// # Panics
/// The parser knows `zzz`, or does not say what it knows.
pub fn known(asked: &str) -> Vec<String> {
    let error = Script::parse(&format!("{OPEN}{asked}")).expect_err("nobody knows zzz");
    let listed = error.right.split(|letter: char| ",` ".contains(letter));
    let words: Vec<String> = listed
        .filter(|word| !["", "known", "possible:", "are", "and", "is", "or", "flags", "follow:"].contains(word))
        .map(str::to_owned)
        .collect();
    assert!(!words.is_empty(), "`{asked}`: {error}");
    words
}
