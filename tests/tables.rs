//! The book's generated tables are what the data say. `BLESS=1` writes them anew, between their marks in the chapter.

use std::collections::BTreeMap;
use std::fs;

use capture::text::table;
use capture::text::table::{Known, Table};
use catalogue::messages::{Cause, MESSAGES, Runtime, message};
use catalogue::{CATALOGUE, Entry, Family};
use player::link::{Holds, Link};
use scenario::Script;
use sim::Stack;
use tests::counters::EXPECTED;
use tests::held::CLAIMS;
use tests::ledger::Change;
use tests::release::Releases;
use tests::vocabulary::{PLACES, known};
use tests::{bytes, files, found, golden, judged, kernels, ledger, root};

#[test]
fn the_front_door_shows_every_message() {
    check("messages.md", "messages", &front_door(table()));
}

#[test]
fn the_dictionary_shows_every_runtime() {
    check("practice/languages.md", "runtimes", &dictionary());
}

#[test]
fn the_list_of_scenarios_is_the_catalogue() {
    check("reference/scenarios.md", "scenarios", &scenarios());
}

#[test]
fn the_counters_are_those_that_the_kernel_is_held_to() {
    check("reference/counters.md", "counters", &counters());
}

#[test]
fn the_bytes_are_those_of_the_runs() {
    check("reference/bytes.md", "bytes", &bytes::page());
    for (scenario, capture) in bytes::captured() {
        check_capture(scenario, &capture);
    }
}

#[test]
fn the_captures_to_judge_are_those_of_the_runs_and_have_their_verdicts() {
    check("teaching/captures.md", "captures", &judged::page());
    for (number, capture) in judged::captured() {
        check_capture(&format!("exercise-{number}"), &capture);
    }
}

