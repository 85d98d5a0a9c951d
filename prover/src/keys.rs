//! Keys: made, and recognised when they were made before.

use crate::cache::{Cache, Lookup};
use crate::engine::{Backend, Commitments, SrsBases, Structure};
use crate::guard::{engine_error, engine_failed, guarded};
use crate::kept::{refused, with_commitments};
use crate::planned::PlannedCircuit;
use crate::srs::{Srs, hex};
use crate::{Event, Observer, ProverError, Stage, extract};
use hallmark_verifier::{CircuitKey, Form, ModelId, Protocol};
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};
use halo2_proofs::plonk::{self, ConstraintSystem, keygen_pk2};
use std::io::Read;
use std::sync::{Arc, OnceLock};

/// What an entry begins with. Those of earlier versions have another digest, and nothing before it.
const DIGEST_VERSION: u8 = 2;
/// Entries about keys in the cache; the second kind is of earlier versions, which stored whole proving keys.
const ENTRIES: [&str; 2] = ["keys-", "pk-"];
/// Most bytes of such entries, of which a current one takes 81.
const LIMIT_BYTES: u64 = 1 << 20;

/// What proofs of one circuit are made with, and its counterpart for verifiers.
pub struct Keys {
    structure: Arc<Structure>,
    bases: Arc<SrsBases>,
    circuit_key: CircuitKey,
    /// Whether the commitments are those of a kept plan's author.
    on_trust: bool,
    /// Made when the stock engine is asked for.
    stock: OnceLock<plonk::ProvingKey<G1Affine>>,
}

impl Keys {
    /// Makes the keys of `circuit`. `srs` has to be for exactly its number of rows.
    ///
    /// # Errors
    /// [`ProverError::KeyLimit`] if no verifying key can hold the circuit, found before anything is committed to;
    /// [`ProverError::SrsTooSmall`] for another number of rows, [`ProverError::Engine`], [`ProverError::Extract`].
    pub fn generate(circuit: &PlannedCircuit, srs: &Srs) -> Result<Self, ProverError> {
        let Parts {
            structure,
            constraints,
            bases,
        } = Parts::of(circuit, srs)?;
        // halo2's key is read once, with the commitments.
        let none = structure.no_commitments();
        let draft = extract::draft(&constraints, circuit.k(), (&none.fixed, &none.permutation))?;
        drop(constraints);
        let draft = circuit_key(circuit, draft);
        draft.check_writable().map_err(ProverError::KeyLimit)?;
        let commitments = structure.commit(&bases).map_err(failed)?;
        Self::with_commitments(circuit, structure, bases, &commitments)
    }

    fn with_commitments(
        circuit: &PlannedCircuit,
        structure: Structure,
        bases: SrsBases,
        commitments: &Commitments,
    ) -> Result<Self, ProverError> {
        let key = guarded("key generation", || {
            structure.verifying_key(commitments).map_err(failed)
        })?;
        let circuit_key = circuit_key(circuit, extract::protocol(&key)?);
        Ok(Self {
            structure: Arc::new(structure),
            bases: Arc::new(bases),
            circuit_key,
            on_trust: false,
            stock: OnceLock::new(),
        })
    }

    /// The verifier's part.
    #[must_use]
    pub fn circuit_key(&self) -> &CircuitKey {
        &self.circuit_key
    }

    pub(crate) fn structure(&self) -> &Arc<Structure> {
        &self.structure
    }

    /// Chooses the arithmetic, which otherwise is the fastest of this CPU.
    pub(crate) fn use_backend(&mut self, srs: &Srs, backend: Backend) -> Result<(), ProverError> {
        self.bases = Arc::new(SrsBases::new(srs.params(), backend).map_err(failed)?);
        Ok(())
    }

    pub(crate) fn bases(&self) -> &Arc<SrsBases> {
        &self.bases
    }

    /// halo2's proving key, for the stock engine; made by halo2's key generation when first asked for.
    pub(crate) fn stock(
        &self,
        circuit: &PlannedCircuit,
        srs: &Srs,
    ) -> Result<&plonk::ProvingKey<G1Affine>, ProverError> {
        if let Some(key) = self.stock.get() {
            return Ok(key);
        }
        let made = guarded("key generation", || {
            keygen_pk2(srs.params(), &circuit.without_witness(), false)
                .map_err(engine_error("key generation"))
        })?;
        Ok(self.stock.get_or_init(|| made))
    }

    /// SHA-256 of the fixed columns and copies with the commitments to them, for a plan that is kept.
    pub(crate) fn digest(&self) -> [u8; 32] {
        with_commitments(self.structure.digest(), &self.circuit_key)
    }

    /// Whether nobody on this machine made the commitments.
    pub(crate) fn are_on_trust(&self) -> bool {
        self.on_trust
    }

