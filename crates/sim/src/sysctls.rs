//! The sysctls of a host, with Linux's defaults (Documentation/networking/ip-sysctl.rst).

use scenario::Sysctl;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sysctls {
    pub(crate) fin_timeout_s: u32,
    /// Not 0: a RST does not end TIME-WAIT.
    pub(crate) rfc1337: u32,
    /// Not 0: a full accept queue resets.
    pub(crate) abort_on_overflow: u32,
    pub(crate) orphan_retries: u32,
    pub(crate) retries2: u32,
    pub(crate) syn_retries: u32,
    pub(crate) syn_linear_timeouts: u32,
    pub(crate) synack_retries: u32,
    pub(crate) max_tw_buckets: u32,
    pub(crate) max_syn_backlog: u32,
    /// 0: no SYN cookies; 1: where the queue of handshakes is full; 2: always.
    pub(crate) syncookies: u32,
    /// 1: connect(2) may take a pair in TIME-WAIT; 2: on loopback only.
    pub(crate) tw_reuse: u32,
    /// Not 0: a SYN offers timestamps, and an offer is taken.
    pub(crate) timestamps: u32,
    /// tcp_rmem and tcp_wmem, in bytes, where they were set.
    pub(crate) receive_memory: Option<u32>,
    pub(crate) send_memory: Option<u32>,
    /// ip_local_port_range, where it was set.
    pub(crate) port_range: Option<(u16, u16)>,
}

impl Default for Sysctls {
    fn default() -> Self {
        Self {
            fin_timeout_s: 60,
            rfc1337: 0,
            abort_on_overflow: 0,
            orphan_retries: 0,
            retries2: 15,
            syn_retries: 6,
            syn_linear_timeouts: 4,
            synack_retries: 5,
            max_tw_buckets: u32::MAX,
            max_syn_backlog: 2_048,
            syncookies: 1,
            tw_reuse: 2,
            timestamps: 1,
            receive_memory: None,
            send_memory: None,
            port_range: None,
        }
    }
}

impl Sysctls {
    pub(crate) const fn set(&mut self, name: Sysctl, value: u32) {
        *match name {
            Sysctl::TcpFinTimeout => &mut self.fin_timeout_s,
            Sysctl::TcpRfc1337 => &mut self.rfc1337,
            Sysctl::TcpAbortOnOverflow => &mut self.abort_on_overflow,
            Sysctl::TcpOrphanRetries => &mut self.orphan_retries,
            Sysctl::TcpRetries2 => &mut self.retries2,
            Sysctl::TcpSynRetries => &mut self.syn_retries,
            Sysctl::TcpSynLinearTimeouts => &mut self.syn_linear_timeouts,
            Sysctl::TcpSynackRetries => &mut self.synack_retries,
            Sysctl::TcpMaxTwBuckets => &mut self.max_tw_buckets,
            Sysctl::TcpMaxSynBacklog => &mut self.max_syn_backlog,
            Sysctl::TcpSyncookies => &mut self.syncookies,
            Sysctl::TcpTwReuse => &mut self.tw_reuse,
            Sysctl::TcpTimestamps => &mut self.timestamps,
        } = value;
    }
}
