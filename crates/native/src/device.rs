//! A link's device: what a host sends is read from it, what is written to it arrives at the host.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recv, sendto, socket};

use crate::packet;

/// Where IP packets of one host are read and written.
#[derive(Debug)]
pub(crate) enum Device {
    /// A TUN's file: IP packets as they are.
    Tun(File),
    /// A packet socket (packet(7)) behind the host's veth: IP packets in Ethernet frames.
    Veth {
        /// Gets every frame of the only interface in its namespace.
        socket: OwnedFd,
        /// That interface.
        interface: LinkAddr,
    },
    /// Packet sockets, one for each protocol, on `lo`: only for watching.
    Loopback(OwnedFd),
}

/// The Ethernet address of every host's veth, which has no ARP (IFF_NOARP).
pub(crate) const ETHERNET: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];
/// Destination, source, protocol.
const FRAME_HEADER: usize = 14;

impl Device {
    /// The device behind the interface of that name, in the calling thread's namespace.
    ///
    /// # Errors
    /// Packet sockets take CAP_NET_RAW in the namespace.
    pub(crate) fn veth(name: &str) -> io::Result<Self> {
        let address = getifaddrs()?.find_map(|interface| {
            (interface.interface_name == name).then_some(interface.address?)?.as_link_addr().copied()
        });
        let interface = address.ok_or_else(|| io::Error::other(format!("{name} has no link-layer address")))?;
        let socket = packet_socket(SockType::Raw, SockProtocol::EthAll)?;
        Ok(Self::Veth { socket, interface })
    }

    /// What the calling thread's namespace sends over `lo`.
    ///
    /// # Errors
    /// Packet sockets take CAP_NET_RAW in the namespace.
    pub(crate) fn loopback(protocol: crate::Protocol) -> io::Result<Self> {
        let protocol = match protocol {
            crate::Protocol::Ipv4 => SockProtocol::EthIp,
            crate::Protocol::Ipv6 => SockProtocol::EthIpv6,
        };
        // Bound to one protocol it sees packets when they arrive and not when they leave: each once.
        packet_socket(SockType::Datagram, protocol).map(Self::Loopback)
    }

    /// The next IP packet, without waiting.
    pub(crate) fn read<'a>(&self, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
        match self {
            Self::Tun(file) => {
                let mut file: &File = file;
                let length = file.read(buffer)?;
                Ok(&buffer[..length])
            }
            Self::Veth { socket, .. } => {
                let length = recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?;
                let packet = buffer.get_mut(FRAME_HEADER..length).unwrap_or_default();
                // The kernel leaves the checksum to a device, and a veth never computes it.
                packet::complete_checksum(packet);
                Ok(packet)
            }
            Self::Loopback(socket) => {
                let length = recv(socket.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?;
                let packet = &mut buffer[..length];
                packet::complete_checksum(packet);
                Ok(packet)
            }
        }
    }

    /// Hands an IP packet to the host.
    pub(crate) fn write(&self, packet: &[u8]) -> io::Result<()> {
        match self {
            Self::Tun(file) => {
                let mut file: &File = file;
                file.write_all(packet)
            }
            Self::Veth { socket, interface } => {
                let protocol: [u8; 2] = if packet[0] >> 4 == 4 { [0x08, 0x00] } else { [0x86, 0xdd] };
                let frame = [&ETHERNET, &[0x02, 0, 0, 0, 0, 0x02], &protocol[..], packet].concat();
                sendto(socket.as_raw_fd(), &frame, interface, MsgFlags::empty())?;
                Ok(())
            }
            Self::Loopback(_) => Err(io::Error::other("on this rung packets are only watched")),
        }
    }
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tun(file) => file.as_fd(),
            Self::Veth { socket, .. } | Self::Loopback(socket) => socket.as_fd(),
        }
    }
}

fn packet_socket(kind: SockType, protocol: SockProtocol) -> io::Result<OwnedFd> {
    Ok(socket(AddressFamily::Packet, kind, SockFlag::SOCK_CLOEXEC, protocol)?)
}
