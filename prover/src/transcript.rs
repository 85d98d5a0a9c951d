//! The transcripts of `docs/proof-format.md` behind halo2's interface, for both engines and for the stock verifier.

use hallmark_verifier::{Form, ModelId, TranscriptKind, transcript_seed};
use halo2_proofs::halo2curves::CurveAffine;
use halo2_proofs::halo2curves::bn256::{Fq, Fr, G1Affine};
use halo2_proofs::halo2curves::ff::PrimeField;
use halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, EncodedChallenge, Transcript, TranscriptRead,
    TranscriptReadBuffer, TranscriptWrite, TranscriptWriterBuffer,
};
use sha3::{Digest, Keccak256};
use std::io::{self, Read, Write};

type Challenge = Challenge255<G1Affine>;

/// Writes a proof.
pub enum ProofWriter {
    /// See [`TranscriptKind::Blake2b`].
    Blake2b(Blake2bWrite<Vec<u8>, G1Affine, Challenge>),
    /// See [`TranscriptKind::Keccak`].
    Keccak(Keccak<Vec<u8>>),
}

impl ProofWriter {
    /// An empty proof.
    #[must_use]
    pub fn new(kind: TranscriptKind) -> Self {
        match kind {
            TranscriptKind::Keccak => Self::Keccak(Keccak::new(Vec::new())),
            _ => Self::Blake2b(Blake2bWrite::init(Vec::new())),
        }
    }

    /// An empty proof for `id`'s circuit: the scalar that binds it to the whole verifying key is absorbed, which the
    /// verifier expects in front of all that `create_proof` absorbs.
    #[must_use]
    pub fn seeded(kind: TranscriptKind, id: &ModelId, form: Form) -> Self {
        let mut writer = Self::new(kind);
        let seed = crate::extract::halo_scalar(&transcript_seed(id, form));
        // Absorbing a scalar into a hash cannot fail; only points can.
        let _ = writer.common_scalar(seed);
        writer
    }

    /// The proof.
    #[must_use]
    pub fn finalize(self) -> Vec<u8> {
        match self {
            Self::Blake2b(inner) => inner.finalize(),
            Self::Keccak(inner) => inner.stream,
        }
    }
}

impl Transcript<G1Affine, Challenge> for ProofWriter {
    fn squeeze_challenge(&mut self) -> Challenge {
        match self {
            Self::Blake2b(inner) => inner.squeeze_challenge(),
            Self::Keccak(inner) => inner.squeeze_challenge(),
        }
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.common_point(point),
            Self::Keccak(inner) => inner.common_point(point),
        }
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.common_scalar(scalar),
            Self::Keccak(inner) => inner.common_scalar(scalar),
        }
    }
}

impl TranscriptWrite<G1Affine, Challenge> for ProofWriter {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.write_point(point),
            Self::Keccak(inner) => inner.write_point(point),
        }
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.write_scalar(scalar),
            Self::Keccak(inner) => inner.write_scalar(scalar),
        }
    }
}

/// Reads a proof for the stock verifier, which the engines are tested against.
pub enum ProofReader<'a> {
    /// See [`TranscriptKind::Blake2b`].
    Blake2b(Blake2bRead<&'a [u8], G1Affine, Challenge>),
    /// See [`TranscriptKind::Keccak`].
    Keccak(Keccak<&'a [u8]>),
}

impl<'a> ProofReader<'a> {
    /// Begins to read.
    #[must_use]
    pub fn new(kind: TranscriptKind, proof: &'a [u8]) -> Self {
        match kind {
            TranscriptKind::Keccak => Self::Keccak(Keccak::new(proof)),
            _ => Self::Blake2b(Blake2bRead::init(proof)),
        }
    }
}

impl Transcript<G1Affine, Challenge> for ProofReader<'_> {
    fn squeeze_challenge(&mut self) -> Challenge {
        match self {
            Self::Blake2b(inner) => inner.squeeze_challenge(),
            Self::Keccak(inner) => inner.squeeze_challenge(),
        }
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.common_point(point),
            Self::Keccak(inner) => inner.common_point(point),
        }
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.common_scalar(scalar),
            Self::Keccak(inner) => inner.common_scalar(scalar),
        }
    }
}

impl TranscriptRead<G1Affine, Challenge> for ProofReader<'_> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        match self {
            Self::Blake2b(inner) => inner.read_point(),
            Self::Keccak(inner) => inner.read_point(),
        }
    }

    fn read_scalar(&mut self) -> io::Result<Fr> {
        match self {
            Self::Blake2b(inner) => inner.read_scalar(),
            Self::Keccak(inner) => inner.read_scalar(),
        }
    }
}

/// The Keccak transcript over what is written or read.
pub struct Keccak<S> {
    hash: Keccak256,
    stream: S,
}

/// A word of the EVM.
type Word = [u8; 32];

fn reversed(mut word: Word) -> Word {
    word.reverse();
    word
}

