//! What each of Linux's rules means, for a reader who meets it for the first time.

use scenario::RuleId;

/// A rule at its row: a few words. The panel has the sentence ([`sentence`]).
pub const fn short(rule: RuleId) -> &'static str {
    match rule {
        RuleId::ErrorByState => "EPIPE after a FIN, ECONNREFUSED in SYN-SENT, else ECONNRESET",
        RuleId::ErrorOnce => "an error is told to one call only",
        RuleId::UnreadClose => "unread data: close() sends a reset",
        RuleId::LingerZero => "SO_LINGER 0: close() sends a reset",
        RuleId::LingerWaits => "SO_LINGER: close() waits for the FIN's ACK",
        RuleId::Linger2Negative => "TCP_LINGER2 -1: a reset in place of FIN-WAIT-2",
        RuleId::OrphanData | RuleId::RestData => "nobody can read this any more: a reset",
        RuleId::FinWait2Ends => "tcp_fin_timeout is over: forgotten",
        RuleId::KeptOrphanResets => "tcp_fin_timeout is over: a reset",
        RuleId::NoRoomToRest => "no room for another TIME-WAIT: forgotten at once",
        RuleId::TimeWaitEnds => "60 seconds are over",
        RuleId::TimeWaitAnswers => "TIME-WAIT answers with its last ACK",
        RuleId::TimeWaitReopens => "a new SYN may take the place of TIME-WAIT",
        RuleId::TimeWaitKilled => "a reset ends TIME-WAIT",
        RuleId::TimeWaitKept => "tcp_rfc1337: a reset does not end TIME-WAIT",
        RuleId::ResetChallenged => "not the exact number: asked, not obeyed",
        RuleId::ResetOutside => "a reset outside the window is ignored",
        RuleId::ResetBeforeFin => "a reset with the number of the FIN counts",
        RuleId::ResetOfSyn => "does not acknowledge the SYN: ignored",
        RuleId::SynChallenged => "a SYN for a living connection: asked, not obeyed",
        RuleId::SynSoonAgain => "an answer to something older: reset, and the SYN again",
        RuleId::OutsideAnswered => "outside the window: not taken, answered with an ACK",
        RuleId::LateSegment => "overtaken on its way: answered, not taken",
        RuleId::StaleAck => "an old ACK: nothing is sent for it",
        RuleId::AckOfNothing => "acknowledges what was never sent: answered with an ACK",
        RuleId::TextAfterFin => "data behind a FIN: not taken",
        RuleId::FinAckWaits => "the ACK waits a moment: perhaps data can carry it",
        RuleId::EarlyFin => "the FIN came before its data: kept",
        RuleId::HandshakeReset => "a reset ends the handshake",
        RuleId::SynRepeated => "the SYN again: the SYN-ACK again",
        RuleId::QueueFullSyn => "the accept queue is full: the SYN is dropped",
        RuleId::AcceptDeferred => "TCP_DEFER_ACCEPT: no data yet, the ACK is put aside",
        RuleId::QueueFullAck => "the accept queue is full: the ACK is ignored",
        RuleId::QueueFullAbort => "the accept queue is full: a reset (tcp_abort_on_overflow)",
        RuleId::ListenerClosed => "the listener is gone: what waits in its queue is reset",
        RuleId::GiveUp => "repeated too often: given up, without a reset",
        RuleId::IcmpEndsAttempt => "ICMP says no: the attempt to connect ends",
        RuleId::IcmpEndsHandshake => "ICMP says no: the handshake is forgotten",
        RuleId::IcmpNoted => "an open connection: noted, nothing ends",
        RuleId::IcmpLate => "quotes what has long arrived: ignored",
        RuleId::IcmpTakesBack => "host unreachable: the next try comes sooner",
        RuleId::PathNarrows => "ICMP says how long a packet may be: cut, and sent again",
        RuleId::NotedErrorTold => "given up: the error is what ICMP had said",
        RuleId::LossProbe => "no ACK for two round trips: a probe",
        RuleId::WindowGiveUp => "the window stays closed: given up, without a reset",
        RuleId::WindowProbe => "the window is closed: asked whether there is room",
        RuleId::KeepAlive => "idle: asked whether anybody is there",
        RuleId::KeepAliveGiveUp => "no probe was answered: given up, with a reset",
        RuleId::SynInFinWait2 => "a SYN for what is left in FIN-WAIT-2: a reset",
        RuleId::HandshakeResetChallenged => "not the exact number: asked, not obeyed",
        RuleId::AckTooOld => "acknowledges what is long past: answered with an ACK",
        RuleId::NoMemory => "no memory for it: not taken, though there was a window",
        RuleId::LaterEcho => "echoes a later time than the SYN-ACK's: answered, not taken",
        RuleId::SynInHandshake => "another SYN: the handshake ends with a reset",
        RuleId::SynCookie => "too many handshakes: a SYN cookie, nothing is kept",
        RuleId::HandshakesFull => "too many handshakes: the SYN is dropped",
    }
}