/// A capture that lies in the book is what its run gives.
fn check_capture(name: &str, capture: &[u8]) {
    let file = root().join(format!("book/captures/{name}.pcap"));
    if golden::blessing() {
        fs::write(&file, capture).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let kept = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(kept == capture, "{} is not what the run gives: BLESS=1 writes it anew", file.display());
}

#[test]
fn the_book_prints_the_ledger() {
    check("reference/differences.md", "ledger", &differences());
}

#[test]
fn the_words_of_the_language_are_the_parser_s() {
    check("reference/language.md", "words", &vocabulary());
}

#[test]
fn each_task_is_a_link_and_each_answer_solves_it() {
    let tasks = tasks();
    assert!(tasks.len() >= 5, "book/exercises has {} tasks", tasks.len());
    for task in &tasks {
        for (what, text, is_solved) in [("task", &task.text, false), ("answer", &task.answer, true)] {
            let script = Script::parse(text).unwrap_or_else(|error| panic!("{}, {what}: {error}", task.file));
            let trace = sim::run(&task.file, &script, Stack::Linux)
                .unwrap_or_else(|error| panic!("{}, {what}: {error}", task.file));
            assert_eq!(trace.failed.is_empty(), is_solved, "{}, {what}: {:?}", task.file, trace.failed);
        }
        let goals = task.text.lines().filter(|line| line.starts_with("expect ") || line.contains(" = E"));
        for goal in goals {
            assert!(task.answer.contains(goal), "{}: the answer has lost its goal `{goal}`", task.file);
        }
    }
    check("teaching/sheet.md", "tasks", &sheet(&tasks));
    check("teaching/answers.md", "answers", &answers(&tasks));
}

#[test]
fn the_book_says_what_older_kernels_do() {
    // One after the other: both stand in one file.
    check("reference/older-kernels.md", "older", &older_kernels());
    check("reference/older-kernels.md", "kernels", &kernels_seen());
}

#[test]
fn the_book_prints_what_random_scripts_found_and_what_sockets_are_held_to() {
    // One after the other: both stand in one file.
    check("reference/how-checked.md", "found", &findings());
    check("reference/how-checked.md", "held", &held());
}

#[test]
fn every_cause_leads_to_a_chapter_and_to_a_scenario() {
    for cause in &table().causes {
        assert!(root().join("book").join(&cause.chapter).is_file(), "{}: no chapter {}", cause.id, cause.chapter);
        if let Some(id) = &cause.scenario {
            assert!(catalogue::scenario(id).is_some(), "{}: no scenario {id}", cause.id);
        }
    }
    let used = table().endings.iter().flat_map(|ending| {
        ending.causes.iter().chain(ending.messages.iter().flat_map(|line| &line.causes)).collect::<Vec<_>>()
    });
    let of_phrases = table().phrases.iter().flat_map(|phrase| &phrase.causes);
    let of_contexts = table().contexts.iter().flat_map(|context| context.causes.values().flatten());
    let mut used: Vec<&str> = used.chain(of_phrases).chain(of_contexts).map(String::as_str).collect();
    used.sort_unstable();
    used.dedup();
    let of_lines = table().causes.iter().filter(|cause| !cause.ask.is_empty() && !cause.how.is_empty());
    let mut known: Vec<&str> = of_lines.map(|cause| cause.id.as_str()).collect();
    known.sort_unstable();
    assert_eq!(used, known, "causes that lines name, and causes of the table");
    for cause in &table().causes {
        let is_of_a_line = used.contains(&cause.id.as_str());
        assert!(is_of_a_line || cause.verdict.is_some(), "{} is named by no line and no verdict", cause.id);
        assert_eq!(table().causes.iter().filter(|other| other.id == cause.id).count(), 1, "{}", cause.id);
    }
}

/// So many lines are neither run nor read. There should be fewer, never more.
const UNVERIFIED_MAX: usize = 18;

#[test]
fn every_line_says_how_it_is_known() {
    let mut unverified = Vec::new();
    for line in table().endings.iter().flat_map(|ending| &ending.messages) {
        let (Known::Run(place) | Known::Source(place) | Known::Unverified(place)) = &line.known;
        assert!(!place.trim().is_empty(), "{:?} does not say how it is known", line.text);
        if matches!(line.known, Known::Unverified(_)) {
            unverified.push(&line.text);
        }
    }
    assert!(unverified.len() <= UNVERIFIED_MAX, "{} are not verified: {unverified:?}", unverified.len());
}

#[test]
fn what_the_widget_says_can_be_looked_up() {
    let known: Vec<&str> =
        table().endings.iter().flat_map(|ending| &ending.messages).map(|line| line.text.as_str()).collect();
    for message in MESSAGES.iter().filter(|message| is_a_line_of_a_log(message.text)) {
        assert!(
            known.iter().any(|text| shares_its_words(text, message.text)),
            "book/data/messages.json has no line for {:?}: {:?}",
            message.runtime,
            message.text
        );
    }
}

fn front_door(table: &Table) -> String {
    let mut page = String::new();
    for ending in &table.endings {
        page += &format!("## {} {{#{}}}\n\n", ending.title, ending.id);
        page += &format!("**What failed:** {}\n\n", ending.call);
        if !ending.wire.is_empty() {
            page += &format!("**On the wire:** {}\n\n", ending.wire);
        }
        page += &format!("**It does not say:** {}\n\n", ending.not);
        page += &format!("**First:** {}\n\n", ending.first);
        page += "**Causes,** the most likely first:\n\n";
        for id in &ending.causes {
            let cause = table.causes.iter().find(|cause| cause.id == *id).unwrap_or_else(|| panic!("no cause {id}"));
            page += &format!("- {} *{}* [{}]({})\n", cause.title, cause.ask, title(&cause.chapter), cause.chapter);
        }
        let caused = |chapter: &&String| {
            table.causes.iter().any(|cause| cause.chapter == **chapter && ending.causes.contains(&cause.id))
        };
        let others: Vec<&String> = ending.chapters.iter().filter(|chapter| !caused(chapter)).collect();
        if !others.is_empty() {
            page += "\n**Read also:**\n\n";
        }
        for chapter in others {
            page += &format!("- [{}]({chapter})\n", title(chapter));
        }
        page += "\n| who | the line | known from |\n|---|---|---|\n";
        for line in &ending.messages {
            let known = match &line.known {
                Known::Run(version) => format!("run: {version}"),
                Known::Source(place) => format!("source: {place}"),
                Known::Unverified(place) => format!("not verified: {place}"),
            };
            page += &format!("| {} | `{}` | {known} |\n", line.who, line.text.replace('|', "\\|"));
        }
        page += "\n";
    }
    page
}

fn dictionary() -> String {
    const CAUSES: [(Cause, &str); 7] = [
        (Cause::ReadReset, "a read, after a reset (no FIN before it)"),
        (Cause::ReadAfterReset, "the next read"),
        (Cause::WriteReset, "a write, after a reset (no FIN before it)"),
        (Cause::BrokenPipe, "the next write; or a write after a FIN and a reset"),
        (Cause::EndOfStream, "a read after a FIN, whether a reset has followed or not"),
        (Cause::Refused, "connect, where nobody listens"),
        (Cause::OwnTimer, "a read that the program's own timer ended"),
    ];
    let mut page = String::new();
    for (cause, what) in CAUSES {
        page += &format!("**{}{}**\n\n| | |\n|---|---|\n", what[..1].to_uppercase(), &what[1..]);
        for runtime in Runtime::ALL {
            if let Some(message) = message(runtime, cause) {
                page += &format!("| {} | `{}` |\n", runtime.name(), message.text);
            }
        }
        page += "\n";
    }
    page
}

fn scenarios() -> String {
    let chapters = summary();
    let kept = kernels::kept();
    let mut page = String::new();
    for family in Family::ALL {
        page += &format!(
            "## {}\n\n| scenario | the question | shown in | so on Linux |\n|---|---|---|---|\n",
            family.title()
        );
        for entry in CATALOGUE.iter().filter(|entry| entry.family == family) {
            let script = Script::parse(entry.text).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
            let shown: Vec<String> = chapters
                .iter()
                .filter(|chapter| shows(chapter, entry))
                .map(|chapter| format!("[{}](../{chapter})", title(chapter)))
                .collect();
            let link = Link { holds: Holds::Id(entry.id.to_owned()), step: None, stack: Stack::Linux, runtime: None };
            let link = link.encode().expect("an id is short");
            page += &format!(
                "| [`{}`](../playground.html#{link}) | {} | {} | {} |\n",
                entry.id,
                script.title,
                shown.join("<br>"),
                seen_on(&kept, entry.id)
            );
        }
        page += "\n";
    }
    page
}

/// The kernels on which a scenario was seen to go as in the picture, and those on which it goes otherwise.
fn seen_on(kept: &kernels::Kept, id: &str) -> String {
    let Some(seen) = kept.scenarios.get(id) else { return "not looked at".to_owned() };
    let same = match &seen.same[..] {
        same if same.len() == kept.kernels.len() => {
            format!("{} to {}", same.first().map_or("", String::as_str), same.last().map_or("", String::as_str))
        }
        same => same.join(", "),
    };
    let mut by_entry: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kernel, entry) in &seen.otherwise {
        by_entry.entry(entry).or_default().push(kernel);
    }
    let ledger = ledger::read();
    let otherwise = by_entry.iter().map(|(id, kernels)| {
        let has_ended = ledger.iter().any(|entry| entry.id == *id && entry.has_ended());
        let page = if has_ended { "older-kernels" } else { "differences" };
        format!("; [otherwise]({page}.md#{id}) on {}", kernels.join(", "))
    });
    same + &otherwise.collect::<String>()
}

