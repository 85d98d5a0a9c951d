//! The store's files: names, contents that do not fit them, and the development SRS, which is made when it is not there.

use super::*;
use crate::Event;
use crate::cache::{Lookup, write_atomically};
use std::io::Write;
use std::path::Path;

/// A store, and what it notices.
struct Noticing {
    folder: tempfile::TempDir,
    events: Mutex<Vec<Event>>,
}

impl Noticing {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            events: Mutex::new(Vec::new()),
        }
    }

    fn store(&self) -> SrsStore {
        SrsStore::new(Cache::new(self.folder.path()))
    }

    fn get(&self, digest: [u8; 32], k: u32) -> Result<Srs, ProverError> {
        let observer = |event| self.events.lock().unwrap().push(event);
        self.store().get(digest, "ceremony", k, &observer)
    }

    /// The problem with a damaged file, if one was noticed since the last call.
    fn damage(&self) -> Option<String> {
        let events = std::mem::take(&mut *self.events.lock().unwrap());
        events.into_iter().find_map(|event| match event {
            Event::CacheDamaged { problem, .. } => Some(problem),
            _ => None,
        })
    }

    fn file(&self, digest: [u8; 32], k: u32) -> std::path::PathBuf {
        self.folder.path().join(format!("srs-{}-k{k:02}", hex(&digest)))
    }

    fn names(&self) -> Vec<String> {
        Cache::new(self.folder.path()).names("").unwrap()
    }
}

