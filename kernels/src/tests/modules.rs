//! Which module may import which, and where unsafe code may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Modules of the crate, each of which imports only from those before it.
const ORDER: [&str; 16] = [
    "montgomery",
    "column",
    "offsets",
    "division",
    "inversion",
    "msm",
    "kernels",
    "portable",
    "vector",
    "backend",
    "packed",
    "domain",
    "registers",
    "bases",
    "sums",
    "tests",
];

/// Files that may have unsafe code: one per vector unit.
const UNITS: [&str; 1] = ["vector/ifma.rs"];

/// All source files by their path below the source folder.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                all.insert(name.replace('\\', "/"), fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

/// The modules that a file imports, from the crate or from its folder.
fn imports<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines()
        .filter_map(move |line| line.strip_prefix(prefix))
        .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[test]
fn modules_import_only_from_those_before_them() {
    let place = |module: &str| ORDER.iter().position(|m| *m == module);
    for (file, text) in sources() {
        let own = file.split(['/', '.']).next().unwrap();
        if own == "lib" {
            continue;
        }
        let at = place(own).unwrap_or_else(|| panic!("{own} is new: say where it stands"));
        for module in imports(&text, "use crate::") {
            // A test may use everything, by the names that the crate gives it.
            let before = own == "tests" || place(module).is_some_and(|m| m < at);
            assert!(before, "{file} must not import {module}");
        }
    }
}

/// Inside a folder, no file reaches itself by imports.
#[test]
fn files_of_a_folder_import_in_no_circle() {
    for folder in ["msm", "portable", "vector"] {
        let mut left: BTreeMap<String, Vec<String>> = sources()
            .into_iter()
            .filter_map(|(file, text)| {
                let name = file
                    .strip_prefix(&format!("{folder}/"))?
                    .strip_suffix(".rs")?
                    .to_owned();
                let imported = imports(&text, "use super::").map(str::to_owned);
                (name != "tests" && name != "mod").then(|| (name, imported.collect()))
            })
            .collect();
        assert!(left.len() > 3, "{folder} has files");
        // Files that import none of those left can be taken away, until none is left.
        while !left.is_empty() {
            let free =
                |(_, imported): &(&String, &Vec<String>)| !imported.iter().any(|i| left.contains_key(i));
            let Some(name) = left.iter().find(free).map(|(name, _)| name.clone()) else {
                panic!("a circle among {:?} of {folder}", left.keys());
            };
            left.remove(&name);
        }
    }
}

#[test]
fn unsafe_code_is_in_the_units_alone() {
    for (file, text) in sources() {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let found = code.filter(|line| line.contains(concat!("uns", "afe "))).count();
        assert_eq!(found > 0, UNITS.contains(&file.as_str()), "{file}");
    }
}
