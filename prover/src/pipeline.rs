//! From a quantised model to keys, and from a trace to a proof. Everything that touches the circuits' interface is here.

use crate::cache::Cache;
use crate::describe::model_description;
use crate::engine::{Backend, EngineError, EngineKey, Run};
use crate::keys::Keys;
use crate::observer::timed;
use crate::srs::Srs;
use crate::transcript::ProofWriter;
use crate::{Event, Observer, ProverError, Stage};
use hallmark_circuits::{EntryKind as PlanKind, ModelCircuit, Plan, PlanOptions, Target, Witness};
use hallmark_model::{QuantizedGraph, Trace};
use hallmark_verifier::{
    Bundle, Entry, EntryKind, SrsPoints, Statement, StatementValues, TranscriptKind, Verified, VerifyingKey,
    Visibility, verify,
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
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// A model's circuit for one kind of statement, laid out.
#[derive(Clone)]
pub struct PlannedCircuit {
    plan: Arc<Plan>,
    /// What the circuit executes: the model, or a batch of it.
    graph: Arc<QuantizedGraph>,
    /// The model.
    model: Arc<QuantizedGraph>,
    graph_digest: [u8; 32],
    visibility: Visibility,
}

/// What a step is expected to take on a machine of two cores; a rough guide for progress displays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Key generation, in milliseconds.
    pub keygen_ms: u64,
    /// One proof, in milliseconds.
    pub prove_ms: u64,
}

impl PlannedCircuit {
    /// Lays out `graph`. Deterministic.
    ///
    /// # Errors
    /// [`ProverError::Circuit`] naming the node that has no circuit, or what does not fit; [`ProverError::KeyLimit`] naming the
    /// input or output whose name no key can hold, or what there is too much of; [`ProverError::NoPrivateInput`].
    pub fn new(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        visibility: Visibility,
    ) -> Result<Self, ProverError> {
        Self::of(Arc::clone(graph), Arc::clone(graph), target, visibility)
    }

    /// Lays out `executions` executions of `graph` in one circuit, which share all that depends on the weights only.
    ///
    /// # Errors
    /// [`ProverError::NoBatch`] naming what mixes inputs; those of [`Self::new`].
    pub fn batch(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        executions: usize,
    ) -> Result<Self, ProverError> {
        let wide = graph.batched(executions).map_err(ProverError::NoBatch)?;
        Self::of(Arc::new(wide), Arc::clone(graph), target, Visibility::PublicBatch)
    }

    /// The circuit that `key` has for one kind of statement, laid out for `graph`.
    ///
    /// # Errors
    /// [`ProverError::NoSuchCircuit`]; those of [`Self::new`] and [`Self::batch`].
    pub fn of_key(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        key: &VerifyingKey,
        visibility: Visibility,
    ) -> Result<Self, ProverError> {
        let circuit = key
            .circuit(visibility)
            .ok_or(ProverError::NoSuchCircuit(visibility))?;
        match visibility {
            Visibility::PublicBatch => Self::batch(graph, target, circuit.executions()),
            Visibility::Public | Visibility::PrivateInput => Self::new(graph, target, visibility),
        }
    }

    fn of(
        graph: Arc<QuantizedGraph>,
        model: Arc<QuantizedGraph>,
        target: Target,
        visibility: Visibility,
    ) -> Result<Self, ProverError> {
        let options = PlanOptions {
            target,
            private_input: visibility == Visibility::PrivateInput,
        };
        let plan = Arc::new(Plan::new(Arc::clone(&graph), &options)?);
        let commits = plan
            .statement()
            .entries
            .iter()
            .any(|entry| entry.kind == PlanKind::InputCommitment);
        // The statement decides what a proof reveals: it must be the one that was asked for.
        if commits != options.private_input {
            return Err(ProverError::NoPrivateInput);
        }
        let circuit = Self {
            plan,
            graph,
            graph_digest: model.digest(),
            model,
            visibility,
        };
        // What a key cannot hold is not worth making keys of.
        let statement = circuit.statement().check_writable();
        let layers = model_description(&circuit.model, "", 0, "").check_writable();
        statement.and(layers).map_err(ProverError::KeyLimit)?;
        Ok(circuit)
    }

    /// The circuit has 2^k rows.
    #[must_use]
    pub fn k(&self) -> u32 {
        self.plan.k()
    }

    /// What is executed and proven: the model, or a batch of it.
    #[must_use]
    pub fn graph(&self) -> &Arc<QuantizedGraph> {
        &self.graph
    }

    /// Digest of the model's quantised graph.
    #[must_use]
    pub fn graph_digest(&self) -> [u8; 32] {
        self.graph_digest
    }

    /// What its proofs say about the inputs.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// How challenges of its proofs are derived unless the caller says otherwise: contracts want Keccak.
    #[must_use]
    pub fn transcript(&self) -> TranscriptKind {
        match self.plan.options().target {
            Target::Fast => TranscriptKind::Blake2b,
            Target::Evm => TranscriptKind::Keccak,
        }
    }

