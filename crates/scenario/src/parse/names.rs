use std::borrow::Cow;

use crate::{Host, HostAction, Map, Network};

/// Which sockets there are at a line of the script, as far as the script alone can tell.
pub(super) struct Names<'a> {
    network: Network,
    /// By the words of the script that name them.
    sockets: Map<Cow<'a, str>, Binding>,
    /// The line in which a host went down, for hosts that are down.
    down: [Option<u32>; Host::ALL.len()],
}

struct Binding {
    host: Host,
    line: u32,
    kind: Kind,
    /// What ended it, and in which line.
    ended: Option<(Ending, u32)>,
}

/// Which calls a socket takes, as far as the script tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// listen() was called on it: accept() takes it.
    Listener,
    /// Any other: new, or one end of a connection.
    Stream,
}

/// How a name comes to mean no socket any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// A call on it still is one, and gives EBADF.
    Closed,
    Killed,
    Crashed,
}

impl Ending {
    const fn text(self) -> &'static str {
        match self {
            Self::Closed => "it was closed",
            Self::Killed => "its process was killed",
            Self::Crashed => "its host crashed",
        }
    }
}

/// What is wrong with a name: what was found, and what would be right.
pub(super) type Wrong = (String, String);

impl<'a> Names<'a> {
    /// No sockets yet, on the hosts of this network.
    pub(super) const fn new(network: Network) -> Self {
        Self { network, sockets: Map::new(), down: [None; Host::ALL.len()] }
    }

    /// Which hosts there are.
    pub(super) const fn network(&self) -> Network {
        self.network
    }

    /// A call makes a socket of that name.
    pub(super) fn bind(&mut self, name: Cow<'a, str>, host: Host, line: u32, kind: Kind) -> Result<(), Wrong> {
        if let Some(Binding { line: since, ended: None, .. }) = self.sockets.get(&*name) {
            return Err((
                format!("there is a socket `{name}` already, since line {since}"),
                "close it first, or call this one otherwise: `as NAME`".to_owned(),
            ));
        }
        self.sockets.insert(name, Binding { host, line, kind, ended: None });
        Ok(())
    }

    /// The host of the socket of that name, for a call on it.
    pub(super) fn socket(&self, name: &str) -> Result<Host, Wrong> {
        match self.sockets.get(name) {
            Some(Binding { host, ended: None | Some((Ending::Closed, _)), .. }) => Ok(*host),
            Some(Binding { ended: Some((how, line)), .. }) => Err((
                format!("there is no socket `{name}` any more, {} in line {line}", how.text()),
                "the call belongs above that line, or to another socket".to_owned(),
            )),
            None => Err((format!("there is no socket `{name}` yet"), self.remedy(name))),
        }
    }

    /// The host of the socket that has, or once had, that name.
    pub(super) fn ever(&self, name: &str) -> Result<Host, Wrong> {
        match self.sockets.get(name) {
            Some(binding) => Ok(binding.host),
            None => Err((format!("there is no socket `{name}` yet"), self.remedy(name))),
        }
    }

    fn remedy(&self, name: &str) -> String {
        match name {
            "client" => "`client connect()` makes it".to_owned(),
            "server" => "`server accept()` makes it".to_owned(),
            "listener" => "`server listen()` makes it".to_owned(),
            "downstream" => "`proxy accept()` makes it".to_owned(),
            "upstream" => "`proxy connect()` makes it".to_owned(),
            "frontend" => "`proxy listen()` makes it".to_owned(),
            "proxy" => {
                "the proxy is a host: `proxy accept()` makes its socket `downstream`, `proxy connect()` `upstream`"
                    .to_owned()
            }
            _ => {
                let known: Vec<&str> =
                    self.sockets.iter().filter(|(_, it)| it.ended.is_none()).map(|(name, _)| &**name).collect();
                if known.is_empty() {
                    "calls begin with `server listen()` and `client connect()`".to_owned()
                } else {
                    format!(
                        "there are {}; `as {name}` behind listen(), connect() or accept() names one",
                        known.join(", ")
                    )
                }
            }
        }
    }

