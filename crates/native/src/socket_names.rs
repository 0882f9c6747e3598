//! Which row of the kernel's table is which socket of the script.
//!
//! The kernel knows inodes and ports, the script knows names. A socket with a descriptor is found by its inode;
//! queued connections, orphans and TIME-WAIT have none, and are found by their ports.

use std::collections::BTreeMap;

use scenario::{Host, Info, Outcome, Place, SocketId, Sockets, State, Verb, queued_name};

use crate::socket_row::SocketRow;

/// Every socket that a run has had, in the order in which they came to be.
#[derive(Debug, Default)]
pub(crate) struct SocketNames {
    sockets: Vec<Socket>,
    /// The names of those that events speak of.
    table: Sockets,
    /// The names that dup() has given, each with its socket.
    copies: Vec<(Host, String, SocketId)>,
    /// How many connections each listener has had, by host and name.
    arrived: BTreeMap<(Host, String), u32>,
}

#[derive(Debug)]
struct Socket {
    host: Host,
    name: String,
    /// The socket's place in the table, once an event speaks of it.
    id: Option<SocketId>,
    owner: Owner,
    /// A connection's own port and its peer's, once they are known.
    ports: Option<[u16; 2]>,
    /// The kernel's number for it, once it was seen.
    cookie: Option<u64>,
    /// The state that was seen last.
    state: State,
    info: Info,
    kind: SocketKind,
    /// Its descriptors' names: with dup() several.
    descriptors: Vec<String>,
    /// Calls on it that have not returned: they hold it when its descriptors are closed.
    calls: Vec<u32>,
    /// Whether the socket had a state and has none any more: what shows up with its ports is another connection.
    is_gone: bool,
    /// Whether the handshake is over: accept(2) gives the connection, even if it is gone.
    is_connected: bool,
}

/// Whether a socket listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SocketKind {
    Listener,
    Connection,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    /// The queue of the listener of that name: nobody has accepted it.
    Queue(String),
    /// A descriptor with this inode.
    Descriptor(u64),
    /// It was closed, or its process ended: an orphan.
    Nobody,
}

/// What has changed since the sockets were looked at last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) changes: Vec<Change>,
    /// Sockets that hold something else than before.
    pub(crate) infos: Vec<(SocketId, Info)>,
}

/// A socket that was found in another state than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) socket: SocketId,
    pub(crate) from: State,
    pub(crate) to: State,
}

impl SocketNames {
    /// A call has made a socket.
    pub(crate) fn made(&mut self, host: Host, name: &str, inode: u64, kind: SocketKind) {
        self.sockets.push(Socket {
            host,
            name: name.to_owned(),
            id: None,
            owner: Owner::Descriptor(inode),
            ports: None,
            cookie: None,
            state: State::Closed,
            info: Info::default(),
            kind,
            descriptors: vec![name.to_owned()],
            calls: Vec::new(),
            is_gone: false,
            is_connected: false,
        });
    }

    /// Notes the ports of a connection that `connect` has made.
    pub(crate) fn connected(&mut self, host: Host, name: &str, ports: [u16; 2]) {
        if let Some(socket) = self.newest_named(host, name) {
            socket.ports = Some(ports);
        }
    }

