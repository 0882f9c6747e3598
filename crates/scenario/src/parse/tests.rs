use std::time::Duration;

use super::*;
use crate::{
    BufferMemory, Call, Connecting, Count, Expected, Flags, Flows, Forgotten, Host, HostAction, Icmp, Kind, Link,
    Meeting, Network, Offset, Opening, Outcome, Place, Refusal, Sysctl, Target, TooLong, Verb, Whom,
};

const OPEN: &str = "server listen()\nclient connect()\nserver accept()\n";

fn error_in(text: &str) -> String {
    Script::parse(text).expect_err("this script is wrong").to_string()
}

/// The message for a wrong fourth line, below an open connection.
fn error_behind_open(line: &str) -> String {
    error_in(&format!("{OPEN}{line}\n"))
}

#[track_caller]
fn action(line: &str) -> Action {
    let script = Script::parse(&format!("{OPEN}{line}\n")).expect("this script is right");
    script.statements[3].action.clone()
}

#[test]
fn a_script_has_a_title_a_summary_and_captions() {
    let script = Script::parse(
        "#!/usr/bin/env book\n# Who?\n# One thing.\n# Another.\n\n# no summary any more\nserver listen() = 0 # a caption\nwait 1.5s\n",
    )
    .expect("this script is right");
    assert_eq!(script.title, "Who?");
    assert_eq!(script.summary, "One thing. Another.");
    let listen = &script.statements[0];
    assert_eq!((listen.line, listen.text.as_str()), (7, "server listen() = 0"));
    assert_eq!(listen.caption.as_deref(), Some("a caption"));
    assert_eq!(script.statements[1].action, Action::Wait(Duration::from_millis(1500)));
    let paused = Script::parse("wait 40ms &  # a caption\n").expect("it is a script");
    assert_eq!(paused.statements[0].action, Action::Pause(Duration::from_millis(40)));
}

#[test]
fn calls_are_printed_as_they_are_written() {
    for call in [
        "client write(\"a # in quotes\")",
        "client write(0)",
        "client read()",
        "client read(5)",
        "client shutdown(RDWR)",
        "client close()",
        "client setsockopt(SO_LINGER, off)",
        "client setsockopt(SO_LINGER, 0)",
        "client setsockopt(SO_KEEPALIVE, 1)",
        "client setsockopt(TCP_KEEPIDLE, 1s)",
        "client setsockopt(TCP_KEEPINTVL, 75s)",
        "client setsockopt(TCP_KEEPCNT, 9)",
        "client setsockopt(TCP_USER_TIMEOUT, 1500ms)",
        "client setsockopt(TCP_LINGER2, -1)",
        "client setsockopt(SO_RCVBUF, 4096)",
        "client setsockopt(SO_SNDBUF, 4096)",
        "client getsockopt(SO_ERROR)",
        "client poll()",
        "client getpeername()",
        "client bind()",
        "client bind(port=5000)",
        "client disconnect()",
        "client dup() as copy",
        "client setsockopt(SO_REUSEADDR, 1)",
        "client setsockopt(IP_BIND_ADDRESS_NO_PORT, 1)",
        "client peek()",
        "client peek(5)",
        "client ioctl(FIONREAD)",
        "client ioctl(SIOCOUTQ)",
        "client setsockopt(O_NONBLOCK, 1)",
        "client setsockopt(SO_RCVTIMEO, 250ms)",
        "client setsockopt(SO_SNDTIMEO, 2s)",
        "client setsockopt(TCP_NODELAY, 0)",
    ] {
        let Action::Call(read) = action(call) else { panic!("{call} is a call") };
        assert_eq!(format!("client {}", read.verb), call);
    }
    for (call, canonical) in [
        ("server listen(reuseaddr, port=81, backlog=1) as other", "listen(backlog=1, port=81, reuseaddr)"),
        ("client connect(nonblock, from=5000, port=81) as other", "connect(port=81, from=5000, nonblock)"),
        ("listener accept() as other", "accept()"),
    ] {
        let Action::Call(read) = action(call) else { panic!("{call} is a call") };
        assert_eq!((read.verb.to_string().as_str(), read.socket.as_str()), (canonical, "other"));
    }
}