impl<S> Keccak<S> {
    fn new(stream: S) -> Self {
        let domain = Keccak256::digest(b"hallmark keccak transcript v1\0");
        Self {
            hash: Keccak256::new_with_prefix(domain),
            stream,
        }
    }
}

/// x and y; zeros at infinity.
fn words(point: &G1Affine) -> [Word; 2] {
    let coordinates: Option<_> = point.coordinates().into();
    coordinates.map_or(
        [[0; 32]; 2],
        |c: halo2_proofs::halo2curves::Coordinates<G1Affine>| {
            [reversed(c.x().to_repr()), reversed(c.y().to_repr())]
        },
    )
}

impl<S> Transcript<G1Affine, Challenge> for Keccak<S> {
    fn squeeze_challenge(&mut self) -> Challenge {
        let state = self.hash.finalize_reset();
        self.hash.update(state);
        // `Challenge255` takes a little-endian number of 64 bytes modulo the field's order.
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&reversed(state.into()));
        Challenge::new(&wide)
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        words(&point).iter().for_each(|word| self.hash.update(word));
        Ok(())
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.hash.update(reversed(scalar.to_repr()));
        Ok(())
    }
}

impl<W: Write> TranscriptWrite<G1Affine, Challenge> for Keccak<W> {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.common_point(point)?;
        let [x, y] = words(&point);
        self.stream.write_all(&x)?;
        self.stream.write_all(&y)
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.common_scalar(scalar)?;
        self.stream.write_all(&reversed(scalar.to_repr()))
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: Read> Keccak<R> {
    fn word(&mut self) -> io::Result<Word> {
        let mut word = Word::default();
        self.stream.read_exact(&mut word)?;
        Ok(reversed(word))
    }
}

impl<R: Read> TranscriptRead<G1Affine, Challenge> for Keccak<R> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        let (x, y) = (self.word()?, self.word()?);
        let coordinate =
            |word| Option::<Fq>::from(Fq::from_repr(word)).ok_or_else(|| malformed("coordinate"));
        let (x, y) = (coordinate(x)?, coordinate(y)?);
        let point = Option::<G1Affine>::from(G1Affine::from_xy(x, y)).ok_or_else(|| malformed("point"))?;
        self.common_point(point)?;
        Ok(point)
    }

    fn read_scalar(&mut self) -> io::Result<Fr> {
        let word = self.word()?;
        let scalar = Option::<Fr>::from(Fr::from_repr(word)).ok_or_else(|| malformed("scalar"))?;
        self.common_scalar(scalar)?;
        Ok(scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2_proofs::halo2curves::bn256::G1;
    use halo2_proofs::halo2curves::ff::Field;
    use halo2_proofs::halo2curves::group::Curve;

    fn point(multiple: u64) -> G1Affine {
        (G1::generator() * Fr::from(multiple)).to_affine()
    }

    /// What is written is read, with the same challenges on both sides; an absorbed element changes all that come after.
    #[test]
    fn readers_draw_the_writers_challenges() {
        for kind in TranscriptKind::ALL {
            let drawn = |seed: u64| {
                let mut writer = ProofWriter::new(kind);
                writer.common_scalar(Fr::from(seed)).unwrap();
                writer.write_point(point(seed)).unwrap();
                let first = writer.squeeze_challenge().get_scalar();
                let again = writer.squeeze_challenge().get_scalar();
                writer.write_scalar(-Fr::from(seed)).unwrap();
                let last = writer.squeeze_challenge().get_scalar();
                ([first, again, last], writer.finalize())
            };
            let (challenges, proof) = drawn(5);
            assert_eq!(proof.len(), kind.point_bytes() + 32);
            let mut reader = ProofReader::new(kind, &proof);
            reader.common_scalar(Fr::from(5)).unwrap();
            assert_eq!(reader.read_point().unwrap(), point(5));
            let found = [reader.squeeze_challenge(), reader.squeeze_challenge()].map(|c| c.get_scalar());
            assert_eq!(found, challenges[..2]);
            assert_eq!(reader.read_scalar().unwrap(), -Fr::from(5));
            assert_eq!(reader.squeeze_challenge().get_scalar(), challenges[2]);
            assert!(reader.read_scalar().is_err(), "nothing is left");
            let other = drawn(6).0;
            assert!(challenges.iter().zip(other).all(|(one, other)| *one != other));
            let distinct: std::collections::BTreeSet<_> = challenges.into_iter().collect();
            assert_eq!(distinct.len(), 3);
        }
    }

    /// Only canonical elements are read.
    #[test]
    fn what_is_no_element_is_refused() {
        let order = |repr: Word| {
            // One more than the greatest element.
            let mut word = repr;
            word[0] += 1;
            reversed(word)
        };
        let scalars = order((-Fr::ONE).to_repr());
        let coordinates = order((-Fq::ONE).to_repr());
        let word = |number: u8| {
            let mut word = Word::default();
            word[31] = number;
            word
        };
        let read = |proof: &[Word]| {
            ProofReader::new(TranscriptKind::Keccak, &proof.concat())
                .read_point()
                .is_ok()
        };
        assert!(read(&[word(1), word(2)]), "the generator");
        for proof in [
            [word(1), word(1)],
            [coordinates, word(2)],
            [word(1), coordinates],
            [word(0), word(1)],
        ] {
            assert!(!read(&proof), "{proof:?}");
        }
        assert!(!read(&[word(1)]));
        let read = |proof: Word| {
            ProofReader::new(TranscriptKind::Keccak, &proof)
                .read_scalar()
                .is_ok()
        };
        assert!(!read(scalars) && read(word(0)));
    }

    /// Challenges of the Keccak transcript by its definition: words of the EVM, hashed after the domain, each challenge's hash
    /// being what the next one begins with.
    #[test]
    fn keccak_challenges_are_those_of_the_definition() {
        let modulo = |hash: &[u8]| {
            let digits = hash.iter().map(|byte| Fr::from(u64::from(*byte)));
            digits.fold(Fr::ZERO, |value, digit| value * Fr::from(256) + digit)
        };
        let word = |number: Fr| reversed(number.to_repr());
        let own = point(9);
        let coordinates = [own.x, own.y].map(|c| reversed(c.to_repr())).concat();
        let domain = Keccak256::digest(b"hallmark keccak transcript v1\0").to_vec();
        let scalar = -Fr::from(3);
        let first = Keccak256::digest([&domain[..], &word(scalar), &coordinates].concat());
        let second = Keccak256::digest(first);
        let third = Keccak256::digest([&second[..], &[0; 64], &word(Fr::from(5))].concat());
        let mut writer = ProofWriter::new(TranscriptKind::Keccak);
        writer.common_scalar(scalar).unwrap();
        writer.write_point(own).unwrap();
        assert_eq!(writer.squeeze_challenge().get_scalar(), modulo(&first));
        assert_eq!(writer.squeeze_challenge().get_scalar(), modulo(&second));
        writer.common_point(G1Affine::default()).unwrap();
        writer.write_scalar(Fr::from(5)).unwrap();
        assert_eq!(writer.squeeze_challenge().get_scalar(), modulo(&third));
        let proof = writer.finalize();
        assert_eq!(
            proof,
            [&coordinates[..], &word(Fr::from(5))].concat(),
            "what is common is not written"
        );
    }

    /// The seed is absorbed before everything else, and is another for another model or kind of statement.
    #[test]
    fn seeds_bind_to_the_model_and_the_form() {
        let id = |byte: u8| ModelId([byte; 32]);
        for kind in TranscriptKind::ALL {
            let first = |mut writer: ProofWriter| {
                writer.write_scalar(Fr::ONE).unwrap();
                let challenge = writer.squeeze_challenge().get_scalar();
                (challenge.to_repr(), writer.finalize())
            };
            let seeded = |byte, form| first(ProofWriter::seeded(kind, &id(byte), form));
            let mut by_hand = ProofWriter::new(kind);
            let seed = crate::extract::halo_scalar(&transcript_seed(&id(1), Form::PUBLIC));
            by_hand.common_scalar(seed).unwrap();
            let (challenge, proof) = seeded(1, Form::PUBLIC);
            assert_eq!(first(by_hand), (challenge, proof.clone()));
            let others = [
                seeded(2, Form::PUBLIC),
                seeded(1, Form::PRIVATE_INPUT),
                seeded(1, Form::PUBLIC_BATCH),
                first(ProofWriter::new(kind)),
            ];
            for (other, same_bytes) in others {
                assert_ne!(other, challenge, "{kind:?}");
                assert_eq!(same_bytes, proof, "a seed is no part of the proof");
            }
        }
    }

    /// What is read is absorbed where it is read, and a proof that ends early is an error, in every kind.
    #[test]
    fn short_proofs_are_errors() {
        for kind in TranscriptKind::ALL {
            let mut writer = ProofWriter::new(kind);
            writer.write_point(point(3)).unwrap();
            writer.write_scalar(Fr::from(8)).unwrap();
            let proof = writer.finalize();
            let points = kind.point_bytes();
            for length in 0..points {
                assert!(
                    ProofReader::new(kind, &proof[..length]).read_point().is_err(),
                    "{kind:?}, {length} bytes"
                );
            }
            for length in points..proof.len() {
                let mut reader = ProofReader::new(kind, &proof[..length]);
                assert_eq!(reader.read_point().unwrap(), point(3));
                assert!(reader.read_scalar().is_err(), "{kind:?}, {length} bytes");
            }
            let mut common = ProofReader::new(kind, &proof);
            let mut read = ProofReader::new(kind, &proof);
            common.common_point(point(3)).unwrap();
            read.read_point().unwrap();
            assert_eq!(
                common.squeeze_challenge().get_scalar(),
                read.squeeze_challenge().get_scalar()
            );
        }
    }
}
