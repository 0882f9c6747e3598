//! The trace as text, in packetdrill's and tcpdump's notation.

use std::fmt;

use crate::{Event, Fate, Host, SocketId, Sockets, Trace};

/// From this on a call is shown twice: when it was made, and when it returned.
const SHOWN_TWICE_US: u64 = 1_000;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in lines(&self.events) {
            line.write(&self.sockets, f)?;
        }
        for failed in &self.failed {
            writeln!(f, "line {}: {} expected, got {}", failed.line, failed.expected, failed.got)?;
        }
        Ok(())
    }
}

enum Line<'a> {
    /// A call is made that will return later.
    Made(&'a Event),
    /// Anything else.
    Happened(&'a Event),
}

impl Line<'_> {
    const fn at_us(&self) -> u64 {
        match self {
            Line::Made(Event::Call { began_us, .. }) => *began_us,
            Line::Made(event) | Line::Happened(event) => event.at_us(),
        }
    }
}

fn lines(events: &[Event]) -> Vec<Line<'_>> {
    let mut made: Vec<Line<'_>> = Vec::new();
    for line in events.iter().filter(|event| is_shown_twice(event)).map(Line::Made) {
        made.insert(made.partition_point(|earlier| earlier.at_us() <= line.at_us()), line);
    }
    let mut made = made.into_iter().peekable();
    let mut lines = Vec::new();
    for event in events {
        // A call is made before anything that it brings about.
        while let Some(line) = made.next_if(|line| line.at_us() <= event.at_us()) {
            lines.push(line);
        }
        lines.push(Line::Happened(event));
    }
    lines
}

fn is_shown_twice(event: &Event) -> bool {
    matches!(event, Event::Call { at_us, began_us, .. } if at_us - began_us >= SHOWN_TWICE_US)
}

impl Line<'_> {
    fn write(&self, sockets: &Sockets, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_ms = self.at_us() / 1000;
        write!(f, "{}.{:03} ", at_ms / 1000, at_ms % 1000)?;
        match self {
            Self::Made(Event::Call { host, socket, call, .. }) => {
                writeln!(f, "{host:6}  {}{call} …", prefix(sockets, *host, *socket))
            }
            Self::Made(event) | Self::Happened(event) => writeln!(f, "{}", event.display(sockets)),
        }
    }
}

impl Event {
    /// The event as text: one line, without its time. `sockets` is the table of its trace.
    pub const fn display<'a>(&'a self, sockets: &'a Sockets) -> impl fmt::Display {
        Shown { event: self, sockets }
    }
}

struct Shown<'a> {
    event: &'a Event,
    sockets: &'a Sockets,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = |host, socket| prefix(self.sockets, host, socket);
        match self.event {
            Event::Call { host, socket, call, outcome, .. } => {
                write!(f, "{host:6}  {}{call} = {outcome}", prefix(*host, *socket))
            }
            Event::Segment { from, to, segment, fate, .. } => {
                write!(f, "{from:6} > {to:6}   {segment}")?;
                match fate {
                    Fate::Delivered => Ok(()),
                    Fate::Dropped => f.write_str(" (dropped)"),
                    Fate::Injected => f.write_str(" (injected)"),
                }
            }
            Event::Icmp { to, icmp, seq, .. } => write!(f, "link > {to}   {icmp} (quotes {seq})"),
            Event::State { host, socket, from, to, .. } => {
                write!(f, "{host:6}  {}{from} -> {to}", prefix(*host, *socket))
            }
            Event::Statement { text, .. } => write!(f, "# {text}"),
            Event::Rule { host, rule, .. } => write!(f, "{host:6}  [{rule}]"),
            Event::Counter { host, counter, by, .. } => write!(f, "{host:6}  {counter} +{by}"),
            Event::Info { host, socket, info, .. } => {
                // Its listener is another socket, and holds other things.
                let listener = if self.sockets.name(*socket) == "listener" { "listener." } else { "" };
                write!(f, "{host:6}  {listener}{}TCP_INFO {info}", prefix(*host, *socket))
            }
        }
    }
}

/// The socket's name and a dot, where host and call do not tell it already.
const fn prefix(sockets: &Sockets, host: Host, socket: SocketId) -> Prefix<'_> {
    Prefix { sockets, host, socket }
}

struct Prefix<'a> {
    sockets: &'a Sockets,
    host: Host,
    socket: SocketId,
}

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.sockets.name(self.socket);
        if name == self.host.name() || name == "listener" { Ok(()) } else { write!(f, "{name}.") }
    }
}
