//! Files as arguments name them: `-` is standard input, or standard output.

use crate::failure::{Failure, Kind};
use crate::output::Console;
use hallmark::Error;
use hallmark::project::{Contents, read_file, read_stream};
use hallmark_prover::cache::write_atomically;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Most links that a name may lead through.
const MOST_LINKS: usize = 40;

/// Whether an argument names a standard stream. (A file of that name is `./-`.)
pub fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What messages call an input.
pub fn input_name(path: &Path) -> &Path {
    if is_stream(path) {
        Path::new("standard input")
    } else {
        path
    }
}

/// Reads a file or standard input, not more of it than what it is read as can have.
///
/// # Errors
/// Names the file, and says why.
pub fn read(path: &Path, contents: Contents) -> Result<Vec<u8>, Error> {
    match is_stream(path) {
        true => read_stream(&mut std::io::stdin().lock(), input_name(path), contents),
        false => read_file(path, contents),
    }
}

/// Refuses standard input for more than one of a command's inputs.
///
/// # Errors
/// A usage failure.
pub fn at_most_one<'a>(inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
    match inputs.into_iter().filter(|path| is_stream(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage(
            "`-` stands for standard input, which can be only one of the inputs",
        )),
    }
}

/// Writes a file, whole or not at all, or standard output.
///
/// # Errors
/// Names the file, and says why.
pub fn write(path: &Path, bytes: &[u8], console: &Console) -> Result<(), Failure> {
    match is_stream(path) {
        true => console.bytes(bytes),
        false => write_file(path, bytes),
    }
}

/// Writes what is at a path. A file appears whole or not at all, where its name leads to; a pipe, a terminal or a device is written to, and
/// stays what it is.
///
/// # Errors
/// Names the file, and says why.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| cannot_write(path, &error);
    match place(path).map_err(failed)? {
        Place::File(file) => Ok(write_atomically(&file, |file| file.write_all(bytes))?),
        Place::Special => {
            let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            file.write_all(bytes).and_then(|()| file.flush()).map_err(failed)
        }
    }
}

/// What is at an output's path.
enum Place {
    /// A file, or none yet, under the name that links lead to.
    File(PathBuf),
    /// Something else that can be written to.
    Special,
}

fn place(path: &Path) -> std::io::Result<Place> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => return Ok(Place::Special),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A link is followed, also one that leads to nothing yet.
    let mut file = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&file) else {
            return Ok(Place::File(file));
        };
        file = parent(&file).join(target);
    }
    Err(std::io::Error::other("its name leads from link to link"))
}

/// Finds out before long work whether its result can be written to `path`.
///
/// # Errors
/// What writing would fail with.
pub fn probe(path: &Path) -> Result<(), Failure> {
    if is_stream(path) {
        return Ok(());
    }
    if path.is_dir() || path.file_name().is_none() {
        let error = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(cannot_write(path, &error));
    }
    let writable = place(path).and_then(|place| match place {
        Place::File(file) => probe_folder(parent(&file)),
        // Opening a pipe waits for who reads it.
        Place::Special => Ok(()),
    });
    writable.map_err(|error| cannot_write(path, &error))
}

/// As [`probe`], for a folder that is made with all that leads to it.
///
/// # Errors
/// What making it would fail with.
pub fn probe_new_folder(path: &Path) -> Result<(), Failure> {
    let mut place = parent(path);
    while !place.exists() {
        place = parent(place);
    }
    probe_folder(place).map_err(|error| cannot_write(path, &error))
}

/// As the write itself fails: a matter of resources, also where a folder is not there.
fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure {
        kind: Kind::Resource,
        message: format!("writing {}: {error}", path.display()),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn probe_folder(folder: &Path) -> std::io::Result<()> {
    // A permission can be asked for, room and a read-only medium cannot: only writing shows.
    let place = folder.join(format!(".hallmark-probe-{}", std::process::id()));
    OpenOptions::new().write(true).create_new(true).open(&place)?;
    fs::remove_file(&place)
}