#[test]
fn outcomes_and_the_background() {
    let outcome = |line: &str| match action(line) {
        Action::Call(call) => (call.expected.map(|expected| expected.to_string()), call.in_background),
        other => panic!("{other:?} is no call"),
    };
    assert_eq!(outcome("client read()"), (None, false));
    assert_eq!(outcome("client read() = 5 &"), (Some("5".to_owned()), true));
    assert_eq!(outcome("client read() = blocks, then ECONNRESET"), (Some("blocks, then ECONNRESET".to_owned()), false));
    assert_eq!(outcome("client poll() = IN|OUT|RDHUP|HUP|ERR").0.as_deref(), Some("IN|OUT|RDHUP|HUP|ERR"));
    assert_eq!(outcome("client poll() = 0").0.as_deref(), Some("0"));
    let Action::Call(call) = action("client connect(nonblock) as c2 = EINPROGRESS") else { panic!("a call") };
    assert_eq!(
        call.verb,
        Verb::Connect { port: 80, opening: Opening::New { from: None }, connecting: Connecting::Nonblocking }
    );
    assert!(matches!(call.expected, Some(Expected::Returns(Outcome::Errno(_)))));
}

#[test]
fn the_link_the_hosts_and_expectations() {
    let meet =
        |meeting, count, kind, from| Action::Link(Link::ClientServer, LinkAction::Meet { meeting, count, kind, from });
    assert_eq!(
        action("link delay 40ms"),
        Action::Link(Link::ClientServer, LinkAction::Delay(Duration::from_millis(40)))
    );
    assert_eq!(action("link cut"), Action::Link(Link::ClientServer, LinkAction::Cut));
    assert_eq!(action("link restore"), Action::Link(Link::ClientServer, LinkAction::Restore));
    assert_eq!(action("link drop FIN from server"), meet(Meeting::Drop, Count::Next(1), Kind::Fin, Host::Server));
    assert_eq!(
        action("link drop all SYN-ACK from client"),
        meet(Meeting::Drop, Count::All, Kind::SynAck, Host::Client)
    );
    assert_eq!(action("link twice 3 data from client"), meet(Meeting::Twice, Count::Next(3), Kind::Data, Host::Client));
    let hold = Meeting::Hold(Duration::from_millis(300));
    assert_eq!(action("link hold next any from client 300ms"), meet(hold, Count::Next(1), Kind::Any, Host::Client));
    let reject = Meeting::Reject(Refusal::Reset);
    assert_eq!(action("link reject all SYN from client"), meet(reject, Count::All, Kind::Syn, Host::Client));
    let reject = Meeting::Reject(Refusal::Icmp(Icmp::PortUnreachable));
    assert_eq!(
        action("link reject 2 data from client port-unreachable"),
        meet(reject, Count::Next(2), Kind::Data, Host::Client)
    );
    let icmp = LinkAction::Icmp { icmp: Icmp::AdminProhibited, to: Host::Server };
    assert_eq!(action("link icmp admin-prohibited to server"), Action::Link(Link::ClientServer, icmp));
    let black_hole = LinkAction::Mtu(576, TooLong::Lost);
    assert_eq!(action("link mtu 576"), Action::Link(Link::ClientServer, black_hole));
    let told = LinkAction::Mtu(1_300, TooLong::Told);
    assert_eq!(action("link mtu 1300 fragmentation-needed"), Action::Link(Link::ClientServer, told));
    let forget = |after, then, flows| {
        Action::Link(Link::ClientServer, LinkAction::Forget { after: Duration::from_secs(after), then, flows })
    };
    assert_eq!(action("link forget after 350s reset"), forget(350, Forgotten::Reset, Flows::All));
    assert_eq!(action("link forget after 60s drop half-closed"), forget(60, Forgotten::Drop, Flows::HalfClosed));
    let inject = |flags, to, seq, ack, len| {
        Action::Link(Link::ClientServer, LinkAction::Inject { flags, to, target: Target::Newest, seq, ack, len })
    };
    assert_eq!(action("link inject R to client"), inject(Flags::RST, Host::Client, Offset::Exact, None, 0));
    assert_eq!(
        action("link inject data to server seq -1 ack 7 len 3"),
        inject(Flags::DATA, Host::Server, Offset::Plus(-1), Some(7), 3)
    );
    assert_eq!(
        action("link inject R. to server seq outside"),
        inject(Flags::RST_ACK, Host::Server, Offset::Outside, None, 0)
    );
    assert_eq!(action("server kill()"), Action::Host(Host::Server, HostAction::Kill));
    assert_eq!(
        action("client sysctl(tcp_rfc1337, 1)"),
        Action::Host(Host::Client, HostAction::Sysctl(Sysctl::TcpRfc1337, 1))
    );
    assert_eq!(action("expect server TIME-WAIT"), Action::Expect(Whom::Newest(Host::Server), crate::State::TimeWait));
    assert_eq!(
        action("expect listener LISTEN"),
        Action::Expect(Whom::Socket(Host::Server, "listener".to_owned()), crate::State::Listen)
    );
    assert!(Script::parse("link ipv6\nserver listen()\n").expect("this script is right").ipv6());
}

