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
}
