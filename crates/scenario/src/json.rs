//! The trace as JSON. Sockets, calls and rules are names and texts there, as people and other tools read them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Action, Backend, Counter, Event, Failed, Fate, Host, HostAction, Icmp, Info, Link, Opening, Outcome, Place, RuleId,
    Segment, SocketId, Sockets, State, Trace, Verb, Witness,
};

impl Trace {
    /// The trace as one JSON object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Document::of(self)).expect("a trace has string keys only, so it always has a JSON form")
    }

    /// Reads [`Trace::to_json`]'s form. Fields and kinds of events that are not known are passed over.
    ///
    /// JSON has names in place of sockets: here all sockets of one name on one host are one. It does not say on which
    /// listener an `accept()` was made: here it is the host's newest before it.
    ///
    /// # Errors
    /// What is wrong, with line and column where it is no JSON or lacks a field; or the call, statement or rule that is
    /// none.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<Document>(text)?.read()
    }

    /// The trace as it comes back from JSON: what one that came so is to be compared with.
    ///
    /// # Errors
    /// Those of [`Trace::from_json`].
    pub fn through_json(&self) -> Result<Self, serde_json::Error> {
        Self::from_json(&self.to_json())
    }
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    scenario: String,
    witness: Witness,
    rung: Backend,
    kernel: String,
    events: Vec<Entry>,
    failed: Vec<Failed>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Entry {
    Call {
        at_us: u64,
        began_us: u64,
        host: Host,
        socket: String,
        line: u32,
        call: String,
        outcome: Outcome,
    },
    Segment {
        at_us: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arrives_us: Option<u64>,
        from: Host,
        /// Written where `from` does not tell it: in runs with a proxy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Host>,
        ports: [u16; 2],
        #[serde(flatten)]
        segment: Segment,
        fate: Fate,
    },
    Icmp {
        at_us: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arrives_us: Option<u64>,
        to: Host,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<Link>,
        ports: [u16; 2],
        icmp: Icmp,
        seq: i64,
    },
    State {
        at_us: u64,
        host: Host,
        socket: String,
        from: State,
        to: State,
    },
    Statement {
        at_us: u64,
        line: u32,
        text: String,
    },
    Rule {
        at_us: u64,
        host: Host,
        rule: String,
        clause: String,
        kernel: String,
    },
    Counter {
        at_us: u64,
        host: Host,
        name: String,
        by: u64,
    },
    Info {
        at_us: u64,
        host: Host,
        socket: String,
        #[serde(flatten)]
        info: Info,
    },
    /// A kind that this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

impl Document {
    fn of(trace: &Trace) -> Self {
        Self {
            version: trace.version,
            scenario: trace.scenario.clone(),
            witness: trace.witness,
            rung: trace.backend,
            kernel: trace.kernel.clone(),
            events: trace.events.iter().map(|event| Entry::of(event, &trace.sockets)).collect(),
            failed: trace.failed.clone(),
        }
    }

    fn read(self) -> Result<Trace, serde_json::Error> {
        let mut names = Names::default();
        let events: Result<Vec<Option<Event>>, String> =
            self.events.into_iter().map(|entry| entry.read(&mut names)).collect();
        let events = events.map_err(serde::de::Error::custom)?;
        Ok(Trace {
            version: self.version,
            scenario: self.scenario,
            witness: self.witness,
            backend: self.rung,
            kernel: self.kernel,
            sockets: names.sockets,
            events: events.into_iter().flatten().collect(),
            failed: self.failed,
        })
    }
}

impl Entry {
    fn of(event: &Event, sockets: &Sockets) -> Self {
        let name = |socket| sockets.name(socket).to_owned();
        match event.clone() {
            Event::Call { at_us, began_us, host, socket, line, call, outcome } => {
                Self::Call { at_us, began_us, host, socket: name(socket), line, call: call.to_string(), outcome }
            }
            Event::Segment { at_us, arrives_us, from, to, ports, segment, fate } => {
                let to = (Link::between(from, to) != Link::ClientServer).then_some(to);
                Self::Segment { at_us, arrives_us, from, to, ports, segment, fate }
            }
            Event::Icmp { at_us, arrives_us, to, link, ports, icmp, seq } => {
                let link = (link != Link::ClientServer).then_some(link);
                Self::Icmp { at_us, arrives_us, to, link, ports, icmp, seq }
            }
            Event::State { at_us, host, socket, from, to } => {
                Self::State { at_us, host, socket: name(socket), from, to }
            }
            Event::Statement { at_us, line, text, .. } => Self::Statement { at_us, line, text },
            Event::Rule { at_us, host, rule } => {
                let [name, clause, kernel] = [rule.name(), rule.clause(), rule.kernel()].map(str::to_owned);
                Self::Rule { at_us, host, rule: name, clause, kernel }
            }
            Event::Counter { at_us, host, counter, by } => Self::Counter { at_us, host, name: counter.to_string(), by },
            Event::Info { at_us, host, socket, info } => Self::Info { at_us, host, socket: name(socket), info },
        }
    }

    /// `None` for a kind that is not known.
    fn read(self, names: &mut Names) -> Result<Option<Event>, String> {
        Ok(Some(match self {
            Self::Call { at_us, began_us, host, socket, line, call, outcome } => {
                let listener = names.listeners.get(&host).map_or("listener", String::as_str);
                let mut call =
                    Verb::from_text(&call, listener).map_err(|error| format!("the call `{call}`: {error}"))?;
                if matches!(call, Verb::Listen { .. }) {
                    names.listeners.insert(host, socket.clone());
                }
                names.note_call(host, &socket, &mut call);
                Event::Call { at_us, began_us, host, socket: names.id(host, &socket), line, call, outcome }
            }
            Self::Segment { at_us, arrives_us, from, to, ports, segment, fate } => {
                let to = to.unwrap_or_else(|| Link::ClientServer.peer(from));
                Event::Segment { at_us, arrives_us, from, to, ports, segment, fate }
            }
            Self::Icmp { at_us, arrives_us, to, link, ports, icmp, seq } => {
                let link = link.unwrap_or(Link::ClientServer);
                Event::Icmp { at_us, arrives_us, to, link, ports, icmp, seq }
            }
            Self::State { at_us, host, socket, from, to } => {
                Event::State { at_us, host, socket: names.id(host, &socket), from, to }
            }
            Self::Statement { at_us, line, text } => {
                let action = Action::from_text(&text).map_err(|error| format!("the statement `{text}`: {error}"))?;
                if let Action::Host(host, HostAction::Kill | HostAction::Crash) = action {
                    names.open.retain(|(of, _)| *of != host);
                }
                Event::Statement { at_us, line, action, text }
            }
            Self::Rule { at_us, host, rule: name, .. } => {
                let rule = RuleId::from_name(&name).ok_or_else(|| format!("there is no rule `{name}`"))?;
                Event::Rule { at_us, host, rule }
            }
            Self::Counter { at_us, host, name, by } => {
                Event::Counter { at_us, host, counter: Counter::from_name(&name), by }
            }
            Self::Info { at_us, host, socket, info } => {
                Event::Info { at_us, host, socket: names.id(host, &socket), info }
            }
            Self::Unknown => return Ok(None),
        }))
    }
}

#[derive(Default)]
struct Names {
    sockets: Sockets,
    /// The name of each host's newest listener.
    listeners: BTreeMap<Host, String>,
    /// The descriptors that are open.
    open: BTreeSet<(Host, String)>,
}

impl Names {
    /// A connect() is on a new socket, unless there is one of that name.
    fn note_call(&mut self, host: Host, socket: &str, call: &mut Verb) {
        let name = (host, socket.to_owned());
        match call {
            Verb::Connect { opening: opening @ Opening::New { from: None }, .. } if self.open.contains(&name) => {
                *opening = Opening::Existing;
            }
            Verb::Listen { place: place @ Place::New { .. }, .. } if self.open.contains(&name) => {
                *place = Place::Existing;
            }
            Verb::Close => {
                self.open.remove(&name);
            }
            Verb::Dup { copy } => {
                self.open.insert((host, copy.clone()));
            }
            _ if call.makes_socket() => {
                self.open.insert(name);
            }
            _ => {}
        }
    }

    fn id(&mut self, host: Host, name: &str) -> SocketId {
        self.sockets.newest(host, name).unwrap_or_else(|| self.sockets.add(host, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"{"version":1,"scenario":"x","witness":"sim","rung":"memory","kernel":"smoltcp 0.14.0","events":[{"kind":"call","at_us":10,"began_us":0,"host":"client","socket":"client","line":3,"call":"write(5)","outcome":"EPIPE"},{"kind":"segment","at_us":0,"arrives_us":10000,"from":"client","ports":[40000,80],"flags":"P.","seq":1,"ack":1,"len":5,"win":64240,"fate":"delivered"},{"kind":"segment","at_us":0,"from":"server","ports":[80,40000],"flags":"R","seq":2,"len":0,"win":0,"fate":"dropped"},{"kind":"icmp","at_us":5,"arrives_us":15,"to":"client","ports":[40000,80],"icmp":"admin-prohibited","seq":1},{"kind":"state","at_us":20,"host":"server","socket":"server","from":"FIN-WAIT-1","to":"CLOSED"},{"kind":"info","at_us":30,"host":"client","socket":"client","unacked":1,"timer":"on"},{"kind":"info","at_us":40,"host":"client","socket":"client","error":"ETIMEDOUT"},{"kind":"info","at_us":50,"host":"client","socket":"client"}],"failed":[{"line":3,"expected":"5","got":"EPIPE"}]}"#;

    #[test]
    fn json_comes_back_as_it_went() {
        let trace = Trace::from_json(TRACE).expect("this is a trace");
        assert_eq!(trace.to_json(), TRACE);
    }

    #[test]
    fn unknown_fields_and_kinds_are_passed_over() {
        let newer = TRACE
            .replacen(r#""events":["#, r#""events":[{"kind":"weather","at_us":1,"sky":"blue"},"#, 1)
            .replacen(r#""witness""#, r#""mood":"good","witness""#, 1);
        assert_eq!(Trace::from_json(&newer).expect("a newer trace still reads").to_json(), TRACE);
    }

    #[test]
    fn a_segment_names_its_receiver_where_a_proxy_is_one_of_the_two() {
        let proxied = TRACE.replacen(r#""from":"client","ports""#, r#""from":"proxy","to":"server","ports""#, 1);
        let trace = Trace::from_json(&proxied).expect("this is a trace");
        assert!(matches!(trace.events[1], Event::Segment { from: Host::Proxy, to: Host::Server, .. }));
        assert_eq!(trace.to_json(), proxied);
    }
}
