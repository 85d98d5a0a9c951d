//! Torn and foreign files, several writers at once, and folders that are in the way.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is wrong with the entry's file if it has these bytes.
fn problem(cache: &Cache, bytes: &[u8]) -> String {
    fs::write(cache.path("entry"), bytes).unwrap();
    match load(cache) {
        Lookup::Damaged { path, problem } => {
            assert_eq!(path, cache.path("entry"));
            problem
        }
        other => panic!("{other:?}"),
    }
}

/// Every damage is called by its name: header, magic, length, digest, and what cannot be decoded.
#[test]
fn damage_is_called_by_its_name() {
    let (_folder, cache) = cache();
    cache
        .store("entry", |writer| writer.write_all(b"payload"))
        .unwrap();
    let whole = fs::read(cache.path("entry")).unwrap();
    assert_eq!(whole.len() as u64, HEADER_BYTES + 7);
    assert_eq!(
        (&whole[..8], &whole[40..48]),
        (&b"HMCACHE1"[..], &7u64.to_le_bytes()[..])
    );
    assert_eq!(whole[8..40], *Sha256::digest(b"payload"));
    for length in [0, 1, 47] {
        let said = problem(&cache, &whole[..length]);
        assert!(
            said.contains(&format!("has {length} bytes, fewer than its header")),
            "{said}"
        );
    }
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = whole.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    assert!(problem(&cache, &patched(7, b"2")).contains("magic bytes"));
    assert!(problem(&cache, &patched(8, &[!whole[8]])).contains("digest"));
    assert!(problem(&cache, &patched(54, b"D")).contains("digest"));
    for bytes in [0, 6, 8, u64::MAX, u64::MAX - 47, 1 << 40] {
        let said = problem(&cache, &patched(40, &bytes.to_le_bytes()));
        assert!(
            said.contains(&format!("announces {bytes} bytes of payload, the file holds 7")),
            "{said}"
        );
    }
    let said = problem(&cache, &whole[..48]);
    assert!(
        said.contains("announces 7 bytes of payload, the file holds 0"),
        "{said}"
    );
    // Another payload with its own digest, but the length of this one.
    let mut other = patched(48, b"PAYLOAD");
    other[8..40].copy_from_slice(&Sha256::digest(b"PAYLOAD"));
    fs::write(cache.path("entry"), &other).unwrap();
    assert!(matches!(load(&cache), Lookup::Hit(bytes) if bytes == b"PAYLOAD"));
    // What the decoder says is damage too.
    let refused = cache
        .load("entry", |_| Err::<(), _>(io::Error::other("no such model")))
        .unwrap();
    assert!(matches!(refused, Lookup::Damaged { problem, .. } if problem == "no such model"));
}

/// The decoder begins at the payload, and need not read all of it.
#[test]
fn decoders_begin_at_the_payload() {
    let (_folder, cache) = cache();
    cache
        .store("entry", |writer| writer.write_all(b"payload"))
        .unwrap();
    let first = |reader: &mut BufReader<File>| {
        let mut bytes = [0; 3];
        reader.read_exact(&mut bytes).map(|()| bytes)
    };
    assert!(matches!(cache.load("entry", first).unwrap(), Lookup::Hit(bytes) if &bytes == b"pay"));
    let long = |reader: &mut BufReader<File>| reader.read_exact(&mut [0; 8]);
    assert!(matches!(
        cache.load("entry", long).unwrap(),
        Lookup::Damaged { .. }
    ));
}

/// Writers and readers at once: a reader sees one of the payloads, whole; in the end one file is there.
#[test]
fn readers_see_whole_entries_while_others_write() {
    let (_folder, cache) = cache();
    let payload = |writer: u8, round: usize| vec![writer; 1000 * usize::from(writer) + 70_000 * (round % 3)];
    cache
        .store("entry", |file| file.write_all(&payload(0, 1)))
        .unwrap();
    let over = AtomicBool::new(false);
    let hits = std::thread::scope(|threads| {
        let writers: Vec<_> = (1..=4u8)
            .map(|writer| {
                let (cache, payload) = (&cache, &payload);
                threads.spawn(move || {
                    for round in 0..25 {
                        cache
                            .store("entry", |file| file.write_all(&payload(writer, round)))
                            .unwrap();
                    }
                })
            })
            .collect();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    let mut hits = 0;
                    while !over.load(Ordering::Relaxed) || hits == 0 {
                        let Lookup::Hit(bytes) = load(&cache) else {
                            panic!("an entry was missing or torn");
                        };
                        let writer = bytes.first().copied().unwrap_or(0);
                        let own = (0..3).any(|round| bytes == payload(writer, round));
                        assert!(own, "{} bytes of {writer}", bytes.len());
                        hits += 1;
                    }
                    hits
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum::<usize>()
    });
    assert!(hits > 0);
    assert_eq!(
        fs::read_dir(cache.folder()).unwrap().count(),
        1,
        "no partial file is left"
    );
}

