use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The control bits this book speaks of (RFC 9293 §3.1), in tcpdump's letters: `S F R P` and `.` for ACK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the RFC's names")]
pub struct Flags {
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    pub psh: bool,
    pub ack: bool,
}

impl Flags {
    /// `S`
    pub const SYN: Self = Self { syn: true, fin: false, rst: false, psh: false, ack: false };
    /// `S.`
    pub const SYN_ACK: Self = Self { syn: true, ack: true, ..Self::NONE };
    /// `F.`
    pub const FIN: Self = Self { fin: true, ack: true, ..Self::NONE };
    /// `R`: a bare reset
    pub const RST: Self = Self { rst: true, ..Self::NONE };
    /// `R.`
    pub const RST_ACK: Self = Self { rst: true, ack: true, ..Self::NONE };
    /// `.`
    pub const ACK: Self = Self { ack: true, ..Self::NONE };
    /// `P.`
    pub const DATA: Self = Self { psh: true, ack: true, ..Self::NONE };
    const NONE: Self = Self { syn: false, fin: false, rst: false, psh: false, ack: false };

    /// Reads the letters, each at most once, in the order `S F R P .`; `None` for anything else, and for nothing.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut flags = Self::NONE;
        let mut rest = text;
        for (letter, bit) in [
            ('S', &mut flags.syn),
            ('F', &mut flags.fin),
            ('R', &mut flags.rst),
            ('P', &mut flags.psh),
            ('.', &mut flags.ack),
        ] {
            if let Some(behind) = rest.strip_prefix(letter) {
                *bit = true;
                rest = behind;
            }
        }
        (rest.is_empty() && !text.is_empty()).then_some(flags)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (letter, set) in [('S', self.syn), ('F', self.fin), ('R', self.rst), ('P', self.psh), ('.', self.ack)] {
            if set {
                text.push(letter);
            }
        }
        f.pad(&text)
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Flags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self::NONE);
        }
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` are no flags")))
    }
}

/// The fields of a segment's header that a trace has.
///
/// Numbers are relative: `seq` to the sender's initial sequence number, `ack` to the receiver's (see [`crate::Numbering`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The control bits.
    pub flags: Flags,
    /// The first byte's number, relative to the sender's ISN.
    pub seq: i64,
    /// The next byte expected, relative to the receiver's ISN; absent without the ACK bit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ack: Option<i64>,
    /// Bytes of payload.
    pub len: u32,
    /// The window offered, in bytes (scaled).
    pub win: u32,
}

impl fmt::Display for Segment {
    /// `P. 1:6(5) ack 1`, as packetdrill and tcpdump write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flags, seq, ack, len, .. } = *self;
        write!(f, "{flags:<3} {seq}:{}({len})", seq + i64::from(len))?;
        if let Some(ack) = ack {
            write!(f, " ack {ack}")?;
        }
        Ok(())
    }
}

/// What the link did with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// The link lost it.
    Dropped,
    /// The link forged it, in the name of the host it is said to come from. It arrived, unless that host's peer was down.
    Injected,
}
