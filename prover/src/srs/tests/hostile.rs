//! Files that are almost right: every limit of the formats, from both sides.

use super::*;
use crate::srs::points::{Encoding, read_g1, read_g2};
use std::io;

/// The sections of [`ptau`]'s files, in order.
fn sections() -> Vec<(u32, Vec<u8>)> {
    let file = ptau(own_secret());
    let mut rest = &file[12..];
    let mut sections = Vec::new();
    while let [a, b, c, d, more @ ..] = rest {
        let (length, more) = more.split_first_chunk::<8>().unwrap();
        let (body, more) = more.split_at(u64::from_le_bytes(*length) as usize);
        sections.push((u32::from_le_bytes([*a, *b, *c, *d]), body.to_vec()));
        rest = more;
    }
    sections
}

/// A file of these sections.
fn file(sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = [&b"ptau"[..], &1u32.to_le_bytes()].concat();
    file.extend((sections.len() as u32).to_le_bytes());
    for (kind, body) in sections {
        file.extend(kind.to_le_bytes());
        file.extend((body.len() as u64).to_le_bytes());
        file.extend(body);
    }
    file
}

/// What is said of a file with other sections.
fn refused(change: impl FnOnce(&mut Vec<(u32, Vec<u8>)>)) -> String {
    let mut changed = sections();
    change(&mut changed);
    let error = import(&file(&changed), None).unwrap_err();
    assert!(matches!(error, ProverError::SrsFormat { .. }), "{error}");
    error.to_string()
}

fn section(sections: &mut [(u32, Vec<u8>)], kind: u32) -> &mut Vec<u8> {
    &mut sections.iter_mut().find(|(other, _)| *other == kind).unwrap().1
}

/// Sections may come in any order, with others among them, up to 64.
#[test]
fn sections_in_any_order_and_up_to_their_limit() {
    let whole = import(&ptau(own_secret()), None).unwrap();
    let mut all = sections();
    assert_eq!(file(&all), ptau(own_secret()));
    all.rotate_left(2);
    assert_eq!(import(&file(&all), None).unwrap().digest(), whole.digest());
    all.extend((100..160).map(|kind| (kind, Vec::new())));
    assert_eq!(all.len(), 64);
    assert_eq!(import(&file(&all), None).unwrap().digest(), whole.digest());
    let error = refused(|all| all.extend((100..161).map(|kind| (kind, Vec::new()))));
    assert!(
        error.contains("number of sections") && error.contains("got 65"),
        "{error}"
    );
    for kind in [1, 2, 3] {
        let error = refused(|all| all.retain(|(other, _)| *other != kind));
        assert!(
            error.contains(&format!("expected section {kind}, got none")),
            "{error}"
        );
        let error = refused(|all| all.push((kind, Vec::new())));
        assert!(error.contains(&format!("section {kind} again")), "{error}");
    }
}

/// Lengths are exactly those that the header's power asks for.
#[test]
fn lengths_are_those_of_the_power() {
    for (kind, words) in [(1, "section 1"), (2, "section 2"), (3, "section 3")] {
        for longer in [-128, -64, -1, 1, 64, 128] {
            let error = refused(|all| {
                let body = section(all, kind);
                body.resize(body.len().saturating_add_signed(longer), 0);
            });
            assert!(
                error.contains(words) && error.contains(" bytes, got"),
                "{longer}: {error}"
            );
        }
    }
    for (power, words) in [
        (0, "expected 1 to 28, got 0"),
        (4, "section 2"),
        (6, "section 2"),
        (28, "section 2"),
        (29, "expected 1 to 28, got 29"),
        (u32::MAX, "1 to 28"),
    ] {
        let error = refused(|all| section(all, 1)[36..40].copy_from_slice(&power.to_le_bytes()));
        assert!(error.contains(words), "power {power}: {error}");
    }
    for byte in 4..36 {
        let error = refused(|all| section(all, 1)[byte] ^= 1);
        assert!(error.contains("modulus"), "byte {byte}: {error}");
    }
    // The ceremony's own power is nothing that counts.
    let mut all = sections();
    section(&mut all, 1)[40] ^= 1;
    import(&file(&all), None).unwrap();
}

