//! Captures in a page: their connections as a table, and for each the verdict, as HTML.
//!
//! `book/capture-worker.js` gives it the bytes and asks; what it answers `book/capture.js` puts into the page. Nothing of
//! what a capture holds becomes markup.
//!
//! Map of the code: `list.rs` the table; `card.rs` the verdict on one connection; `words.rs` its words; `hidden.rs`
//! addresses that stand in for others.

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

mod card;
mod hidden;
mod list;
mod words;

use capture::{Capture, Connection, Ending, Kind, Matched, Skipped, Ways, kind, matched, traced};
use catalogue::messages::Runtime;
use scenario::Script;
use scenario::packed::pack;
use view::layout::Layout;
use wasm_bindgen::prelude::wasm_bindgen;

use hidden::{Addresses, Hidden};
use list::{Listed, Order};

/// So many connections a page can hold: about a gigabyte.
const CONNECTIONS_MAX: usize = 250_000;
/// So many verdicts are given before the page is asked whether it goes on.
const JUDGED_AT_ONCE: usize = 5_000;

/// The captures of a page.
#[wasm_bindgen]
#[derive(Default)]
pub struct Analyzer {
    files: Vec<File>,
    reading: Option<Capture>,
    listed: Vec<Listed>,
    order: Vec<u32>,
    matched: Vec<Matched>,
    addresses: Addresses,
    hidden: Hidden,
    runtime: Option<Runtime>,
    /// The ways that are being played, and the places of those that send the same.
    playing: Option<(Ways, Vec<usize>)>,
}

struct File {
    name: String,
    connections: Vec<Connection>,
    skipped: Skipped,
}

#[wasm_bindgen]
impl Analyzer {
    /// Nothing read yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// A file begins.
    pub fn begin(&mut self, name: &str) {
        self.reading = Some(Capture::of_at_most(CONNECTIONS_MAX));
        self.files.push(File { name: name.to_owned(), connections: Vec::new(), skipped: Skipped::default() });
    }

    /// The next piece of the file.
    pub fn push(&mut self, piece: &[u8]) {
        if let Some(capture) = &mut self.reading {
            capture.push(piece);
        }
    }

    /// How many connections the file has so far.
    pub fn connections(&self) -> u32 {
        self.reading.as_ref().map_or(0, |capture| capture.progress().1 as u32)
    }

    /// How many packets the file has so far.
    pub fn packets(&self) -> f64 {
        self.reading.as_ref().map_or(0.0, |capture| capture.progress().0 as f64)
    }

    /// The file is over.
    pub fn finish(&mut self) {
        let (Some(capture), Some(file)) = (self.reading.take(), self.files.last_mut()) else { return };
        (file.connections, file.skipped) = capture.finish();
        self.match_ends();
    }

    /// Lines of tcpdump or tshark, in place of a file's bytes.
    pub fn text(&mut self, text: &str) {
        self.reading = None;
        let Some(file) = self.files.last_mut() else { return };
        (file.connections, file.skipped) = Capture::of_text(text);
        self.match_ends();
    }

    /// Judges some more connections; whether there are any left.
    pub fn judge(&mut self) -> bool {
        let all = self.files.iter().enumerate().flat_map(|(file, of)| {
            of.connections.iter().enumerate().map(move |(place, connection)| (file, place, connection))
        });
        let addresses = &mut self.addresses;
        let next = all.skip(self.listed.len()).take(JUDGED_AT_ONCE).map(|(file, place, connection)| {
            connection.addresses.iter().for_each(|address| addresses.add(address.ip()));
            Listed::of(file, place, connection)
        });
        self.listed.extend(next);
        self.listed.len() < self.files.iter().map(|file| file.connections.len()).sum()
    }

    /// What the files are, as HTML: how many connections ended how, and what could not be read.
    pub fn summary(&self) -> String {
        let files = self.files.iter().map(|file| (file.name.as_str(), file.connections.len(), &file.skipped));
        list::summary(files, &self.listed, self.matched.len())
    }

    /// Sorts by a column and keeps what a text is found in, an ending and a side; says how many those are.
    pub fn select(&mut self, column: &str, text: &str, kind: &str, by: &str) -> u32 {
        let show = |listed: &Listed| self.connection(listed).addresses.map(|address| self.shown(address).to_string());
        self.order = list::select(&self.listed, Order::of(column), text, kind, by, show);
        self.order.len() as u32
    }

