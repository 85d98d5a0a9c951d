//! Whole proofs of a small model: which arithmetic makes them, and in how many parts, changes no byte.

use super::*;
use crate::engine::{Commitments, Run};
use crate::transcript::ProofWriter;
use hallmark_circuits::Witness;
use hallmark_verifier::TranscriptKind;
use hallmark_verifier::hazmat::verify_bare_proof;

/// A circuit, its protocol with the right commitments, and what keys are made of.
struct Bench {
    circuit: PlannedCircuit,
    srs: Srs,
    structure: Arc<Structure>,
    protocol: Protocol,
}

impl Bench {
    fn new(target: Target) -> Self {
        let circuit = PlannedCircuit::new(&graph(), target, Form::PUBLIC).unwrap();
        let srs = Srs::development(circuit.k()).unwrap();
        let (structure, constraints) = Structure::with_constraints(circuit.shared_plan()).unwrap();
        let bases = SrsBases::new(srs.params(), Backend::PORTABLE).unwrap();
        let Commitments { fixed, permutation } = structure.commit(&bases).unwrap();
        let protocol = extract::draft(&constraints, circuit.k(), (&fixed, &permutation)).unwrap();
        Self {
            circuit,
            srs,
            structure: Arc::new(structure),
            protocol,
        }
    }

    fn key(&self, backend: Backend) -> EngineKey {
        let bases = SrsBases::new(self.srs.params(), backend).unwrap();
        EngineKey::new(
            self.protocol.clone(),
            Arc::clone(&self.structure),
            Arc::new(bases),
        )
        .unwrap()
    }

    fn witness(&self, input: [i64; 2]) -> Witness {
        let input = IntTensor::from_shape_vec(vec![1, 2], input.to_vec()).unwrap();
        let trace = graph().run(&[input]).unwrap();
        Witness::with_salt(self.circuit.plan(), &trace, [7; 32], None).unwrap()
    }

    /// A proof with blinding that the seed decides, and the fractions that were reported.
    fn proof(&self, key: &EngineKey, witness: &Witness, strips: usize, seed: u64) -> (Vec<u8>, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut writer = ProofWriter::new(TranscriptKind::Keccak);
        let fractions = std::sync::Mutex::new(Vec::new());
        let mut run = Run {
            rng: &mut rng,
            strips,
            progress: &|fraction| fractions.lock().unwrap().push(fraction),
        };
        key.prove(witness, &mut writer, &mut run).unwrap();
        (writer.finalize(), fractions.into_inner().unwrap())
    }

    /// Whether a proof shows a witness's public values.
    fn accepts(&self, proof: &[u8], witness: &Witness) -> bool {
        let column = |column: &Vec<Fr>| column.iter().map(extract::scalar).collect();
        let instances: Vec<Vec<hallmark_verifier::Fr>> = witness.instances().iter().map(column).collect();
        let kind = TranscriptKind::Keccak;
        verify_bare_proof(self.srs.points(), &self.protocol, None, &instances, proof, kind).is_ok()
    }
}

#[test]
fn proofs_are_the_same_in_parts_and_with_tables() {
    for target in [Target::Fast, Target::Evm] {
        let bench = Bench::new(target);
        let (witness, other) = (bench.witness([17, -90]), bench.witness([17, -89]));
        let key = bench.key(Backend::PORTABLE);
        let (proof, fractions) = bench.proof(&key, &witness, 1, 1);
        assert_eq!(proof.len(), bench.protocol.proof_bytes(TranscriptKind::Keccak));
        assert!(bench.accepts(&proof, &witness) && !bench.accepts(&proof, &other));
        let grow = fractions.windows(2).all(|pair| pair[0] < pair[1]);
        let within = fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction));
        assert!(fractions.len() > 2 && grow && within, "{fractions:?}");
        let (blinded, _) = bench.proof(&key, &witness, 1, 2);
        assert!(blinded != proof, "other blinding");
        assert!(bench.accepts(&blinded, &witness));
        for backend in Backend::available() {
            let key = bench.key(backend);
            for tables in [false, true] {
                if tables {
                    key.precompute(usize::MAX);
                }
                for strips in [1, 2, 4] {
                    let (again, _) = bench.proof(&key, &witness, strips, 1);
                    assert!(again == proof, "{backend:?}, {strips} parts, tables: {tables}");
                }
            }
        }
        for length in [0, 32, proof.len() / 2, proof.len() - 32, proof.len() - 1] {
            assert!(!bench.accepts(&proof[..length], &witness), "{length} bytes");
        }
    }
}

/// Commitments are to the structure and to nothing else: other weights, other commitments; the digest tells them apart.
#[test]
fn structures_are_told_apart_by_their_digest() {
    let bench = Bench::new(Target::Fast);
    let mut changed = QuantizedGraph::clone(&graph());
    let QOp::Linear(linear) = &mut changed.nodes[0].op else {
        panic!("the first layer is linear");
    };
    linear.weight[[0, 1]] += 1;
    let circuit = PlannedCircuit::new(&Arc::new(changed), Target::Fast, Form::PUBLIC).unwrap();
    let structure = Structure::new(circuit.shared_plan()).unwrap();
    assert_eq!(circuit.k(), bench.circuit.k());
    assert_ne!(structure.digest(), bench.structure.digest());
    assert_eq!(
        Structure::new(bench.circuit.shared_plan()).unwrap().digest(),
        bench.structure.digest()
    );
    let bases = SrsBases::new(bench.srs.params(), Backend::detect()).unwrap();
    let (ours, theirs) = (
        bench.structure.commit(&bases).unwrap(),
        structure.commit(&bases).unwrap(),
    );
    assert_eq!(ours.permutation, theirs.permutation);
    assert_ne!(ours.fixed, theirs.fixed);
    let none = structure.no_commitments();
    assert_eq!(
        (none.fixed.len(), none.permutation.len()),
        (ours.fixed.len(), ours.permutation.len())
    );
    // halo2's key has as many commitments as the circuit, and what it was given.
    let key = structure.verifying_key(&theirs).unwrap();
    assert_eq!(key.fixed_commitments(), &theirs.fixed);
    assert_eq!(key.permutation().commitments(), &theirs.permutation);
    for change in [
        |all: &mut Commitments| all.fixed.truncate(1),
        |all: &mut Commitments| all.permutation.truncate(1),
        |all: &mut Commitments| all.fixed.extend_from_within(..1),
    ] {
        let mut wrong = theirs.clone();
        change(&mut wrong);
        let error = structure.verifying_key(&wrong).err().unwrap().to_string();
        assert!(error.contains("number of commitments"), "{error}");
    }
}