    /// The listener that a host's accept() means, or the one of that name.
    pub(super) fn listener<'n>(&'n self, subject: &'n str, host: Option<Host>) -> Result<(&'n str, Host), Wrong> {
        if let Some(Binding { host, kind: Kind::Listener, ended: None | Some((Ending::Closed, _)), .. }) =
            self.sockets.get(subject)
        {
            return Ok((subject, *host));
        }
        let Some(host) = host else {
            self.socket(subject)?;
            return Err((
                format!("`{subject}` is no listener"),
                "accept() takes a host or a socket that listen() made".to_owned(),
            ));
        };
        let mut listeners =
            self.sockets.iter().filter(|(_, it)| it.host == host && it.kind == Kind::Listener && it.ended.is_none());
        match (listeners.next(), listeners.next()) {
            (Some((name, _)), None) => Ok((name, host)),
            (None, _) => Err((format!("nobody listens on the {host}"), format!("`{host} listen()` comes first"))),
            (Some((one, _)), Some((other, _))) => Err((
                format!("the {host} has several listeners"),
                format!("name one: `{one} accept()` or `{other} accept()`"),
            )),
        }
    }

    /// listen() on the socket of that name: it is one that accept() takes.
    pub(super) fn listens(&mut self, name: &str) {
        if let Some(binding) = self.sockets.get_mut(name) {
            binding.kind = Kind::Listener;
        }
    }

    /// Whether listen() was called on the socket of that name.
    pub(super) fn is_listener(&self, name: &str) -> bool {
        self.sockets.get(name).is_some_and(|binding| binding.kind == Kind::Listener)
    }

    /// close() on the socket of that name.
    pub(super) fn close(&mut self, name: &str, line: u32) {
        if let Some(binding) = self.sockets.get_mut(name) {
            binding.ended = Some((Ending::Closed, line));
        }
    }

    /// Whether there is a socket of that name on that host.
    pub(super) fn is_open_on(&self, name: &str, host: Host) -> bool {
        self.sockets.get(name).is_some_and(|binding| binding.host == host && binding.ended.is_none())
    }

    /// dup() on the socket of that name.
    pub(super) fn copy(&mut self, name: &str, copy: &str, line: u32) -> Result<(), Wrong> {
        let host = self.socket(name)?;
        let kind = self.sockets.get(name).map_or(Kind::Stream, |binding| binding.kind);
        self.bind(copy.to_owned().into(), host, line, kind)
    }

    /// Something happens to a whole host.
    pub(super) fn host_action(&mut self, host: Host, action: HostAction, line: u32) -> Result<(), Wrong> {
        if matches!(action, HostAction::Boot) {
            return match self.down[host.index()].take() {
                Some(_) => Ok(()),
                None => Err((format!("the {host} is up"), format!("`{host} crash()` comes first"))),
            };
        }
        self.is_up(host)?;
        let how = match action {
            HostAction::Kill => Ending::Killed,
            HostAction::Crash => Ending::Crashed,
            HostAction::Boot
            | HostAction::Sysctl(..)
            | HostAction::PortRange { .. }
            | HostAction::BufferMemory { .. } => return Ok(()),
        };
        if matches!(action, HostAction::Crash) {
            self.down[host.index()] = Some(line);
        }
        for binding in self.sockets.values_mut().filter(|it| it.host == host && it.ended.is_none()) {
            binding.ended = Some((how, line));
        }
        Ok(())
    }

    /// Calls and settings are for hosts that are up.
    pub(super) fn is_up(&self, host: Host) -> Result<(), Wrong> {
        match self.down[host.index()] {
            None => Ok(()),
            Some(line) => {
                Err((format!("the {host} is down since line {line}"), format!("`{host} boot()` brings it back")))
            }
        }
    }
}
