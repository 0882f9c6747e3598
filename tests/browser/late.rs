//! What comes late moves nothing that is seen: a page in pieces, as a slow network or a busy machine brings it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use crate::book::{chapters, folder, origin};
use crate::page::{Page, Scripts};
use crate::wheel::{SHIFT_MAX, WATCH};

/// The book, served as slowly as that, without a slash at its end.
static SLOW_ORIGIN: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("any free port will do");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A reader who goes away in the middle of an answer is no error of ours.
            thread::spawn(move || answer(&stream));
        }
    });
    format!("http://{address}")
});

/// Long enough for a browser to draw what has come, on a busy machine, too.
const PAUSE: Duration = Duration::from_millis(500);

/// Answers one request with what the book's server answers: a page with a table in two pieces.
fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let mut request = String::new();
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        request += &format!("{line}\r\n");
    }
    let mut book = TcpStream::connect(origin().trim_start_matches("http://"))?;
    book.write_all(format!("{request}\r\n").as_bytes())?;
    book.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    book.read_to_end(&mut answer)?;
    let asked = request.split_ascii_whitespace().nth(1).unwrap_or_default();
    let mut sent = 0;
    if let Some(cut) = middle_of_the_first_table(&answer).filter(|_| asked.ends_with(".html")) {
        stream.write_all(&answer[..cut])?;
        thread::sleep(PAUSE);
        sent = cut;
    }
    stream.write_all(&answer[sent..])
}

/// Where the middle one of the rows of a page's first table begins.
fn middle_of_the_first_table(page: &[u8]) -> Option<usize> {
    let find = |what: &str, from: usize| {
        page[from..].windows(what.len()).position(|part| part == what.as_bytes()).map(|at| from + at)
    };
    let begin = find("<table", find("<main>", 0)?)?;
    let end = find("</table>", begin)?;
    let mut rows = Vec::new();
    while let Some(row) = find("<tr", rows.last().map_or(begin, |row| row + 1)).filter(|row| *row < end) {
        rows.push(row);
    }
    rows.get(rows.len() / 2).copied()
}

/// Tables that have a place and are not seen in it; those of a picture that asks what comes next are not meant.
pub(crate) const HIDDEN_TABLES: &str = "[...document.querySelectorAll('main table')]
    .filter((table) => table.checkVisibility() && !table.checkVisibility({ visibilityProperty: true }) && !table.closest('.sc-quiz'))
    .map((table) => table.textContent.trim().slice(0, 40))";

#[test]
fn a_page_in_pieces_moves_nothing() {
    let mut wrong = Vec::new();
    let mut tables = 0;
    for chapter in chapters() {
        let html = std::fs::read(folder().join(&chapter)).unwrap_or_else(|error| panic!("{chapter}: {error}"));
        if middle_of_the_first_table(&html).is_none() {
            continue;
        }
        tables += 1;
        for (width, height) in [(1440, 900), (375, 812)] {
            let mut page = Page::new(Scripts::On);
            page.resize(width, height);
            page.before_each_page(WATCH);
            page.open(&format!("{}/{chapter}", *SLOW_ORIGIN));
            page.value("new Promise((resolve) => setTimeout(resolve, 200))");
            let moved = page.number("window.moved");
            if moved >= SHIFT_MAX {
                wrong.push(format!("{chapter} at {width}: {moved}: {:?}", page.list("window.shifts")));
            }
            wrong.extend(page.list(HIDDEN_TABLES).into_iter().map(|what| format!("{chapter} at {width} hides {what}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tables > 20, "only {tables} pages have a table");
}