fn shows(chapter: &str, entry: &Entry) -> bool {
    mdbook_scenario::directives(&read(chapter)).flatten().any(|directive| directive.id == entry.id)
}

/// The chapters' files, from the book's root, in the book's order.
fn summary() -> Vec<String> {
    let links = read("SUMMARY.md");
    links.lines().filter_map(|line| Some(line.split_once("](")?.1.split_once(')')?.0.to_owned())).collect()
}

fn counters() -> String {
    let names = |names: &[&str]| match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let mut page = "| scenario | on the client | on the server |\n|---|---|---|\n".to_owned();
    for expected in EXPECTED {
        let (client, server) = (names(expected.client), names(expected.server));
        page += &format!("| `{}` | {client} | {server} |\n", expected.scenario);
    }
    page + "\n"
}

fn held() -> String {
    let mut page = "| what is true of a socket | where it is written | in Linux |\n|---|---|---|\n".to_owned();
    for claim in &CLAIMS {
        page += &format!("| {} | {} | `{}` |\n", claim.says, claim.clause, claim.kernel);
    }
    page + "\n"
}

fn vocabulary() -> String {
    let mut page = "| where | the words |\n|---|---|\n".to_owned();
    for (place, asked) in PLACES {
        let words: Vec<String> = known(asked).iter().map(|word| format!("`{word}`")).collect();
        page += &format!("| `{place}` | {} |\n", words.join(", "));
    }
    page + "\n"
}