    /// So many rows of the table from that place on, as HTML.
    pub fn rows(&self, from: u32, count: u32) -> String {
        let rows = self.order.iter().enumerate().skip(from as usize).take(count as usize);
        let several = self.files.len() > 1;
        rows.map(|(row, at)| {
            let listed = &self.listed[*at as usize];
            let connection = self.connection(listed);
            let file = several.then_some(listed.file + 1);
            list::row(row, *at, listed, connection, connection.addresses.map(|address| self.shown(address)), file)
        })
        .collect()
    }

    /// `hidden`: addresses of documentation stand for those of the capture. Anything else: as they are.
    pub fn addresses(&mut self, how: &str) {
        self.hidden = if how == "hidden" { Hidden::Yes } else { Hidden::No };
    }

    /// Whose messages stand beside the calls: a runtime's name.
    pub fn runtime(&mut self, name: &str) {
        self.runtime = Runtime::ALL.into_iter().find(|runtime| runtime.name() == name);
    }

    /// The verdict on a connection, as HTML.
    pub fn card(&self, at: u32) -> String {
        let Some((listed, connection)) = self.at(at) else { return String::new() };
        let ending = Ending::of(&connection);
        let mut html = card::card(&connection, &ending, self.runtime);
        if let Some(matched) = self.matched.iter().find(|matched| matched.places[listed.file] == listed.place) {
            html += &card::other_end(matched, listed.file, [&self.files[0].name, &self.files[1].name]);
        }
        html + &card::segments(&connection, &self.picture(&connection, &ending))
    }

    /// The scripts of the ways to end a connection, to be performed by the player; each run's capture goes to
    /// [`Self::compare`]. None, if its beginning was not captured.
    pub fn ways(&mut self, at: u32) -> Vec<String> {
        let Some((_, connection)) = self.at(at) else { return Vec::new() };
        let ways = Ways::of(&connection, &Ending::of(&connection));
        let scripts = ways.iter().flat_map(|ways| (0..ways.len()).map(|place| ways.script(place).to_owned())).collect();
        self.playing = ways.map(|ways| (ways, Vec::new()));
        scripts
    }

    /// Takes the capture of a way's run.
    pub fn compare(&mut self, place: usize, run: &[u8]) {
        if let Some((ways, same)) = &mut self.playing
            && ways.sends_same(run)
        {
            same.push(place);
        }
    }

    /// Which ways send the same, as HTML, each with its link into the playground.
    pub fn played(&self) -> String {
        let played = self.playing.as_ref().map(|(ways, same)| ways.played(same.iter().copied()));
        card::played(played, |script| format!("v=1&{}", pack(script)))
    }
}

impl Analyzer {
    fn connection(&self, listed: &Listed) -> &Connection {
        &self.files[listed.file].connections[listed.place]
    }

    /// A connection with the addresses that may be shown.
    fn at(&self, at: u32) -> Option<(&Listed, Connection)> {
        let listed = self.listed.get(at as usize)?;
        let mut connection = self.connection(listed).clone();
        connection.addresses = connection.addresses.map(|address| self.shown(address));
        Some((listed, connection))
    }

    fn shown(&self, address: std::net::SocketAddr) -> std::net::SocketAddr {
        match self.hidden {
            Hidden::Yes => self.addresses.stand_in(address),
            Hidden::No => address,
        }
    }

    fn picture(&self, connection: &Connection, ending: &Ending) -> String {
        let script = Script { title: words::headline(ending), summary: String::new(), statements: Vec::new() };
        view::export::svg(&Layout::of(&script, &traced(connection, ending)))
    }

    /// Two files may have the two ends of one connection.
    fn match_ends(&mut self) {
        self.matched = match self.files.as_slice() {
            [first, second] => matched(&first.connections, &second.connections),
            _ => Vec::new(),
        };
    }
}

/// What a file is by its first bytes: `capture`, `gzip`, or `other`, which may be text.
#[wasm_bindgen]
pub fn sort_of(bytes: &[u8]) -> String {
    match kind(bytes) {
        Kind::Pcap | Kind::PcapNg => "capture",
        Kind::Gzip => "gzip",
        Kind::Other => "other",
    }
    .to_owned()
}

/// The runtimes whose messages can stand beside calls, a line each.
#[wasm_bindgen]
pub fn runtimes() -> String {
    Runtime::ALL.map(|runtime| runtime.name().to_owned()).join("\n")
}

#[cfg(test)]
mod tests;
