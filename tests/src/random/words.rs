//! The words in the lines, by the class of the script.

use scenario::Host;

use super::grammar::Draw;
use super::{Class, Clock};

/// What is set at any time.
const SYSCTLS: [&str; 13] = [
    "tcp_fin_timeout, 1",
    "tcp_rfc1337, 1",
    "tcp_abort_on_overflow, 1",
    "tcp_orphan_retries, 2",
    "tcp_retries2, 3",
    "tcp_syn_retries, 1",
    "tcp_syn_linear_timeouts, 0",
    "tcp_synack_retries, 1",
    "tcp_max_tw_buckets, 0",
    "tcp_max_syn_backlog, 1",
    "tcp_syncookies, 0",
    "tcp_tw_reuse, 1",
    "tcp_timestamps, 0",
];

impl Draw {
    /// listen() on a socket that is there: bound, not bound, one that listens, one that has listened, one that had a
    /// connection. And accept() that waits for data.
    pub(super) fn listen(&mut self) -> &'static str {
        self.of(&[
            "listener listen()",
            "listener listen(backlog=0)",
            "listener listen(backlog=1)",
            "listener shutdown(RD)",
            "listener disconnect()",
            "listener connect(port=81)",
            "c2 listen()",
            "server socket() as t",
            "t bind(port=80)",
            "t bind(port=81)",
            "t shutdown(RDWR)",
            "t listen()",
            "t listen()",
            "t accept() as s2",
            "client connect() as c2",
            "client connect(port=81) as c3",
            "server accept() as s2",
            "listener setsockopt(TCP_DEFER_ACCEPT, 1s)",
            "listener setsockopt(TCP_DEFER_ACCEPT, 3s)",
            "c2 write(5)",
        ])
    }

    /// What a socket of the server's does that is to listen.
    pub(super) fn begun(&mut self) -> Vec<String> {
        let bound =
            self.of(&["t bind(port=80)", "t bind(port=81)", "t bind(port=81)", "t setsockopt(SO_RCVBUF, 4000)"]);
        vec![bound.to_owned(), "t listen()".to_owned()]
    }

    pub(super) fn copy(&mut self) -> &'static str {
        self.of(&[
            "server dup() as copy",
            "client dup() as other",
            "listener dup() as l2",
            "copy close()",
            "copy write(3)",
            "copy shutdown(WR)",
            "copy ioctl(FIONREAD)",
            "other close()",
            "other write(3)",
            "other poll()",
            "listener close()",
            "l2 accept() as s2",
            "l2 close()",
        ])
    }

    pub(super) fn question(&mut self) -> &'static str {
        match self.class {
            Class::Sockets => self.of(&[
                "ioctl(FIONREAD)",
                "ioctl(SIOCOUTQ)",
                "peek()",
                "peek(3)",
                "poll()",
                "getsockopt(SO_ERROR)",
                "getpeername()",
            ]),
            Class::Boxes => {
                self.of(&["getsockopt(SO_ERROR)", "getsockopt(SO_ERROR)", "getsockopt(SO_ERROR)", "poll()"])
            }
            _ => self.of(&["poll()", "getsockopt(SO_ERROR)", "getpeername()"]),
        }
    }

    pub(super) fn socket_option(&mut self) -> &'static str {
        match self.class {
            Class::Plain | Class::Boxes | Class::Proxied => self.of(&["SO_LINGER, 0", "SO_LINGER, off"]),
            Class::Sockets => self.of(&[
                "O_NONBLOCK, 1",
                "O_NONBLOCK, 1",
                "O_NONBLOCK, 0",
                "SO_RCVTIMEO, 330ms",
                "SO_RCVTIMEO, 0s",
                "SO_SNDTIMEO, 330ms",
                "TCP_NODELAY, 1",
                "TCP_NODELAY, 0",
                "SO_LINGER, 0",
                "SO_LINGER, 1",
                "SO_SNDBUF, 5000",
            ]),
            Class::Any => self.of(&[
                "SO_LINGER, 0",
                "SO_LINGER, 0",
                "SO_LINGER, 1",
                "SO_LINGER, off",
                "SO_KEEPALIVE, 1",
                "TCP_KEEPIDLE, 1s",
                "TCP_KEEPINTVL, 1s",
                "TCP_KEEPCNT, 2",
                "TCP_USER_TIMEOUT, 2s",
                "TCP_LINGER2, -1",
                "TCP_LINGER2, 0",
                "TCP_LINGER2, 2",
                "SO_RCVBUF, 4000",
                "SO_RCVBUF, 20000",
                "SO_SNDBUF, 5000",
            ]),
        }
    }

    /// In the whole grammar from 1 to 100,000 bytes, of each size as often.
    pub(super) fn length(&mut self) -> u32 {
        match self.class {
            Class::Any => {
                let most = 10_u32.pow(self.rng.u32(1..=5));
                self.rng.u32(1..=most)
            }
            Class::Sockets => [1, 5, 700, 3_000, 20_000][self.rng.usize(..5)],
            Class::Plain | Class::Boxes | Class::Proxied => [1, 5, 700, 3_000][self.rng.usize(..4)],
        }
    }

    /// So many bytes, or these.
    pub(super) fn payload(&mut self) -> String {
        let length = self.length();
        match "no\n more ".get(..length as usize) {
            Some(text) if self.one_in(2) => format!("{text:?}"),
            _ => length.to_string(),
        }
    }

    pub(super) fn at_most(&mut self) -> &'static str {
        match self.class {
            Class::Any => self.of(&["", "1", "5", "700", "1448", "3000", "20000"]),
            Class::Sockets => self.of(&["", "1", "700"]),
            Class::Boxes => self.of(&["", "5"]),
            Class::Plain | Class::Proxied => self.of(&["1", "5", "65536"]),
        }
    }

    pub(super) fn open(&mut self) -> &'static str {
        match self.class {
            Class::Proxied => self.of(&["proxy connect() as second", "client connect() as another"]),
            Class::Sockets => {
                self.of(&["client connect(nonblock) as c2", "server accept() as s2", "client connect(port=81) as c3"])
            }
            Class::Plain | Class::Any | Class::Boxes => self.of(&[
                "server listen()",
                "server listen(backlog=0)",
                "server listen(backlog=1)",
                "server listen(port=81) as l2",
                "server listen(port=81, reuseaddr) as l2",
                "client listen(port=5001) as l2",
                "client connect()",
                "client connect(from=5000)",
                "client connect() as c2",
                "client connect() as c3",
                "client connect(from=5000) as c2",
                "client connect(nonblock) as c2",
                "client connect(nonblock) as c3",
                "client connect(port=81) as c3",
                "server connect(port=5001) as s3",
                "server connect(port=5000, from=80) as s3",
                "server accept()",
                "server accept()",
                "server accept() as s2",
                "server accept() as s3",
                "l2 accept() as s2",
                "l2 accept() as c2",
            ]),
        }
    }

    pub(super) fn host_action(&mut self) -> String {
        match self.rng.u8(..8) {
            0..2 => "kill()".to_owned(),
            2..4 => "crash()".to_owned(),
            4..6 => "boot()".to_owned(),
            _ => format!("sysctl({})", self.sysctl()),
        }
    }

    pub(super) fn sysctl(&mut self) -> &'static str {
        self.of(&SYSCTLS)
    }

    /// What is set for a host before there is a connection.
    pub(super) fn setting(&mut self) -> &'static str {
        if self.clock == Clock::Real {
            let memory = ["tcp_rmem, 4096 65536 65536", "tcp_wmem, 4096 16384 16384"];
            let all: Vec<&'static str> = SYSCTLS.into_iter().chain(memory).collect();
            self.of(&all)
        } else if self.one_in(4) {
            self.of(&["tcp_rmem, 4096 8192 8192", "tcp_wmem, 4096 16384 16384"])
        } else {
            self.sysctl()
        }
    }

    pub(super) fn time(&mut self) -> &'static str {
        match (self.clock, self.class) {
            (Clock::Virtual, _) => self.of(&["1ms", "50ms", "500ms", "3s", "70s", "1200s"]),
            (Clock::Real, Class::Boxes) => self.of(&["350ms", "1150ms", "2500ms", "4500ms"]),
            (Clock::Real, _) => self.of(&["50ms", "350ms", "1150ms", "2500ms"]),
        }
    }

    pub(super) fn count(&mut self) -> &'static str {
        self.of(&["", "2 ", "all ", "all "])
    }

    pub(super) fn icmp(&mut self) -> &'static str {
        self.of(&["unreachable", "port-unreachable", "admin-prohibited"])
    }

    pub(super) fn background(&mut self) -> &'static str {
        if self.class == Class::Any && self.one_in(8) { " &" } else { "" }
    }

    pub(super) fn socket(&mut self) -> &'static str {
        match self.class {
            Class::Plain | Class::Boxes => self.of(&["client", "server"]),
            Class::Any => self.of(&[
                "client", "client", "client", "server", "server", "server", "c2", "s2", "c3", "s3", "listener", "l2",
            ]),
            Class::Sockets => self.of(&["client", "client", "client", "server", "server", "server", "listener"]),
            Class::Proxied => self.of(&["client", "downstream", "upstream", "server"]),
        }
    }

    pub(super) fn socket_to_close(&mut self) -> &'static str {
        if self.class == Class::Proxied && self.one_in(5) {
            return self.of(&["frontend", "listener"]);
        }
        self.socket()
    }

    pub(super) fn host(&mut self) -> Host {
        match self.class {
            Class::Proxied => Host::ALL[self.rng.usize(..Host::ALL.len())],
            _ => Host::BOTH[self.rng.usize(..2)],
        }
    }

    /// How a statement of a link begins, and one of the link's ends.
    pub(super) fn link_and_end(&mut self) -> (&'static str, &'static str) {
        if self.class != Class::Proxied {
            ("link", self.of(&["client", "server"]))
        } else if self.one_in(2) {
            ("link client-proxy", self.of(&["client", "proxy"]))
        } else {
            ("link proxy-server", self.of(&["proxy", "server"]))
        }
    }

    pub(super) fn one_in(&mut self, of: usize) -> bool {
        self.rng.usize(..of) == 0
    }

    pub(super) fn of(&mut self, words: &[&'static str]) -> &'static str {
        words[self.rng.usize(..words.len())]
    }
}
