//! What programs print when a connection ends: which message means what, for each runtime and tool.
//!
//! One table for the widget, which shows it beside a call's outcome, and for the book's front door, where a reader
//! looks up a line from a log. Every text has been seen in a run ([`Source::Run`]) or read in the program's own
//! source ([`Source::Read`]); what was neither seen nor read is not here.

use scenario::{Errno, Outcome, Verb};
use serde::{Deserialize, Serialize};

/// What the socket's system calls can tell a program about the connection's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cause {
    /// read(2) gave ECONNRESET: a RST came, and no FIN before it.
    ReadReset,
    /// write(2) gave ECONNRESET: the same, and this write was the first call to look.
    WriteReset,
    /// write(2) gave EPIPE: a FIN came and then a RST; or the error was reported already; or this side has shut down
    /// its own writing.
    BrokenPipe,
    /// read(2) gave 0: a FIN came, or the error was reported already.
    EndOfStream,
    /// read(2) gave 0 after an earlier read had given ECONNRESET.
    ReadAfterReset,
    /// connect(2) gave ECONNREFUSED: a RST answered the SYN.
    Refused,
    /// connect(2) gave ETIMEDOUT: nothing answered the SYN.
    ConnectTimedOut,
    /// read(2) or write(2) gave ETIMEDOUT: nothing came back, and the kernel gave up.
    TimedOut,
    /// The program's own timer ran out; the connection still stands.
    OwnTimer,
    /// The program itself had closed the socket.
    OwnClose,
}

impl Cause {
    /// All of them, the most looked-up first.
    pub const ALL: [Self; 10] = [
        Self::ReadReset,
        Self::WriteReset,
        Self::BrokenPipe,
        Self::EndOfStream,
        Self::ReadAfterReset,
        Self::Refused,
        Self::ConnectTimedOut,
        Self::TimedOut,
        Self::OwnTimer,
        Self::OwnClose,
    ];

    /// What a call's outcome tells, if it tells of an end. `reset_was_read` says whether an earlier read of this
    /// socket gave ECONNRESET: the kernel forgets that, some runtimes do not.
    pub fn of(verb: &Verb, outcome: Outcome, reset_was_read: ResetWasRead) -> Option<Self> {
        match (verb, outcome) {
            (Verb::Read { .. }, Outcome::Errno(Errno::ECONNRESET)) => Some(Self::ReadReset),
            (Verb::Write(_), Outcome::Errno(Errno::ECONNRESET)) => Some(Self::WriteReset),
            (Verb::Write(_), Outcome::Errno(Errno::EPIPE)) => Some(Self::BrokenPipe),
            (Verb::Read { .. }, Outcome::Number(0)) => Some(match reset_was_read {
                ResetWasRead::Yes => Self::ReadAfterReset,
                ResetWasRead::No => Self::EndOfStream,
            }),
            (Verb::Connect { .. }, Outcome::Errno(Errno::ECONNREFUSED)) => Some(Self::Refused),
            (Verb::Connect { .. }, Outcome::Errno(Errno::ETIMEDOUT)) => Some(Self::ConnectTimedOut),
            (_, Outcome::Errno(Errno::ETIMEDOUT)) => Some(Self::TimedOut),
            _ => None,
        }
    }
}

/// Whether an earlier read of the same socket gave ECONNRESET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "an answer")]
pub enum ResetWasRead {
    Yes,
    No,
}

/// A language's runtime, with the interface where one has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`name` says it")]
pub enum Runtime {
    C,
    JavaSocket8,
    JavaSocket17,
    JavaChannel17,
    Python,
    Go,
    Rust,
    Node,
    Ruby,
    Php,
    DotNet,
}

impl Runtime {
    /// All of them, in the order of a menu.
    pub const ALL: [Self; 11] = [
        Self::C,
        Self::JavaSocket8,
        Self::JavaSocket17,
        Self::JavaChannel17,
        Self::Python,
        Self::Go,
        Self::Rust,
        Self::Node,
        Self::Ruby,
        Self::Php,
        Self::DotNet,
    ];

    /// As a menu shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::JavaSocket8 => "Java Socket, JDK 8",
            Self::JavaSocket17 => "Java Socket, JDK 17",
            Self::JavaChannel17 => "Java SocketChannel, JDK 17",
            Self::Python => "Python 3.11",
            Self::Go => "Go",
            Self::Rust => "Rust",
            Self::Node => "Node.js 20",
            Self::Ruby => "Ruby 3.1",
            Self::Php => "PHP 8.2",
            Self::DotNet => ".NET",
        }
    }
}

/// A text that a runtime gives for a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who prints it.
    pub runtime: Runtime,
    /// What it means.
    pub cause: Cause,
    /// The text, or the value where there is no error: `-1`, `b''`.
    pub text: &'static str,
    /// How it is known.
    pub source: Source,
}

/// How a text is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Seen in a run of that version, on Linux.
    Run(&'static str),
    /// Read in that file.
    Read(&'static str),
}

/// What that runtime gives for that cause, if it is known.
pub fn message(runtime: Runtime, cause: Cause) -> Option<&'static Message> {
    MESSAGES.iter().find(|message| message.runtime == runtime && message.cause == cause)
}