/// The payload of an entry.
fn payload(path: &Path) -> Vec<u8> {
    let cache = Cache::new(path.parent().unwrap());
    let name = path.file_name().unwrap().to_str().unwrap();
    let read = |reader: &mut std::io::BufReader<std::fs::File>| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    };
    match cache.load(name, read).unwrap() {
        Lookup::Hit(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

/// An entry of any payload, with the right digest of it.
fn write(path: &Path, payload: &[u8]) {
    let cache = Cache::new(path.parent().unwrap());
    let name = path.file_name().unwrap().to_str().unwrap();
    cache.store(name, |writer| writer.write_all(payload)).unwrap();
}

/// Whole entries whose contents are not what their names say are neither used nor listed, and made anew.
#[test]
fn entries_under_wrong_names_are_not_used() {
    let noticing = Noticing::new();
    let srs = import(&ptau(own_secret()), None).unwrap();
    let other = import(&ptau(own_secret() + Fr::ONE), None).unwrap();
    noticing.store().put(&srs).unwrap();
    let (digest, file) = (srs.digest(), noticing.file(srs.digest(), 5));
    assert_eq!(noticing.get(digest, 5).unwrap().digest(), digest);
    assert_eq!(noticing.damage(), None);
    let whole = payload(&file);
    assert_eq!(whole[..13], *b"\x09\0\0\0test.ptau");
    let long = |length: u32| {
        [
            &length.to_le_bytes()[..],
            &vec![b'a'; length as usize],
            &whole[13..],
        ]
        .concat()
    };
    // A name may have 4096 bytes, and has to be text.
    write(&file, &long(4096));
    assert_eq!(noticing.get(digest, 5).unwrap().name().len(), 4096);
    assert_eq!(noticing.damage(), None);
    noticing.store().put(&other).unwrap();
    let foreign = payload(&noticing.file(other.digest(), 5));
    for (bytes, words) in [
        (long(4097), "its name is too long"),
        (
            [&u32::MAX.to_le_bytes()[..], &whole[4..]].concat(),
            "its name is too long",
        ),
        (
            [&whole[..4], b"\xff\xfe", &whole[6..]].concat(),
            "its name is not UTF-8",
        ),
        (foreign, "it holds another SRS than its file name says"),
        ([&whole[..13], &[30], &whole[14..]].concat(), "another SRS"),
        ([&whole[..13], &[0xff; 4], &whole[17..]].concat(), "another SRS"),
        ([&whole[..], &[0]].concat(), "another SRS"),
        (whole[..whole.len() - 1].to_vec(), "another SRS"),
        (whole[..200].to_vec(), "another SRS"),
        (whole[..16].to_vec(), ""),
        (whole[..10].to_vec(), ""),
        (whole[..3].to_vec(), ""),
        (Vec::new(), ""),
    ] {
        write(&file, &bytes);
        let missing = noticing.get(digest, 5).unwrap_err();
        assert!(matches!(missing, ProverError::SrsMissing { .. }), "{missing}");
        let problem = noticing.damage().unwrap();
        assert!(problem.contains(words), "{problem}");
        let listed = noticing.store().list(&Silent).unwrap();
        assert_eq!(listed.len(), 1, "only the other one: {words}");
    }
    // Under the name of another size.
    write(&noticing.file(digest, 4), &whole);
    assert!(noticing.get(digest, 4).is_err());
    assert!(noticing.damage().unwrap().contains("another SRS"));
}

/// Files that are no entries are left alone.
#[test]
fn strange_names_are_no_entries() {
    let noticing = Noticing::new();
    let srs = import(&ptau(own_secret()), None).unwrap();
    let digest = hex(&srs.digest());
    noticing.store().put(&srs).unwrap();
    let bytes = payload(&noticing.file(srs.digest(), 5));
    for name in [
        "srs-".to_owned(),
        format!("srs-{digest}"),
        format!("srs-{digest}-k"),
        format!("srs-{digest}-kx"),
        format!("srs-{digest}-k03"),
        format!("srs-{digest}-k25"),
        format!("srs-{digest}-k4294967295"),
        format!("srs-{}-k05", &digest[1..]),
        format!("srs-{digest}0-k05"),
        format!("srs-{}-k05", "z".repeat(64)),
        format!("other-{digest}-k05"),
    ] {
        write(&noticing.folder.path().join(name), &bytes);
    }
    let infos = noticing.store().list(&Silent).unwrap();
    assert_eq!(infos, [srs.info()]);
    assert_eq!(
        (infos[0].k, infos[0].insecure, infos[0].provenance.as_str()),
        (5, false, "unknown")
    );
    assert_eq!(infos[0].digest, digest);
    assert_eq!(noticing.get(srs.digest(), 4).unwrap().k(), 4);
}

/// Of several sizes the smallest that suffices is shrunk; sizes that no circuit has are refused first.
#[test]
fn the_smallest_that_suffices_is_taken() {
    let noticing = Noticing::new();
    let srs = import(&ptau(own_secret()), None).unwrap();
    let digest = srs.digest();
    noticing.store().put(&srs).unwrap();
    noticing.store().put(&srs.clone().downsized(4).unwrap()).unwrap();
    // The larger one is not read if there is one of the right size.
    std::fs::write(noticing.file(digest, 5), b"damaged").unwrap();
    assert_eq!(noticing.get(digest, 4).unwrap().k(), 4);
    assert_eq!(noticing.damage(), None);
    let error = noticing.get(digest, 5).unwrap_err();
    assert!(matches!(error, ProverError::SrsMissing { .. }), "{error}");
    assert!(noticing.damage().is_some());
    for k in [0, 3, 25, u32::MAX] {
        let error = noticing.get(digest, k).unwrap_err();
        assert!(
            matches!(error, ProverError::Size { got, .. } if got == k),
            "{error}"
        );
    }
    let larger = srs.downsized(6).unwrap_err();
    let words = larger.to_string();
    assert!(
        matches!(
            larger,
            ProverError::SrsTooSmall {
                available: 5,
                needed: 6,
                ..
            }
        ),
        "{words}"
    );
}

/// The development SRS is made in every size, kept, labelled, and never shrunk from a larger one.
#[test]
fn the_development_srs_is_made_where_it_is_missing() {
    let noticing = Noticing::new();
    let digest = Srs::development_digest();
    for k in [6, 5] {
        let srs = noticing.get(digest, k).unwrap();
        assert_eq!((srs.k(), srs.is_insecure()), (k, true));
        let made = Srs::development(k).unwrap();
        assert_eq!(srs.params().get_g(), made.params().get_g());
        let events = std::mem::take(&mut *noticing.events.lock().unwrap());
        assert!(matches!(events[..], [Event::InsecureSrs]), "{events:?}");
    }
    assert_eq!(noticing.names().len(), 2, "both are kept");
    // A larger one that is damaged is not looked at.
    std::fs::write(noticing.file(digest, 6), b"damaged").unwrap();
    assert_eq!(noticing.get(digest, 4).unwrap().k(), 4);
    assert_eq!(noticing.damage(), None);
    assert_eq!(noticing.get(digest, 6).unwrap().k(), 6);
    assert!(noticing.damage().is_some());
    let observer = |event| noticing.events.lock().unwrap().push(event);
    let again = noticing.store().development(6, &observer).unwrap();
    assert_eq!(again.digest(), digest);
    assert_eq!(noticing.damage(), None, "the damaged file was replaced");
}

/// Where nothing can be written the SRS is made all the same, and that is said.
#[test]
fn a_cache_that_cannot_be_written_to_is_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a file");
    write_atomically(&place, |file| file.write_all(b"no folder")).unwrap();
    let store = SrsStore::new(Cache::new(place.join("cache")));
    let events = Mutex::new(Vec::new());
    let observer = |event: Event| events.lock().unwrap().push(format!("{event:?}"));
    let srs = store.get(Srs::development_digest(), "", 4, &observer);
    let events = events.lock().unwrap();
    match srs {
        Ok(srs) => {
            assert_eq!(srs.k(), 4);
            assert!(
                events.iter().any(|event| event.contains("CacheNotWritten")),
                "{events:?}"
            );
        }
        // Whether a folder below a file is missing or an error is the system's to say.
        Err(error) => assert!(matches!(error, ProverError::File { .. }), "{error}"),
    }
    let error = store.put(&Srs::development(4).unwrap()).unwrap_err();
    assert!(matches!(error, ProverError::File { .. }), "{error}");
}
