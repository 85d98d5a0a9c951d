//! Which file of a crate imports which, and the circles among files and folders.

use super::text::{Imports, imports};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A crate's modules, by their path from its root.
pub struct Modules(BTreeMap<Vec<String>, Imports>);

/// Who imports whom.
pub type Edges = BTreeSet<(Vec<String>, Vec<String>)>;

/// Files through which a name is followed, one passing it on to the next.
const MAX_STEPS: usize = 16;

impl Modules {
    /// Those of a folder, but for what is compiled for tests only.
    pub fn read(source: &Path) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![source.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(source).unwrap().with_extension("");
                    let name = name.display().to_string().replace('\\', "/");
                    files.push((name, fs::read_to_string(path).unwrap()));
                }
            }
        }
        Self::of(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// Those of texts, named by their path without `.rs`.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let module = |(name, text): (&str, &str)| {
            let mut path: Vec<String> = name.split('/').map(str::to_owned).collect();
            if ["mod", "lib", "main"].contains(&path.last()?.as_str()) {
                path.pop();
            }
            (!path.iter().any(|part| part == "tests")).then(|| (path, imports(text)))
        };
        Self(files.into_iter().filter_map(module).collect())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Who imports whom. A name counts for the file that defines it, however many others pass it on.
    pub fn edges(&self) -> Edges {
        let mut edges = Edges::new();
        for (own, imports) in &self.0 {
            let names = imports.names.iter().map(|(_, path)| path);
            for path in names.chain(&imports.paths) {
                if let Some((found, is_module)) = self.find(own, path, MAX_STEPS) {
                    // A module that only gets a name is not used yet: what is used of it has a path of its own.
                    if found != *own && (!is_module || path.last().is_some_and(|last| last == "*")) {
                        edges.insert((own.clone(), found));
                    }
                }
            }
        }
        edges
    }

    /// The module in which a path's last name is defined, as seen from a module; and whether it is that module itself.
    fn find(&self, from: &[String], path: &[String], steps: usize) -> Option<(Vec<String>, bool)> {
        let (first, mut rest) = path.split_first()?;
        let mut at = from.to_vec();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop()?;
            }
            _ => {
                let known = self.0[from].names.iter().any(|(name, _)| name == first);
                if !known && !self.0.contains_key(&[from, std::slice::from_ref(first)].concat()) {
                    return None;
                }
                rest = path;
            }
        }
        while rest.first().is_some_and(|word| word == "super") {
            at.pop()?;
            rest = &rest[1..];
        }
        self.descend(at, rest, steps)
    }

    /// The same of a path below a module.
    fn descend(&self, mut at: Vec<String>, path: &[String], steps: usize) -> Option<(Vec<String>, bool)> {
        let steps = steps.checked_sub(1)?;
        for (index, word) in path.iter().enumerate() {
            let child = [at.as_slice(), std::slice::from_ref(word)].concat();
            if self.0.contains_key(&child) {
                at = child;
                continue;
            }
            let module = self.0.get(&at)?;
            if word == "*" || module.defined.contains(word) {
                return Some((at, word == "*"));
            }
            if let Some((_, target)) = module.names.iter().find(|(name, _)| name == word) {
                let longer = [target.as_slice(), &path[index + 1..]].concat();
                // What is not of this crate is nobody's.
                return self.find(&at, &longer, steps);
            }
            let everything = module.names.iter().filter(|(name, _)| name == "*");
            let through = everything.filter_map(|(_, target)| {
                let longer = [&target[..target.len() - 1], &path[index..]].concat();
                let (found, is_module) = self.find(&at, &longer, steps)?;
                self.0[&found]
                    .defined
                    .contains(word)
                    .then_some((found, is_module))
            });
            // What no text defines, a macro of the module does.
            return Some(through.into_iter().next().unwrap_or((at, false)));
        }
        Some((at, true))
    }

    /// Circles of files.
    pub fn circles_of_files(&self) -> Vec<Vec<String>> {
        circles(&named(self.edges().into_iter()))
    }

    /// Circles in which there is a folder: among the files and folders of one folder, each folder with all that is in it.
    ///
    /// The root of the crate is left out. It passes on names of the files below it, and the little that it defines is for all of them.
    pub fn circles_of_folders(&self) -> Vec<Vec<String>> {
        let edges = self.edges();
        let mut found = Vec::new();
        for parent in self.parents() {
            let unit = |module: &Vec<String>| {
                let inside = module.strip_prefix(parent)?;
                let unit = [parent, &inside[..inside.len().min(1)]].concat();
                (!unit.is_empty()).then_some(unit)
            };
            let among = edges.iter().filter_map(|(from, to)| {
                let (from, to) = (unit(from)?, unit(to)?);
                (from != to).then_some((from, to))
            });
            let is_folder = |name: &String| {
                let start = format!("{name}/");
                *name != shown(parent) && self.0.keys().any(|module| shown(module).starts_with(&start))
            };
            let of_folders = circles(&named(among)).into_iter();
            found.extend(of_folders.filter(|circle| circle.iter().any(is_folder)));
        }
        found
    }

    /// Modules that are folders.
    fn parents(&self) -> BTreeSet<&[String]> {
        self.0
            .keys()
            .filter_map(|name| Some(name.split_last()?.1))
            .collect()
    }
}

fn shown(module: &[String]) -> String {
    if module.is_empty() {
        "lib".to_owned()
    } else {
        module.join("/")
    }
}

fn named(edges: impl Iterator<Item = (Vec<String>, Vec<String>)>) -> BTreeMap<String, BTreeSet<String>> {
    let mut named = BTreeMap::<_, BTreeSet<_>>::new();
    for (from, to) in edges {
        named.entry(shown(&from)).or_default().insert(shown(&to));
    }
    named
}

/// The sets of names each of which reaches all others of its set.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached = |start: &String| {
        let (mut open, mut reached) = (vec![start], BTreeSet::new());
        while let Some(name) = open.pop() {
            let next = edges.get(name).into_iter().flatten();
            open.extend(next.filter(|name| reached.insert((*name).clone())));
        }
        reached
    };
    let all: BTreeMap<&String, BTreeSet<String>> = edges.keys().map(|name| (name, reached(name))).collect();
    let mut found = BTreeSet::new();
    for (name, reached) in &all {
        let circle = reached
            .iter()
            .filter(|other| all.get(other).is_some_and(|back| back.contains(*name)));
        let circle: Vec<String> = circle.cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}
