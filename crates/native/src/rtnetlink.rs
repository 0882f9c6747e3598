//! The few rtnetlink messages (rtnetlink(7)) that give an interface its address and bring it up.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::libc;
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};

/// Every namespace's loopback has this index (Linux: `LOOPBACK_IFINDEX`).
const LOOPBACK: u32 = 1;

/// Gives the interface this address, in a network of 24 (IPv4) or 64 bits (IPv6).
///
/// # Errors
/// The kernel's own.
pub(crate) fn add_address(index: u32, address: IpAddr) -> io::Result<()> {
    let (family, prefix, bytes) = match address {
        IpAddr::V4(address) => (libc::AF_INET, 24, address.octets().to_vec()),
        IpAddr::V6(address) => (libc::AF_INET6, 64, address.octets().to_vec()),
    };
    let mut message = Message::new(libc::RTM_NEWADDR, libc::NLM_F_CREATE | libc::NLM_F_EXCL);
    // struct ifaddrmsg: family, prefix length, flags, scope, index. NODAD: usable at once, nobody is asked.
    message.push(&[u8::try_from(family).expect("a small number"), prefix, IFA_F_NODAD, 0]);
    message.push(&index.to_ne_bytes());
    message.attribute(libc::IFA_LOCAL, &bytes);
    message.attribute(libc::IFA_ADDRESS, &bytes);
    message.send()
}

/// Brings the interface up, and sets what else it is to be.
///
/// # Errors
/// The kernel's own.
pub(crate) fn bring_up(index: u32, kind: InterfaceKind) -> io::Result<()> {
    let mut message = Message::new(libc::RTM_NEWLINK, 0);
    message.link(index, IFF_UP | kind.flags());
    kind.describe(&mut message);
    message.send()
}

/// Gives this process's network namespace its loopback: a new one has it down (RTM_NEWLINK with IFF_UP).
///
/// # Errors
/// The kernel's: EPERM without CAP_NET_ADMIN.
pub fn bring_up_loopback() -> io::Result<()> {
    bring_up(LOOPBACK, InterfaceKind::Plain)
}

/// Makes a pair of Ethernet interfaces: `near` in the calling thread's namespace, `far` in that one.
///
/// # Errors
/// The kernel's own.
pub(crate) fn add_veth(near: &str, far: &str, namespace: BorrowedFd<'_>, far_address: [u8; 6]) -> io::Result<()> {
    let mut message = Message::new(libc::RTM_NEWLINK, libc::NLM_F_CREATE | libc::NLM_F_EXCL);
    message.link(0, 0);
    message.attribute(libc::IFLA_IFNAME, &text(near));
    message.attribute(libc::IFLA_GSO_MAX_SEGS, &1_u32.to_ne_bytes());
    let mut peer = Message(Vec::new());
    peer.link(0, 0);
    peer.attribute(libc::IFLA_IFNAME, &text(far));
    peer.attribute(libc::IFLA_ADDRESS, &far_address);
    peer.attribute(libc::IFLA_GSO_MAX_SEGS, &1_u32.to_ne_bytes());
    peer.attribute(libc::IFLA_NET_NS_FD, &namespace.as_raw_fd().to_ne_bytes());
    let mut data = Message(Vec::new());
    data.attribute(VETH_INFO_PEER, &peer.0);
    let mut info = Message(Vec::new());
    info.attribute(libc::IFLA_INFO_KIND, b"veth");
    info.attribute(libc::IFLA_INFO_DATA, &data.0);
    message.attribute(libc::IFLA_LINKINFO, &info.0);
    message.send()
}

/// What is set of an interface when it comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InterfaceKind {
    /// Nothing else.
    Plain,
    /// No ARP (IFF_NOARP), no neighbour discovery.
    WithoutNeighbours,
    /// An MTU of 1500 bytes, and no segmentation offload (`gso_max_segs` 1).
    LikeEthernet,
}

impl InterfaceKind {
    fn flags(self) -> u32 {
        match self {
            Self::WithoutNeighbours => IFF_NOARP,
            Self::Plain | Self::LikeEthernet => 0,
        }
    }

    fn describe(self, message: &mut Message) {
        if self == Self::LikeEthernet {
            message.attribute(libc::IFLA_MTU, &1500_u32.to_ne_bytes());
            message.attribute(libc::IFLA_GSO_MAX_SEGS, &1_u32.to_ne_bytes());
        }
    }
}

fn text(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0]].concat()
}

const IFF_UP: u32 = 0x1;
const IFF_NOARP: u32 = 0x80;
/// linux/veth.h
const VETH_INFO_PEER: u16 = 1;
const IFA_F_NODAD: u8 = 0x02;
/// struct nlmsghdr.
const HEADER: usize = 16;

struct Message(Vec<u8>);

impl Message {
    fn new(kind: u16, flags: libc::c_int) -> Self {
        let flags = u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags).expect("netlink's flags are 16 bits");
        let mut bytes = vec![0; HEADER];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        Self(bytes)
    }

    /// struct ifinfomsg: family, padding, type, index, flags, mask of the flags to change.
    fn link(&mut self, index: u32, flags: u32) {
        self.push(&[0; 4]);
        for field in [index, flags, flags] {
            self.push(&field.to_ne_bytes());
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(4 + value.len()).expect("addresses and names are short");
        self.push(&length.to_ne_bytes());
        self.push(&kind.to_ne_bytes());
        self.push(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Sends the message and waits for the kernel's answer.
    fn send(mut self) -> io::Result<()> {
        let length = u32::try_from(self.0.len()).expect("messages are short");
        self.0[0..4].copy_from_slice(&length.to_ne_bytes());
        let socket = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
        sendto(socket.as_raw_fd(), &self.0, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
        let mut answer = [0; 1024];
        let length = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty())?;
        // NLMSG_ERROR: the header, then a negated errno, 0 for success.
        let Some(errno) = answer[..length].get(HEADER..HEADER + 4) else {
            return Err(io::Error::other("a short answer from rtnetlink"));
        };
        match i32::from_ne_bytes(errno.try_into().expect("four bytes")) {
            0 => Ok(()),
            errno => Err(io::Error::from_raw_os_error(-errno)),
        }
    }
}
