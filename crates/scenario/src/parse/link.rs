//! What happens to a link: its rules, its boxes, forged segments.

use super::Result;
use super::line::{Reader, Token};
use super::values::{choice, duration, number, one_word, which};
use crate::{
    Action, Count, Flags, Flows, Forgotten, Host, Icmp, Kind, Link, LinkAction, Meeting, Network, Offset, Refusal,
    Target, TooLong,
};

/// What can be said of the link.
pub const LINK: [&str; 12] =
    ["delay", "ipv6", "cut", "restore", "drop", "twice", "hold", "reject", "forget", "mtu", "icmp", "inject"];

/// The longest packet of Ethernet, and the longest that every host must take (RFC 791 §3.1).
const MTU: std::ops::RangeInclusive<i64> = 68..=1_500;

/// The least that IPv6 lets a link have (RFC 8200 §5): of less neither version's hosts take the word for it, Linux with
/// IPv4 not below 552 (`ip_rt_min_pmtu`).
const MTU_TOLD: u16 = 1_280;

/// TCP's, without 0.
const PORTS: std::ops::RangeInclusive<i64> = 1..=65_535;

/// Reads a statement of a link, from behind its first word on. Of a trace's statement it is not known which network it is
/// of (`None`).
pub(super) fn link(reader: &mut Reader<'_, '_>, network: Option<Network>) -> Result<Action> {
    let column = reader.column();
    let named = Network::Proxied.links().iter().copied().find(|link| reader.keyword(link.name()));
    let link = match (named, network) {
        (Some(link), Some(Network::Direct)) => {
            let right = "a line that begins with `proxy` makes one, such as `proxy listen()`";
            return Err(reader.error(
                column,
                format_args!("found `{}`, and this script has no proxy", link.name()),
                right,
            ));
        }
        (None, Some(Network::Proxied)) if reader.peek() != Some(Token::Word("ipv6")) => {
            return Err(reader.unexpected("there are two: `link client-proxy …` or `link proxy-server …`"));
        }
        (None, Some(network)) => network.links()[0],
        (None, None) => Link::ClientServer,
        (Some(link), _) => link,
    };
    let action = match one_word(reader, &LINK)? {
        "delay" => LinkAction::Delay(duration(reader, "`link delay 40ms`")?),
        "ipv6" if named.is_some() => {
            return Err(reader.error(column, "found the name of one link", "`link ipv6` is for both"));
        }
        "ipv6" => LinkAction::Ipv6,
        "cut" => LinkAction::Cut,
        "restore" => LinkAction::Restore,
        "mtu" => mtu(reader)?,
        "forget" => forget(reader)?,
        "icmp" => icmp(reader, link)?,
        "inject" => inject(reader, link)?,
        meeting => meet(reader, link, meeting)?,
    };
    Ok(Action::Link(link, action))
}

fn mtu(reader: &mut Reader<'_, '_>) -> Result<LinkAction> {
    let column = reader.column();
    let bytes = number(reader, MTU)?;
    if reader.peek().is_none() {
        return Ok(LinkAction::Mtu(bytes, TooLong::Lost));
    }
    let too_long = choice(reader, &[(Icmp::FRAGMENTATION_NEEDED, TooLong::Told)])?;
    if bytes < MTU_TOLD {
        let right = format!("at least {MTU_TOLD}: a host that is told of less goes by less than it was told");
        return Err(reader.error(column, format_args!("found {bytes}"), right));
    }
    Ok(LinkAction::Mtu(bytes, too_long))
}

fn meet(reader: &mut Reader<'_, '_>, link: Link, meeting: &str) -> Result<LinkAction> {
    let count = match reader.peek() {
        _ if reader.keyword("next") => Count::Next(1),
        _ if reader.keyword("all") => Count::All,
        Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_digit()) => {
            Count::Next(number(reader, 1..=1_000_000)?)
        }
        _ => Count::Next(1),
    };
    let kind = choice(reader, &Kind::WORDS)?;
    if !reader.keyword("from") {
        return Err(reader.unexpected(format_args!("`link {meeting} KIND from HOST`")));
    }
    let from = end(reader, link)?;
    let meeting = match meeting {
        "drop" => Meeting::Drop,
        "twice" => Meeting::Twice,
        "reject" => Meeting::Reject(refusal(reader)?),
        _ => Meeting::Hold(duration(reader, "a time follows: `link hold data from client 300ms`")?),
    };
    Ok(LinkAction::Meet { meeting, count, kind, from })
}