    /// Keys with the commitments in `expected`, for a circuit of which a kept plan says that those are its.
    fn kept(
        circuit: &PlannedCircuit,
        srs: &Srs,
        expected: &CircuitKey,
        digest: &str,
    ) -> Result<Self, ProverError> {
        let Parts {
            structure,
            constraints,
            bases,
        } = Parts::of(circuit, srs)?;
        let other = |what: &str| {
            refused(
                expected.form,
                format!("its {what} are not those of the verifying key"),
            )
        };
        if digest != hex(&with_commitments(structure.digest(), expected)) {
            return Err(other("fixed columns or copies"));
        }
        let (key, none) = (&expected.protocol, structure.no_commitments());
        let draft = extract::draft(&constraints, circuit.k(), (&none.fixed, &none.permutation))?;
        // halo2's name for its own key takes longer than all else here, and is the same if everything else is.
        let circuit_key = circuit_key(
            circuit,
            Protocol {
                fixed_commitments: key.fixed_commitments.clone(),
                permutation_commitments: key.permutation_commitments.clone(),
                transcript_repr: key.transcript_repr,
                ..draft
            },
        );
        if circuit_key != *expected {
            return Err(other("gates"));
        }
        Ok(Self {
            structure: Arc::new(structure),
            bases: Arc::new(bases),
            circuit_key,
            on_trust: true,
            stock: OnceLock::new(),
        })
    }

    /// Remembers in `cache` that these are the keys of model `id`, so that they need not be made to be checked; unless nobody made them
    /// here.
    ///
    /// # Errors
    /// [`ProverError::File`].
    pub fn store(&self, cache: &Cache, id: &ModelId) -> Result<(), ProverError> {
        // What lies there was made on this machine.
        if self.on_trust {
            return Ok(());
        }
        let digest = self.digest();
        let name = entry(id, self.circuit_key.form);
        cache.store(&name, |writer| {
            writer.write_all(&[DIGEST_VERSION])?;
            writer.write_all(&digest)
        })?;
        cache.evict(&ENTRIES, LIMIT_BYTES)
    }

    /// The keys of `circuit` of model `id`: from `cache`, or made and kept there. Reports the stage.
    ///
    /// `expected` is the circuit in the model's verifying key; keys that do not match it are of no use. For a circuit that was laid
    /// out by a kept plan the commitments are taken from there.
    ///
    /// # Errors
    /// [`ProverError::KeptPlan`] if a kept plan leads to other columns than it says or to other gates than the key's;
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
        let known = circuit.digest.is_some();
        let estimate = (!known).then_some(circuit.estimate().keygen_ms);
        let (keys, _) = crate::observer::timed(observer, Stage::Keys, estimate, || {
            if let Some(digest) = &circuit.digest {
                return Self::kept(circuit, srs, expected, digest);
            }
            if let Some(keys) = cache
                .map(|cache| load(circuit, srs, id, expected, cache, observer))
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

/// The verifier's part of the keys.
fn circuit_key(circuit: &PlannedCircuit, protocol: Protocol) -> CircuitKey {
    CircuitKey {
        form: circuit.form(),
        graph_digest: circuit.graph_digest(),
        statement: circuit.statement(),
        protocol,
    }
}

/// What keys are made of.
struct Parts {
    structure: Structure,
    constraints: ConstraintSystem<Fr>,
    bases: SrsBases,
}

impl Parts {
    /// The circuit and the SRS in the engine's form.
    fn of(circuit: &PlannedCircuit, srs: &Srs) -> Result<Self, ProverError> {
        if srs.k() != circuit.k() {
            return Err(ProverError::SrsTooSmall {
                name: srs.name().to_owned(),
                available: srs.k(),
                needed: circuit.k(),
            });
        }
        let (structure, constraints) = guarded("key generation", || {
            Structure::with_constraints(circuit.shared_plan()).map_err(failed)
        })?;
        Ok(Self {
            structure,
            constraints,
            bases: SrsBases::new(srs.params(), Backend::detect()).map_err(failed)?,
        })
    }
}

/// The keys in `expected`, if the cache knows that they commit to this very circuit.
fn load(
    circuit: &PlannedCircuit,
    srs: &Srs,
    id: &ModelId,
    expected: &CircuitKey,
    cache: &Cache,
    observer: &dyn Observer,
) -> Result<Option<Keys>, ProverError> {
    let name = entry(id, expected.form);
    let loaded = cache.load(&name, |reader| {
        let mut entry = Vec::new();
        reader.take(LIMIT_BYTES).read_to_end(&mut entry)?;
        Ok(entry)
    })?;
    let damaged = |problem: String| {
        observer.notice(Event::CacheDamaged {
            path: cache.path(&name),
            problem,
        });
        Ok(None)
    };
    let entry = match loaded {
        Lookup::Miss => return Ok(None),
        Lookup::Damaged { problem, .. } => return damaged(problem),
        Lookup::Hit(entry) => entry,
    };
    let [DIGEST_VERSION, digest @ ..] = entry.as_slice() else {
        return Ok(None);
    };
    let Parts { structure, bases, .. } = Parts::of(circuit, srs)?;
    if digest != with_commitments(structure.digest(), expected) {
        return damaged("it belongs to another circuit".to_owned());
    }
    // Gates are translated anew, so that a difference in them is found as well.
    match Keys::with_commitments(circuit, structure, bases, &commitments(expected)) {
        Ok(keys) if keys.circuit_key == *expected => Ok(Some(keys)),
        _ => damaged("it belongs to another circuit".to_owned()),
    }
}

/// The commitments in a key.
fn commitments(key: &CircuitKey) -> Commitments {
    let points = |all: &[_]| all.iter().map(extract::halo_g1).collect();
    Commitments {
        fixed: points(&key.protocol.fixed_commitments),
        permutation: points(&key.protocol.permutation_commitments),
    }
}

fn entry(id: &ModelId, form: Form) -> String {
    format!("keys-{id}-{}", form.name())
}

fn failed(error: crate::engine::EngineError) -> ProverError {
    engine_failed("key generation")(error)
}
