//! A run on its way to the player: from the chapter in which it stands, or from the stack that performed it.
//!
//! postcard's bytes as base64url, so that the same text is an attribute's value and a string of JavaScript. Both ends
//! are of one build; the form is nobody else's.

use crate::export::link::{from_base64, to_base64};
use crate::run::{NoRun, Shown};

/// A run, or why there is none, as a text of letters, digits, `-` and `_`.
pub fn pack(run: &Result<Shown, NoRun>) -> String {
    let Ok(bytes) = postcard::to_allocvec(run) else { unreachable!("there is memory, and nothing else can fail") };
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
    to_base64(&bytes, &mut text);
    text
}

/// What [`pack`] packed; `None` if it is anything else.
pub fn unpack(text: &str) -> Option<Result<Shown, NoRun>> {
    postcard::from_bytes(&from_base64(text)?).ok()
}

/// A segment in a form without left-out fields: postcard knows no names.
pub(crate) mod segment {
    use scenario::{Flags, Segment};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Packed = (Flags, i64, Option<i64>, u32, u32);

    pub(crate) fn serialize<S: Serializer>(segment: &Segment, serializer: S) -> Result<S::Ok, S::Error> {
        let Segment { flags, seq, ack, len, win } = *segment;
        (flags, seq, ack, len, win).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Segment, D::Error> {
        let (flags, seq, ack, len, win) = Packed::deserialize(deserializer)?;
        Ok(Segment { flags, seq, ack, len, win })
    }
}

/// What sockets hold, in the same way.
pub(crate) mod infos {
    use scenario::{Errno, Host, Info, Timer};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Packed = (Host, String, [u32; 7], Option<Timer>, Option<u16>);

    #[expect(clippy::ptr_arg, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(
        infos: &Vec<(Host, String, Info)>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let pack = |(host, socket, info): &(Host, String, Info)| -> Packed {
            let Info { unread, unsent, unacked, retransmits, probes, backoff, queued, timer, error } = *info;
            let numbers = [unread, unsent, unacked, retransmits, probes, backoff, queued];
            (*host, socket.clone(), numbers, timer, error.map(|error| error.0))
        };
        infos.iter().map(pack).collect::<Vec<_>>().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(Host, String, Info)>, D::Error> {
        let unpack = |(host, socket, numbers, timer, error): Packed| {
            let [unread, unsent, unacked, retransmits, probes, backoff, queued] = numbers;
            let error = error.map(Errno);
            (host, socket, Info { unread, unsent, unacked, retransmits, probes, backoff, queued, timer, error })
        };
        Ok(Vec::<Packed>::deserialize(deserializer)?.into_iter().map(unpack).collect())
    }
}

#[cfg(test)]
mod tests {
    use scenario::CATALOGUE;
    use sim::Rules;

    use super::*;
    use crate::run::Run;

    #[test]
    fn every_run_comes_back_as_it_went() {
        for entry in CATALOGUE {
            let shown = Ok(Shown::of(&Run::of(entry.text, Rules::Linux).expect("the book's scripts run")));
            let packed = pack(&shown);
            assert!(packed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{packed}");
            assert_eq!(unpack(&packed), Some(shown), "{}", entry.id);
        }
        let wrong = Run::of("server lissen()\n", Rules::Linux).map(|run| Shown::of(&run));
        assert_eq!(unpack(&pack(&wrong)), Some(wrong));
    }

    #[test]
    fn what_is_damaged_is_no_run() {
        let shown = Ok(Shown::of(&Run::of(CATALOGUE[0].text, Rules::Linux).expect("it runs")));
        let packed = pack(&shown);
        for end in [0, 1, 10, packed.len() / 2, packed.len() - 4] {
            assert_eq!(unpack(&packed[..end]), None, "{end} of {} letters", packed.len());
        }
        assert_eq!(unpack("<script>"), None);
    }
}
