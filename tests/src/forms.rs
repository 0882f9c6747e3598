//! What a script uses of the language, in the language's own words: the forms of its statements. The compiler demands a
//! form of every statement that there is.

use std::collections::BTreeSet;

use scenario::{
    Action, Call, Connecting, Count, Expected, Flags, Flows, Forgotten, Host, HostAction, How, Icmp, Kind, LinkAction,
    Meeting, Offset, Opening, Outcome, Payload, Place, Queue, Refusal, Script, SocketOption, Statement, Sysctl, Target,
    TooLong, Verb, Whom,
};

/// The forms that a script uses.
pub fn forms(script: &Script) -> BTreeSet<String> {
    script.statements.iter().flat_map(of_statement).collect()
}

/// The forms of one statement; a few, for its parts have one each.
pub fn of_statement(statement: &Statement) -> Vec<String> {
    let owned = |form: &str| vec![form.to_owned()];
    match &statement.action {
        Action::Call(call) => of_call(call),
        Action::Host(host, action) => of_host(*host, *action),
        Action::Link(_, action) => of_link(action),
        Action::Wait(_) => owned("wait"),
        Action::Pause(_) => owned("wait … &"),
        Action::Expect(Whom::Newest(_), state) => vec!["expect HOST".to_owned(), format!("expect … {state}")],
        Action::Expect(Whom::Socket(..), state) => vec!["expect NAME".to_owned(), format!("expect … {state}")],
    }
}

fn of_call(call: &Call) -> Vec<String> {
    let mut forms = of_verb(&call.verb);
    if call.host == Host::Proxy {
        forms.push("a proxy's call".to_owned());
    }
    if call.in_background {
        forms.push("&".to_owned());
    }
    match call.expected {
        Some(Expected::Blocks { then: None }) => forms.push("= blocks".to_owned()),
        Some(Expected::Blocks { then: Some(_) }) => forms.push("= blocks, then".to_owned()),
        Some(Expected::Returns(Outcome::Errno(errno))) => forms.push(format!("= {errno}")),
        Some(Expected::Returns(_)) | None => {}
    }
    forms
}

fn of_verb(verb: &Verb) -> Vec<String> {
    let form = match verb {
        Verb::Listen { backlog, place } => {
            let mut forms = match place {
                Place::Existing => vec!["NAME listen()"],
                Place::New { port, reuse_address } => {
                    let mut forms = vec!["HOST listen()"];
                    forms.extend((*port != Verb::PORT).then_some("listen(port=)"));
                    forms.extend(reuse_address.then_some("listen(reuseaddr)"));
                    forms
                }
            };
            forms.extend((*backlog != Verb::BACKLOG).then_some("listen(backlog=)"));
            return forms.into_iter().map(str::to_owned).collect();
        }
        Verb::Connect { port, opening, connecting } => {
            let mut forms = match opening {
                Opening::Existing => vec!["NAME connect()"],
                Opening::New { from: None } => vec!["HOST connect()"],
                Opening::New { from: Some(_) } => vec!["HOST connect()", "connect(from=)"],
            };
            forms.extend((*port != Verb::PORT).then_some("connect(port=)"));
            forms.extend((*connecting == Connecting::Nonblocking).then_some("connect(nonblock)"));
            return forms.into_iter().map(str::to_owned).collect();
        }
        Verb::Socket => "socket()",
        Verb::Bind { port: 0 } => "bind()",
        Verb::Bind { .. } => "bind(port=)",
        Verb::Disconnect => "disconnect()",
        Verb::Dup { .. } => "dup() as",
        Verb::Accept { .. } => "accept()",
        Verb::Write(Payload::Length(_)) => "write(N)",
        Verb::Write(Payload::Text(_)) => "write(\"…\")",
        Verb::Read { at_most: Verb::READ_AT_MOST } => "read()",
        Verb::Read { .. } => "read(N)",
        Verb::Peek { at_most: Verb::READ_AT_MOST } => "peek()",
        Verb::Peek { .. } => "peek(N)",
        Verb::Queued(Queue::Unread) => "ioctl(FIONREAD)",
        Verb::Queued(Queue::Unacknowledged) => "ioctl(SIOCOUTQ)",
        Verb::Shutdown(How::Rd) => "shutdown(RD)",
        Verb::Shutdown(How::Wr) => "shutdown(WR)",
        Verb::Shutdown(How::RdWr) => "shutdown(RDWR)",
        Verb::Close => "close()",
        Verb::SetOption(SocketOption::Linger(None)) => "setsockopt(SO_LINGER, off)",
        Verb::SetOption(SocketOption::Linger2(None)) => "setsockopt(TCP_LINGER2, -1)",
        Verb::SetOption(option) => {
            let option = option.to_string();
            let name = option.split(',').next().unwrap_or(&option);
            return vec![format!("setsockopt({name}, N)")];
        }
        Verb::GetError => "getsockopt(SO_ERROR)",
        Verb::Poll => "poll()",
        Verb::GetPeerName => "getpeername()",
    };
    vec![form.to_owned()]
}

