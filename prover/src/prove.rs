//! From a trace to a proof that has been verified.

use crate::cache::Cache;
use crate::engine::{Backend, EngineKey, Floor, Run};
use crate::guard::{engine_error, engine_failed, guarded};
use crate::kept::refused;
use crate::keys::Keys;
use crate::observer::{Silent, timed};
use crate::planned::PlannedCircuit;
use crate::srs::Srs;
use crate::transcript::ProofWriter;
use crate::{Event, Observer, ProverError, Stage};
use hallmark_circuits::{ColumnKind, EntryKind as PlanKind, ModelCircuit, Witness};
use hallmark_model::Trace;
use hallmark_verifier::{
    Bundle, StatementValues, TranscriptKind, Verified, VerifyError, VerifyingKey, verify,
};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::plonk;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::transcript::Challenge255;
use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, SeedableRng};
use serde::Serialize;
use std::sync::{Arc, OnceLock};

/// Which implementation makes the proofs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Hallmark's own, see [`crate::engine`].
    #[default]
    Own,
    /// halo2-axiom's `create_proof`: slower; the oracle that the other is tested against.
    Stock,
}

/// What a proof is to be bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProveOptions {
    /// The caller's nonce or context.
    pub nonce: [u8; 32],
    /// Which implementation makes it.
    pub engine: Engine,
    /// Most bytes that making it may take beyond what the process holds after [`Prover::prepare`]. Only the own engine
    /// keeps such a limit.
    pub memory_bytes: Option<usize>,
    /// How challenges are derived; if not given, what the circuit's target asks for.
    pub transcript: Option<TranscriptKind>,
}

/// How many bytes [`Prover::precompute`] may well take where nobody says otherwise: enough for circuits of up to 2^14 rows.
pub const PRECOMPUTED_BYTES: usize = 64_000_000;

/// Everything that proofs of one kind are made with.
pub struct Prover {
    circuit: PlannedCircuit,
    keys: Keys,
    srs: Srs,
    key: Arc<VerifyingKey>,
    /// Made when the first proof needs it.
    engine: OnceLock<EngineKey>,
}

/// A proof that has been verified.
pub struct Proved {
    /// The proof with its statement.
    pub bundle: Bundle,
    /// What it says.
    pub verified: Verified,
    /// What opens the commitment to private inputs.
    pub opening: Option<Opening>,
    /// How long it took.
    pub timings: Timings,
}

/// What opens the commitment to private inputs. Secret: whoever has it knows the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The commitment: a scalar, little-endian.
    pub commitment: [u8; 32],
    /// The salt: a scalar, little-endian.
    pub salt: [u8; 32],
    /// The committed integers, one list per input, row-major.
    pub inputs: Vec<Vec<i64>>,
}

/// Times of one proof in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timings {
    /// Laying out the witness columns.
    pub witness_ms: f64,
    /// Making the proof.
    pub prove_ms: f64,
    /// Verifying it.
    pub verify_ms: f64,
}

impl Prover {
    /// Takes the keys from `cache` or makes them. `srs` has to be for exactly the circuit's number of rows and the
    /// one of the key.
    ///
    /// # Errors
    /// [`ProverError::NoSuchCircuit`], [`ProverError::KeyMismatch`] and those of [`Keys::generate`].
    pub fn open(
        circuit: PlannedCircuit,
        srs: Srs,
        key: Arc<VerifyingKey>,
        cache: Option<&Cache>,
        observer: &dyn Observer,
    ) -> Result<Self, ProverError> {
        let expected = key
            .circuit(circuit.form)
            .ok_or(ProverError::NoSuchCircuit(circuit.form))?;
        if key.model().graph_digest != circuit.graph_digest {
            return Err(ProverError::KeyMismatch {
                model: key.model_id().to_string(),
            });
        }
        let keys = Keys::load_or_generate(&circuit, &srs, &key.model_id(), expected, cache, observer)?;
        Ok(Self {
            circuit,
            keys,
            srs,
            key,
            engine: OnceLock::new(),
        })
    }

    /// Puts together what [`crate::compile`] made.
    #[must_use]
    pub fn new(circuit: PlannedCircuit, keys: Keys, srs: Srs, key: Arc<VerifyingKey>) -> Self {
        Self {
            circuit,
            keys,
            srs,
            key,
            engine: OnceLock::new(),
        }
    }

    /// Makes proofs with the given arithmetic instead of the fastest of this CPU.
    ///
    /// # Errors
    /// [`ProverError::Engine`] if the SRS cannot be prepared for it.
    pub fn with_backend(mut self, backend: Backend) -> Result<Self, ProverError> {
        self.keys.use_backend(&self.srs, backend)?;
        self.engine = OnceLock::new();
        Ok(self)
    }

