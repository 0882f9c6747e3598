use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A count of bytes, or 0 for success.
    Number(u64),
    /// The call failed, or `getsockopt(SO_ERROR)` handed out a pending error.
    Errno(Errno),
    /// The events that `poll` returned.
    Ready(Ready),
    /// The call has not returned.
    Blocks,
}

impl Outcome {
    /// Success without a count.
    pub const ZERO: Self = Self::Number(0);

    /// Whether the call returned and did not fail.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Number(_) | Self::Ready(_))
    }

    /// Reads what `Display` prints; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        if text == "blocks" {
            return Some(Self::Blocks);
        }
        if let Ok(number) = text.parse() {
            return Some(Self::Number(number));
        }
        if let Some(errno) = Errno::from_name(text) {
            return Some(Self::Errno(errno));
        }
        Ready::from_text(text).map(Self::Ready)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Errno(errno) => write!(f, "{errno}"),
            Self::Ready(ready) => write!(f, "{ready}"),
            Self::Blocks => f.write_str("blocks"),
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` is no outcome")))
    }
}

/// An error number of Linux.
///
/// A number and not an enum, so that one which this book does not know passes through unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub u16);

/// Name, Linux's number (asm-generic/errno.h), the text of strerror(3).
const ERRNOS: [(&str, u16, &str); 25] = [
    ("EINTR", 4, "Interrupted system call"),
    ("EBADF", 9, "Bad file descriptor"),
    ("EAGAIN", 11, "Resource temporarily unavailable"),
    ("ENOMEM", 12, "Cannot allocate memory"),
    ("EACCES", 13, "Permission denied"),
    ("EINVAL", 22, "Invalid argument"),
    ("EPIPE", 32, "Broken pipe"),
    ("EDESTADDRREQ", 89, "Destination address required"),
    ("EMSGSIZE", 90, "Message too long"),
    ("EOPNOTSUPP", 95, "Operation not supported"),
    ("EADDRINUSE", 98, "Address already in use"),
    ("EADDRNOTAVAIL", 99, "Cannot assign requested address"),
    ("ENETDOWN", 100, "Network is down"),
    ("ENETUNREACH", 101, "Network is unreachable"),
    ("ECONNABORTED", 103, "Software caused connection abort"),
    ("ECONNRESET", 104, "Connection reset by peer"),
    ("ENOBUFS", 105, "No buffer space available"),
    ("EISCONN", 106, "Transport endpoint is already connected"),
    ("ENOTCONN", 107, "Transport endpoint is not connected"),
    ("ETIMEDOUT", 110, "Connection timed out"),
    ("ECONNREFUSED", 111, "Connection refused"),
    ("EHOSTDOWN", 112, "Host is down"),
    ("EHOSTUNREACH", 113, "No route to host"),
    ("EALREADY", 114, "Operation already in progress"),
    ("EINPROGRESS", 115, "Operation now in progress"),
];

#[expect(missing_docs, reason = "errno(3)'s names")]
impl Errno {
    pub const EAGAIN: Self = Self(11);
    pub const EBADF: Self = Self(9);
    pub const EACCES: Self = Self(13);
    pub const EINVAL: Self = Self(22);
    pub const EMSGSIZE: Self = Self(90);
    pub const EPIPE: Self = Self(32);
    pub const EADDRINUSE: Self = Self(98);
    pub const ECONNABORTED: Self = Self(103);
    pub const ECONNRESET: Self = Self(104);
    pub const EOPNOTSUPP: Self = Self(95);
    pub const EADDRNOTAVAIL: Self = Self(99);
    pub const EISCONN: Self = Self(106);
    pub const ENOTCONN: Self = Self(107);
    pub const ETIMEDOUT: Self = Self(110);
    pub const ECONNREFUSED: Self = Self(111);
    pub const EHOSTUNREACH: Self = Self(113);
    pub const EALREADY: Self = Self(114);
    pub const EINPROGRESS: Self = Self(115);
}

impl Errno {
    /// All names, in the order of their numbers.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ERRNOS.iter().map(|(name, ..)| *name)
    }

    /// The error of that name, `ECONNRESET` say; `errno 200` gives back a nameless one.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(number) = name.strip_prefix("errno ") {
            return number.parse().ok().map(Self);
        }
        ERRNOS.iter().find(|(known, ..)| *known == name).map(|&(_, number, _)| Self(number))
    }

    /// Its name, if it has one here.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|(name, ..)| *name)
    }

    /// What C's `strerror` and `perror` print for it (glibc, English).
    pub fn text(self) -> Option<&'static str> {
        self.entry().map(|(.., text)| *text)
    }

    fn entry(self) -> Option<&'static (&'static str, u16, &'static str)> {
        ERRNOS.iter().find(|&&(_, number, _)| number == self.0)
    }
}

impl Serialize for Errno {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Errno {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_name(&text).ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` is no errno")))
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

/// What poll(2) says of a socket when it is asked for IN, OUT and RDHUP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// A read would not block: data, end of stream, or an error.
    pub input: bool,
    /// A write would not block.
    pub output: bool,
    /// The peer has sent FIN, or the reading side was shut down.
    pub read_hangup: bool,
    /// Both directions are shut down.
    pub hangup: bool,
    /// An error is pending.
    pub error: bool,
    /// POLLNVAL: it is no descriptor. poll(2) says it of a closed one, and does not fail.
    pub invalid: bool,
}

impl Ready {
    const WORDS: [&str; 6] = ["IN", "OUT", "RDHUP", "HUP", "ERR", "NVAL"];

    /// What poll(2) says of a number that is no descriptor.
    pub const NO_DESCRIPTOR: Self =
        Self { input: false, output: false, read_hangup: false, hangup: false, error: false, invalid: true };

    const fn bits(self) -> [bool; 6] {
        [self.input, self.output, self.read_hangup, self.hangup, self.error, self.invalid]
    }

    /// Reads `IN|OUT|RDHUP|HUP|ERR|NVAL`, any of them, in this order.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bits = [false; 6];
        let mut next = 0;
        for word in text.split('|') {
            let at = next + Self::WORDS[next..].iter().position(|known| *known == word)?;
            bits[at] = true;
            next = at + 1;
        }
        let [input, output, read_hangup, hangup, error, invalid] = bits;
        Some(Self { input, output, read_hangup, hangup, error, invalid })
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (word, set) in Self::WORDS.into_iter().zip(self.bits()) {
            if set {
                write!(f, "{separator}{word}")?;
                separator = "|";
            }
        }
        if separator.is_empty() { f.write_str("0") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_read_back_as_they_are_printed() {
        for text in ["0", "65536", "ECONNRESET", "errno 200", "IN|OUT|RDHUP|HUP|ERR", "OUT", "NVAL", "blocks"] {
            assert_eq!(Outcome::from_text(text).map(|outcome| outcome.to_string()).as_deref(), Some(text));
        }
        for text in ["", "-1", "OUT|IN", "IN|", "ECONNRESETS"] {
            assert_eq!(Outcome::from_text(text), None, "{text}");
        }
    }
}
