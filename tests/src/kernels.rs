//! What other kernels did: the traces that `cargo xtask kernels` makes, and what the book keeps of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::{fs, io};

use catalogue::CATALOGUE;
use scenario::Trace;
use serde::Deserialize;

use crate::release::Release;
use crate::{golden, root};

/// A folder with what one kernel did: `SCRIPT.json`, and beside it `SCRIPT.txt` with the runner's notes if there are any.
#[derive(Clone, Debug)]
pub struct Machine {
    folder: PathBuf,
}

impl Machine {
    /// The machines of a folder, in the order of their names.
    ///
    /// # Errors
    /// It cannot be read, or has none.
    pub fn all(folder: &Path) -> Result<Vec<Self>, String> {
        let entries = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let entries = entries.map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut folders: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).filter(|path| path.is_dir()).collect();
        folders.sort();
        if folders.is_empty() {
            return Err(format!("{}: a folder for each kernel would be right", folder.display()));
        }
        Ok(folders.into_iter().map(|folder| Self { folder }).collect())
    }

    /// What it is called: its kernel's series.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What it did with a script.
    ///
    /// # Errors
    /// It has no trace of it; then the runner's notes say why.
    pub fn run(&self, script: &str) -> Result<Trace, String> {
        let file = |ending: &str| self.folder.join(format!("{script}.{ending}"));
        let notes = fs::read_to_string(file("txt")).unwrap_or_default();
        let text = fs::read_to_string(file("json")).map_err(|error| match notes.trim() {
            "" => format!("{}: {error}", file("json").display()),
            notes => format!("the runner: {notes}"),
        })?;
        Trace::from_json(&text).map_err(|error| format!("{}: {error}", file("json").display()))
    }
}

/// On which kernels which script was seen to go as in the model, or otherwise for a reason in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The ids of the ledger's entries, by release and script.
    scripts: BTreeMap<Release, BTreeMap<String, Vec<String>>>,
}

impl Seen {
    /// Notes what became of a script on a kernel.
    pub fn note(&mut self, kernel: Release, script: &str, accounting: &[&str]) {
        let ids = accounting.iter().map(|id| (*id).to_owned()).collect();
        self.scripts.entry(kernel).or_default().insert(script.to_owned(), ids);
    }

    /// Writes what was seen into the book's data.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self) -> Result<(), String> {
        golden::check(&file(), &self.to_json())
    }

    /// A line for each scenario.
    fn to_json(&self) -> String {
        let mut json = String::from("{\"kernels\":[\n");
        let rows = self.scripts.iter().map(|(kernel, scripts)| {
            let kinds = ["scenario", "found", "random"].map(|kind| {
                let (same, otherwise) = count(scripts, kind);
                format!("\"{kind}\":{{\"same\":{same},\"otherwise\":{otherwise}}}")
            });
            format!("{{\"release\":\"{kernel}\",{}}}", kinds.join(","))
        });
        json += &rows.collect::<Vec<_>>().join(",\n");
        json += "\n],\"scenarios\":{\n";
        let rows = CATALOGUE.iter().filter_map(|entry| {
            let name = format!("scenario::{}", entry.id);
            let mut same = Vec::new();
            let mut otherwise = Vec::new();
            for (kernel, scripts) in &self.scripts {
                match scripts.get(&name).map(|ids| &ids[..]) {
                    None => {}
                    Some([]) => same.push(format!("\"{kernel}\"")),
                    Some([id, ..]) => otherwise.push(format!("\"{kernel}\":\"{id}\"")),
                }
            }
            let id = entry.id;
            (!same.is_empty() || !otherwise.is_empty()).then(|| {
                format!("\"{id}\":{{\"same\":[{}],\"otherwise\":{{{}}}}}", same.join(","), otherwise.join(","))
            })
        });
        json += &rows.collect::<Vec<_>>().join(",\n");
        json + "\n}}\n"
    }
}

/// How many scripts of a kind went as in the model, and how many otherwise. What is neither a scenario nor found is
/// random, of one grammar or another.
fn count(scripts: &BTreeMap<String, Vec<String>>, kind: &str) -> (usize, usize) {
    let kind_of = |name: &str| match name.split_once("::") {
        Some((kind @ ("scenario" | "found"), _)) => kind.to_owned(),
        _ => "random".to_owned(),
    };
    let of_kind = scripts.iter().filter(|(name, _)| kind_of(name) == kind);
    let same = of_kind.clone().filter(|(_, ids)| ids.is_empty()).count();
    (same, of_kind.count() - same)
}

/// A table, a line for each kernel.
impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<10} {:>22} {:>22} {:>22}  differs by", "kernel", "scenarios", "found", "random")?;
        for (kernel, scripts) in &self.scripts {
            write!(formatter, "{:<10}", kernel.to_string())?;
            for kind in ["scenario", "found", "random"] {
                let (same, otherwise) = count(scripts, kind);
                write!(formatter, " {:>22}", format!("{same} same, {otherwise} differ"))?;
            }
            let ids: BTreeSet<&str> = scripts.values().flatten().map(String::as_str).collect();
            let mut list = String::new();
            for id in ids {
                write!(list, " {id}")?;
            }
            writeln!(formatter, " {}", if list.is_empty() { " nothing" } else { &list })?;
        }
        Ok(())
    }
}

fn file() -> PathBuf {
    root().join("book/data/kernels.json")
}

/// What the book keeps.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The kernels, the oldest first.
    pub kernels: Vec<Kernel>,
    /// By the scenario's id.
    pub scenarios: BTreeMap<String, OnKernels>,
}

/// A kernel, and how many scripts of each kind were seen on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// Its release, `6.12.117`.
    pub release: String,
    /// The book's scenarios.
    pub scenario: Counts,
    /// What random scripts have found.
    pub found: Counts,
    /// Random scripts.
    pub random: Counts,
}

/// How many scripts went how.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// As in the model.
    pub same: usize,
    /// Otherwise, for a reason in the ledger.
    pub otherwise: usize,
}

/// Where a scenario was seen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnKernels {
    /// The releases on which it goes as in the picture.
    pub same: Vec<String>,
    /// Those on which it goes otherwise, and by which entry of the ledger.
    pub otherwise: BTreeMap<String, String>,
}

/// What the book keeps of other kernels.
///
/// # Panics
/// If the file is missing or is something else.
pub fn kept() -> Kept {
    let file = file();
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back() {
        let release = |text| Release::at_the_beginning_of(text).expect("a release");
        let mut seen = Seen::default();
        seen.note(release("7.3.4"), "scenario::forged-data", &[]);
        seen.note(release("5.10.223"), "scenario::forged-data", &["old"]);
        seen.note(release("5.10.223"), "random::7", &[]);
        seen.note(release("5.10.223"), "sockets::8", &[]);
        let kept: Kept = serde_json::from_str(&seen.to_json()).expect("it is JSON");
        assert_eq!(kept.kernels.iter().map(|kernel| &kernel.release[..]).collect::<Vec<_>>(), ["5.10.223", "7.3.4"]);
        assert_eq!(kept.kernels[0].random.same, 2, "of every grammar");
        assert_eq!(kept.kernels[0].scenario.otherwise, 1);
        let forged = &kept.scenarios["forged-data"];
        assert_eq!(forged.same, ["7.3.4"]);
        assert_eq!(forged.otherwise["5.10.223"], "old");
        assert_eq!(kept.scenarios.len(), 1, "nothing is said of what was not seen");
    }
}
