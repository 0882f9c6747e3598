//! What the kernel says of each TCP socket of the calling thread's network namespace: sock_diag(7), whom `ss` asks.
//!
//! It gives the same TCP_INFO as getsockopt(2) (`tcp_get_info`), yet needs no descriptor: so also that of orphans and of
//! connections that nobody has accepted, and which timer is set.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::libc;
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};
use scenario::{Info, State, Timer};

use crate::socket_row::{self, SocketRow};

/// Every TCP socket of the namespace with this address of its own, or none, each with what it holds, in no order that means
/// anything. One that is closed is none, though it may still own its port (TCP_BOUND_INACTIVE).
///
/// # Errors
/// This kernel has no sock_diag, or none for TCP (CONFIG_INET_DIAG); its answer is not what it should be.
pub(crate) fn sockets(own: IpAddr) -> io::Result<Vec<SocketRow>> {
    let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkSockDiag)?;
    sendto(socket.as_raw_fd(), &question(own), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut rows = Vec::new();
    // Twice what the kernel gives at once (32 KiB, `netlink_dump`).
    let mut answer = vec![0; 65_536];
    for _ in 0..ANSWERS_MAX {
        let length = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty())?;
        let mut rest = &answer[..length];
        while !rest.is_empty() {
            let (kind, body, behind) =
                message(rest).ok_or_else(|| io::Error::other("a short answer from sock_diag"))?;
            match i32::from(kind) {
                libc::NLMSG_DONE => return Ok(rows),
                libc::NLMSG_ERROR => return Err(io::Error::from_raw_os_error(-number(body, 0).cast_signed())),
                _ => rows.extend(read(own, body)),
            }
            rest = behind;
        }
    }
    Err(io::Error::other("sock_diag does not come to an end"))
}

/// Answers of one namespace at most.
const ANSWERS_MAX: usize = 100_000;
/// TCPF_CLOSE and TCPF_BOUND_INACTIVE (include/net/tcp_states.h).
const CLOSED: u32 = 1 << 7 | 1 << 13;
/// linux/sock_diag.h
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// linux/inet_diag.h: the attribute with TCP_INFO, and the bit that asks for it.
const INET_DIAG_INFO: u16 = 2;
/// struct nlmsghdr, struct inet_diag_msg, struct rtattr.
const HEADER: usize = 16;
const DESCRIPTION: usize = 72;
const ATTRIBUTE: usize = 4;

/// All TCP sockets of the address's family, with their TCP_INFO: struct nlmsghdr, struct inet_diag_req_v2.
fn question(own: IpAddr) -> Vec<u8> {
    let family = if own.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let [family, protocol] =
        [family, libc::IPPROTO_TCP].map(|number| u8::try_from(number).expect("both are small numbers"));
    let mut body = vec![family, protocol, 1 << (INET_DIAG_INFO - 1), 0];
    // In these states; the socket's address (struct inet_diag_sockid) does not matter where all are asked for.
    body.extend_from_slice(&(!CLOSED).to_ne_bytes());
    body.extend_from_slice(&[0; 48]);
    let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_DUMP).expect("netlink's flags are 16 bits");
    let length = u32::try_from(HEADER + body.len()).expect("the message is short");
    let mut message = length.to_ne_bytes().to_vec();
    message.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend_from_slice(&flags.to_ne_bytes());
    message.extend_from_slice(&[0; 8]);
    message.extend_from_slice(&body);
    message
}

/// The first message's kind and body, and what stands behind it.
fn message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = u32::from_ne_bytes(*bytes.first_chunk()?) as usize;
    let kind = u16::from_ne_bytes(*bytes.get(4..)?.first_chunk()?);
    let behind = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((kind, bytes.get(HEADER..length)?, behind))
}

/// The 32-bit number at that place; 0 where the kernel is too old to say.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

