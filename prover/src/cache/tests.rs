//! Entries are whole or absent, whatever happens to their files.

mod hostile;

use super::*;

fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path().join("nested/cache"));
    (folder, cache)
}

fn load(cache: &Cache) -> Lookup<Vec<u8>> {
    let read = |reader: &mut BufReader<File>| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    };
    cache.load("entry", read).unwrap()
}

#[test]
fn what_is_stored_is_loaded_and_replaced() {
    let (_folder, cache) = cache();
    assert!(matches!(load(&cache), Lookup::Miss));
    for payload in [&b"first"[..], b"", &[7; 3_000_000]] {
        assert_eq!(
            cache.store("entry", |writer| writer.write_all(payload)).unwrap(),
            payload.len() as u64
        );
        assert!(matches!(load(&cache), Lookup::Hit(bytes) if bytes == payload));
    }
    assert_eq!(cache.names("en").unwrap(), ["entry"]);
    cache.remove("entry").unwrap();
    cache.remove("entry").unwrap();
    assert!(matches!(load(&cache), Lookup::Miss));
}

#[test]
fn every_damaged_byte_and_length_is_noticed() {
    let (_folder, cache) = cache();
    cache
        .store("entry", |writer| writer.write_all(b"some payload"))
        .unwrap();
    let whole = fs::read(cache.path("entry")).unwrap();
    for index in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[index] ^= 0x10;
        fs::write(cache.path("entry"), &damaged).unwrap();
        assert!(matches!(load(&cache), Lookup::Damaged { .. }), "byte {index}");
        fs::write(cache.path("entry"), &whole[..index]).unwrap();
        assert!(matches!(load(&cache), Lookup::Damaged { .. }), "length {index}");
    }
    fs::write(cache.path("entry"), [&whole[..], &[0]].concat()).unwrap();
    assert!(matches!(load(&cache), Lookup::Damaged { .. }), "trailing byte");
}

#[test]
fn a_failed_write_leaves_the_old_entry_and_no_partial_file() {
    let (_folder, cache) = cache();
    cache.store("entry", |writer| writer.write_all(b"old")).unwrap();
    let error = cache
        .store("entry", |writer| {
            writer.write_all(&[1; 2 * BUFFER_BYTES])?;
            Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "no space left on device",
            ))
        })
        .unwrap_err();
    assert!(
        matches!(
            &error,
            ProverError::File {
                action: "writing",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("no space left"), "{error}");
    assert!(matches!(load(&cache), Lookup::Hit(bytes) if bytes == b"old"));
    assert_eq!(fs::read_dir(cache.folder()).unwrap().count(), 1);
}

#[test]
fn the_least_recently_used_entries_are_evicted() {
    let (_folder, cache) = cache();
    let long_ago = |days: u64| SystemTime::now() - std::time::Duration::from_secs(days * 86_400);
    for (name, days) in [("old-a", 9), ("new-b", 8), ("new-c", 7), ("kept", 10)] {
        cache.store(name, |writer| writer.write_all(&[0; 952])).unwrap();
        let file = File::options().append(true).open(cache.path(name)).unwrap();
        file.set_modified(long_ago(days)).unwrap();
    }
    let read = |reader: &mut BufReader<File>| reader.read_to_end(&mut Vec::new());
    assert!(matches!(cache.load("old-a", read).unwrap(), Lookup::Hit(952)));
    let names = || cache.names("").unwrap();
    cache.evict(&["old-", "new-"], 3000).unwrap();
    assert_eq!(names(), ["kept", "new-b", "new-c", "old-a"]);
    cache.evict(&["old-", "new-"], 2000).unwrap();
    assert_eq!(names(), ["kept", "new-c", "old-a"]);
    cache.evict(&["old-", "new-"], 1999).unwrap();
    assert_eq!(names(), ["kept", "old-a"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_a_typed_error() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, b"in the way").unwrap();
    let error = Cache::new(&blocked).store("entry", |_| Ok(())).unwrap_err();
    assert!(
        matches!(
            error,
            ProverError::File {
                action: "creating",
                ..
            }
        ),
        "{error}"
    );
}
