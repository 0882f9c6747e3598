//! Lines as people have pasted them into public threads, and what the finder makes of each.
//!
//! None of them was a model for the table. Each has its thread, and what a person would answer.

use capture::text::{Answer, By, answer};

/// Where it was pasted, what was pasted, the ending that it tells of, and the cause that a person would ask for first.
const PASTED: &[(&str, &str, &str, &str)] = &[
    (
        "jcrugzz/changes-stream #25",
        "Error: socket hang up\n    at createHangUpError (_http_client.js:323:15)\n    at Socket.socketCloseListener (_http_client.js:364:25)\n    at Socket.emit (events.js:194:15)\n    at TCP._handle.close (net.js:597:12) code: 'ECONNRESET' ",
        "end-of-stream",
        "keep-alive-race-fin",
    ),
    ("shiki/kaiseki #19", "\" error socket hang up code 'econnreset' \"", "end-of-stream", "keep-alive-race-fin"),
    (
        "node-modules/agentkeepalive #23",
        "[Error: socket hang up] code: 'ECONNRESET'\nError: socket hang up\n    at createHangUpError (http.js:1473:15)\n    at Socket.socketCloseListener (http.js:1523:23)",
        "end-of-stream",
        "keep-alive-race-fin",
    ),
    (
        "mscdex/node-imap #794",
        "{ Error: read ECONNRESET\n(internal/stream_base_commons.js:111:27)\nerrno: 'ECONNRESET',\n code: 'ECONNRESET',\nsyscall: 'read',\nsource: 'socket' }",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "WizardFactory/TodayWeather #523",
        "info: keep alive : http://127.0.0.1:8080\nerror:  Error: read ECONNRESET\n    at exports._errnoException (util.js:746:11)\n    at TCP.onread (net.js:559:26)",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "yegor256/s3auth #160",
        "Apr 29 10:27:22 relay.s3auth.com user: [ERROR] 92a5b34 com.s3auth.hosts.DefaultResource: #writeTo(java.net.SocketOutputStream@3fa5e69e): thrown java.net.SocketException(Connection reset) out of java.net.SocketInputStream#read[185] in 34min",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "logstash-plugins/logstash-input-tcp #168",
        "[2021-02-08T13:38:14,901][ERROR][logstash.inputs.tcp      ][main][tcp-input] Error in Netty pipeline: java.io.IOException: Connection reset by peer",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "logstash-plugins/logstash-input-tcp #168",
        "[2021-02-09T08:59:04,371][INFO ][logstash.inputs.tcp      ][main][tcp-input] /192.168.0.17:60074: closing (Connection reset by peer)",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "kulpae/cloudruby #2",
        "/opt/cloudruby/mpg123player.rb:18:in `write': Broken pipe (Errno::EPIPE)\n    from /opt/cloudruby/mpg123player.rb:18:in `puts'",
        "broken-pipe",
        "wrote-after-close",
    ),
    (
        "wavefrontHQ/wavefront-proxy #44",
        "Fixed 'java.net.SocketException: Broken pipe' in close",
        "broken-pipe",
        "wrote-after-close",
    ),
    ("fluent/fluent-logger-php #26", "errno=104 Connection reset by peer", "connection-reset", "keep-alive-race"),
    (
        "devpi/devpi #597",
        "ConnectionResetError(104, 'Connection reset by peer'))",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "a thread on Connector/J",
        "Caused by: com.mysql.jdbc.exceptions.jdbc4.CommunicationsException: The last packet successfully received from the server was 48,054,727 milliseconds ago.  The last packet sent successfully to the server was 48054727 milliseconds ago.",
        "end-of-stream",
        "server-idle-limit",
    ),
    (
        "a thread on Connector/J",
        "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago.",
        "end-of-stream",
        "server-idle-limit",
    ),
    (
        "RabbitMQ, a log in a guide",
        "2018-06-17 06:28:40.868 [warning] <0.646.0> closing AMQP connection <0.646.0> (127.0.0.1:58667 -> 127.0.0.1:5672, vhost: '/', user: 'guest'):\nclient unexpectedly closed TCP connection",
        "end-of-stream",
        "ended",
    ),
    (
        "a thread on Kafka",
        "[2024-10-12 12:04:09,916] WARN [Producer clientId=perf-producer-client] Connection to node 7 (my-cluster-broker-7.my-cluster-kafka-brokers.test.svc/10.130.0.31:9092) could not be established. Node may not be available. (org.apache.kafka.clients.NetworkClient)",
        "refused",
        "nobody-listens",
    ),
    (
        "a thread on Kafka",
        "[2024-04-10 04:08:41,900] WARN [Consumer clientId=console-consumer, groupId=console-consumer-7741] Bootstrap broker localhost:29094 (id: -3 rack: null) disconnected (org.apache.kafka.clients.NetworkClient)",
        "end-of-stream",
        "not-tls",
    ),
    (
        "a thread on kubectl",
        "port-forward occurs error, err: lost connection to pod, retrying",
        "end-of-stream",
        "ended",
    ),
    (
        "a thread on Istio's egress",
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
        "refused",
        "upstream-down",
    ),
    (
        "badlogic/pi-mono #733",
        "Error: upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused",
        "refused",
        "upstream-down",
    ),
    (
        "a thread on Consul",
        "DeltaAggregatedResources gRPC config stream to local_agent closed since 30s ago: 14, upstream connect error or disconnect/reset before headers. reset reason: connection_termination",
        "end-of-stream",
        "keep-alive-race-fin",
    ),
    (
        "mjasion, Istio upstream reset",
        "[2022-04-24T12:23:37.047Z] \"GET /wrong HTTP/1.1\" 502 UPE upstream_reset_before_response_started{protocol_error} - \"-\" 0 87 1001 - \"-\" \"curl/7.80.0\"",
        "end-of-stream",
        "not-tls",
    ),
    (
        "a thread on Spring's WebClient",
        "2022-06-10 17:51:12.705 ERROR 5317 --- [ctor-http-nio-2] a.w.r.e.AbstractErrorWebExceptionHandler : [186f1c37-3]  500 Server Error for HTTP GET\n\nreactor.netty.http.client.PrematureCloseException: Connection prematurely closed BEFORE response",
        "end-of-stream",
        "keep-alive-race-fin",
    ),
    (
        "a thread on grpc-java",
        "Exception in thread \"main\" io.grpc.StatusRuntimeException: UNAVAILABLE: Network closed for unknown reason\n\tat io.grpc.stub.ClientCalls.toStatusRuntimeException(ClientCalls.java:233)",
        "end-of-stream",
        "not-tls",
    ),
    (
        "a thread on a load balancer",
        "502 backend_connection_closed_before_data_sent_to_client",
        "end-of-stream",
        "keep-alive-race-fin",
    ),
    (
        "a thread on a load balancer",
        "   1584 backend_timeout\n    221 failed_to_pick_backend",
        "own-timer",
        "upstream-slow",
    ),
    ("monkeytypegame/monkeytype #4041", "Error 522: Connection timed out", "http-status", "firewall-drop"),
    (
        "phpface, a page",
        "Error 524\nRay ID: 6e38aaae2b924b8c • 2022-02-26 11:01:34 UTC\nA timeout occurred",
        "http-status",
        "upstream-slow",
    ),
    (
        "a thread on ssh",
        "kex_exchange_identification: read: Connection reset by peer",
        "connection-reset",
        "turned-away",
    ),
    (
        "the review of the page",
        "2024/05/12 10:00:01 [error] 31#31: *1024 recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 10.0.0.7, server: api.example.com, request: \"POST /v1/orders HTTP/1.1\", upstream: \"http://10.0.1.9:8080/v1/orders\", host: \"api.example.com\"",
        "connection-reset",
        "keep-alive-race",
    ),
    ("the review of the page", "{ code: 'ECONNRESET' }", "connection-reset", "keep-alive-race"),
    ("the review of the page", "errno: -104", "connection-reset", "keep-alive-race"),
    ("the review of the page", "MySQL server has gone away", "broken-pipe", "server-idle-limit"),
    ("the review of the page", "Lost connection to MySQL server during query", "end-of-stream", "ended-by-admin"),
    ("the review of the page", "transport is closing", "end-of-stream", "proxy-drain"),
    ("the review of the page", "context deadline exceeded", "own-timer", "slow-peer"),
    ("the review of the page", "Server disconnected", "end-of-stream", "keep-alive-race-fin"),
    (
        "the review of the page",
        "hyper::Error(IncompleteMessage): connection closed before message completed",
        "end-of-stream",
        "keep-alive-race-fin",
    ),
    ("the review of the page", "Connection closed by foreign host.", "end-of-stream", "orderly-end"),
    ("the review of the page", "connection rest by peer", "connection-reset", "keep-alive-race"),
    ("the review of the page", "net::ERR_EMPTY_RESPONSE", "end-of-stream", "ended"),
    (
        "the review of the page",
        "psycopg2.OperationalError: server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.",
        "end-of-stream",
        "ended",
    ),
    ("the review of the page", "502", "http-status", "keep-alive-race-fin"),
    (
        "the review of the page",
        "System.Net.Sockets.SocketException (10054): An existing connection was forcibly closed by the remote host.",
        "connection-reset",
        "keep-alive-race",
    ),
    (
        "the review of the page",
        "ssl.SSLEOFError: EOF occurred in violation of protocol (_ssl.c:1129)",
        "connection-reset",
        "keep-alive-race",
    ),
];

