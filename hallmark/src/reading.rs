//! Reading files of bounded size: what a file is read as says how much of it is read.

use crate::contents::Contents;
use crate::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads a file. One that is too large is refused by its size, unread.
///
/// # Errors
/// [`Error::File`], [`Error::TooLarge`].
pub fn read_file(path: &Path, contents: Contents) -> Result<Vec<u8>, Error> {
    let failed = Error::file("reading", path);
    let mut file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    if found.is_file() && found.len() > contents.limit() {
        return Err(too_large(path, contents, Some(found.len())));
    }
    read_stream(&mut file, path, contents)
}

/// Reads all that comes, and not more than one byte above the limit. `path` is what messages call it.
///
/// # Errors
/// [`Error::File`], [`Error::TooLarge`].
pub fn read_stream(stream: &mut dyn Read, path: &Path, contents: Contents) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    stream
        .take(contents.limit() + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::file("reading", path))?;
    match bytes.len() as u64 > contents.limit() {
        true => Err(too_large(path, contents, None)),
        false => Ok(bytes),
    }
}

/// What JSON says. `what` is what messages call it.
///
/// # Errors
/// [`Error::Json`].
pub(crate) fn json<T: serde::de::DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|problem| Error::Json {
        what: what.to_owned(),
        problem,
    })
}

fn too_large(path: &Path, contents: Contents, size: Option<u64>) -> Error {
    Error::TooLarge {
        path: path.to_owned(),
        contents,
        size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream without an end, which counts what is taken from it.
    struct Endless(u64);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            Ok(buffer.len())
        }
    }

    #[test]
    fn of_a_stream_not_more_is_read_than_what_it_is_read_as_can_have() {
        let mut stream = Endless(0);
        let refused = read_stream(&mut stream, Path::new("standard input"), Contents::LogHead).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "standard input: more than 262144 bytes, the most that a head of a log can have; is it the file that is meant?"
        );
        assert_eq!(stream.0, Contents::LogHead.limit() + 1);
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        // A hole: it takes no room.
        File::create(&path).unwrap().set_len(400_000_000).unwrap();
        for contents in [
            Contents::Inputs,
            Contents::Key,
            Contents::Proof,
            Contents::ProofOrAudit,
        ] {
            let refused = read_file(&path, contents).unwrap_err().to_string();
            let limit = contents.limit();
            let words =
                format!("400000000 bytes, but {contents} has at most {limit}; is it the file that is meant?");
            assert!(refused.ends_with(&words), "{refused}");
            assert!(refused.starts_with(&path.display().to_string()), "{refused}");
        }
    }
}
