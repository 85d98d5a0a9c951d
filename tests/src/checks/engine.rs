//! Proofs of our own engine: halo2's verifier accepts them, on every backend, and all that they are made of is what halo2's engine makes.

use crate::setting::{NONCE, Setting};
use crate::suite::Suite;
use hallmark_circuits::{Fr, ModelCircuit, Plan, Witness};
use hallmark_prover::engine::{Backend, EngineKey, Run, SrsBases, Structure};
use hallmark_prover::extract;
use hallmark_prover::transcript::{ProofReader, ProofWriter};
use hallmark_verifier::{Protocol, TranscriptKind};
use halo2_proofs::SerdeFormat;
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine};
use halo2_proofs::plonk::{ProvingKey, VerifyingKey, create_proof, keygen_pk, keygen_vk, verify_proof};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Challenge255, EncodedChallenge, Transcript, TranscriptWrite};
use rand_core::{OsRng, RngCore};
use std::io;
use std::sync::Arc;

/// Keys, intermediate values and proofs of all cases.
pub fn check(suite: &Suite) {
    for make in suite.cases {
        let case = make();
        let keyed = Keyed::new(Setting::new(&case));
        assert_stock_key(case.name, &keyed.setting.plan, &keyed.params, &keyed.pk);
        intermediate_values_are_those_of_the_stock_engine(&keyed);
        is_accepted(&keyed);
    }
}

/// A case with keys of halo2's.
pub struct Keyed {
    /// The case.
    pub setting: Setting,
    /// An SRS of its own.
    pub params: ParamsKZG<Bn256>,
    /// halo2's key.
    pub pk: ProvingKey<G1Affine>,
}

impl Keyed {
    /// Makes the keys.
    pub fn new(setting: Setting) -> Self {
        let params = ParamsKZG::setup(setting.plan.k(), OsRng);
        let circuit = ModelCircuit::keygen(Arc::clone(&setting.plan));
        let vk = keygen_vk(&params, &circuit).unwrap();
        let pk = keygen_pk(&params, vk, &circuit).unwrap();
        Self { setting, params, pk }
    }

    /// The own engine's key.
    pub fn engine(&self, backend: Backend) -> EngineKey {
        let structure = Arc::new(Structure::new(&self.setting.plan).unwrap());
        let bases = Arc::new(SrsBases::new(&self.params, backend).unwrap());
        let protocol = extract::protocol(self.pk.get_vk()).unwrap();
        EngineKey::new(protocol, structure, bases).unwrap()
    }

    /// A proof by the own engine.
    pub fn prove(&self, engine: &EngineKey, witness: &Witness, kind: TranscriptKind) -> Vec<u8> {
        let mut transcript = ProofWriter::new(kind);
        let mut run = Run {
            rng: &mut OsRng,
            strips: 1,
            progress: &|_| (),
        };
        engine.prove(witness, &mut transcript, &mut run).unwrap();
        transcript.finalize()
    }

    /// What halo2's verifier says.
    pub fn accepts(&self, instances: &[Vec<Fr>], proof: &[u8], kind: TranscriptKind) -> bool {
        let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
        let mut transcript = ProofReader::new(kind, proof);
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, _, _, _>(
            self.params.verifier_params(),
            self.pk.get_vk(),
            SingleStrategy::new(&self.params),
            &[&columns],
            &mut transcript,
        )
        .is_ok()
    }
}

fn is_accepted(keyed: &Keyed) {
    let case = keyed.setting.name;
    let witness = Witness::new(&keyed.setting.plan, &keyed.setting.trace, NONCE).unwrap();
    for backend in Backend::available() {
        let engine = keyed.engine(backend);
        for kind in TranscriptKind::ALL {
            let proof = keyed.prove(&engine, &witness, kind);
            assert!(
                keyed.accepts(witness.instances(), &proof, kind),
                "{} on {backend:?} with {}",
                case,
                kind.name()
            );
            let mut other = witness.instances().to_vec();
            *other[0].last_mut().unwrap() += Fr::one();
            assert!(
                !keyed.accepts(&other, &proof, kind),
                "{} on {backend:?} with {} and another statement",
                case,
                kind.name()
            );
        }
    }
}

