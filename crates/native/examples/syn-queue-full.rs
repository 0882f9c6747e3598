//! Why does a server with an empty accept queue ignore my SYN?
//!
//! Four handshakes hang: their last ACKs are lost. Without SYN cookies tcp_max_syn_backlog leaves room for no more.

mod lab;

use std::io;
use std::time::Duration;

use lab::Lab;
use scenario::{Count, Host, Kind, Meeting};
use socket2::{Domain, Socket, Type};

fn main() -> io::Result<()> {
    let mut lab = Lab::new();
    let address = lab.address();

    lab.link("link delay 50ms", |link| link.set_delay(Duration::from_millis(50)));
    lab.server_setting("tcp_syncookies", "0");
    lab.server_setting("tcp_max_syn_backlog", "4");
    let _listener = lab.server("listen(backlog=8)", || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&address.into())?;
        socket.listen(8)?;
        Ok(socket)
    })?;
    lab.link("link drop all ACK from client", |link| link.meet(Meeting::Drop, Count::All, Kind::Ack, Host::Client));

    let mut clients = Vec::new();
    let calls = [
        "one.connect(nonblock) &",
        "two.connect(nonblock) &",
        "three.connect(nonblock) &",
        "four.connect(nonblock)",
        // Its SYN arrives, and nobody answers.
        "five.connect(nonblock)",
    ];
    for call in calls {
        lab.client(call, || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            let connecting = socket.connect(&address.into());
            clients.push(socket);
            connecting
        })
        .expect_err("the handshake takes a while");
    }

    // With cookies that limit does not count. The SYN is repeated after a second, and answered.
    lab.server_setting("tcp_syncookies", "1");
    lab.wait(Duration::from_millis(1500));
    Ok(())
}