/// What stays on the newest kernels, too.
fn differences() -> String {
    let ledger = ledger::read();
    let mut page = String::new();
    for entry in ledger.iter().filter(|entry| !entry.has_ended()) {
        page += &format!("## {} {{#{}}}\n\n{}\n\nThe model: {}\n\n", entry.title, entry.id, entry.reason, entry.model);
        page += &format!("{}\n\n", kernels_of(entry));
        page += &shown_by(entry);
    }
    if page.is_empty() { "There is none at present.\n\n".to_owned() } else { page }
}

/// What older kernels do, and newer ones no longer.
fn older_kernels() -> String {
    let mut page = String::new();
    for entry in ledger::read().iter().filter(|entry| entry.has_ended()) {
        page += &format!("### {} {{#{}}}\n\n**Now:** {}\n\n{}\n\n", entry.title, entry.id, entry.model, entry.reason);
        if let Some(Change { commit, subject, function, since }) = &entry.change {
            page += &format!("**Changed by** `{commit}`, \"{subject}\", in `{function}`: {since}\n\n");
        }
        page += &format!("{}\n\n", kernels_of(entry));
        page += &shown_by(entry);
    }
    page
}

fn kernels_of(entry: &ledger::Entry) -> String {
    let list = |releases: &[Releases]| releases.iter().map(Releases::to_string).collect::<Vec<_>>().join(", ");
    if entry.kernels.is_empty() {
        return format!("It may show or not on Linux {}.", list(&entry.unknown));
    }
    let unknown = match list(&entry.unknown) {
        none if none.is_empty() => none,
        some => format!(" Not known: {some}."),
    };
    format!("**Linux:** {}.{unknown}", list(&entry.kernels))
}

fn shown_by(entry: &ledger::Entry) -> String {
    let name = |script: &str| script.split_once("::").map_or(script, |(_, name)| name).to_owned();
    let shown = entry.shown_by.iter().map(|shown| {
        let difference = shown.difference.join("\n");
        format!("`{}`, model / kernel:\n\n```text\n{difference}\n```\n\n", name(&shown.script))
    });
    shown.collect()
}

/// The kernels on which the scripts were performed, and how many went as in the model.
fn kernels_seen() -> String {
    let mut page = "| Linux | scenarios | found | random | otherwise |\n|---|---|---|---|---|\n".to_owned();
    for kernel in kernels::kept().kernels {
        let [scenario, found, random] = [kernel.scenario, kernel.found, kernel.random];
        let otherwise = scenario.otherwise + found.otherwise + random.otherwise;
        let row = [scenario, found, random].map(|counts| format!("{} as in the model", counts.same)).join(" | ");
        page += &format!("| {} | {row} | {otherwise} |\n", kernel.release);
    }
    page + "\n"
}

