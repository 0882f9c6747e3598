//! Every order of a small alphabet of calls on both sides of an open connection: enumerated, not sampled.

use scenario::Script;

/// How every script begins.
const OPEN: &str = "server listen()\nclient connect()\nserver accept()\n";

/// What one side may do next. `SIDE` stands for its host.
const LETTERS: [&str; 6] = [
    "SIDE write(3)",
    "SIDE read()",
    "SIDE shutdown(WR)",
    "SIDE close()",
    "SIDE setsockopt(SO_LINGER, 0)\nSIDE close()",
    "SIDE kill()",
];

/// A script of the table: its text, and what it is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The calls behind the opening, in order, joined by `; `.
    pub name: String,
    /// The whole script.
    pub text: String,
}

/// All scripts with `depth` letters behind the opening, in a fixed order. Those that use a socket which its own side
/// has closed are no scripts, and are left out.
pub fn rows(depth: usize) -> Vec<Row> {
    let letters: Vec<String> =
        ["client", "server"].iter().flat_map(|side| LETTERS.map(|letter| letter.replace("SIDE", side))).collect();
    let mut bodies = vec![Vec::new()];
    for _ in 0..depth {
        bodies = bodies
            .into_iter()
            .flat_map(|body: Vec<&str>| letters.iter().map(move |letter| [body.as_slice(), &[letter]].concat()))
            .collect();
    }
    bodies
        .into_iter()
        .map(|body| Row { name: body.join("; ").replace('\n', "; "), text: format!("{OPEN}{}\n", body.join("\n")) })
        .filter(|row| Script::parse(&row.text).is_ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_there_once() {
        let rows = rows(2);
        let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), rows.len());
        // 12 × 12, less the letters of the same side behind each side's kill, but for another kill. Behind a close its
        // calls give EBADF.
        assert_eq!(rows.len(), 144 - 2 * 5);
        assert!(names.contains(&"server close(); client write(3)"));
    }
}
