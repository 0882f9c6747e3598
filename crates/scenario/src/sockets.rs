use serde::{Deserialize, Serialize};

use crate::Host;

/// A socket of a run: its place in the run's table of names ([`Sockets`]).
///
/// A connection is one socket from its first segment to its end, whether a program has accepted it or not. A name that
/// a script gives again is another socket; but see [`crate::Trace::from_json`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SocketId(u32);

/// The sockets of a run: host and name of each, in the order in which they came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sockets(Vec<(Host, String)>);

/// The name of a connection that waits at a listener, or has not been through its handshake: the listener's, and which of
/// its connections it is, counted from 1: `listener.1`. No script can give such a name.
pub fn queued_name(listener: &str, number: u32) -> String {
    format!("{listener}.{number}")
}

/// The listener and the number of a name that [`queued_name`] has made; `None` for one that a script has given.
pub fn queued_at(name: &str) -> Option<(&str, u32)> {
    let (listener, number) = name.rsplit_once('.')?;
    Some((listener, number.parse().ok()?))
}

impl Sockets {
    /// A run that has had no sockets yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a socket. The name is the script's; of a connection that waits to be accepted it is [`queued_name`]'s.
    pub fn add(&mut self, host: Host, name: &str) -> SocketId {
        self.0.push((host, name.to_owned()));
        SocketId(u32::try_from(self.0.len() - 1).expect("a run has fewer sockets than 2^32"))
    }

    /// accept(2) has returned the connection: it has the script's name from its beginning.
    ///
    /// # Panics
    /// The socket is another run's.
    pub fn rename(&mut self, socket: SocketId, name: &str) {
        name.clone_into(&mut self.0[socket.0 as usize].1);
    }

    /// The socket's name.
    ///
    /// # Panics
    /// The socket is another run's.
    pub fn name(&self, socket: SocketId) -> &str {
        &self.0[socket.0 as usize].1
    }

    /// The socket's host.
    ///
    /// # Panics
    /// The socket is another run's.
    pub fn host(&self, socket: SocketId) -> Host {
        self.0[socket.0 as usize].0
    }

    /// The newest socket of that name on that host.
    pub fn newest(&self, host: Host, name: &str) -> Option<SocketId> {
        self.iter().filter(|(_, on, known)| *on == host && *known == name).map(|(socket, ..)| socket).last()
    }

    /// All of them, with host and name.
    pub fn iter(&self) -> impl Iterator<Item = (SocketId, Host, &str)> {
        self.0.iter().zip(0..).map(|((host, name), id)| (SocketId(id), *host, name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queued_connection_is_known_by_its_name() {
        assert_eq!(queued_at(&queued_name("listener", 12)), Some(("listener", 12)));
        for given in ["listener", "server", "a-b_1"] {
            assert_eq!(queued_at(given), None, "{given}");
        }
    }
}
