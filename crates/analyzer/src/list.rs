//! The table of connections: sorted, filtered, a page of rows at a time.

use std::collections::BinaryHeap;
use std::net::SocketAddr;

use capture::html::escaped;
use capture::search::around;
use capture::{By, Cause, Connection, Ending, EndingKind, Skipped, Sure};

use crate::words::{count, seconds, time_of_day};

/// A row of the table, without what is in the connection itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) file: usize,
    pub(crate) place: usize,
    kind: EndingKind,
    by: By,
    cause: Option<(Cause, Sure)>,
    began_us: u64,
    lasted_us: u64,
    bytes: u64,
    packets: u64,
}

impl Listed {
    pub(crate) fn of(file: usize, place: usize, connection: &Connection) -> Self {
        let ending = Ending::of(connection);
        let [began_us, ended_us] = connection.times_us;
        Self {
            file,
            place,
            kind: ending.kind,
            by: ending.by,
            cause: ending.causes.first().map(|named| (named.cause, named.sure)),
            began_us,
            lasted_us: ended_us.saturating_sub(began_us),
            bytes: connection.sides.iter().map(|side| side.bytes).sum(),
            packets: connection.packets,
        }
    }
}

/// What the table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// What somebody has to look into first.
    Worst,
    Began,
    Lasted,
    Bytes,
    Packets,
    Ending,
    By,
    Cause,
}

impl Order {
    /// By the name of a column; `worst` and anything else is the worst first.
    pub(crate) fn of(column: &str) -> Self {
        match column {
            "began" => Self::Began,
            "lasted" => Self::Lasted,
            "bytes" => Self::Bytes,
            "packets" => Self::Packets,
            "ending" => Self::Ending,
            "by" => Self::By,
            "cause" => Self::Cause,
            _ => Self::Worst,
        }
    }
}

impl Order {
    /// Small for what stands first. Long, large and many stand first.
    fn key(self, row: &Listed) -> u64 {
        match self {
            Self::Worst => u64::from(harm(row)),
            Self::Began => row.began_us,
            Self::Lasted => u64::MAX - row.lasted_us,
            Self::Bytes => u64::MAX - row.bytes,
            Self::Packets => u64::MAX - row.packets,
            Self::Ending => row.kind as u64,
            Self::By => row.by as u64,
            Self::Cause => row.cause.map_or(u64::MAX, |(cause, _)| cause as u64),
        }
    }
}

/// Small for what somebody has to look into first.
fn harm(listed: &Listed) -> u8 {
    match (listed.kind, listed.cause.map(|(cause, _)| cause)) {
        (EndingKind::Reset, Some(Cause::CloseNotify)) => 6,
        (EndingKind::Reset, _) => 0,
        (EndingKind::Vanished, _) => 1,
        (EndingKind::Stalled, _) => 2,
        (EndingKind::NoAnswer, _) => 3,
        (EndingKind::Refused, _) => 4,
        (EndingKind::HandshakeOnly, _) => 5,
        (EndingKind::HalfClosed, _) => 7,
        (EndingKind::CannotTell, _) => 8,
        (EndingKind::Open, _) => 9,
        (EndingKind::Orderly, _) => 10,
    }
}

/// The rows that are shown, in their order. `show`: the two addresses as they are shown.
pub(crate) fn select(
    listed: &[Listed],
    order: Order,
    text: &str,
    kind: &str,
    by: &str,
    show: impl Fn(&Listed) -> [String; 2],
) -> Vec<u32> {
    let text = text.trim().to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = |row: &Listed| {
        if words.is_empty() {
            return true;
        }
        let [client, server] = show(row);
        let (kind, by) = (row.kind.name(), row.by.name());
        let cause = row.cause.map_or("", |(cause, _)| cause.id());
        words.iter().all(|word| {
            [client.as_str(), server.as_str(), kind, by, cause].iter().any(|part| around(part, word).is_some())
        })
    };
    let wanted = |row: &Listed| (kind.is_empty() || kind == row.kind.name()) && (by.is_empty() || by == row.by.name());
    let rows = (0_u32..).zip(listed).filter(|(_, row)| wanted(row) && found(row));
    // The standard library's sort would be four kilobytes of the page's program, its heap is a tenth of that.
    let rows: BinaryHeap<(u64, u32)> = rows.map(|(at, row)| (order.key(row), at)).collect();
    rows.into_sorted_vec().into_iter().map(|(_, at)| at).collect()
}

/// A row, as HTML. `at` names the connection; `file` is the number of its file, counted from 1, where there are several.
pub(crate) fn row(
    row: usize,
    at: u32,
    listed: &Listed,
    connection: &Connection,
    [client, server]: [SocketAddr; 2],
    file: Option<usize>,
) -> String {
    let (cause, sure) = listed.cause.map_or(("", ""), |(cause, sure)| (cause.id(), sure.name()));
    let file = file.map_or_else(String::new, |number| format!("<td>{number}</td>"));
    format!(
        "<tr aria-rowindex=\"{}\"><td><button type=\"button\" data-at=\"{at}\">{}</button></td>{file}<td>{client}</td>\
         <td>{server}</td><td>{}</td><td>{}</td><td>{cause}</td><td>{sure}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        row + 2,
        connection.conn_state().name(),
        listed.kind.name(),
        listed.by.name(),
        count(listed.packets),
        count(listed.bytes),
        time_of_day(listed.began_us),
        seconds(listed.lasted_us),
    )
}

fn connections_of(number: usize) -> String {
    format!("{} connection{}", count(number as u64), if number == 1 { "" } else { "s" })
}

/// What the files are, and how many connections ended how, as HTML.
pub(crate) fn summary<'a>(
    files: impl Iterator<Item = (&'a str, usize, &'a Skipped)>,
    listed: &[Listed],
    matched: usize,
) -> String {
    let mut html = String::from("<ul class=\"cap-files\">");
    for (name, connections, skipped) in files {
        html += &format!("<li><b>{}</b>: {}", escaped(name), connections_of(connections));
        for (what, times) in skipped.iter() {
            html += &format!("; not read: {} × {}", count(times), escaped(&what.to_string()));
        }
        html += "</li>";
    }
    html += "</ul>";
    if matched > 0 {
        html += &format!("<p>In both files: {}; the card says what one end never saw.</p>", connections_of(matched));
    }
    let times = |kind: &EndingKind| listed.iter().filter(|row| row.kind == *kind).count() as u64;
    let kinds = EndingKind::ALL.iter().map(|kind| (kind, times(kind))).filter(|(_, times)| *times > 0);
    let kinds: Vec<String> = kinds.map(|(kind, times)| format!("{} {}", count(times), kind.name())).collect();
    html + &format!("<p class=\"cap-kinds\">{}</p>", kinds.join(", "))
}