/// Names are those of whole-looking entries with the prefix, in order; an absent folder has none.
#[test]
fn names_are_sorted_and_without_partial_files() {
    let (_folder, cache) = cache();
    assert_eq!(cache.names("").unwrap(), [""; 0]);
    for name in ["srs-b", "srs-a", "srs", "keys-a", "x-srs-a"] {
        cache.store(name, |_| Ok(())).unwrap();
    }
    fs::write(cache.path("srs-c.0123456789abcdef.part"), b"half").unwrap();
    assert_eq!(cache.names("srs-").unwrap(), ["srs-a", "srs-b"]);
    assert_eq!(cache.names("srs").unwrap(), ["srs", "srs-a", "srs-b"]);
    assert_eq!(
        cache.names("").unwrap(),
        ["keys-a", "srs", "srs-a", "srs-b", "x-srs-a"]
    );
    assert_eq!(cache.path("srs-a"), cache.folder().join("srs-a"));
    let file = Cache::new(cache.path("srs-a"));
    assert!(matches!(
        file.names(""),
        Err(ProverError::File {
            action: "listing",
            ..
        })
    ));
    assert!(matches!(
        file.evict(&["a"], 0),
        Err(ProverError::File {
            action: "listing",
            ..
        })
    ));
}

/// A folder in an entry's place is no entry: it is not decoded, not replaced, not removed and not evicted.
#[test]
fn folders_in_the_place_of_entries_are_left() {
    let (_folder, cache) = cache();
    fs::create_dir_all(cache.path("entry")).unwrap();
    assert!(matches!(load(&cache), Lookup::Damaged { .. }));
    let error = cache
        .store("entry", |writer| writer.write_all(b"new"))
        .unwrap_err();
    assert!(
        matches!(
            error,
            ProverError::File {
                action: "writing",
                ..
            }
        ),
        "{error}"
    );
    assert!(matches!(
        cache.remove("entry"),
        Err(ProverError::File {
            action: "removing",
            ..
        })
    ));
    cache.store("enough", |writer| writer.write_all(b"some")).unwrap();
    cache.store("other", |writer| writer.write_all(b"some")).unwrap();
    cache.evict(&["en"], 0).unwrap();
    assert_eq!(
        cache.names("").unwrap(),
        ["entry", "other"],
        "and no partial file is left"
    );
}

/// Prefixes that share entries count them as they come; what has none of the prefixes stays, whatever it takes.
#[test]
fn entries_of_other_prefixes_are_not_evicted() {
    let (_folder, cache) = cache();
    for (name, bytes) in [("a-1", 100), ("a-2", 200), ("b-1", 5000)] {
        cache
            .store(name, |writer| writer.write_all(&vec![0; bytes]))
            .unwrap();
    }
    let (small, large) = (100 + HEADER_BYTES, 200 + HEADER_BYTES);
    cache.evict(&["a-"], small + large).unwrap();
    assert_eq!(cache.names("").unwrap().len(), 3);
    cache.evict(&["c-"], 0).unwrap();
    cache.evict(&[], 0).unwrap();
    assert_eq!(cache.names("").unwrap().len(), 3);
    cache.evict(&["a-"], small + large - 1).unwrap();
    assert_eq!(cache.names("").unwrap(), ["a-2", "b-1"]);
    cache.evict(&["a-"], large - 1).unwrap();
    assert_eq!(cache.names("").unwrap(), ["b-1"]);
}

/// Files beside the cache: replaced whole, with nothing left beside them, and the secret ones their owner's alone.
#[test]
fn files_are_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.json");
    for text in ["a long first version", "short"] {
        let written = write_secret_atomically(&path, |file| {
            file.write_all(text.as_bytes())?;
            Ok(text.len())
        });
        assert_eq!(written.unwrap(), text.len());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let failed = write_atomically(&path, |file| {
        file.write_all(b"half")?;
        Err::<(), _>(io::Error::other("interrupted"))
    });
    let error = failed.unwrap_err().to_string();
    assert!(
        error.contains("secret.json") && error.contains("interrupted"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = write_atomically(&folder.path().join("no/such/folder"), |_| Ok(()));
    assert!(matches!(
        nowhere,
        Err(ProverError::File {
            action: "writing",
            ..
        })
    ));
}