/// The host at one of its ends.
fn end(reader: &mut Reader<'_, '_>, link: Link) -> Result<Host> {
    let ends = link.ends();
    Ok(ends[which(reader, ends.len(), &|at| ends[at].name())?])
}

fn refusal(reader: &mut Reader<'_, '_>) -> Result<Refusal> {
    Ok(match reader.peek() {
        None => Refusal::Reset,
        Some(_) => Refusal::Icmp(choice(reader, &Icmp::WORDS)?),
    })
}

fn icmp(reader: &mut Reader<'_, '_>, link: Link) -> Result<LinkAction> {
    let icmp = choice(reader, &Icmp::WORDS)?;
    if !reader.keyword("to") {
        return Err(reader.unexpected("`link icmp KIND to HOST`"));
    }
    let to = end(reader, link)?;
    Ok(LinkAction::Icmp { icmp, to })
}

fn forget(reader: &mut Reader<'_, '_>) -> Result<LinkAction> {
    if !reader.keyword("after") {
        return Err(reader.unexpected("`link forget after TIME drop` or `link forget after TIME reset`"));
    }
    let after = duration(reader, "`link forget after 5s drop`")?;
    let then = choice(reader, &[("drop", Forgotten::Drop), ("reset", Forgotten::Reset)])?;
    let flows = if reader.keyword("half-closed") { Flows::HalfClosed } else { Flows::All };
    Ok(LinkAction::Forget { after, then, flows })
}

fn inject(reader: &mut Reader<'_, '_>, link: Link) -> Result<LinkAction> {
    let right = "flags follow: R, R., S, F., P., or SYN, SYN-ACK, FIN, RST, ACK, data";
    let (column, word) = reader.word(right)?;
    let flags = match word {
        "SYN" => Flags::SYN,
        "SYN-ACK" => Flags::SYN_ACK,
        "FIN" => Flags::FIN,
        "RST" => Flags::RST,
        "ACK" => Flags::ACK,
        "data" => Flags::DATA,
        letters => Flags::from_text(letters)
            .ok_or_else(|| reader.error(column, format_args!("`{letters}` are no flags"), right))?,
    };
    if !reader.keyword("to") {
        return Err(reader.unexpected("`link inject FLAGS to HOST`"));
    }
    let to = end(reader, link)?;
    let (mut seq, mut ack, mut len) = (Offset::Exact, None, u32::from(word == "data"));
    let (mut port, mut from, mut from_column) = (None, None, 0);
    while let Some(Token::Word(_)) = reader.peek() {
        let column = reader.column();
        match choice(reader, &[("seq", 's'), ("ack", 'a'), ("len", 'l'), ("port", 'p'), ("from", 'f')])? {
            's' => seq = offset(reader)?,
            'a' => ack = Some(number(reader, -2_147_483_648..=4_294_967_295)?),
            'p' => port = Some(number(reader, PORTS)?),
            'f' => (from, from_column) = (Some(number(reader, PORTS)?), column),
            _ => len = number(reader, 0..=1_400)?,
        }
    }
    let target = match (port, from) {
        (Some(port), from) => Target::Ports { port, from: from.unwrap_or(Target::FROM) },
        (None, None) => Target::Newest,
        (None, Some(_)) => {
            return Err(reader.error(
                from_column,
                "found `from` without `port`",
                "`port 80 from 5000` names both ports",
            ));
        }
    };
    Ok(LinkAction::Inject { flags, to, target, seq, ack, len })
}

fn offset(reader: &mut Reader<'_, '_>) -> Result<Offset> {
    let right = "`seq exact`, `inside`, `outside`, `+N` or `-N`";
    let (column, word) = reader.word(right)?;
    Ok(match word {
        "exact" => Offset::Exact,
        "inside" => Offset::Inside,
        "outside" => Offset::Outside,
        number if number.starts_with(['+', '-']) => {
            Offset::Plus(number.parse::<i64>().ok().and_then(|by| i32::try_from(by).ok()).ok_or_else(|| {
                reader.error(column, format_args!("found `{number}`"), "+N or -N, at most 2147483647")
            })?)
        }
        other => return Err(reader.error(column, format_args!("found `{other}`"), right)),
    })
}