/// struct inet_diag_msg: family, state, timer, retransmissions, the own port and the peer's and both addresses in the
/// network's order, …, the cookie at 44, when the timer fires at 52, Recv-Q at 56, …, the inode at 68; then
/// attributes.
fn read(own: IpAddr, body: &[u8]) -> Option<SocketRow> {
    let &[_, state, timer, retransmits, own_high, own_low, peer_high, peer_low] = body.first_chunk()?;
    let is_own = match own {
        IpAddr::V4(own) => [own, Ipv4Addr::UNSPECIFIED].iter().any(|own| body.get(8..12) == Some(&own.octets())),
        IpAddr::V6(own) => [own, Ipv6Addr::UNSPECIFIED].iter().any(|own| body.get(8..24) == Some(&own.octets())),
    };
    if !is_own {
        return None;
    }
    let state = socket_row::state(state)?;
    let receive_queue = number(body, 56);
    let mut info = Info {
        // The kernel counts sequence numbers, and the FIN has one.
        unread: receive_queue.saturating_sub(u32::from(has_fin(state))),
        // What a handshake has no TCP_INFO for.
        retransmits: retransmits.into(),
        timer: name(timer),
        ..Info::default()
    };
    if let Some(said) = attribute(body.get(DESCRIPTION..)?, INET_DIAG_INFO) {
        // struct tcp_info (linux/tcp.h): it only ever grows at its end.
        let byte = |at: usize| said.get(at).copied().unwrap_or(0).into();
        info.retransmits = byte(2);
        info.probes = byte(3);
        info.backoff = byte(4);
        info.unacked = number(said, 24);
        info.unsent = number(said, 144);
    }
    if state == State::Listen {
        // Of a listener these mean another thing: connections that wait, and how many may.
        info = Info { queued: receive_queue, ..Info::default() };
    }
    Some(SocketRow {
        local_port: u16::from_be_bytes([own_high, own_low]),
        peer_port: u16::from_be_bytes([peer_high, peer_low]),
        state,
        inode: number(body, 68).into(),
        cookie: body.get(44..).and_then(<[u8]>::first_chunk).map(|bytes| u64::from_ne_bytes(*bytes)),
        info: Some(info),
        fires_ms: name(timer).filter(|timer| *timer != Timer::Timewait).map(|_| number(body, 52)),
    })
}

/// Whether the peer's FIN has come, so that it stands in the queue or was read.
const fn has_fin(state: State) -> bool {
    matches!(state, State::CloseWait | State::LastAck | State::Closing)
}

/// idiag_timer (sock_diag(7)).
const fn name(timer: u8) -> Option<Timer> {
    match timer {
        1 => Some(Timer::On),
        2 => Some(Timer::Keepalive),
        3 => Some(Timer::Timewait),
        4 => Some(Timer::Persist),
        _ => None,
    }
}

/// The value of the attribute of that kind: struct rtattr is a length, a kind, then the value.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(*bytes.first_chunk()?));
        let kind = u16::from_ne_bytes(*bytes.get(2..)?.first_chunk()?);
        if kind == wanted {
            return bytes.get(ATTRIBUTE..length);
        }
        bytes = bytes.get(length.max(ATTRIBUTE).next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn this_machine_says_what_its_sockets_hold() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is up");
        let address = listener.local_addr().expect("it is bound");
        let mut client = TcpStream::connect(address).expect("it listens");
        client.write_all(b"hello").expect("it is connected");
        let rows = sockets(address.ip()).expect("this kernel has sock_diag");
        let row = |rows: &[SocketRow], ports: [u16; 2]| {
            let found = rows.iter().find(|row| [row.local_port, row.peer_port] == ports).copied();
            found.unwrap_or_else(|| panic!("there is no socket {ports:?}"))
        };
        let on = |ports: [u16; 2]| row(&rows, ports).info.map(|info| info.to_string());
        let port = client.local_addr().expect("it is bound").port();
        assert_eq!(on([address.port(), 0]).as_deref(), Some("queued 1"));
        assert_eq!(on([address.port(), port]).as_deref(), Some("unread 5"));
        drop(client);
        // The FIN comes in another turn of the kernel's.
        let began = Instant::now();
        let (rows, server) = loop {
            let rows = sockets(address.ip()).expect("this kernel has sock_diag");
            let server = row(&rows, [address.port(), port]);
            if server.state != State::Established || began.elapsed() > Duration::from_secs(10) {
                break (rows, server);
            }
        };
        assert_eq!(server.info.map(|info| info.unread), Some(5), "the FIN behind them is no byte");
        assert_eq!((server.inode, server.state), (0, State::CloseWait), "it waits to be accepted");
        assert_ne!(row(&rows, [address.port(), 0]).inode, 0);
    }

    #[test]
    fn an_answer_cut_short_is_no_answer() {
        assert_eq!(message(&[20, 0, 0]), None);
        assert_eq!(message(&[20, 0, 0, 0, 1, 0]), None);
        assert_eq!(attribute(&[8, 0, 2, 0, 1], 2), None);
        assert_eq!(attribute(&[0, 0, 1, 0], 2), None);
        assert_eq!(read(IpAddr::from([127, 0, 0, 1]), &[2, 1]), None);
    }
}