    /// `accept` has taken the connection with these ports out of a queue. From its beginning it has the script's name.
    /// `listener`: a descriptor of the socket that the queue is of.
    pub(crate) fn accepted(&mut self, host: Host, name: &str, ports: [u16; 2], listener: &str) {
        let listener =
            self.of_descriptor(host, listener).map_or_else(|| listener.to_owned(), |known| known.name.clone());
        let is_queued = |socket: &Socket| {
            socket.host == host
                && socket.ports == Some(ports)
                && matches!(&socket.owner, Owner::Queue(of) if *of == listener)
        };
        // First come, first served; of one in a handshake nobody has seen yet that it is over.
        let queued = self.sockets.iter().position(|socket| is_queued(socket) && socket.is_connected);
        let queued = queued.or_else(|| self.sockets.iter().rposition(|socket| is_queued(socket) && !socket.is_gone));
        let Some(queued) = queued else {
            *self.arrived.entry((host, listener)).or_default() += 1;
            self.connected(host, name, ports);
            return;
        };
        // The socket that the call made and the queued connection are one.
        let made = self.sockets.iter().rposition(|socket| socket.host == host && socket.name == name);
        let Some(made) = made else { return };
        let Socket { owner, descriptors, .. } = self.sockets.remove(made);
        // It was made after the connection came into the queue, so it stood behind it.
        let socket = &mut self.sockets[queued];
        socket.owner = owner;
        socket.descriptors = descriptors;
        name.clone_into(&mut socket.name);
        if let Some(id) = socket.id {
            self.table.rename(id, name);
        }
    }

    /// dup() has given the socket of that name another descriptor.
    pub(crate) fn copied(&mut self, host: Host, name: &str, copy: &str) {
        let id = self.table.add(host, copy);
        self.copies.push((host, copy.to_owned(), id));
        if let Some(socket) = self.of_descriptor(host, name) {
            socket.descriptors.push(copy.to_owned());
        }
    }

    fn of_descriptor(&mut self, host: Host, name: &str) -> Option<&mut Socket> {
        let is_it = |socket: &&mut Socket| socket.host == host && socket.descriptors.iter().any(|known| known == name);
        self.sockets.iter_mut().rev().find(is_it)
    }

    /// The call in that line is made on the socket of that name.
    pub(crate) fn begun(&mut self, host: Host, name: &str, line: u32) {
        if let Some(socket) = self.of_descriptor(host, name) {
            socket.calls.push(line);
        }
    }

    /// The call in that line has returned: the last one on a socket without descriptors lets go of it.
    pub(crate) fn ended(&mut self, line: u32) {
        for at in 0..self.sockets.len() {
            let socket = &mut self.sockets[at];
            if socket.calls.contains(&line) {
                socket.calls.retain(|known| *known != line);
                self.release(at);
            }
        }
    }

    /// Nobody holds the socket any more, if so. With a listener its queue is gone.
    fn release(&mut self, at: usize) {
        let Socket { host, name, descriptors, calls, .. } = &self.sockets[at];
        if !descriptors.is_empty() || !calls.is_empty() {
            return;
        }
        let (host, name) = (*host, name.clone());
        let is_of_queue = |socket: &Socket| matches!(&socket.owner, Owner::Queue(of) if *of == name);
        for socket in self.sockets.iter_mut().filter(|socket| socket.host == host && is_of_queue(socket)) {
            socket.owner = Owner::Nobody;
        }
        self.sockets[at].owner = Owner::Nobody;
    }

    /// The socket that a call was made on, or that it has made.
    pub(crate) fn of_call(&mut self, host: Host, name: &str, call: &Verb, outcome: Outcome) -> SocketId {
        // A listen() or accept() that fails makes none.
        let makes_none = matches!(call, Verb::Listen { place: Place::New { .. }, .. } | Verb::Accept { .. });
        let fails = makes_none && !outcome.is_success();
        let Self { table, copies, .. } = self;
        if let Some((.., id)) = copies.iter().rev().find(|(of, known, _)| *of == host && known == name)
            && !call.makes_socket()
        {
            return *id;
        }
        let known = self.sockets.iter_mut().rev().find(|socket| socket.host == host && socket.name == name);
        match known.filter(|_| !fails) {
            Some(socket) => socket.id(table),
            None => table.add(host, name),
        }
    }

    /// The names of the sockets that events speak of.
    pub(crate) const fn table(&self) -> &Sockets {
        &self.table
    }

    /// `close` has returned.
    pub(crate) fn closed(&mut self, host: Host, name: &str) {
        let is_it = |socket: &Socket| socket.host == host && socket.descriptors.iter().any(|known| known == name);
        if let Some(at) = self.sockets.iter().rposition(is_it) {
            self.sockets[at].descriptors.retain(|known| known != name);
            self.release(at);
        }
    }