/// The own key generation gives the very bytes of halo2's, and the scalar that proofs are bound to. What is described before there is
/// a key is what the key says.
pub fn assert_stock_key(name: &str, plan: &Arc<Plan>, params: &ParamsKZG<Bn256>, pk: &ProvingKey<G1Affine>) {
    let (structure, constraints) = Structure::with_constraints(plan).unwrap();
    for backend in Backend::available() {
        let commitments = structure
            .commit(&SrsBases::new(params, backend).unwrap())
            .unwrap();
        let key = structure.verifying_key(&commitments).unwrap();
        let bytes = |key: &VerifyingKey<G1Affine>| key.to_bytes(SerdeFormat::RawBytes);
        assert!(bytes(&key) == bytes(pk.get_vk()), "{name} on {backend:?}");
        assert_eq!(
            key.transcript_repr(),
            pk.get_vk().transcript_repr(),
            "{name} on {backend:?}"
        );
        let protocol = extract::protocol(&key).unwrap();
        let draft = extract::draft(
            &constraints,
            plan.k(),
            (&commitments.fixed, &commitments.permutation),
        );
        let draft = Protocol {
            transcript_repr: protocol.transcript_repr,
            ..draft.unwrap()
        };
        assert!(draft == protocol, "{name} on {backend:?}");
    }
}

/// Both engines as machines that are asked the same questions: whatever is absorbed, the challenges are the same.
#[derive(Default)]
struct Recorder {
    points: Vec<G1Affine>,
    scalars: Vec<Fr>,
    drawn: u8,
}

impl Transcript<G1Affine, Challenge255<G1Affine>> for Recorder {
    fn squeeze_challenge(&mut self) -> Challenge255<G1Affine> {
        self.drawn += 1;
        Challenge255::new(&[self.drawn; 64])
    }

    fn common_point(&mut self, _: G1Affine) -> io::Result<()> {
        Ok(())
    }

    fn common_scalar(&mut self, _: Fr) -> io::Result<()> {
        Ok(())
    }
}

impl TranscriptWrite<G1Affine, Challenge255<G1Affine>> for Recorder {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.points.push(point);
        Ok(())
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.scalars.push(scalar);
        Ok(())
    }
}

/// Blinds everything with the same element.
struct Constant;

impl RngCore for Constant {
    fn next_u32(&mut self) -> u32 {
        0x5bd1_e995
    }

    fn next_u64(&mut self) -> u64 {
        0x9e37_79b9_7f4a_7c15
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0x5b);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

fn intermediate_values_are_those_of_the_stock_engine(keyed: &Keyed) {
    let case = keyed.setting.name;
    let witness = Arc::new(Witness::new(&keyed.setting.plan, &keyed.setting.trace, NONCE).unwrap());
    let mut stock = Recorder::default();
    let circuit = ModelCircuit::prove(Arc::clone(&keyed.setting.plan), Arc::clone(&witness));
    let columns: Vec<&[Fr]> = witness.instances().iter().map(Vec::as_slice).collect();
    create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, _, _, _, _>(
        &keyed.params,
        &keyed.pk,
        &[circuit],
        &[&columns],
        Constant,
        &mut stock,
    )
    .unwrap();
    let protocol = extract::protocol(keyed.pk.get_vk()).unwrap();
    // The stock engine draws the random polynomial from the system: it, its value and the opening proof differ.
    let random_point = protocol.advice_columns() + protocol.permutation_products();
    let openings = random_point + 1 + protocol.quotient_pieces();
    let random_value = protocol.advice_queries.len() + protocol.fixed_queries.len();
    for backend in Backend::available() {
        let engine = keyed.engine(backend);
        let mut first: Option<Recorder> = None;
        // The last time with all that can be computed before.
        for (strips, budget) in [(1, 0), (2, 0), (4, 0), (1, usize::MAX)] {
            let taken = engine.precompute(budget);
            assert_eq!(taken > 0, budget > 0);
            let name = format!(
                "{} on {backend:?} with {strips} strips and {taken} bytes precomputed",
                case
            );
            let mut own = Recorder::default();
            let mut run = Run {
                rng: &mut Constant,
                strips,
                progress: &|_| (),
            };
            engine.prove(&witness, &mut own, &mut run).unwrap();
            assert_eq!(own.drawn, stock.drawn, "{name}");
            let points = differing(&own.points, &stock.points);
            assert_eq!(points, [random_point, openings, openings + 1], "{name}");
            assert_eq!(differing(&own.scalars, &stock.scalars), [random_value], "{name}");
            // All of them make the same proof.
            match &first {
                Some(first) => assert_eq!(
                    (&own.points, &own.scalars),
                    (&first.points, &first.scalars),
                    "{name}"
                ),
                None => first = Some(own),
            }
        }
    }
}

/// Where two lists of one length differ.
fn differing<T: PartialEq>(a: &[T], b: &[T]) -> Vec<usize> {
    assert_eq!(a.len(), b.len());
    (0..a.len()).filter(|i| a[*i] != b[*i]).collect()
}