/// Each finding with its script, without the first lines that say what was found.
fn findings() -> String {
    let mut page = "| what was wrong | the shortest script that shows it |\n|---|---|\n".to_owned();
    for found in found::read() {
        let lines = found.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let script: Vec<String> = lines.map(|line| format!("`{line}`")).collect();
        page += &format!("| {} | {} |\n", found.title, script.join("<br>"));
    }
    page + "\n"
}

/// A script that does not do what it shall, and one that does.
struct Task {
    file: String,
    text: String,
    answer: String,
}

/// The tasks of book/exercises, in the order of their numbers.
fn tasks() -> Vec<Task> {
    let files = files::below(&["book/exercises"]);
    let tasks = files.iter().map(|file| files::relative(file)).filter(|file| !file.ends_with(".answer.tcp"));
    tasks
        .map(|file| {
            let answer = file.replace(".tcp", ".answer.tcp");
            let read = |file: &str| files::read(&root().join(file));
            Task { text: read(&file), answer: read(&answer), file }
        })
        .collect()
}

/// The first comment, line by line: what the task is.
fn said(text: &str) -> Vec<&str> {
    text.lines().map_while(|line| line.strip_prefix("# ")).collect()
}

fn in_playground(text: &str) -> String {
    let link = Link { holds: Holds::Script(text.to_owned()), step: None, stack: Stack::Linux, runtime: None };
    format!("../playground.html#{}", link.encode().expect("a task is short"))
}

fn sheet(tasks: &[Task]) -> String {
    let mut page = String::new();
    for (number, task) in (1..).zip(tasks) {
        let said = said(&task.text);
        page += &format!("## Task {number}\n\n{}\n\n", said.join("\n"));
        page += &format!("```text\n{}```\n\n", task.text.split_once("\n\n").expect("a script follows").1);
        page += &format!("[Open task {number} in the playground]({}).\n", in_playground(&task.text));
        page += "I expect: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\n\n";
    }
    page
}

fn answers(tasks: &[Task]) -> String {
    let mut page = String::new();
    for (number, task) in (1..).zip(tasks) {
        let new: Vec<&str> =
            task.answer.lines().filter(|line| !task.text.lines().any(|known| known == *line)).collect();
        page += &format!("**Task {number}.** {}\n\n", said(&task.text)[0]);
        page += &format!("```text\n{}\n```\n\n", new.join("\n"));
        page += &format!("[Open the answer in the playground]({})\n\n", in_playground(&task.answer));
    }
    page
}

/// The chapter's own heading.
fn title(chapter: &str) -> String {
    let text = read(chapter);
    let heading = text.lines().next().and_then(|line| line.strip_prefix("# "));
    heading.unwrap_or_else(|| panic!("book/{chapter} does not begin with its heading")).to_owned()
}

/// A value such as `0` or `''` is no line that anybody looks up.
fn is_a_line_of_a_log(text: &str) -> bool {
    text.contains("rror") || text.contains("Exception") || text.contains("errno") || text.contains("onnection")
}

/// Whether the line has the message's most telling words: what stands last in it, behind a colon or an equals sign.
fn shares_its_words(line: &str, message: &str) -> bool {
    let message = [" (", " ADDRESS", " …"].iter().fold(message, |text, end| text.split(end).next().unwrap_or(text));
    let telling = [": ", "="].iter().fold(message, |text, before| text.rsplit(before).next().unwrap_or(text));
    line.to_lowercase().contains(&telling.to_lowercase())
}

fn check(chapter: &str, name: &str, table: &str) {
    let text = read(chapter);
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("book/{chapter} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("book/{chapter} has no {end}"));
    let new = format!("{before}{begin}\n{table}{end}{after}");
    if new == text {
        return;
    }
    golden::check(&root().join("book").join(chapter), &new).unwrap_or_else(|error| panic!("{error}"));
}

fn read(chapter: &str) -> String {
    let file = root().join("book").join(chapter);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
