//! Initial sequence numbers.

use scenario::Host;

/// A clock, and for each pair its own start. The clock ticks every 64 ns, as Linux's, so a new connection of a pair
/// begins beyond all that an old one has sent.
///
/// RFC 9293 §3.4.1. Linux: `secure_tcp_seq`; its start is secret, and this one the same in each run.
pub(crate) fn of_pair(host: Host, ports: [u16; 2], now_us: u64) -> u32 {
    let [own, peer] = ports.map(u32::from);
    let start = (own << 16 | peer).wrapping_mul(0x9e37_79b9) ^ (host as u32).wrapping_mul(0x7f4a_7c15);
    start.wrapping_add((now_us * 125 / 8) as u32)
}

/// Of a connection that takes over one in TIME-WAIT: beyond the largest window without scaling.
///
/// RFC 9293 §3.6.1. Linux: `tcp_timewait_state_process`.
pub(crate) const fn after_time_wait(snd_nxt: u32) -> u32 {
    snd_nxt.wrapping_add(65_535 + 2)
}

/// Of a socket whose last connection was ended for another to begin: beyond what that has sent, and its peer's largest
/// window.
///
/// No RFC. Linux: `tcp_disconnect`.
pub(crate) const fn after_disconnect(write_end: u32, max_wnd: u32) -> u32 {
    write_end.wrapping_add(max_wnd + 2)
}