fn of_host(host: Host, action: HostAction) -> Vec<String> {
    let sysctl = |name: &str| format!("sysctl({name}, …)");
    let form = match action {
        HostAction::Kill => "kill()".to_owned(),
        HostAction::Crash => "crash()".to_owned(),
        HostAction::Boot => "boot()".to_owned(),
        HostAction::Sysctl(setting, _) => sysctl(setting.name()),
        HostAction::PortRange { .. } => sysctl(Sysctl::PORT_RANGE),
        HostAction::BufferMemory { buffer, .. } => sysctl(buffer.name()),
    };
    let mut forms = vec![form];
    forms.extend((host == Host::Proxy).then(|| "what happens to a proxy".to_owned()));
    forms
}

fn of_link(action: &LinkAction) -> Vec<String> {
    let form = match action {
        LinkAction::Delay(_) => "link delay".to_owned(),
        LinkAction::Ipv6 => "link ipv6".to_owned(),
        LinkAction::Cut => "link cut".to_owned(),
        LinkAction::Restore => "link restore".to_owned(),
        LinkAction::Mtu(_, TooLong::Lost) => "link mtu".to_owned(),
        LinkAction::Mtu(_, TooLong::Told) => format!("link mtu … {}", Icmp::FRAGMENTATION_NEEDED),
        LinkAction::Forget { then, flows, .. } => {
            let then = match then {
                Forgotten::Drop => "drop",
                Forgotten::Reset => "reset",
            };
            let flows = match flows {
                Flows::All => "",
                Flows::HalfClosed => " half-closed",
            };
            format!("link forget after … {then}{flows}")
        }
        LinkAction::Icmp { icmp, .. } => format!("link icmp {}", icmp_word(*icmp)),
        LinkAction::Meet { meeting, count, kind, .. } => {
            let kind = Kind::WORDS.into_iter().find(|(_, known)| known == kind).expect("each kind has its word").0;
            let meeting = match meeting {
                Meeting::Drop => "link drop".to_owned(),
                Meeting::Twice => "link twice".to_owned(),
                Meeting::Hold(_) => "link hold".to_owned(),
                Meeting::Reject(Refusal::Reset) => "link reject".to_owned(),
                Meeting::Reject(Refusal::Icmp(icmp)) => format!("link reject … {}", icmp_word(*icmp)),
            };
            let count = match count {
                Count::Next(1) => "1",
                Count::Next(_) => "N",
                Count::All => "all",
            };
            return vec![meeting, format!("link RULE {count}"), format!("link RULE {kind}")];
        }
        LinkAction::Inject { flags, target, seq, ack, len, .. } => return of_inject(*flags, *target, *seq, *ack, *len),
    };
    vec![form]
}

fn of_inject(flags: Flags, target: Target, seq: Offset, ack: Option<i64>, len: u32) -> Vec<String> {
    let mut forms = vec![format!("inject {flags}")];
    forms.push(
        match seq {
            Offset::Exact => "inject seq exact",
            Offset::Inside => "inject seq inside",
            Offset::Outside => "inject seq outside",
            Offset::Plus(by) if by < 0 => "inject seq -N",
            Offset::Plus(_) => "inject seq +N",
        }
        .to_owned(),
    );
    forms.extend(ack.map(|_| "inject ack".to_owned()));
    forms.extend((len > 0).then(|| "inject len".to_owned()));
    match target {
        Target::Newest => {}
        Target::Ports { from: Target::FROM, .. } => forms.push("inject port".to_owned()),
        Target::Ports { .. } => forms.push("inject port … from".to_owned()),
    }
    forms
}

fn icmp_word(icmp: Icmp) -> &'static str {
    Icmp::WORDS.into_iter().find(|(_, known)| *known == icmp).map_or(Icmp::FRAGMENTATION_NEEDED, |(word, _)| word)
}