/// Sections lie inside the file, however long they say they are, and nothing is behind the last one.
#[test]
fn sections_lie_inside_the_file() {
    let whole = ptau(own_secret());
    let last = G2_START - 8;
    let length = (whole.len() - G2_START) as u64;
    let said = |length: u64| {
        let mut file = whole.clone();
        file[last..G2_START].copy_from_slice(&length.to_le_bytes());
        import(&file, None).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(said(length), Ok(()));
    for length in [
        length + 1,
        u64::MAX,
        u64::MAX - G2_START as u64,
        u64::MAX - G2_START as u64 + 1,
    ] {
        let error = said(length).unwrap_err();
        assert!(error.contains("a section within the file"), "{length}: {error}");
    }
    let error = said(length - 1).unwrap_err();
    assert!(
        error.contains("expected the end of the file, got 1 more bytes"),
        "{error}"
    );
    // The number of sections is what is walked.
    for (count, words) in [
        (3u32, "the end of the file"),
        (5, "number 4"),
        (0, "the end of the file"),
    ] {
        let mut file = whole.clone();
        file[8..12].copy_from_slice(&count.to_le_bytes());
        let error = import(&file, None).unwrap_err().to_string();
        assert!(error.contains(words), "{count} sections: {error}");
    }
}

/// Bytes of points in both encodings.
fn encoded(points: &[G1Affine], encoding: Encoding) -> Vec<u8> {
    use halo2_proofs::halo2curves::group::GroupEncoding;
    let bytes = points.iter().map(|point| match encoding {
        Encoding::Raw => point.to_raw_bytes(),
        Encoding::Compressed => point.to_bytes().as_ref().to_vec(),
    });
    bytes.collect::<Vec<_>>().concat()
}

/// Points are read in pieces; a wrong one is named by its place in the whole list.
#[test]
fn points_are_read_across_pieces_and_named_by_their_place() {
    let count = (1 << 14) + 3;
    let some: Vec<G1Affine> = (1..=5)
        .map(|i| (G1Affine::generator() * Fr::from(i)).to_affine())
        .collect();
    let points: Vec<G1Affine> = some.iter().copied().cycle().take(count).collect();
    for encoding in [Encoding::Raw, Encoding::Compressed] {
        let bytes = encoded(&points, encoding);
        assert_eq!(bytes.len(), count * encoding.g1_bytes());
        let read = |bytes: &[u8], count| read_g1(&mut Cursor::new(bytes), count, encoding, "powers");
        assert!(read(&bytes, count).unwrap() == points);
        assert_eq!(read(&bytes, 0).unwrap(), []);
        assert_eq!(read(&bytes, 2).unwrap(), points[..2], "what follows is left");
        for index in [0, (1 << 14) - 1, 1 << 14, count - 1] {
            let mut wrong = bytes.clone();
            // Not reduced.
            wrong[index * encoding.g1_bytes()..][..32].fill(0x3f);
            let error = read(&wrong, count).unwrap_err().to_string();
            assert!(
                error.contains(&format!("powers, point {index}: expected a finite point")),
                "{error}"
            );
        }
        let short = read(&bytes[..bytes.len() - 1], count).unwrap_err().to_string();
        assert!(
            short.contains("expected more points, got the end of the file"),
            "{short}"
        );
        let infinity = encoded(&[G1Affine::default()], encoding);
        assert!(read(&infinity, 1).is_err(), "{encoding:?}");
    }
}

/// The order of the field of coordinates.
fn order() -> [u8; 32] {
    let mut bytes = (-Fq::ONE).to_bytes();
    bytes[0] += 1;
    bytes
}

/// Of the second group's curve, any finite point.
#[test]
fn points_of_the_second_group_are_finite_and_on_the_curve() {
    use halo2_proofs::halo2curves::group::GroupEncoding;
    let point = (G2Affine::generator() * Fr::from(77)).to_affine();
    let read = |bytes: &[u8], encoding| read_g2(&mut Cursor::new(bytes), 1, encoding, "place").ok();
    for (encoding, bytes, infinity) in [
        (
            Encoding::Raw,
            point.to_raw_bytes(),
            G2Affine::default().to_raw_bytes(),
        ),
        (
            Encoding::Compressed,
            point.to_bytes().as_ref().to_vec(),
            G2Affine::default().to_bytes().as_ref().to_vec(),
        ),
    ] {
        assert_eq!(bytes.len(), encoding.g2_bytes());
        assert_eq!(read(&bytes, encoding), Some(point));
        assert_eq!(read(&infinity, encoding), None, "infinity, {encoding:?}");
        assert_eq!(read(&bytes[1..], encoding), None);
        // Neither coefficient of x may be the field's order or more.
        for first in [0, 32] {
            for wrong in [[0x3f; 32], order()] {
                let mut other = bytes.clone();
                other[first..][..32].copy_from_slice(&wrong);
                assert_eq!(read(&other, encoding), None, "{wrong:?} at {first}, {encoding:?}");
            }
        }
    }
    let mut other = point.to_raw_bytes();
    other[64..].copy_from_slice(&G2Affine::generator().to_raw_bytes()[64..]);
    assert_eq!(
        read(&other, Encoding::Raw),
        None,
        "x of one point and y of another"
    );
}

/// A source that fails after some bytes.
struct Failing {
    inner: Cursor<Vec<u8>>,
    after: u64,
}

impl Read for Failing {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.inner.position() + bytes.len() as u64 > self.after {
            return Err(io::Error::other("a broken disk"));
        }
        self.inner.read(bytes)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// What fails below the format is told apart from what the format forbids.
#[test]
fn failures_of_the_disk_are_not_called_a_wrong_format() {
    let file = ptau(own_secret());
    for after in [8, 40, G1_START as u64 + 100, G2_START as u64 + 100] {
        let mut source = Failing {
            inner: Cursor::new(file.clone()),
            after,
        };
        let error = Srs::import(&mut source, "test.ptau", None).unwrap_err();
        assert!(
            matches!(error, ProverError::SrsRead(_)),
            "after {after} bytes: {error}"
        );
        assert!(error.to_string().contains("a broken disk"));
    }
}

/// The checks by themselves: lists that are too short, and Lagrange points in another order.
#[test]
fn too_few_or_reordered_points_are_no_srs() {
    let params = ParamsKZG::<Bn256>::setup(4, OsRng);
    let (g, s_g2) = (params.get_g(), params.s_g2());
    check::powers(g, &s_g2).unwrap();
    check::powers(&g[..2], &s_g2).unwrap();
    for (powers, s_g2) in [
        (&g[..0], s_g2),
        (&g[..1], s_g2),
        (&g[1..], s_g2),
        (g, G2Affine::generator()),
        (g, G2Affine::default()),
        (g, -s_g2),
    ] {
        let error = check::powers(powers, &s_g2).unwrap_err();
        assert!(
            matches!(error, ProverError::SrsInconsistent(_)),
            "{} powers: {error}",
            powers.len()
        );
    }
    let lagrange = params.get_g_lagrange();
    check::lagrange(4, g, &lagrange).unwrap();
    for (a, b) in [(0, 1), (3, 15), (14, 15)] {
        let mut swapped = lagrange.clone();
        swapped.swap(a, b);
        assert!(check::lagrange(4, g, &swapped).is_err(), "points {a} and {b}");
    }
    assert!(check::lagrange(4, g, &[G1Affine::default(); 16]).is_err());
}

/// halo2's files have exactly one of two lengths, and begin the second group with its generator.
#[test]
fn halo2_files_have_one_of_two_lengths() {
    let params = ParamsKZG::<Bn256>::setup(5, OsRng);
    for (format, g2) in [(SerdeFormat::RawBytes, 128), (SerdeFormat::Processed, 64)] {
        let file = halo2_file(&params, format);
        for change in [-1isize, 1] {
            let mut other = file.clone();
            other.resize(file.len().wrapping_add_signed(change), 0);
            let error = import(&other, None).unwrap_err().to_string();
            assert!(
                error.contains("(raw) or") && error.contains(&format!("got {} bytes", other.len())),
                "{error}"
            );
        }
        let mut twice = file.clone();
        let (first, second) = (file.len() - 2 * g2, file.len() - g2);
        twice.copy_within(second.., first);
        let error = import(&twice, None).unwrap_err().to_string();
        assert!(error.contains("is not the generator"), "{error}");
        for k in [Some(6), Some(24)] {
            let error = import(&file, k).unwrap_err();
            assert!(
                matches!(error, ProverError::SrsTooSmall { available: 5, .. }),
                "{error}"
            );
        }
        for k in [Some(3), Some(25)] {
            let error = import(&file, k).unwrap_err();
            assert!(matches!(error, ProverError::Size { .. }), "{error}");
        }
    }
}