    /// The host's process has ended, and with it all its descriptors.
    pub(crate) fn killed(&mut self, host: Host) {
        for socket in self.sockets.iter_mut().filter(|socket| socket.host == host) {
            socket.owner = Owner::Nobody;
            socket.descriptors.clear();
            socket.calls.clear();
        }
    }

    /// Looks at a host's table (empty if the host is down). `opened`: the host's port and its peer's of each SYN that it
    /// has sent or was sent, in order.
    pub(crate) fn look(&mut self, host: Host, mut rows: Vec<SocketRow>, opened: &[[u16; 2]]) -> Looked {
        let mut found: Vec<Option<SocketRow>> = self.sockets.iter().map(|_| None).collect();
        for (socket, found) in self.sockets.iter_mut().zip(&mut found).filter(|(socket, _)| socket.host == host) {
            if let Owner::Descriptor(inode) = socket.owner
                && let Some(at) = rows.iter().position(|row| row.inode == inode)
            {
                let row = rows.swap_remove(at);
                *found = Some(row);
                socket.ports = Some([row.local_port, row.peer_port]);
            }
        }
        // The newest first: ports that are used again belong to the newest connection, unless its past forbids.
        for (socket, found) in self.sockets.iter().zip(&mut found).rev().filter(|(socket, _)| socket.host == host) {
            if found.is_none()
                && let Some(at) = rows.iter().position(|row| socket.may_be(row))
            {
                *found = Some(rows.swap_remove(at));
            }
        }
        self.find_unseen(host, &mut rows, &mut found);
        let mut looked = Looked::default();
        let Self { sockets, table, .. } = self;
        for (socket, found) in sockets.iter_mut().zip(found).filter(|(socket, _)| socket.host == host) {
            let to = found.map_or(State::Closed, |row| row.state);
            socket.cookie = found.and_then(|row| row.cookie).or(socket.cookie);
            // listen(2) may be called on every socket, and connect(2) on one that has listened.
            socket.kind = match to {
                State::Listen => SocketKind::Listener,
                State::Closed => socket.kind,
                _ => SocketKind::Connection,
            };
            // What is gone holds nothing; of what could not be asked nothing new is known.
            let info = found.map_or_else(Info::default, |row| row.info.unwrap_or(socket.info));
            if socket.info != info {
                looked.infos.push((socket.id(table), info));
                socket.info = info;
            }
            if socket.state != to {
                looked.changes.push(Change { socket: socket.id(table), from: socket.state, to });
                socket.is_gone = to == State::Closed;
                socket.is_connected |= !matches!(to, State::Closed | State::SynReceived);
                socket.state = to;
            }
        }
        self.take_in_queued(host, rows, opened, &mut looked);
        looked
    }

    /// A connection whose descriptor was closed before anybody looked has neither inode nor known ports: it is the one
    /// that is left over.
    fn find_unseen(&mut self, host: Host, rows: &mut Vec<SocketRow>, found: &mut [Option<SocketRow>]) {
        for (socket, found) in self.sockets.iter_mut().zip(found).filter(|(socket, _)| socket.host == host) {
            let is_unseen =
                socket.owner == Owner::Nobody && socket.ports.is_none() && socket.kind == SocketKind::Connection;
            if found.is_none()
                && is_unseen
                && let Some(at) = rows.iter().position(|row| row.inode == 0 && !is_queued(row.state))
            {
                let row = rows.swap_remove(at);
                *found = Some(row);
                socket.ports = Some([row.local_port, row.peer_port]);
            }
        }
    }

