//! What comes of a pasted text.

use std::ops::Range;

use super::counters::Counter;
use super::found::{Found, causes};
use super::names::{Errno, System};
use super::sockets::Sockets;
use super::table::{Cause, Context, Phrase};

/// What a pasted text is.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// There is nothing to look at yet.
    Empty,
    /// It tells of one ending.
    Message(Message),
    /// It is a part of these lines, as while one is typed.
    Part(Vec<Found>),
    /// Lines of `ss`, `netstat` or `/proc/net/tcp`.
    Sockets(Sockets),
    /// Lines of `nstat`, `netstat -s` or `/proc/net/netstat`: those that have to do with endings and are not 0; or
    /// counters by name.
    Counters(Vec<Counter>),
    /// Lines of `tcpdump` or `tshark`: the captures' module reads them.
    Packets,
    /// Nothing in it is known.
    Nothing,
}

/// A text that tells of one ending.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// By what it was recognised.
    pub by: By,
    /// The ending, and the line of the table.
    pub found: Found,
    /// What was recognised, as places in the text, in bytes.
    pub marks: Vec<Range<usize>>,
    /// Other endings that the same text tells of.
    pub also: Vec<Found>,
    /// The surroundings that the text names: a health check, a TLS handshake.
    pub context: Option<&'static Context>,
}

impl Message {
    /// The causes, the most likely for this text first.
    pub fn causes(&self) -> Vec<&'static Cause> {
        let of_phrase = match self.by {
            By::Words(phrase) => &phrase.causes[..],
            _ => &[],
        };
        let own = self.found.line.map_or(of_phrase, |line| &line.causes);
        match self.context.and_then(|context| context.causes.get(&self.found.ending.id)) {
            Some(ids) if own.is_empty() => causes(ids),
            _ if own.is_empty() => self.found.causes(),
            _ => causes(own),
        }
    }
}

/// By what a text was recognised.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// By its words.
    Line,
    /// By an errno's name, or by its number on that system.
    Errno {
        /// Which.
        errno: &'static Errno,
        /// Whose name or number it is, if only one system has it.
        system: Option<System>,
    },
    /// By an HTTP status.
    Status(&'static str),
    /// By a state of a connection.
    State(&'static str),
    /// By HAProxy's termination state.
    Termination(String),
    /// By the code of a family of programs: `curl 56`, `SQLSTATE 08006`.
    Code(String),
    /// By words of a program's own sentence, where there is no line, errno, code or state.
    Words(&'static Phrase),
    /// By an errno's words in another language.
    Translated(&'static Errno, &'static str),
    /// By a near miss of this.
    Near(&'static str),
}