    /// The layout, for reports and pictures.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn shared_plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What lies where in the instance columns.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let layout = self.plan.statement();
        let entries = layout.entries.iter().map(|entry| Entry {
            kind: match entry.kind {
                PlanKind::Nonce => EntryKind::Nonce,
                PlanKind::Input => EntryKind::Input,
                PlanKind::InputCommitment => EntryKind::InputCommitment,
                PlanKind::Output => EntryKind::Output,
            },
            name: entry.name.clone(),
            shape: if matches!(entry.kind, PlanKind::Input | PlanKind::Output) {
                entry.shape.clone()
            } else {
                Vec::new()
            },
            scale_bits: entry.scale_bits,
            interval: entry.interval,
            first: entry.first,
        });
        Statement {
            columns: layout.columns,
            entries: entries.collect(),
            length: layout.length,
        }
    }

    /// How long keys and proofs are expected to take.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let cost = self.plan.cost();
        Estimate {
            keygen_ms: cost.keygen_ms.round() as u64,
            prove_ms: cost.prove_ms.round() as u64,
        }
    }

    pub(crate) fn without_witness(&self) -> ModelCircuit {
        ModelCircuit::keygen(Arc::clone(&self.plan))
    }
}

/// A model's verifying key with the keys of its circuits.
pub struct Compiled {
    /// The verifying key.
    pub key: Arc<VerifyingKey>,
    /// One per planned circuit, in the order given.
    pub keys: Vec<Keys>,
    /// Time of key generation, in milliseconds.
    pub keygen_ms: f64,
}

/// How a model is described in its key.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// The model's name.
    pub name: &'a str,
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout was planned for.
    pub target: &'a str,
}

/// Makes the keys of a model's circuits and its verifying key. With a cache, the proving keys are kept there.
///
/// `srs` gives the SRS for exactly 2^k rows, of one and the same ceremony for every k.
///
/// # Errors
/// [`ProverError::KeyLimit`] for a name that no key can hold; those of `srs` and [`Keys::generate`]; [`ProverError::Key`] if the parts
/// do not fit together.
pub fn compile(
    circuits: &[PlannedCircuit],
    description: Description<'_>,
    srs: &dyn Fn(u32) -> Result<Srs, ProverError>,
    cache: Option<&Cache>,
    observer: &dyn Observer,
) -> Result<Compiled, ProverError> {
    let mut keys = Vec::with_capacity(circuits.len());
    let model = one_model(circuits)?;
    let model = model_description(model, description.name, description.bits, description.target);
    model.check_writable().map_err(ProverError::KeyLimit)?;
    let (mut points, mut keygen_ms): (Option<SrsPoints>, _) = (None, 0.0);
    for circuit in circuits {
        let srs = srs(circuit.k())?;
        let estimate = Some(circuit.estimate().keygen_ms);
        let (made, ms) = timed(observer, Stage::Keys, estimate, || Keys::generate(circuit, &srs))?;
        keygen_ms += ms;
        keys.push(made);
        if points.as_ref().is_some_and(|other| other != srs.points()) {
            return Err(ProverError::SrsInconsistent(
                "the circuits of one key were given SRSs with different secrets".to_owned(),
            ));
        }
        points = Some(srs.points().clone());
    }
    let points = points.ok_or_else(no_circuit)?;
    let circuit_keys = keys.iter().map(|keys| keys.circuit_key().clone()).collect();
    let key = Arc::new(VerifyingKey::new(points, model, circuit_keys).map_err(ProverError::Key)?);
    if let Some(cache) = cache {
        for made in &keys {
            if let Err(error) = made.store(cache, &key.model_id()) {
                observer.notice(crate::Event::CacheNotWritten {
                    problem: error.to_string(),
                });
            }
        }
    }
    Ok(Compiled { key, keys, keygen_ms })
}

/// The model that all circuits are laid out for: an id names one.
fn one_model(circuits: &[PlannedCircuit]) -> Result<&QuantizedGraph, ProverError> {
    let model = &circuits.first().ok_or_else(no_circuit)?.model;
    let digest = model.digest();
    match circuits.iter().find(|circuit| circuit.graph_digest != digest) {
        Some(other) => Err(ProverError::DifferentModels {
            visibility: other.visibility,
        }),
        None => Ok(model),
    }
}

fn no_circuit() -> ProverError {
    ProverError::Engine {
        stage: "key generation",
        problem: "there is no circuit".to_owned(),
    }
}

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
            .circuit(circuit.visibility)
            .ok_or(ProverError::NoSuchCircuit(circuit.visibility))?;
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

    /// Puts together what [`compile`] made.
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
        let visibility = self.circuit.visibility;
        let strips = self.strips(options)?;
        let salt = (visibility == Visibility::PrivateInput).then(|| Fr::random(OsRng).to_bytes());
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
            visibility,
            transcript,
            srs_digest: self.srs.digest(),
            values,
            proof,
        };
        let (verified, verify_ms) = timed(observer, Stage::SelfVerify, None, || {
            verify(&self.key, &self.key.model_id(), &bundle).map_err(ProverError::SelfVerify)
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
        ProofWriter::seeded(transcript, &self.key.model_id(), self.circuit.visibility)
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
        let private = self.circuit.visibility == Visibility::PrivateInput;
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

pub(crate) fn engine_error(stage: &'static str) -> impl Fn(plonk::Error) -> ProverError {
    move |error| ProverError::Engine {
        stage,
        problem: error.to_string(),
    }
}

pub(crate) fn engine_failed(stage: &'static str) -> impl Fn(EngineError) -> ProverError {
    move |error| ProverError::Engine {
        stage,
        problem: error.to_string(),
    }
}

/// The one place where panics of the proving library are caught: it asserts what it should return.
pub(crate) fn guarded<T>(
    stage: &'static str,
    work: impl FnOnce() -> Result<T, ProverError>,
) -> Result<T, ProverError> {
    // Nothing that `work` changes is looked at after a panic.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown cause");
        Err(ProverError::Engine {
            stage,
            problem: format!("it panicked: {words}"),
        })
    })
}