    /// Names the connections that nobody has accepted and that were not there before.
    fn take_in_queued(&mut self, host: Host, mut rows: Vec<SocketRow>, opened: &[[u16; 2]], looked: &mut Looked) {
        rows.retain(|row| row.inode == 0 && is_queued(row.state));
        rows.sort_by_key(|row| {
            let ports = [row.local_port, row.peer_port];
            opened.iter().rposition(|opened| *opened == ports)
        });
        for row in rows {
            let listener = self.listener_on(host, row.local_port);
            let listener = listener.map_or_else(|| "listener".to_owned(), |listener| listener.name.clone());
            let number = self.arrived.entry((host, listener.clone())).or_default();
            *number += 1;
            let name = queued_name(&listener, *number);
            let id = self.table.add(host, &name);
            looked.changes.push(Change { socket: id, from: State::Closed, to: row.state });
            let info = row.info.unwrap_or_default();
            if !info.is_empty() {
                looked.infos.push((id, info));
            }
            self.sockets.push(Socket {
                host,
                name,
                id: Some(id),
                owner: Owner::Queue(listener),
                ports: Some([row.local_port, row.peer_port]),
                cookie: row.cookie,
                state: row.state,
                info,
                kind: SocketKind::Connection,
                descriptors: Vec::new(),
                calls: Vec::new(),
                is_gone: false,
                is_connected: row.state != State::SynReceived,
            });
        }
    }

    /// The listener whose queue a connection with that port is in: the newest that listens there, as was seen; else one
    /// that has, or that nobody saw listen.
    fn listener_on(&self, host: Host, port: u16) -> Option<&Socket> {
        let listeners = || {
            self.sockets.iter().rev().filter(move |socket| {
                socket.host == host
                    && socket.kind == SocketKind::Listener
                    && socket.ports.is_none_or(|[own, _]| own == port)
            })
        };
        listeners().find(|socket| socket.state == State::Listen).or_else(|| listeners().next())
    }

    /// The state of the host's newest connection; CLOSED if there was none.
    pub(crate) fn newest(&self, host: Host) -> State {
        let newest =
            self.sockets.iter().rev().find(|socket| socket.host == host && socket.kind == SocketKind::Connection);
        newest.map_or(State::Closed, |socket| socket.state)
    }

    /// The state of the newest socket of that name; CLOSED if there was none.
    pub(crate) fn named(&self, host: Host, name: &str) -> State {
        let is_copy = |socket: &&Socket| socket.host == host && socket.descriptors.iter().any(|known| known == name);
        let named = self.sockets.iter().rev().find(|socket| socket.host == host && socket.name == name);
        named.or_else(|| self.sockets.iter().rev().find(is_copy)).map_or(State::Closed, |socket| socket.state)
    }

    fn newest_named(&mut self, host: Host, name: &str) -> Option<&mut Socket> {
        self.sockets.iter_mut().rev().find(|socket| socket.host == host && socket.name == name)
    }
}

impl Socket {
    fn id(&mut self, table: &mut Sockets) -> SocketId {
        *self.id.get_or_insert_with(|| table.add(self.host, &self.name))
    }

    /// Whether a row without an inode can be this connection.
    fn may_be(&self, row: &SocketRow) -> bool {
        let may_be_in = match &self.owner {
            // The kernel puts a small stand-in in the place of a connection that is in TIME-WAIT, and drops the inode.
            Owner::Descriptor(_) => row.state == State::TimeWait,
            // A handshake goes on for a while when its listener is gone.
            Owner::Nobody => {
                let goes_on = row.state == State::SynReceived && self.state == State::SynReceived;
                !is_queued(row.state) || row.state == State::CloseWait || goes_on
            }
            Owner::Queue(_) => is_queued(row.state) && age(row.state) >= age(self.state),
        };
        let is_another = self.cookie.zip(row.cookie).is_some_and(|(own, its)| own != its);
        let has_its_ports = self.ports == Some([row.local_port, row.peer_port]);
        may_be_in && row.inode == 0 && !self.is_gone && has_its_ports && !is_another
    }
}

/// The states in which a connection can wait to be accepted.
const fn is_queued(state: State) -> bool {
    matches!(state, State::SynReceived | State::Established | State::CloseWait)
}

