//! setsockopt's arguments.

use std::time::Duration;

use super::Result;
use super::line::Reader;
use super::values::{BYTES_MAX, duration, number, one_word};
use crate::SocketOption;

/// Every option of setsockopt.
pub const OPTIONS: [&str; 16] = [
    "SO_LINGER",
    "SO_KEEPALIVE",
    "TCP_KEEPIDLE",
    "TCP_KEEPINTVL",
    "TCP_KEEPCNT",
    "TCP_USER_TIMEOUT",
    "TCP_LINGER2",
    "SO_RCVBUF",
    "SO_SNDBUF",
    "O_NONBLOCK",
    "SO_RCVTIMEO",
    "SO_SNDTIMEO",
    "TCP_NODELAY",
    "SO_REUSEADDR",
    "IP_BIND_ADDRESS_NO_PORT",
    "TCP_DEFER_ACCEPT",
];

/// An option and its value.
pub(super) fn socket_option(reader: &mut Reader<'_, '_>) -> Result<SocketOption> {
    let option = one_word(reader, &OPTIONS)?;
    if !reader.sign(',') {
        return Err(reader.unexpected(format_args!("a value follows: `{option}, …`")));
    }
    Ok(match option {
        "SO_LINGER" if reader.keyword("off") => SocketOption::Linger(None),
        "SO_LINGER" => SocketOption::Linger(Some(number(reader, 0..=32_767)?)),
        "SO_KEEPALIVE" => SocketOption::KeepAlive(on_or_off(reader)?),
        "O_NONBLOCK" => SocketOption::NonBlocking(on_or_off(reader)?),
        "SO_REUSEADDR" => SocketOption::ReuseAddress(on_or_off(reader)?),
        "IP_BIND_ADDRESS_NO_PORT" => SocketOption::BindNoPort(on_or_off(reader)?),
        "TCP_NODELAY" => SocketOption::NoDelay(on_or_off(reader)?),
        "SO_RCVTIMEO" => SocketOption::ReceiveTimeout(duration(reader, "a duration: `2s` or `1500ms`")?),
        "SO_SNDTIMEO" => SocketOption::SendTimeout(duration(reader, "a duration: `2s` or `1500ms`")?),
        "TCP_DEFER_ACCEPT" => SocketOption::DeferAccept(defer_accept(reader)?),
        "TCP_KEEPIDLE" => SocketOption::KeepIdle(whole_seconds(reader)?),
        "TCP_KEEPINTVL" => SocketOption::KeepInterval(whole_seconds(reader)?),
        "TCP_KEEPCNT" => SocketOption::KeepCount(number(reader, 1..=127)?),
        "TCP_USER_TIMEOUT" => SocketOption::UserTimeout(duration(reader, "a duration: `2s` or `1500ms`")?),
        "TCP_LINGER2" if reader.keyword("-1") => SocketOption::Linger2(None),
        "TCP_LINGER2" => SocketOption::Linger2(Some(number(reader, 0..=120)?)),
        "SO_RCVBUF" => SocketOption::ReceiveBuffer(number(reader, 1..=BYTES_MAX)?),
        _ => SocketOption::SendBuffer(number(reader, 1..=BYTES_MAX)?),
    })
}

fn on_or_off(reader: &mut Reader<'_, '_>) -> Result<bool> {
    Ok(number::<u8>(reader, 0..=1)? == 1)
}

fn defer_accept(reader: &mut Reader<'_, '_>) -> Result<Duration> {
    let right = "whole seconds from 0s (off) to 60s would be right";
    let column = reader.column();
    let span = duration(reader, right)?;
    if span.subsec_nanos() != 0 || span.as_secs() > 60 {
        return Err(reader.error(column, "Linux counts in whole seconds here", right));
    }
    Ok(span)
}

/// Linux takes whole seconds from 1 to 32767 for the keep-alive's times.
fn whole_seconds(reader: &mut Reader<'_, '_>) -> Result<Duration> {
    let right = "whole seconds from 1s to 32767s would be right";
    let column = reader.column();
    let span = duration(reader, right)?;
    if span.subsec_nanos() != 0 || !(1..=32_767).contains(&span.as_secs()) {
        return Err(reader.error(column, "Linux takes no such time here", right));
    }
    Ok(span)
}
