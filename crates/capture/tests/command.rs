//! The command `who-reset`: every kind of input, every form of output, and what it says when it cannot read.

#[allow(dead_code, unreachable_pub, reason = "shared with the tests across crates, which use more of it")]
#[path = "../../../tests/src/captured.rs"]
mod captured;

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use captured::{Place, run, seen_at, usual_file};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const LINES: &str = "\
16:04:05.000001 IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [S], seq 7, win 64240, length 0
16:04:05.010001 IP 192.0.2.2.80 > 192.0.2.1.40000: Flags [R.], seq 0, ack 8, win 0, length 0
";

/// The program, as its source stands there.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = env::current_exe().expect("a test is a program");
        let target = test.ancestors().nth(3).expect("it is in target/PROFILE/deps");
        let mut cargo = Command::new(env::var_os("CARGO").expect("cargo runs tests"));
        cargo.args(["build", "--quiet", "-p", "capture", "--example", "who-reset", "--target-dir"]).arg(target);
        assert!(cargo.status().expect("cargo is there").success());
        target.join("debug/examples/who-reset")
    })
}

fn say(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it is built");
    child.stdin.take().expect("it is piped").write_all(input).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("it prints text")
}

fn capture() -> Vec<u8> {
    let script = "server listen()\nclient connect()\nserver accept()\nclient write(10)\nserver close()\n";
    usual_file(&seen_at(&run(script).expect("it runs"), Place::Between))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}

#[test]
fn every_kind_of_input_says_the_same() {
    let bytes = capture();
    let said = text(&say(&["-"], &bytes));
    assert!(said.starts_with("-\n  192.0.2.1:"), "{said}");
    assert!(said.contains("reset by server, packet 6") && said.contains("unread-data"), "{said}");
    assert!(said.contains("the client's program is told: read() = ECONNRESET, then read() = 0"), "{said}");
    assert_eq!(text(&say(&["-"], &packed(&bytes))), said, "gzip");
    let members = [packed(&bytes[..100]), packed(&bytes[100..])].concat();
    assert_eq!(text(&say(&["-"], &members)), said, "gzip of two members");

    let folder = env::temp_dir().join(format!("who-reset-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("there is room");
    let file = folder.join("ends.pcap");
    fs::write(&file, &bytes).expect("there is room");
    let file = file.to_str().expect("a path");
    assert_eq!(text(&say(&[file, file], b"")).matches("reset by server").count(), 2);
    fs::remove_dir_all(&folder).expect("it is ours");

    let said = text(&say(&["-"], LINES.as_bytes()));
    assert!(said.contains("192.0.2.1:40000 > 192.0.2.2:80: refused by server, packet 2"), "{said}");
}

#[test]
fn what_cannot_be_read_is_named_and_counted() {
    let bytes = capture();
    let said = text(&say(&["-"], &bytes[..bytes.len() - 1]));
    assert!(said.ends_with("not read: 1 × the last record is cut off\n"), "{said}");
    for (arguments, why) in [
        (&["/nowhere/ends.pcap"][..], "/nowhere/ends.pcap: "),
        (&["--yes", "-"][..], "there is no option `--yes`"),
        (&[][..], "no file was named"),
    ] {
        let output = say(arguments, b"");
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with(why), "{output:?}");
    }
}

#[test]
fn json_has_the_form_that_is_written_down() {
    let report: Value = serde_json::from_str(&text(&say(&["-", "--json", "--play"], &capture()))).expect("it is JSON");
    let keys = |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    assert_eq!(report["version"], 1);
    assert_eq!(keys(&report), ["connections", "files", "skipped", "version"]);
    let connection = &report["connections"][0];
    let expected = "began_s bytes chapter client conn_state ended_s ending file history next opened packets played \
                    scenario server told";
    assert_eq!(keys(connection).join(" "), expected);
    assert_eq!((&connection["ending"]["kind"], &connection["ending"]["by"]), (&"reset".into(), &"server".into()));
    let cause = &connection["ending"]["causes"][0];
    assert_eq!(keys(cause), ["evidence", "id", "sure"]);
    assert!(cause["evidence"][0]["packets"][0].is_u64() && cause["evidence"][0]["why"].is_string(), "{cause}");
    let same = connection["played"]["same"].as_array().expect("ways were played");
    assert!(same.iter().any(|way| way["id"] == "unread-data" && way["script"].is_string()), "{same:?}");
}

#[test]
fn a_summary_counts() {
    assert_eq!(text(&say(&["-", "--summary"], &capture())), "        1 reset, server: abort\n");
}
