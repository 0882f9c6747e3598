//! Addresses that stand in for those of a capture: those that are set aside for documentation and tests.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether addresses are hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hidden {
    /// Others stand in for them.
    Yes,
    /// They are shown.
    #[default]
    No,
}

/// Every address of a capture, numbered as it came.
#[derive(Debug, Default)]
pub(crate) struct Addresses(HashMap<IpAddr, u32>);

impl Addresses {
    /// Numbers an address that is new.
    pub(crate) fn add(&mut self, address: IpAddr) {
        let next = self.0.len() as u32 + 1;
        self.0.entry(address).or_insert(next);
    }

    /// The same port at 192.0.2.N (RFC 5737), for many hosts at 198.18.0.0/15 (RFC 2544); 2001:db8::N (RFC 3849) for IPv6.
    pub(crate) fn stand_in(&self, address: SocketAddr) -> SocketAddr {
        let number = self.0.get(&address.ip()).copied().unwrap_or_default();
        let ip = match address.ip() {
            IpAddr::V4(_) if number < 255 => IpAddr::V4(Ipv4Addr::new(192, 0, 2, number as u8)),
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(0xc612_0000 | number & 0x0001_ffff)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(number))),
        };
        SocketAddr::new(ip, address.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_stand_in_and_two_have_two() {
        let mut addresses = Addresses::default();
        let all: Vec<SocketAddr> = (0..600_u32)
            .map(|n| SocketAddr::new(Ipv4Addr::from(0x0a00_0000 + n).into(), 80))
            .chain([SocketAddr::new("fe80::1".parse().expect("an address"), 443)])
            .collect();
        all.iter().chain(&all).for_each(|address| addresses.add(address.ip()));
        let shown: std::collections::BTreeSet<_> = all.iter().map(|address| addresses.stand_in(*address)).collect();
        assert_eq!(shown.len(), all.len());
        assert_eq!(addresses.stand_in(all[0]).to_string(), "192.0.2.1:80");
        assert!(addresses.stand_in(all[600]).to_string().starts_with("[2001:db8::"));
    }
}