#[test]
fn a_call_on_a_closed_socket_is_one_and_connect_takes_the_socket_that_is_there() {
    let script =
        |lines: &str| Script::parse(&format!("{OPEN}{lines}")).unwrap_or_else(|error| panic!("{lines}{error}"));
    script("client close()\nclient read() = EBADF\nclient close() = EBADF\nclient poll() = EBADF\n");
    script("listener close()\nlistener accept() as other = EBADF\n");
    let opening = |lines: &str| match &script(lines).statements.last().expect("there is one").action {
        Action::Call(Call { verb: Verb::Connect { opening, .. }, socket, .. }) => (*opening, socket.clone()),
        other => panic!("{other:?}"),
    };
    let new = Opening::New { from: None };
    assert_eq!(opening("client connect() = EISCONN\n"), (Opening::Existing, "client".to_owned()));
    assert_eq!(opening("client close()\nclient connect()\n"), (new, "client".to_owned()));
    assert_eq!(opening("client connect() as c2\n"), (new, "c2".to_owned()));
    assert_eq!(opening("client socket() as c2\nc2 connect(port=81)\n"), (Opening::Existing, "c2".to_owned()));
    assert_eq!(opening("client dup() as c2\nclient close()\nc2 connect()\n"), (Opening::Existing, "c2".to_owned()));
}

#[test]
fn names_are_free_again_when_their_socket_is_gone() {
    for text in [
        "client close()\nclient connect()\n",
        "server kill()\nserver listen()\nserver accept()\n",
        "server crash()\nserver boot()\nserver listen()\nserver accept()\n",
    ] {
        Script::parse(&format!("{OPEN}{text}")).unwrap_or_else(|error| panic!("{text}{error}"));
    }
}

/// The mistakes that are made most, each with its whole message.
#[test]
fn the_likeliest_mistakes_have_a_good_message() {
    for (line, message) in [
        ("client wriet(5) = 5", "4:8: `wriet` is no call, did you mean `write`?"),
        (
            "clint write(5)",
            "4:1: there is no socket `clint` yet, there are client, listener, server; `as clint` behind listen(), connect() or accept() names one",
        ),
        ("client write(5 = 5", "4:16: found `=`, `)` closes the arguments"),
        ("client read() = ECONRESET", "4:17: `ECONRESET` is no error's name, did you mean `ECONNRESET`?"),
        ("wait 5", "4:6: found `5`, a time has a unit: `wait 5s` or `wait 250ms`"),
        ("wait 20m", "4:6: found `20m`, a time is in `s` or `ms`: `wait 5s` or `wait 250ms`"),
        ("client write('x')", "4:14: found `'`, text stands between double quotes: `write(\"hello\")`"),
        ("client close() // done", "4:16: found `//`, `#` begins a comment"),
        (
            "client connect() as server",
            "4:21: there is a socket `server` already, since line 3, close it first, or call this one otherwise: `as NAME`",
        ),
        ("expect client FIN_WAIT_1", "4:15: `FIN_WAIT_1` is no state, did you mean `FIN-WAIT-1`?"),
        ("client write(\"hello) = 5", "4:14: a quote that never ends, a second `\"` closes it on the same line"),
    ] {
        assert_eq!(error_behind_open(line), message);
    }
}