/// What a rule means and why it is there. One or two sentences.
pub const fn sentence(rule: RuleId) -> &'static str {
    match rule {
        RuleId::ErrorByState => {
            "The reset ends the connection. Which error the program gets depends on what came before it: EPIPE after the other side's FIN, ECONNRESET without one, ECONNREFUSED while connecting."
        }
        RuleId::ErrorOnce => {
            "The kernel keeps one error for a connection and gives it to the first call that asks. After that a read gives 0 and a write gives EPIPE."
        }
        RuleId::UnreadClose => {
            "Data has arrived that the program did not read. So close() sends a reset in place of a FIN: the other side is to know that its data was not taken."
        }
        RuleId::LingerZero => {
            "SO_LINGER with 0 seconds asks for it: close() throws away what has not been sent, and sends a reset in place of a FIN."
        }
        RuleId::LingerWaits => {
            "With SO_LINGER and a time, close() returns when the other side has acknowledged everything, the FIN too, or when the time is over."
        }
        RuleId::Linger2Negative => {
            "TCP_LINGER2 is -1: the closed socket does not wait in FIN-WAIT-2 for the other side's FIN, it sends a reset."
        }
        RuleId::OrphanData => {
            "The program has closed this socket, so nobody can read the data that arrives. The kernel answers it with a reset."
        }
        RuleId::RestData => {
            "The program has closed this socket, and its FIN is acknowledged. Nobody can read the data that arrives now, so the kernel answers it with a reset."
        }
        RuleId::FinWait2Ends => {
            "The program has closed, and the other side's FIN does not come. After tcp_fin_timeout the kernel forgets the connection. It sends nothing."
        }
        RuleId::KeptOrphanResets => {
            "The program has closed, and the connection has not ended within tcp_fin_timeout. The kernel gives it up with a reset."
        }
        RuleId::NoRoomToRest => {
            "The kernel keeps only so many closed connections in FIN-WAIT-2 and TIME-WAIT (tcp_max_tw_buckets). There is no room for this one, so it is forgotten at once."
        }
        RuleId::TimeWaitEnds => {
            "TIME-WAIT has lasted its 60 seconds. The kernel forgets the connection, and the two ports are free for a new one."
        }
        RuleId::TimeWaitAnswers => {
            "A segment of the old connection has come again: perhaps the last ACK was lost. TIME-WAIT is there to send that ACK once more."
        }
        RuleId::TimeWaitReopens => {
            "The same two ports want a new connection, with a higher sequence number. So nothing old can be taken for it, and TIME-WAIT makes room."
        }
        RuleId::TimeWaitKilled => {
            "A reset ends TIME-WAIT before its 60 seconds are over: so it is unless tcp_rfc1337 is set to 1."
        }
        RuleId::TimeWaitKept => "tcp_rfc1337 is 1, so TIME-WAIT takes no notice of a reset.",
        RuleId::ResetChallenged => {
            "The reset lies in the window, but has not exactly the number that is expected next. It might be forged. The kernel keeps the connection and asks with an ACK (a challenge ACK); a sender that really has no connection answers with a reset that is exact."
        }
        RuleId::ResetOutside => {
            "The reset's number lies outside the window, so it cannot belong to what the connection is about now. It is ignored."
        }
        RuleId::ResetBeforeFin => {
            "The reset carries the number of the FIN before it: its sender had not seen the FIN acknowledged yet. Linux takes it as exact."
        }
        RuleId::ResetOfSyn => {
            "While connecting, a reset counts only if it acknowledges the SYN. This one does not, so it is ignored."
        }
        RuleId::SynChallenged => {
            "A SYN asks for a new connection where one is alive. It might be forged. The kernel keeps the connection and asks with an ACK (a challenge ACK)."
        }
        RuleId::SynSoonAgain => {
            "The SYN was answered with an ACK of something else: the other side still has an older connection on these ports. The kernel resets that one, and soon repeats its SYN."
        }
        RuleId::OutsideAnswered => {
            "The segment lies outside the window, so it is not taken. The ACK that answers it says which byte is expected next."
        }
        RuleId::StaleAck => {
            "Only the ACK of the own FIN is awaited now. This ACK is older, and nothing is sent for it."
        }
        RuleId::AckOfNothing => {
            "The segment acknowledges bytes that were never sent. It is not taken; an ACK says what has been sent."
        }
        RuleId::TextAfterFin => {
            "The other side's FIN has said that nothing more would come. Data with numbers behind the FIN is not taken."
        }
        RuleId::FinAckWaits => {
            "The FIN has arrived, but its ACK does not leave at once. The kernel waits some milliseconds: if the program sends data or its own FIN in that time, the ACK travels with it."
        }
        RuleId::EarlyFin => {
            "The FIN has overtaken data that is still missing. The kernel keeps the FIN, asks for the data, and tells the program nothing yet."
        }
        RuleId::HandshakeReset => {
            "The handshake ends with a reset before it is complete. The listener goes on waiting for others."
        }
        RuleId::SynRepeated => "The same SYN has come again, so its answer may be lost. The SYN-ACK is sent once more.",
        RuleId::QueueFullSyn => {
            "As many connections as the listener allows are waiting for accept(). The kernel drops the SYN and says nothing; the client will send it again."
        }
        RuleId::AcceptDeferred => {
            "The listener has TCP_DEFER_ACCEPT: it wants connections that have brought data. The kernel puts the last ACK of the handshake aside, so the client is connected and the listener does not know of it."
        }
        RuleId::QueueFullAck => {
            "As many connections as the listener allows are waiting for accept(). The kernel ignores the ACK that completes the handshake, while the client believes that it is connected."
        }
        RuleId::QueueFullAbort => {
            "As many connections as the listener allows are waiting for accept(). Because tcp_abort_on_overflow is 1, the kernel answers with a reset."
        }
        RuleId::ListenerClosed => {
            "The listener is closed while connections wait in its queue. No program can accept them any more, so the kernel resets each of them."
        }
        RuleId::GiveUp => {
            "The kernel has sent it again as often as it may, and nothing came back. It gives up: the program's next call gets ETIMEDOUT. The other side is told nothing."
        }
        RuleId::IcmpEndsAttempt => {
            "While connecting, Linux takes every such message as the answer, also those that RFC 9293 calls soft. connect() fails with the error that the message stands for."
        }
        RuleId::IcmpEndsHandshake => {
            "The SYN-ACK does not arrive, says the message. The kernel forgets the handshake; nobody is told."
        }
        RuleId::IcmpNoted => {
            "The connection is open, so the kernel goes on trying: the way may come back. It only notes the error; no call but getsockopt(SO_ERROR) gets to see it now."
        }
        RuleId::IcmpLate => {
            "The message quotes a segment that has been acknowledged since. Anybody could have made it, so it is ignored."
        }
        RuleId::IcmpTakesBack => {
            "The network is not full, the host is out of reach. So this loss does not double the time until the next try."
        }
        RuleId::PathNarrows => {
            "A box on the way cannot pass on a packet of that length, and says which length it can. The kernel keeps that for the path, cuts what was too long, and sends it again at once. The program notices nothing."
        }
        RuleId::NotedErrorTold => {
            "The kernel gives up, and has noted what an ICMP message said. The program gets that error in place of ETIMEDOUT."
        }
        RuleId::LossProbe => {
            "No ACK has come for about two round trips. Before the longer retransmission timer runs out, the kernel sends a probe: data that waits, or else the last segment again."
        }
        RuleId::WindowGiveUp => {
            "The other side's window has stayed closed through too many probes. The kernel gives up: the program's next call gets ETIMEDOUT. The other side is told nothing."
        }
        RuleId::WindowProbe => {
            "The other side has no room for more data: its window is 0. The kernel asks from time to time whether there is room again."
        }
        RuleId::KeepAlive => {
            "Nothing has come for as long as SO_KEEPALIVE allows. The kernel sends a probe: a segment without data whose number is one too low, which a living peer has to answer."
        }
        RuleId::KeepAliveGiveUp => {
            "None of the keep-alive probes was answered. The kernel gives the connection up: it sends a reset, and the program's next call gets ETIMEDOUT."
        }
        RuleId::SynInFinWait2 => {
            "Only a small entry is left of the connection, in FIN-WAIT-2. A new SYN for it is answered with a reset, and the entry goes."
        }
        RuleId::HandshakeResetChallenged => {
            "The reset is inside the window, but its number is not exact. The handshake goes on, and an ACK asks the sender for the exact number."
        }
        RuleId::LateSegment => {
            "The segment's timestamp is older than one that has come already, so it was overtaken on its way. It is dropped, and an ACK tells its sender what is expected."
        }
        RuleId::AckTooOld => {
            "The segment acknowledges less than was ever in doubt, so its sender knows little of this connection. It is dropped, and an ACK answers it."
        }
        RuleId::NoMemory => {
            "The window was offered before SO_RCVBUF was made smaller. The kernel has no memory for these bytes, so it drops them; they will come again."
        }
        RuleId::LaterEcho => {
            "The segment echoes a timestamp that is later than the SYN-ACK's. It is dropped and answered with an ACK, until the SYN-ACK has left again."
        }
        RuleId::SynInHandshake => {
            "A SYN with another number has come for a handshake that is not over. It is answered with a reset, and the handshake ends."
        }
        RuleId::SynCookie => {
            "More handshakes are under way than the backlog has room for. The SYN-ACK carries a number from which the kernel can tell later that it sent it, and nothing is kept."
        }
        RuleId::HandshakesFull => {
            "More handshakes are under way than the backlog has room for, and tcp_syncookies is 0. The SYN is dropped; the client sends it again."
        }
    }
}