macro_rules! messages {
    ($($runtime:ident { $($cause:ident: $text:literal, $how:ident $source:literal;)* })*) => {
        &[$($(Message {
            runtime: Runtime::$runtime,
            cause: Cause::$cause,
            text: $text,
            source: Source::$how($source),
        },)*)*]
    };
}

/// Every runtime's texts.
pub const MESSAGES: &[Message] = messages! {
    C {
        ReadReset: "-1, errno 104: Connection reset by peer", Run "glibc 2.36";
        WriteReset: "-1, errno 104: Connection reset by peer", Run "glibc 2.36";
        BrokenPipe: "-1, errno 32: Broken pipe (and SIGPIPE)", Run "glibc 2.36";
        EndOfStream: "0", Run "glibc 2.36";
        ReadAfterReset: "0", Run "glibc 2.36";
        Refused: "-1, errno 111: Connection refused", Run "glibc 2.36";
        ConnectTimedOut: "-1, errno 110: Connection timed out", Run "glibc 2.36";
        TimedOut: "-1, errno 110: Connection timed out", Run "glibc 2.36";
        OwnTimer: "-1, errno 11: Resource temporarily unavailable", Run "glibc 2.36";
    }
    JavaSocket8 {
        ReadReset: "java.net.SocketException: Connection reset", Read "JDK 8u, SocketInputStream.c";
        WriteReset: "java.net.SocketException: Connection reset", Read "JDK 8u, SocketOutputStream.c";
        BrokenPipe: "java.net.SocketException: Broken pipe (Write failed)", Read "JDK 8u, SocketOutputStream.c";
        EndOfStream: "-1", Read "JDK 8u, SocketInputStream.c";
    }
    JavaSocket17 {
        ReadReset: "java.net.SocketException: Connection reset", Run "JDK 17";
        WriteReset: "java.net.SocketException: Connection reset by peer", Run "JDK 17";
        BrokenPipe: "java.net.SocketException: Broken pipe", Run "JDK 17";
        EndOfStream: "-1", Run "JDK 17";
        ReadAfterReset: "java.net.SocketException: Connection reset (again: the JDK remembers)", Run "JDK 17";
        Refused: "java.net.ConnectException: Connection refused", Run "JDK 17";
        ConnectTimedOut: "java.net.ConnectException: Connection timed out", Run "JDK 17";
        TimedOut: "java.net.SocketException: Connection timed out", Run "JDK 17";
        OwnTimer: "java.net.SocketTimeoutException: Read timed out", Run "JDK 17";
        OwnClose: "java.net.SocketException: Socket closed", Run "JDK 17";
    }
    JavaChannel17 {
        ReadReset: "java.net.SocketException: Connection reset", Run "JDK 17";
        WriteReset: "java.io.IOException: Connection reset by peer", Run "JDK 17";
        BrokenPipe: "java.io.IOException: Broken pipe", Run "JDK 17";
    }
    Python {
        ReadReset: "ConnectionResetError: [Errno 104] Connection reset by peer", Run "Python 3.11";
        WriteReset: "ConnectionResetError: [Errno 104] Connection reset by peer", Run "Python 3.11";
        BrokenPipe: "BrokenPipeError: [Errno 32] Broken pipe", Run "Python 3.11";
        EndOfStream: "b''", Run "Python 3.11";
        ReadAfterReset: "b''", Run "Python 3.11";
        Refused: "ConnectionRefusedError: [Errno 111] Connection refused", Run "Python 3.11";
        ConnectTimedOut: "TimeoutError: [Errno 110] Connection timed out", Run "Python 3.11";
        TimedOut: "TimeoutError: [Errno 110] Connection timed out", Run "Python 3.11";
        OwnTimer: "TimeoutError: timed out", Run "Python 3.11";
        OwnClose: "OSError: [Errno 9] Bad file descriptor", Run "Python 3.11";
    }
    Go {
        ReadReset: "read tcp …: read: connection reset by peer", Run "Go 1.19";
        WriteReset: "write tcp …: write: connection reset by peer", Run "Go 1.19";
        BrokenPipe: "write tcp …: write: broken pipe", Run "Go 1.19";
        EndOfStream: "EOF", Run "Go 1.19";
        ReadAfterReset: "EOF", Run "Go 1.19";
        Refused: "dial tcp …: connect: connection refused", Run "Go 1.19";
        ConnectTimedOut: "dial tcp …: connect: connection timed out", Run "Go 1.19";
        TimedOut: "read tcp …: read: connection timed out", Run "Go 1.19";
        OwnTimer: "i/o timeout", Run "Go 1.19";
        OwnClose: "use of closed network connection", Run "Go 1.19";
    }
    Rust {
        ReadReset: "ConnectionReset: Connection reset by peer (os error 104)", Run "Rust 1.95";
        WriteReset: "ConnectionReset: Connection reset by peer (os error 104)", Run "Rust 1.95";
        BrokenPipe: "BrokenPipe: Broken pipe (os error 32)", Run "Rust 1.95";
        EndOfStream: "Ok(0)", Run "Rust 1.95";
        ReadAfterReset: "Ok(0)", Run "Rust 1.95";
        Refused: "ConnectionRefused: Connection refused (os error 111)", Run "Rust 1.95";
        ConnectTimedOut: "TimedOut: Connection timed out (os error 110)", Run "Rust 1.95";
        TimedOut: "TimedOut: Connection timed out (os error 110)", Run "Rust 1.95";
        OwnTimer: "WouldBlock: Resource temporarily unavailable (os error 11)", Run "Rust 1.95";
    }
    Node {
        ReadReset: "Error: read ECONNRESET", Run "Node.js 20";
        WriteReset: "Error: write ECONNRESET", Run "Node.js 20";
        BrokenPipe: "Error: write EPIPE", Run "Node.js 20";
        EndOfStream: "event 'end'", Run "Node.js 20";
        Refused: "Error: connect ECONNREFUSED ADDRESS:PORT", Run "Node.js 20";
        ConnectTimedOut: "Error: connect ETIMEDOUT ADDRESS:PORT", Run "Node.js 20";
        TimedOut: "Error: read ETIMEDOUT", Run "Node.js 20";
        OwnTimer: "event 'timeout'", Run "Node.js 20";
        OwnClose: "ERR_STREAM_DESTROYED", Run "Node.js 20";
    }
    Ruby {
        ReadReset: "Errno::ECONNRESET: Connection reset by peer", Run "Ruby 3.1";
        WriteReset: "Errno::ECONNRESET: Connection reset by peer", Run "Ruby 3.1";
        BrokenPipe: "Errno::EPIPE: Broken pipe", Run "Ruby 3.1";
        EndOfStream: "EOFError: end of file reached", Run "Ruby 3.1";
        ReadAfterReset: "EOFError: end of file reached", Run "Ruby 3.1";
        Refused: "Errno::ECONNREFUSED: Connection refused - connect(2) for …", Run "Ruby 3.1";
        ConnectTimedOut: "Errno::ETIMEDOUT: Connection timed out - connect(2) for …", Run "Ruby 3.1";
        TimedOut: "Errno::ETIMEDOUT: Connection timed out", Run "Ruby 3.1";
        OwnClose: "IOError: closed stream", Run "Ruby 3.1";
    }
    Php {
        ReadReset: "fread() returns false, and says nothing", Run "PHP 8.2";
        WriteReset: "Notice: fwrite(): Send of N bytes failed with errno=104 Connection reset by peer", Run "PHP 8.2";
        BrokenPipe: "Notice: fwrite(): Send of N bytes failed with errno=32 Broken pipe", Run "PHP 8.2";
        EndOfStream: "''", Run "PHP 8.2";
        Refused: "Unable to connect to … (Connection refused)", Run "PHP 8.2";
        ConnectTimedOut: "Unable to connect to … (Connection timed out)", Run "PHP 8.2";
    }
    // What the exception says is strerror's text, put into NetworkStream's sentence (its Strings.resx).
    DotNet {
        ReadReset: "System.IO.IOException: Unable to read data from the transport connection: Connection reset by peer.", Read "dotnet/runtime, NetworkStream.cs";
        WriteReset: "System.IO.IOException: Unable to write data to the transport connection: Connection reset by peer.", Read "dotnet/runtime, NetworkStream.cs";
        BrokenPipe: "System.IO.IOException: Unable to write data to the transport connection: Broken pipe.", Read "dotnet/runtime, NetworkStream.cs";
        EndOfStream: "0", Read "dotnet/runtime, NetworkStream.cs";
        Refused: "System.Net.Sockets.SocketException: Connection refused ADDRESS:PORT", Read "dotnet/runtime, SocketExceptionFactory.cs";
        OwnTimer: "System.IO.IOException: Unable to read data from the transport connection: Connection timed out. (in the kernel's words)", Read "dotnet/runtime, SocketAsyncContext.Unix.cs";
        OwnClose: "System.ObjectDisposedException", Read "dotnet/runtime, NetworkStream.cs";
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_runtime_says_two_things_for_one_cause() {
        for (index, message) in MESSAGES.iter().enumerate() {
            let first = MESSAGES
                .iter()
                .position(|other| other.runtime == message.runtime && other.cause == message.cause)
                .expect("it finds itself at least");
            assert_eq!(first, index, "{message:?}");
        }
    }

    #[test]
    fn java_remembers_a_reset_and_go_does_not() {
        let read = Verb::Read { at_most: 1 };
        let cause = Cause::of(&read, Outcome::ZERO, ResetWasRead::Yes).expect("it tells of an end");
        let text = |runtime| message(runtime, cause).map(|message| message.text);
        assert_eq!(text(Runtime::Go), Some("EOF"));
        assert!(text(Runtime::JavaSocket17).is_some_and(|text| text.contains("Connection reset")));
    }
}