#[test]
fn every_other_mistake_says_where_it_is_and_what_would_be_right() {
    for (line, message) in [
        ("client", "4:7: the line ends here, `SUBJECT VERB(ARGUMENTS)`, as in `client write(5) = 5`"),
        ("= 5", "4:1: found `=`, a line begins with client, server, proxy, a socket's name, link, wait or expect"),
        ("client write 5", "4:14: found `5`, arguments in brackets follow: `write(…)`"),
        ("client write()", "4:14: found `)`, a number of bytes or a \"text\" to write would be right"),
        ("client write(-1)", "4:14: found `-1`, a number from 0 to 16777216 would be right"),
        (
            "client read() = -1",
            "4:17: found `-1`, a number of bytes or an error's name, such as ECONNRESET, would be right",
        ),
        ("client close() = 1", "4:18: found `1`, 0 or an error's name, such as ECONNRESET, would be right"),
        (
            "client poll() = OUT|IN",
            "4:17: found `OUT|IN`, of IN|OUT|RDHUP|HUP|ERR|NVAL those that are set, in this order, or 0",
        ),
        ("client poll() = blocks", "4:17: found `blocks`, poll() never blocks"),
        ("client read() = blocks, EPIPE", "4:25: found `EPIPE`, `= blocks, then OUTCOME` says how it ends"),
        (
            "client close() as c = 0",
            "4:16: found `as`, only socket(), listen(), connect(), accept() and dup() make one to be named",
        ),
        ("server accept() as 2nd", "4:20: `2nd` is no name, a letter, then letters, digits, `_` and `-`, at most 32"),
        ("server accept() as link", "4:20: `link` has a meaning already, another name would be right"),
        ("server listen(prot=81) as l2", "4:15: `prot` is no argument here, did you mean `port`?"),
        ("server listen(port=0) as l2", "4:20: found `0`, a number from 1 to 65535 would be right"),
        ("server listen(backlog=1 port=2) as l2", "4:25: found `port`, `,` or `)` follows an argument"),
        ("client accept()", "4:1: nobody listens on the client, `client listen()` comes first"),
        (
            "client connect(from=5000)",
            "4:1: there is a socket `client` already, `client bind(port=…)` before the first connect() gives a port, `as NAME` another socket",
        ),
        ("client dup()", "4:13: the line ends here, the new descriptor needs a name: `dup() as NAME`"),
        ("client bind(port=70000)", "4:18: found `70000`, a number from 1 to 65535 would be right"),
        ("client sysctl(ip_local_port_range, 5000)", "4:40: found `)`, a number from 5000 to 65535 would be right"),
        (
            "client sysctl(ip_local_port_range, 5000 4000)",
            "4:41: found `4000`, a number from 5000 to 65535 would be right",
        ),
        ("client shutdown(WRITE)", "4:17: found `WRITE`, known are RD, WR and RDWR"),
        ("client setsockopt(SO_LINGER 0)", "4:29: found `0`, a value follows: `SO_LINGER, …`"),
        (
            "client setsockopt(TCP_KEEPIDLE, 500ms)",
            "4:33: Linux takes no such time here, whole seconds from 1s to 32767s would be right",
        ),
        ("client ioctl(FIONREED)", "4:14: found `FIONREED`, did you mean `FIONREAD`?"),
        (
            "client peek() = -1",
            "4:17: found `-1`, a number of bytes or an error's name, such as ECONNRESET, would be right",
        ),
        ("client ioctl(FIONREAD) = blocks", "4:26: found `blocks`, ioctl() never blocks"),
        ("client setsockopt(O_NONBLOCK, yes)", "4:31: found `yes`, a number from 0 to 1 would be right"),
        ("client setsockopt(SO_RCVTIMEO, 5)", "4:32: found `5`, a time has a unit: a duration: `2s` or `1500ms`"),
        ("client getsockopt(SO_EROR)", "4:19: found `SO_EROR`, did you mean `SO_ERROR`?"),
        ("server kill() = 0", "4:15: found `=`, kill() happens to the host and has no outcome"),
        ("server boot()", "4:1: the server is up, `server crash()` comes first"),
        ("server sysctl(tcp_fin_timeout, 0)", "4:32: found `0`, a number from 1 to 3600 would be right"),
        ("link drop FIN", "4:14: the line ends here, `link drop KIND from HOST`"),
        ("link drop BYE from server", "4:11: found `BYE`, known are SYN, SYN-ACK, FIN, RST, ACK, data and any"),
        ("link hold data from client", "4:27: the line ends here, a time follows: `link hold data from client 300ms`"),
        (
            "link inject X to client",
            "4:13: `X` are no flags, flags follow: R, R., S, F., P., or SYN, SYN-ACK, FIN, RST, ACK, data",
        ),
        (
            "link inject R to client seq sideways",
            "4:29: found `sideways`, `seq exact`, `inside`, `outside`, `+N` or `-N`",
        ),
        ("link forget 5s drop", "4:13: found `5s`, `link forget after TIME drop` or `link forget after TIME reset`"),
        ("link forget after 5s", "4:21: the line ends here, possible: drop, reset"),
        ("link forget after 5s drop half-open", "4:27: found `half-open`, nothing more belongs on this line"),
        ("link reject FIN", "4:16: the line ends here, `link reject KIND from HOST`"),
        (
            "link reject FIN from client with",
            "4:29: found `with`, known are unreachable, port-unreachable and admin-prohibited",
        ),
        ("link icmp unreachable", "4:22: the line ends here, `link icmp KIND to HOST`"),
        ("link mtu 9000", "4:10: found `9000`, a number from 68 to 1500 would be right"),
        ("link delay -5ms", "4:12: found `-5ms`, `link delay 40ms`"),
        ("wait 100000s", "4:6: found `100000s`, a time is at most 86400s, a day"),
        ("link ipv6", "4:1: `link ipv6` behind other statements, it is the first one"),
        (
            "expect nobody CLOSED",
            "4:8: there is no socket `nobody` yet, there are client, listener, server; `as nobody` behind listen(), connect() or accept() names one",
        ),
        ("client read() 5", "4:15: found `5`, nothing more belongs on this line"),
    ] {
        assert_eq!(error_behind_open(line), message);
    }
    assert_eq!(error_in("server read()"), "1:1: there is no socket `server` yet, `server accept()` makes it");
    assert_eq!(
        error_behind_open("client kill()\nclient read()"),
        "5:1: there is no socket `client` any more, its process was killed in line 4, the call belongs above that line, or to another socket"
    );
    assert_eq!(
        error_behind_open("server crash()\nserver listen()"),
        "5:1: the server is down since line 4, `server boot()` brings it back"
    );
    assert_eq!(
        error_behind_open("server listen(port=81) as l2\nserver accept() as s2"),
        "5:1: the server has several listeners, name one: `l2 accept()` or `listener accept()`"
    );
}

