//! Files and folders that only their owner may read: databases, inputs, openings, models.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;
const OTHERS: u32 = 0o077;
const STICKY: u32 = 0o1000;

/// Has the process make files that are its owner's alone, whatever makes them: for commands that keep other people's data.
pub fn make_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
}

/// Makes a folder, and those above it that are missing, for its owner alone. One that is there stays as it is.
///
/// # Errors
/// If it cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    match path.is_dir() {
        true => Ok(()),
        false => DirBuilder::new().recursive(true).mode(FOLDER).create(path),
    }
}

/// Makes a file for its owner alone, or closes one that is there to others.
///
/// # Errors
/// If it cannot be made.
pub fn make_file(path: &Path) -> io::Result<fs::File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE)
        .open(path)?;
    close(path);
    Ok(file)
}

/// Closes a file or folder to others, if it is there and open to them. Links, and folders that are everybody's by design, are left
/// alone; so is what belongs to somebody else, with a word in the log. Says whether it was open.
pub fn close(path: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else {
        return false;
    };
    let mode = found.mode();
    if found.is_symlink() || mode & OTHERS == 0 || (found.is_dir() && mode & STICKY != 0) {
        return false;
    }
    if let Err(error) = fs::set_permissions(path, Permissions::from_mode(mode & 0o7777 & !OTHERS)) {
        tracing::warn!(%error, path = %path.display(), "others can read this, and it cannot be closed to them");
    }
    true
}

/// Closes a folder to others; if it was open, also all that is in it. What others have open stays open to them.
pub fn close_all(folder: &Path) {
    if close(folder) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => close_all(&entry.path()),
                _ => drop(close(&entry.path())),
            }
        }
    }
}

/// Makes the folder of a server's data, or closes to others what `own` names in one that is there; the folder itself too, if
/// nothing else is in it.
///
/// # Errors
/// If it cannot be made.
pub fn make_data_folder(folder: &Path, own: impl Fn(&str) -> bool) -> io::Result<()> {
    make_folder(folder)?;
    let mut alone = true;
    for entry in fs::read_dir(folder)?.flatten() {
        match entry.file_name().to_str() {
            Some(name) if own(name) => close_all(&entry.path()),
            _ => alone = false,
        }
    }
    if alone {
        close(folder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn open_to_all(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_is_made_is_the_owners_and_what_was_open_is_closed() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        make_folder(&folder).unwrap();
        assert_eq!((mode(&folder), mode(&place.path().join("a"))), (0o700, 0o700));
        let file = folder.join("file");
        make_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        open_to_all(&file, 0o644);
        make_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_data_folder_is_closed_with_all_that_is_the_servers() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        fs::create_dir_all(data.join("objects/inputs")).unwrap();
        let (database, input) = (data.join("hallmark.sqlite-wal"), data.join("objects/inputs/job"));
        let others = data.join("notes.txt");
        let files = [&database, &input, &others];
        for file in files {
            fs::write(file, "x").unwrap();
            open_to_all(file, 0o664);
        }
        for folder in [&data, &data.join("objects"), &data.join("objects/inputs")] {
            open_to_all(folder, 0o755);
        }
        std::os::unix::fs::symlink("/etc/hostname", data.join("objects/link")).unwrap();
        let own = |name: &str| name.starts_with("hallmark.sqlite") || name == "objects";
        make_data_folder(&data, own).unwrap();
        assert_eq!(
            (mode(&database), mode(&input), mode(&others)),
            (0o600, 0o600, 0o664)
        );
        assert_eq!((mode(&data.join("objects/inputs")), mode(&data)), (0o700, 0o755));
        fs::remove_file(&others).unwrap();
        make_data_folder(&data, own).unwrap();
        assert_eq!(mode(&data), 0o700);
    }

    #[test]
    fn a_folder_of_everybody_stays_one() {
        let place = tempfile::tempdir().unwrap();
        open_to_all(place.path(), 0o1777);
        make_data_folder(place.path(), |_| true).unwrap();
        assert_eq!(mode(place.path()), 0o1777);
    }
}