    /// The circuit.
    #[must_use]
    pub fn circuit(&self) -> &PlannedCircuit {
        &self.circuit
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Proves an execution of the integer model. The proof is verified before it is returned.
    ///
    /// # Errors
    /// [`ProverError::Circuit`] if `trace` is not one of this model, [`ProverError::Engine`],
    /// [`ProverError::SelfVerify`].
    pub fn prove(
        &self,
        trace: &Arc<Trace>,
        options: &ProveOptions,
        observer: &dyn Observer,
    ) -> Result<Proved, ProverError> {
        let form = self.circuit.form;
        let strips = self.strips(options)?;
        let salt = form
            .inputs()
            .are_committed()
            .then(|| Fr::random(OsRng).to_bytes());
        let (witness, witness_ms) = timed(observer, Stage::Witness, None, || {
            Ok::<_, ProverError>(Arc::new(Witness::with_salt(
                &self.circuit.plan,
                trace,
                options.nonce,
                salt,
            )?))
        })?;
        let estimate = Some(self.circuit.estimate().prove_ms);
        let transcript = options.transcript.unwrap_or(self.circuit.transcript());
        let (proof, prove_ms) = timed(observer, Stage::Prove, estimate, || match options.engine {
            Engine::Own => self.own_proof(&witness, transcript, strips, observer),
            Engine::Stock => self.stock_proof(&witness, transcript),
        })?;
        let values = self.values(trace, &witness, options.nonce);
        let opening = values
            .input_commitment
            .zip(salt)
            .map(|(commitment, salt)| Opening {
                commitment,
                salt,
                inputs: tensors(trace, &self.circuit.graph.inputs),
            });
        let bundle = Bundle {
            model_id: self.key.model_id(),
            form,
            transcript,
            srs_digest: self.srs.digest(),
            values,
            proof,
        };
        let (verified, verify_ms) = timed(observer, Stage::SelfVerify, None, || {
            verify(&self.key, &self.key.model_id(), &bundle).map_err(|error| self.not_verified(error))
        })?;
        Ok(Proved {
            bundle,
            verified,
            opening,
            timings: Timings {
                witness_ms,
                prove_ms,
                verify_ms,
            },
        })
    }

    /// What a proof that does not verify says: of commitments that were made elsewhere, that they are not those of the circuit.
    fn not_verified(&self, error: VerifyError) -> ProverError {
        match self.keys.are_on_trust() {
            true => refused(
                self.circuit.form,
                format!("a proof that was made by it does not verify ({error})"),
            ),
            false => ProverError::SelfVerify(error),
        }
    }

    /// Makes what an engine's first proof otherwise does: the own engine's columns, the stock engine's proving key.
    ///
    /// # Errors
    /// [`ProverError::Engine`] if the keys do not fit the circuit.
    pub fn prepare(&self, engine: Engine) -> Result<(), ProverError> {
        match engine {
            Engine::Own => self.engine_key().map(|_| ()),
            Engine::Stock => self.keys.stock(&self.circuit, &self.srs).map(|_| ()),
        }
    }

    /// Makes what is worth its time if several proofs follow, as far as it takes at most `budget` bytes: tables of multiples
    /// of the SRS's points, and then fixed columns on cosets, for the own engine. Says how many bytes it takes.
    ///
    /// # Errors
    /// Those of [`Self::prepare`].
    pub fn precompute(&self, budget: usize) -> Result<usize, ProverError> {
        self.engine_key().map(|key| key.precompute(budget))
    }

    /// Bytes of memory that a proof with these options is expected to take beyond what the process holds after
    /// [`Self::prepare`]: with the own engine, of which alone that is known.
    ///
    /// # Errors
    /// [`ProverError::Memory`] if the limit cannot be kept, and those of [`Self::prepare`].
    pub fn memory_bytes(&self, options: &ProveOptions) -> Result<usize, ProverError> {
        let strips = self.strips(options)?;
        Ok(self.witness_bytes() + self.engine_key()?.working_bytes(strips))
    }

    /// Measures the least that the own engine could take for the network's cells: those of `trace` in full columns, and nothing
    /// else. Nothing is proven by it.
    ///
    /// # Errors
    /// [`ProverError::Circuit`] if `trace` is not one of this model, and those of [`Self::prepare`].
    pub fn floor(&self, trace: &Arc<Trace>) -> Result<Floor, ProverError> {
        let plan = &self.circuit.plan;
        let salt = self.circuit.form.inputs().are_committed().then_some([0; 32]);
        let integers = {
            let witness = Witness::with_salt(plan, trace, [0; 32], salt)?;
            plan.needed_integers(trace, &witness)
        };
        let groups = plan.summary().groups;
        let full = groups.iter().filter(|group| group.kind == ColumnKind::Full);
        let full_cells = full.map(|group| group.cells).sum();
        let key = self.engine_key()?;
        let measured = timed(&Silent, Stage::Prove, None, || {
            key.floor(&integers, full_cells, &mut ChaCha20Rng::from_entropy())
        });
        measured
            .map(|(floor, _)| floor)
            .map_err(engine_failed("measuring the floor"))
    }

    /// In how many parts the engine has to work, so that the limit is kept.
    fn strips(&self, options: &ProveOptions) -> Result<usize, ProverError> {
        let Some(limit) = options.memory_bytes else {
            return Ok(1);
        };
        if options.engine == Engine::Stock {
            return Err(ProverError::NoMemoryLimit);
        }
        let witness = self.witness_bytes();
        let found = self.engine_key()?.strips_within(limit.saturating_sub(witness));
        found.map_err(|least| ProverError::Memory {
            limit_bytes: limit,
            least_bytes: least + witness,
        })
    }

    /// Stored cells wait as 64-bit integers.
    fn witness_bytes(&self) -> usize {
        size_of::<i64>() * self.circuit.plan.frame().first_late * (1 << self.circuit.k())
    }

    /// Bytes of memory that the own engine's prepared key occupies, the SRS included.
    ///
    /// # Errors
    /// Those of [`Self::prepare`].
    pub fn key_bytes(&self) -> Result<usize, ProverError> {
        self.engine_key().map(EngineKey::bytes)
    }

    fn engine_key(&self) -> Result<&EngineKey, ProverError> {
        if let Some(key) = self.engine.get() {
            return Ok(key);
        }
        let protocol = self.keys.circuit_key().protocol.clone();
        let (structure, bases) = (Arc::clone(self.keys.structure()), Arc::clone(self.keys.bases()));
        let made = EngineKey::new(protocol, structure, bases).map_err(engine_failed("preparing the keys"))?;
        Ok(self.engine.get_or_init(|| made))
    }

    fn writer(&self, transcript: TranscriptKind) -> ProofWriter {
        ProofWriter::seeded(transcript, &self.key.model_id(), self.circuit.form)
    }

    fn own_proof(
        &self,
        witness: &Witness,
        transcript: TranscriptKind,
        strips: usize,
        observer: &dyn Observer,
    ) -> Result<Vec<u8>, ProverError> {
        let key = self.engine_key()?;
        let mut transcript = self.writer(transcript);
        let mut rng = ChaCha20Rng::from_entropy();
        let mut run = Run {
            rng: &mut rng,
            strips,
            progress: &|fraction| {
                observer.notice(Event::Progress {
                    stage: Stage::Prove,
                    fraction,
                });
            },
        };
        key.prove(witness, &mut transcript, &mut run)
            .map_err(engine_failed("proving"))?;
        Ok(transcript.finalize())
    }

    fn stock_proof(
        &self,
        witness: &Arc<Witness>,
        transcript: TranscriptKind,
    ) -> Result<Vec<u8>, ProverError> {
        let circuit = ModelCircuit::prove(Arc::clone(&self.circuit.plan), Arc::clone(witness));
        let pk = self.keys.stock(&self.circuit, &self.srs)?;
        let instances = witness.instances();
        let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
        guarded("proving", || {
            let mut transcript = self.writer(transcript);
            plonk::create_proof::<
                KZGCommitmentScheme<Bn256>,
                ProverSHPLONK<'_, Bn256>,
                Challenge255<G1Affine>,
                _,
                ProofWriter,
                _,
            >(
                self.srs.params(),
                pk,
                &[circuit],
                &[&columns],
                OsRng,
                &mut transcript,
            )
            .map_err(engine_error("proving"))?;
            Ok(transcript.finalize())
        })
    }

    /// The public values of the statement.
    fn values(&self, trace: &Trace, witness: &Witness, nonce: [u8; 32]) -> StatementValues {
        let graph = &self.circuit.graph;
        let private = self.circuit.form.inputs().are_committed();
        StatementValues {
            nonce,
            inputs: if private {
                Vec::new()
            } else {
                tensors(trace, &graph.inputs)
            },
            input_commitment: private.then(|| self.commitment(witness)).flatten(),
            outputs: tensors(trace, &graph.outputs),
        }
    }

    fn commitment(&self, witness: &Witness) -> Option<[u8; 32]> {
        let layout = self.circuit.plan.statement();
        let entry = layout
            .entries
            .iter()
            .find(|entry| entry.kind == PlanKind::InputCommitment)?;
        let columns = witness.instances();
        let cell = columns
            .get(entry.first % layout.columns)?
            .get(entry.first / layout.columns)?;
        Some(cell.to_bytes())
    }
}

fn tensors(trace: &Trace, ids: &[hallmark_model::quantized::TensorId]) -> Vec<Vec<i64>> {
    let found = ids.iter().filter_map(|id| trace.tensors.get(id.0));
    found.map(|tensor| tensor.iter().copied().collect()).collect()
}