/// A connection never goes back in these.
const fn age(state: State) -> u8 {
    match state {
        State::Closed => 0,
        State::SynSent | State::SynReceived => 1,
        State::Established => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTENER: SocketRow = SocketRow {
        local_port: 80,
        peer_port: 0,
        state: State::Listen,
        inode: 7,
        cookie: None,
        info: None,
        fires_ms: None,
    };

    fn row(state: State, inode: u64) -> SocketRow {
        SocketRow { local_port: 80, peer_port: 4000, state, inode, cookie: None, info: None, fires_ms: None }
    }

    /// The changes of a look, by name.
    fn changes(names: &SocketNames, looked: &Looked) -> Vec<(String, State, State)> {
        let change = |it: &Change| (names.table.name(it.socket).to_owned(), it.from, it.to);
        looked.changes.iter().map(change).collect()
    }

    fn change(socket: &str, from: State, to: State) -> (String, State, State) {
        (socket.to_owned(), from, to)
    }

    #[test]
    fn a_connection_keeps_its_place_from_the_queue_to_time_wait() {
        let mut names = SocketNames::default();
        names.made(Host::Server, "listener", 7, SocketKind::Listener);
        let looked = names.look(Host::Server, vec![row(State::Established, 0), LISTENER], &[[80, 4000]]);
        let seen = changes(&names, &looked);
        assert_eq!(
            seen,
            [change("listener", State::Closed, State::Listen), change("listener.1", State::Closed, State::Established)]
        );
        names.made(Host::Server, "server", 8, SocketKind::Connection);
        let queued = looked.changes[1].socket;
        names.accepted(Host::Server, "server", [80, 4000], "listener");
        assert_eq!(names.table.name(queued), "server", "and so it was called from the beginning");
        assert_eq!(names.look(Host::Server, vec![row(State::Established, 8), LISTENER], &[[80, 4000]]).changes, []);
        names.closed(Host::Server, "server");
        let looked = names.look(Host::Server, vec![row(State::FinWait2, 0), LISTENER], &[[80, 4000]]);
        let seen = changes(&names, &looked);
        assert_eq!(seen, [change("server", State::Established, State::FinWait2)]);
        let looked = names.look(Host::Server, vec![row(State::TimeWait, 0), LISTENER], &[[80, 4000]]);
        let seen = changes(&names, &looked);
        assert_eq!(seen, [change("server", State::FinWait2, State::TimeWait)]);
        assert_eq!(names.newest(Host::Server), State::TimeWait);
    }

    #[test]
    fn a_queued_connection_is_the_listener_s_that_was_seen_on_its_port() {
        let mut names = SocketNames::default();
        names.made(Host::Server, "listener", 7, SocketKind::Listener);
        names.look(Host::Server, vec![LISTENER], &[]);
        // On another port, and shut before anybody looked.
        names.made(Host::Server, "other", 8, SocketKind::Listener);
        let looked = names.look(Host::Server, vec![row(State::Established, 0), LISTENER], &[[80, 4000]]);
        assert_eq!(changes(&names, &looked), [change("listener.1", State::Closed, State::Established)]);
        // Nobody has seen it listen, and it is gone.
        let mut names = SocketNames::default();
        names.made(Host::Server, "unseen", 7, SocketKind::Listener);
        let looked = names.look(Host::Server, vec![row(State::Established, 0)], &[[80, 4000]]);
        assert_eq!(changes(&names, &looked), [change("unseen.1", State::Closed, State::Established)]);
    }

    #[test]
    fn what_a_socket_holds_is_said_when_it_changes_and_when_it_is_gone() {
        let mut names = SocketNames::default();
        names.made(Host::Server, "listener", 7, SocketKind::Listener);
        let unread = Info { unread: 5, ..Info::default() };
        let looked = |names: &mut SocketNames, info: Option<Info>| {
            let row = SocketRow { info, ..row(State::Established, 0) };
            let infos = names.look(Host::Server, vec![row, LISTENER], &[[80, 4000]]).infos;
            infos.into_iter().map(|(socket, info)| (names.table.name(socket).to_owned(), info)).collect::<Vec<_>>()
        };
        assert_eq!(looked(&mut names, Some(unread)), [("listener.1".to_owned(), unread)]);
        assert_eq!(looked(&mut names, Some(unread)), []);
        assert_eq!(looked(&mut names, None), [], "nobody has asked");
        let gone = names.look(Host::Server, vec![LISTENER], &[]).infos;
        let name = |socket| names.table.name(socket);
        assert_eq!(
            gone.iter().map(|(socket, info)| (name(*socket), *info)).collect::<Vec<_>>(),
            [("listener.1", Info::default())]
        );
    }

    #[test]
    fn a_copy_of_a_listener_takes_from_its_queue() {
        let mut names = SocketNames::default();
        names.made(Host::Server, "listener", 7, SocketKind::Listener);
        names.copied(Host::Server, "listener", "l2");
        let looked = names.look(Host::Server, vec![row(State::Established, 0), LISTENER], &[[80, 4000]]);
        let queued = looked.changes[1].socket;
        names.made(Host::Server, "server", 8, SocketKind::Connection);
        names.accepted(Host::Server, "server", [80, 4000], "l2");
        assert_eq!(names.table.name(queued), "server");
    }

    #[test]
    fn ports_that_are_used_again_are_another_connection() {
        let mut names = SocketNames::default();
        names.made(Host::Server, "listener", 7, SocketKind::Listener);
        names.made(Host::Server, "server", 8, SocketKind::Connection);
        names.accepted(Host::Server, "server", [80, 4000], "listener");
        names.look(Host::Server, vec![row(State::Established, 8), LISTENER], &[[80, 4000]]);
        names.closed(Host::Server, "server");
        names.look(Host::Server, vec![row(State::TimeWait, 0), LISTENER], &[[80, 4000]]);
        let again = vec![row(State::Established, 0), LISTENER];
        let looked = names.look(Host::Server, again, &[[80, 4000], [80, 4000]]);
        assert_eq!(
            changes(&names, &looked),
            [change("server", State::TimeWait, State::Closed), change("listener.2", State::Closed, State::Established)]
        );
        assert_eq!(names.named(Host::Server, "server"), State::Closed);
    }

    #[test]
    fn a_queued_connection_with_another_cookie_is_another_one() {
        let mut names = SocketNames::default();
        names.made(Host::Server, "listener", 7, SocketKind::Listener);
        let queued = |state, cookie| vec![SocketRow { cookie: Some(cookie), ..row(state, 0) }, LISTENER];
        names.look(Host::Server, queued(State::SynReceived, 1), &[[80, 4000]]);
        // The first was reset and the second came before anybody looked again.
        let looked = names.look(Host::Server, queued(State::Established, 2), &[[80, 4000]]);
        assert_eq!(
            changes(&names, &looked),
            [
                change("listener.1", State::SynReceived, State::Closed),
                change("listener.2", State::Closed, State::Established)
            ]
        );
        // The same one, further on.
        let looked = names.look(Host::Server, queued(State::CloseWait, 2), &[[80, 4000]]);
        assert_eq!(changes(&names, &looked), [change("listener.2", State::Established, State::CloseWait)]);
    }

    #[test]
    fn a_host_that_is_down_has_no_states() {
        let mut names = SocketNames::default();
        names.made(Host::Client, "client", 9, SocketKind::Connection);
        let established = SocketRow {
            local_port: 4000,
            peer_port: 80,
            state: State::Established,
            inode: 9,
            cookie: None,
            info: None,
            fires_ms: None,
        };
        names.look(Host::Client, vec![established], &[]);
        let looked = names.look(Host::Client, Vec::new(), &[]);
        assert_eq!(changes(&names, &looked), [change("client", State::Established, State::Closed)]);
        assert_eq!(names.newest(Host::Client), State::Closed);
    }
}