#[test]
fn columns_count_characters_and_not_bytes() {
    assert_eq!(
        error_behind_open("client write(\"日本\") = x"),
        "4:22: found `x`, a number of bytes or an error's name, such as ECONNRESET, would be right"
    );
}

#[test]
fn a_script_has_bounds() {
    let many = "wait 1ms\n".repeat(1_001);
    assert_eq!(error_in(&many), "1001:1: one more statement, a script has at most 1000");
    let long = format!("wait 1ms {}", " ".repeat(1_000));
    assert_eq!(error_in(&long), "1:1: a very long line, a line has at most 1000 characters");
    assert_eq!(error_in(&"\n".repeat(10_001)), "10001:1: one more line, a script has at most 10000");
}

#[test]
fn a_line_of_the_proxy_s_makes_three_hosts_and_two_links() {
    const OPEN: &str = "proxy listen()\nserver listen()\nclient connect()\nproxy accept()\nproxy connect()\n";
    let script = |line: &str| Script::parse(&format!("{OPEN}{line}\n"));
    let read = |line: &str| script(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let last = |line: &str| read(line).statements.last().expect("there is one").action.clone();
    assert_eq!(read("").network(), Network::Proxied);
    assert_eq!(Script::parse("server listen()").expect("a script").network(), Network::Direct);
    let named = |line: &str| match last(line) {
        Action::Call(Call { host, socket, .. }) => (host, socket),
        other => panic!("{other:?}"),
    };
    assert_eq!(named("downstream read()"), (Host::Proxy, "downstream".to_owned()));
    assert_eq!(named("upstream read()"), (Host::Proxy, "upstream".to_owned()));
    assert_eq!(named("frontend close()"), (Host::Proxy, "frontend".to_owned()));
    assert_eq!(named("proxy connect(from=9) as second"), (Host::Proxy, "second".to_owned()));
    assert_eq!(last("link proxy-server cut"), Action::Link(Link::ProxyServer, LinkAction::Cut));
    assert_eq!(last("expect proxy CLOSED"), Action::Expect(Whom::Newest(Host::Proxy), crate::State::Closed));

    let wrong = |line: &str| script(line).expect_err("this is wrong").to_string();
    for (line, right) in [
        ("link cut", "6:6: found `cut`, there are two: `link client-proxy …` or `link proxy-server …`"),
        ("link client-proxy drop FIN from server", "6:33: found `server`, known are client and proxy"),
        ("link client-proxy ipv6", "6:6: found the name of one link, `link ipv6` is for both"),
        (
            "server connect()",
            "6:1: found a `connect` of the server, behind a proxy the client connects to the proxy, and the proxy to the server",
        ),
        ("client connect() as proxy", "6:21: `proxy` has a meaning already, another name would be right"),
        (
            "proxy read()",
            "6:1: there is no socket `proxy` yet, the proxy is a host: `proxy accept()` makes its socket `downstream`, `proxy connect()` `upstream`",
        ),
    ] {
        assert_eq!(wrong(line), right);
    }
    let direct = |text: &str| Script::parse(text).expect_err("this is wrong").to_string();
    assert_eq!(
        direct("server listen()\nlink client-proxy cut"),
        "2:6: found `client-proxy`, and this script has no proxy, a line that begins with `proxy` makes one, such as `proxy listen()`"
    );
    let old = "server listen()\nclient connect() as proxy\nproxy write(3)\nlink cut";
    assert_eq!(Script::parse(old).expect("a socket may have that name").network(), Network::Direct);
}

#[test]
fn listen_on_a_socket_that_is_there_gives_it_no_port() {
    let Action::Call(call) = action("listener listen(backlog=2)") else { panic!("it is a call") };
    assert_eq!(call.verb, Verb::Listen { backlog: 2, place: Place::Existing });
    assert_eq!(call.verb.to_string(), "listen(backlog=2)");
    assert_eq!(
        error_behind_open("listener listen(port=81)"),
        "4:1: `listener` is there already, `listener bind(port=…)` gives the socket a port, `setsockopt(SO_REUSEADDR, \
         1)` the rest"
    );
    assert_eq!(
        error_behind_open("listener listen() as other"),
        "4:19: found `as`, `listener` has its name; a host makes a new socket"
    );
    Script::parse("server socket() as s\ns listen()\ns accept()\n").expect("it listens");
}

#[test]
fn a_forged_segment_may_have_ports_of_its_own() {
    let target = |line: &str| match action(line) {
        Action::Link(_, LinkAction::Inject { target, .. }) => target,
        other => panic!("{other:?}"),
    };
    assert_eq!(target("link inject S to server"), Target::Newest);
    assert_eq!(target("link inject S to server port 81"), Target::Ports { port: 81, from: Target::FROM });
    assert_eq!(target("link inject S to server from 5 port 81"), Target::Ports { port: 81, from: 5 });
    assert_eq!(
        error_behind_open("link inject S to server from 5"),
        "4:25: found `from` without `port`, `port 80 from 5000` names both ports"
    );
}

#[test]
fn accept_is_deferred_by_listeners_alone() {
    let Action::Call(call) = action("listener setsockopt(TCP_DEFER_ACCEPT, 5s)") else { panic!("it is a call") };
    assert_eq!(call.verb.to_string(), "setsockopt(TCP_DEFER_ACCEPT, 5s)");
    assert_eq!(
        error_behind_open("client setsockopt(TCP_DEFER_ACCEPT, 5s)"),
        "4:1: `client` is no listener, TCP_DEFER_ACCEPT is for a listener here, behind its listen()"
    );
    assert_eq!(
        error_behind_open("listener setsockopt(TCP_DEFER_ACCEPT, 5ms)"),
        "4:39: Linux counts in whole seconds here, whole seconds from 0s (off) to 60s would be right"
    );
}

#[test]
fn a_buffer_s_memory_is_one_number_twice_and_a_told_mtu_is_not_small() {
    let memory = |buffer, bytes| HostAction::BufferMemory { buffer, least: 4_096, bytes };
    assert_eq!(
        action("server sysctl(tcp_rmem, 4096 8192 8192)"),
        Action::Host(Host::Server, memory(BufferMemory::Receive, 8_192))
    );
    assert_eq!(
        action("client sysctl(tcp_wmem, 4096 20000 20000)"),
        Action::Host(Host::Client, memory(BufferMemory::Send, 20_000))
    );
    assert_eq!(
        error_behind_open("server sysctl(tcp_rmem, 4096 8192 16384)"),
        "4:35: found 16384, a limit above the default, the default once more, `4096 8192 8192`: a buffer \
         that grows cannot be told"
    );
    assert_eq!(
        error_behind_open("link mtu 576 fragmentation-needed"),
        "4:10: found 576, at least 1280: a host that is told of less goes by less than it was told"
    );
    assert_eq!(error_behind_open("link mtu 1300 told").matches("fragmentation-needed").count(), 1);
    assert_eq!(error_behind_open("client sysctl(tcp_timestamps, 2)").matches("0 to 1").count(), 1);
}
