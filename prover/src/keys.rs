//! Proving keys: made, measured, and kept in the cache.

use crate::cache::{Cache, Lookup};
use crate::pipeline::{PlannedCircuit, engine_error, guarded};
use crate::srs::Srs;
use crate::{Event, Observer, ProverError, Stage, extract};
use hallmark_circuits::ModelCircuit;
use hallmark_verifier::{CircuitKey, ModelId, Visibility};
use halo2_proofs::SerdeFormat;
use halo2_proofs::halo2curves::bn256::G1Affine;
use halo2_proofs::plonk::{self, Circuit, keygen_pk2};
use std::io::{self, Write};

/// The proving key of one circuit, with its counterpart for verifiers.
pub struct Keys {
    pub(crate) pk: plonk::ProvingKey<G1Affine>,
    circuit_key: CircuitKey,
}

impl Keys {
    /// Makes the keys of `circuit`. `srs` has to be for exactly its number of rows.
    ///
    /// # Errors
    /// [`ProverError::SrsTooSmall`] for another number of rows, [`ProverError::Engine`], [`ProverError::Extract`].
    pub fn generate(circuit: &PlannedCircuit, srs: &Srs) -> Result<Self, ProverError> {
        if srs.k() != circuit.k() {
            return Err(ProverError::SrsTooSmall {
                name: srs.name().to_owned(),
                available: srs.k(),
                needed: circuit.k(),
            });
        }
        let pk = guarded("key generation", || {
            keygen_pk2(srs.params(), &circuit.without_witness(), false)
                .map_err(engine_error("key generation"))
        })?;
        Self::new(pk, circuit)
    }

    fn new(pk: plonk::ProvingKey<G1Affine>, circuit: &PlannedCircuit) -> Result<Self, ProverError> {
        let circuit_key = CircuitKey {
            visibility: circuit.visibility(),
            statement: circuit.statement(),
            protocol: extract::protocol(pk.get_vk())?,
        };
        Ok(Self { pk, circuit_key })
    }

    /// The verifier's part.
    #[must_use]
    pub fn circuit_key(&self) -> &CircuitKey {
        &self.circuit_key
    }

    /// Size of the proving key in the cache, in bytes.
    #[must_use]
    pub fn pk_bytes(&self) -> u64 {
        let mut counter = Counter(0);
        // Counting bytes cannot fail.
        let _ = self.pk.write(&mut counter, SerdeFormat::RawBytesUnchecked);
        counter.0
    }

    /// Keeps the proving key in `cache`. Returns the bytes written.
    ///
    /// # Errors
    /// [`ProverError::File`].
    pub fn store(&self, cache: &Cache, id: &ModelId) -> Result<u64, ProverError> {
        cache.store(&entry(id, self.circuit_key.visibility), |writer| {
            // halo2 panics on errors of its writer: they are kept and reported here.
            let mut writer = Remembering {
                inner: writer,
                error: None,
            };
            self.pk.write(&mut writer, SerdeFormat::RawBytesUnchecked)?;
            writer.error.map_or(Ok(()), Err)
        })
    }

    /// The keys of `circuit` of model `id`: from `cache`, or made and kept there. Reports the stage.
    ///
    /// `expected` is the circuit in the model's verifying key; keys that do not match it are of no use.
    ///
    /// # Errors
    /// [`ProverError::KeyMismatch`] if the circuit planned by this version of the program is not `expected`, and
    /// those of [`Keys::generate`].
    pub fn load_or_generate(
        circuit: &PlannedCircuit,
        srs: &Srs,
        id: &ModelId,
        expected: &CircuitKey,
        cache: Option<&Cache>,
        observer: &dyn Observer,
    ) -> Result<Self, ProverError> {
        let estimate = circuit.estimate().keygen_ms;
        let (keys, _) = crate::observer::timed(observer, Stage::Keys, Some(estimate), || {
            if let Some(keys) = cache
                .map(|cache| load(circuit, id, expected, cache, observer))
                .transpose()?
                .flatten()
            {
                return Ok(keys);
            }
            let keys = Self::generate(circuit, srs)?;
            if keys.circuit_key != *expected {
                return Err(ProverError::KeyMismatch {
                    model: id.to_string(),
                });
            }
            if let Some(Err(error)) = cache.map(|cache| keys.store(cache, id)) {
                observer.notice(Event::CacheNotWritten {
                    problem: error.to_string(),
                });
            }
            Ok(keys)
        })?;
        Ok(keys)
    }
}

fn load(
    circuit: &PlannedCircuit,
    id: &ModelId,
    expected: &CircuitKey,
    cache: &Cache,
    observer: &dyn Observer,
) -> Result<Option<Keys>, ProverError> {
    let name = entry(id, expected.visibility);
    let loaded = cache.load(&name, |reader| {
        let params = circuit.without_witness().params();
        guarded("reading a cached key", || {
            plonk::ProvingKey::read::<_, ModelCircuit>(reader, SerdeFormat::RawBytesUnchecked, params)
                .map_err(ProverError::SrsRead)
        })
        .map_err(io::Error::other)
    })?;
    let damaged = |problem: String| {
        observer.notice(Event::CacheDamaged {
            path: cache.path(&name),
            problem,
        });
        Ok(None)
    };
    match loaded {
        Lookup::Miss => Ok(None),
        Lookup::Damaged { problem, .. } => damaged(problem),
        Lookup::Hit(pk) => match Keys::new(pk, circuit) {
            Ok(keys) if keys.circuit_key == *expected => Ok(Some(keys)),
            _ => damaged("it belongs to another circuit".to_owned()),
        },
    }
}

fn entry(id: &ModelId, visibility: Visibility) -> String {
    format!("pk-{id}-{}", visibility.name())
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the first error of a writer and pretends success from then on.
struct Remembering<'a> {
    inner: &'a mut dyn Write,
    error: Option<io::Error>,
}

impl Write for Remembering<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none() {
            self.error = self.inner.write_all(bytes).err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
