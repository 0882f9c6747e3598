//! An IP interface of smoltcp: frames go in one by one, and come out one by one.
//!
//! It neither computes checksums nor looks at them: frames stay in memory, and a capture gets its checksums at the end
//! ([`crate::wire::fill_checksums`]).

use scenario::Host;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Checksum, ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpCidr};

use crate::wire::Ip;

pub(crate) struct NetworkInterface {
    interface: Interface,
    frames: Frames,
}

impl NetworkInterface {
    /// An interface with the host's address, for packets of at most so many bytes. `seed` decides the initial sequence
    /// numbers, see [`seed`].
    pub(crate) fn new(ip: Ip, host: Host, mtu: u16, seed: u64, now: Instant) -> Self {
        let mut frames = Frames { mtu, arriving: None, leaving: Vec::new() };
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut interface = Interface::new(config, &mut frames, now);
        interface.update_ip_addrs(|addresses| {
            // There is room for two.
            let _ = addresses.push(IpCidr::new(ip.address(host), ip.prefix_len()));
        });
        Self { interface, frames }
    }

    pub(crate) const fn interface(&mut self) -> &mut Interface {
        &mut self.interface
    }

    /// Takes in a frame. What answers it at once is the return value of [`Self::take_left`].
    pub(crate) fn receive(&mut self, now: Instant, frame: Vec<u8>, sockets: &mut SocketSet<'_>) {
        self.frames.arriving = Some(frame);
        self.interface.poll_ingress_single(now, &mut self.frames, sockets);
    }

    /// Lets each socket send one frame at most.
    pub(crate) fn transmit(&mut self, now: Instant, sockets: &mut SocketSet<'_>) {
        self.interface.poll_egress(now, &mut self.frames, sockets);
    }

    /// The frames that have left since the last time.
    pub(crate) fn take_left(&mut self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.frames.leaving.drain(..)
    }
}

struct Frames {
    mtu: u16,
    arriving: Option<Vec<u8>>,
    leaving: Vec<Vec<u8>>,
}

impl Device for Frames {
    type RxToken<'a> = Arriving;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Arriving, Leaving<'_>)> {
        Some((Arriving(self.arriving.take()?), Leaving(&mut self.leaving)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Leaving<'_>> {
        Some(Leaving(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu.into();
        let mut checksums = ChecksumCapabilities::ignored();
        checksums.tcp = Checksum::None;
        capabilities.checksum = checksums;
        capabilities
    }
}

struct Arriving(Vec<u8>);

impl RxToken for Arriving {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

struct Leaving<'a>(&'a mut Vec<Vec<u8>>);

impl TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.push(frame);
        result
    }
}

/// The seed with which smoltcp's generator gives `isn` to the first socket that asks.
///
/// smoltcp draws initial sequence numbers from a 64-bit congruential generator whose output are bits 29 to 60 of a
/// state below 2^61 (`rand.rs`). Every step of it can be undone, so the seed is computed backwards. An interface takes
/// one number for itself first, and another as long as that folds to 0.
pub(crate) fn seed(isn: u32) -> u64 {
    const M: u64 = 0xbb2e_fcec_3c39_611d;
    const A: u64 = 0x7590_ef39;
    const fn inverse() -> u64 {
        let mut inverse: u64 = 1;
        let mut round = 0;
        while round < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(M.wrapping_mul(inverse)));
            round += 1;
        }
        inverse
    }
    const INVERSE: u64 = inverse();
    let back = |state: u64| state.wrapping_sub(A).wrapping_mul(INVERSE);
    let mut low = 0;
    loop {
        let first = back((u64::from(isn) << 29) | low);
        let output = (first >> (29 - (first >> 61))) as u32;
        if (output ^ (output >> 16)) as u16 != 0 {
            return back(first);
        }
        low += 1;
    }
}