#[test]
fn what_people_paste_finds_its_ending_and_the_cause_to_ask_for_first() {
    let mut wrong = Vec::new();
    for (thread, text, ending, cause) in PASTED {
        let found = match answer(text) {
            Answer::Message(message) => {
                let first = message.found.causes().first().map_or("", |cause| cause.id.as_str());
                (message.found.ending.id.as_str(), first)
            }
            _ => ("", ""),
        };
        if found != (*ending, *cause) {
            wrong.push(format!("{thread}: {text:?}: {found:?}, rather {:?}", (ending, cause)));
        }
    }
    assert!(PASTED.len() >= 40);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), PASTED.len(), wrong.join("\n"));
}

#[test]
fn what_is_no_ending_finds_nothing() {
    for text in [
        "hello world",
        "TypeError: Cannot read properties of undefined (reading 'map')",
        "error[E0308]: mismatched types",
        "NullPointerException",
        "disk full: no space left on device",
        "segmentation fault (core dumped)",
        "took 502 ms for 104 rows",
        "user 32 logged in",
        "🦀🦀🦀",
    ] {
        assert!(answer(text) == Answer::Nothing, "{text}");
    }
    assert_eq!(answer(""), Answer::Empty);
    assert_eq!(answer("  \n "), Answer::Empty);
}

#[test]
fn every_line_of_the_table_finds_itself() {
    for ending in &capture::text::table().endings {
        for line in &ending.messages {
            let text = line.text.replace('…', " 10 ");
            let found = match answer(&text) {
                Answer::Message(message) => message.found,
                _ => panic!("{text:?} finds nothing"),
            };
            let same = found.line.is_some_and(|found| found.text == line.text);
            assert!(
                same || found.ending.id == ending.id,
                "{text:?} finds {:?} of {}",
                found.line.map(|line| &line.text),
                found.ending.id
            );
        }
    }
}

#[test]
fn an_errno_is_named_with_its_system() {
    let Answer::Message(message) = answer("OSError: [Errno 53] something") else { panic!("it is an errno") };
    assert!(
        matches!(&message.by, By::Errno { errno, system: Some(system) } if errno.name == "ECONNABORTED" && system.name() == "macOS"),
        "{:?}",
        message.by
    );
    assert_eq!(message.marks.len(), 1);
}

/// Whatever is pasted, an answer comes, and its marks are places of the text.
#[test]
fn any_text_has_an_answer() {
    let mut random = fastrand::Rng::with_seed(7);
    let pieces: Vec<&str> =
        PASTED.iter().map(|(_, text, ..)| *text).chain(["…", "\u{1b}[31m", "é", "\0", "(104:", "İ", "\r\n"]).collect();
    for _ in 0..400 {
        let mut text = String::new();
        for _ in 0..random.usize(1..4) {
            let piece = random.choice(&pieces).expect("there are some");
            let from = random.usize(0..=piece.len());
            let to = random.usize(from..=piece.len());
            text += &String::from_utf8_lossy(&piece.as_bytes()[from..to]);
        }
        if let Answer::Message(message) = answer(&text) {
            for mark in message.marks {
                assert!(text.get(mark.clone()).is_some(), "{mark:?} of {text:?}");
            }
        }
    }
}
