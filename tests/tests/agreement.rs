//! The stock halo2 verifier and Hallmark's agree: on honest proofs, on every byte changed, on truncated and
//! extended proofs, on other instances and on other keys.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "agreement/contract.rs"]
mod contract;
#[path = "agreement/family.rs"]
mod family;
#[path = "agreement/models.rs"]
mod models;

use family::{Family, Shape};
use hallmark_prover::extract;
use hallmark_prover::transcript::{ProofReader, ProofWriter};
use hallmark_verifier::{Problem, Protocol, SrsPoints, TranscriptKind, VerifyError, hazmat};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr, G1Affine};
use halo2_proofs::halo2curves::group::GroupEncoding;
use halo2_proofs::plonk::{
    ProvingKey, VerifyingKey as HaloKey, create_proof, keygen_pk, keygen_vk, verify_proof,
};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{Challenge255, Transcript};
use rand_core::OsRng;
use std::panic::{AssertUnwindSafe, catch_unwind};

const K: u32 = 5;

struct Setup {
    params: ParamsKZG<Bn256>,
    pk: ProvingKey<G1Affine>,
    protocol: Protocol,
    srs: SrsPoints,
    circuit: Family,
    transcript: TranscriptKind,
}

/// 14 rows of arbitrary public values.
fn public_values(columns: usize) -> Vec<Vec<Fr>> {
    (0..columns)
        .map(|c| (0..14).map(|r| -Fr::from((c * 100 + r * r) as u64)).collect())
        .collect()
}

impl Setup {
    fn new(shape: Shape) -> Self {
        Self::with(shape, public_values(shape.instances))
    }

    fn with(shape: Shape, instance: Vec<Vec<Fr>>) -> Self {
        let params = ParamsKZG::<Bn256>::setup(K, OsRng);
        let circuit = Family {
            shape,
            instance,
            fault: None,
        };
        let vk = keygen_vk(&params, &circuit).unwrap();
        let protocol = extract::protocol(&vk).unwrap();
        let pk = keygen_pk(&params, vk, &circuit).unwrap();
        let srs = SrsPoints::new(
            extract::g1(&params.get_g()[1]).unwrap(),
            extract::g2(&params.s_g2()).unwrap(),
        )
        .unwrap();
        Setup {
            params,
            pk,
            protocol,
            srs,
            circuit,
            transcript: TranscriptKind::default(),
        }
    }

    fn prove(&self, seed: Option<Fr>) -> Vec<u8> {
        let mut transcript = ProofWriter::new(self.transcript);
        if let Some(seed) = seed {
            transcript.common_scalar(seed).unwrap();
        }
        self.prove_into(&mut transcript);
        transcript.finalize()
    }

    fn prove_into(&self, transcript: &mut ProofWriter) {
        let columns: Vec<&[Fr]> = self.circuit.instance.iter().map(Vec::as_slice).collect();
        create_proof::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<'_, Bn256>, Challenge255<_>, _, _, _>(
            &self.params,
            &self.pk,
            std::slice::from_ref(&self.circuit),
            &[&columns],
            OsRng,
            transcript,
        )
        .unwrap();
    }

    /// The stock verifier's verdict, without the checks that it leaves to its caller.
    fn stock_alone(
        &self,
        key: &HaloKey<G1Affine>,
        seed: Option<Fr>,
        instances: &[Vec<Fr>],
        proof: &[u8],
    ) -> bool {
        let columns: Vec<&[Fr]> = instances.iter().map(Vec::as_slice).collect();
        let valid = catch_unwind(AssertUnwindSafe(|| {
            let mut transcript = ProofReader::new(self.transcript, proof);
            if let Some(seed) = seed {
                transcript.common_scalar(seed).unwrap();
            }
            verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<'_, Bn256>, Challenge255<_>, _, _>(
                self.params.verifier_params(),
                key,
                SingleStrategy::new(&self.params),
                &[&columns],
                &mut transcript,
            )
            .is_ok()
        }));
        valid.unwrap_or(false)
    }

    /// The stock verifier's verdict on a proof of the right length in canonical encoding. (On its own it reads over
    /// trailing bytes and ignores the infinity flag of a point that is not at infinity.)
    fn stock(&self, seed: Option<Fr>, instances: &[Vec<Fr>], proof: &[u8]) -> bool {
        proof.len() == self.protocol.proof_bytes(self.transcript)
            && self
                .point_offsets()
                .into_iter()
                .all(|offset| self.is_canonical(&proof[offset..]))
            && self.stock_alone(self.pk.get_vk(), seed, instances, proof)
    }

    fn ours(&self, seed: Option<Fr>, instances: &[Vec<Fr>], proof: &[u8]) -> Result<(), VerifyError> {
        let instances: Vec<Vec<_>> = instances
            .iter()
            .map(|column| column.iter().map(extract::scalar).collect())
            .collect();
        let seed = seed.as_ref().map(extract::scalar);
        hazmat::verify_bare_proof(
            &self.srs,
            &self.protocol,
            seed,
            &instances,
            proof,
            self.transcript,
        )
    }

    /// Offsets of the points in a proof.
    fn point_offsets(&self) -> Vec<usize> {
        let (points, bytes) = (self.protocol.proof_points(), self.transcript.point_bytes());
        let end = self.protocol.proof_bytes(self.transcript);
        (0..points - 2)
            .map(|point| point * bytes)
            .chain([end - 2 * bytes, end - bytes])
            .collect()
    }

    fn is_canonical(&self, bytes: &[u8]) -> bool {
        // With both coordinates there is no second encoding that the stock verifier's reader would let pass.
        self.transcript == TranscriptKind::Keccak || is_canonical(&bytes[..32])
    }

    /// Both verdicts, which must be equal.
    #[track_caller]
    fn verdict(&self, seed: Option<Fr>, instances: &[Vec<Fr>], proof: &[u8], what: &str) -> bool {
        let (stock, ours) = (
            self.stock(seed, instances, proof),
            self.ours(seed, instances, proof),
        );
        assert_eq!(stock, ours.is_ok(), "{what}: ours says {ours:?}");
        stock
    }
}

fn is_canonical(bytes: &[u8]) -> bool {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    encoding.as_mut().copy_from_slice(bytes);
    let point: Option<G1Affine> = Option::from(G1Affine::from_bytes(&encoding));
    point.is_some_and(|point| point.to_bytes().as_ref() == bytes)
}

/// Everything that can happen to a proof and its instances.
fn agree_on(shape: Shape) {
    let mut setup = Setup::new(shape);
    for transcript in TranscriptKind::ALL {
        setup.transcript = transcript;
        agree_with(&setup);
    }
}

fn agree_with(setup: &Setup) {
    let instances = setup.circuit.instance.clone();
    let proof = setup.prove(None);
    assert_eq!(proof.len(), setup.protocol.proof_bytes(setup.transcript));
    assert!(setup.verdict(None, &instances, &proof, "honest proof"));
    for position in 0..proof.len() {
        let mut changed = proof.clone();
        changed[position] ^= 1 << (position % 8);
        assert!(!setup.verdict(None, &instances, &changed, &format!("byte {position}")));
    }
    for length in (0..proof.len())
        .step_by(61)
        .chain([proof.len() - 1, proof.len() - 32])
    {
        assert!(!setup.verdict(
            None,
            &instances,
            &proof[..length],
            &format!("first {length} bytes")
        ));
    }
    for extension in [1, 31, 32, 64] {
        let extended = [proof.clone(), vec![0; extension]].concat();
        assert!(!setup.verdict(None, &instances, &extended, &format!("{extension} more bytes")));
    }
    for (column, rows) in instances.iter().enumerate() {
        for row in 0..rows.len() {
            let mut changed = instances.clone();
            changed[column][row] += Fr::one();
            assert!(!setup.verdict(None, &changed, &proof, &format!("instance {column}, {row}")));
        }
    }
    assert!(!setup.verdict(Some(Fr::from(3)), &instances, &proof, "another seed"));
    let seeded = setup.prove(Some(Fr::from(3)));
    assert!(setup.verdict(Some(Fr::from(3)), &instances, &seeded, "seeded proof"));
    assert!(!setup.verdict(None, &instances, &seeded, "seed left out"));
}

#[test]
fn one_phase_without_permutation() {
    agree_on(Shape {
        width: 4,
        phases: 1,
        ..Shape::default()
    });
}

#[test]
fn instances_in_gates() {
    agree_on(Shape {
        width: 4,
        phases: 1,
        instances: 2,
        ..Shape::default()
    });
}

#[test]
fn two_permuted_columns_and_two_phases() {
    agree_on(Shape {
        width: 4,
        phases: 2,
        instances: 1,
        permuted: 1,
        ..Shape::default()
    });
}

#[test]
fn seven_permuted_columns_and_two_phases() {
    agree_on(Shape {
        width: 5,
        phases: 2,
        instances: 2,
        permuted: 5,
        ..Shape::default()
    });
}

#[test]
fn degree_above_what_gates_need() {
    // The last pieces of the quotient are zero, their commitments the point at infinity.
    agree_on(Shape {
        width: 4,
        phases: 1,
        instances: 1,
        degree: Some(6),
        ..Shape::default()
    });
}

#[test]
fn fixed_columns_only() {
    agree_on(Shape {
        width: 0,
        phases: 1,
        ..Shape::default()
    });
}

/// The stock prover makes a proof of anything; a wrong witness has to fall at the identities or the opening.
#[test]
fn proofs_of_wrong_witnesses_are_rejected() {
    let shape = Shape {
        width: 5,
        phases: 2,
        instances: 2,
        permuted: 5,
        ..Shape::default()
    };
    let mut setup = Setup::new(shape);
    let instances = setup.circuit.instance.clone();
    // Gates on columns 0 to 3, copies in the last row of columns 1 and 4, challenges in columns 5 and 6.
    for fault in [(0, 2), (1, 4), (2, 8), (3, 5), (1, 12), (4, 12), (5, 6), (6, 7)] {
        setup.circuit.fault = Some(fault);
        let proof = setup.prove(None);
        assert!(!setup.verdict(None, &instances, &proof, &format!("wrong cell {fault:?}")));
        assert_eq!(
            setup.ours(None, &instances, &proof),
            Err(VerifyError::PairingFailed)
        );
    }
    // A cell that nothing speaks about is free.
    setup.circuit.fault = Some((4, 5));
    let proof = setup.prove(None);
    assert!(setup.verdict(None, &instances, &proof, "free cell"));
}

#[test]
fn stock_verifier_ignores_what_we_do_not() {
    let setup = Setup::new(Shape {
        width: 4,
        phases: 1,
        instances: 1,
        ..Shape::default()
    });
    let instances = setup.circuit.instance.clone();
    let proof = setup.prove(None);
    let vk = setup.pk.get_vk();
    for offset in setup.point_offsets() {
        let mut flagged = proof.clone();
        flagged[offset + 31] |= 0x80;
        assert!(
            setup.stock_alone(vk, None, &instances, &flagged),
            "the stock verifier has become strict: say so in docs"
        );
        let error = setup.ours(None, &instances, &flagged).unwrap_err();
        assert!(
            matches!(error, VerifyError::Malformed { problem: Problem::NonCanonicalPoint, offset: o, .. } if o == offset),
            "{error}"
        );
    }
    let extended = [proof.as_slice(), &[0]].concat();
    assert!(setup.stock_alone(vk, None, &instances, &extended));
    let error = setup.ours(None, &instances, &extended).unwrap_err();
    assert!(
        matches!(
            error,
            VerifyError::Malformed {
                problem: Problem::TrailingBytes(1),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn malformed_elements_are_named() {
    let setup = Setup::new(Shape {
        width: 4,
        phases: 2,
        instances: 1,
        permuted: 1,
        ..Shape::default()
    });
    let instances = setup.circuit.instance.clone();
    let proof = setup.prove(None);
    let points = setup.point_offsets();
    let at = |offset: usize, bytes: &[u8]| {
        let mut changed = proof.clone();
        changed[offset..offset + 32].copy_from_slice(bytes);
        assert!(!setup.verdict(None, &instances, &changed, "malformed element"));
        match setup.ours(None, &instances, &changed).unwrap_err() {
            VerifyError::Malformed {
                problem,
                offset: found,
                ..
            } => {
                assert_eq!(found, offset);
                Some(problem)
            }
            VerifyError::PairingFailed => None,
            error => panic!("{error}"),
        }
    };
    let infinity = [[0u8; 31].as_slice(), &[0x80]].concat();
    let pieces = setup.protocol.quotient_pieces();
    let first_piece = points.len() - 2 - pieces;
    // x = 4: 4³ + 3 = 67 is not a square modulo the base field's order (the loop makes sure to find such an x).
    let off_curve = (1u8..)
        .map(|x| [[x].as_slice(), &[0; 31]].concat())
        .find(|bytes| !is_canonical(bytes))
        .unwrap();
    // The base field's order itself, little-endian.
    let order = hex::decode("47fd7cd8168c203c8dca7168916a81975d588181b64550b829a031e1724e6430").unwrap();
    for (position, offset) in points.iter().enumerate() {
        let is_piece = (first_piece..first_piece + pieces).contains(&position);
        let expected = (!is_piece).then_some(Problem::PointAtInfinity);
        assert_eq!(at(*offset, &infinity), expected);
        assert_eq!(at(*offset, &off_curve), Some(Problem::OffCurve));
        assert_eq!(at(*offset, &order), Some(Problem::NonCanonicalPoint));
    }
    let scalars = (0..proof.len())
        .step_by(32)
        .filter(|offset| !points.contains(offset));
    for offset in scalars {
        // The same scalar plus the field's order.
        let order = hex::decode("010000f093f5e1439170b97948e833285d588181b64550b829a031e1724e6430").unwrap();
        let mut carry = 0u16;
        let shifted: Vec<u8> = (0..32)
            .map(|i| {
                let sum = u16::from(proof[offset + i]) + u16::from(order[i]) + carry;
                carry = sum >> 8;
                sum as u8
            })
            .collect();
        assert_eq!(carry, 0);
        assert_eq!(at(offset, &shifted), Some(Problem::NonCanonicalScalar));
    }
}

/// The same with both coordinates and numbers as the EVM has them.
#[test]
fn malformed_words_are_named() {
    let mut setup = Setup::new(Shape {
        width: 4,
        phases: 2,
        instances: 1,
        permuted: 1,
        ..Shape::default()
    });
    setup.transcript = TranscriptKind::Keccak;
    let instances = setup.circuit.instance.clone();
    let proof = setup.prove(None);
    let points = setup.point_offsets();
    let at = |offset: usize, bytes: &[u8]| {
        let mut changed = proof.clone();
        changed[offset..offset + bytes.len()].copy_from_slice(bytes);
        assert!(!setup.verdict(None, &instances, &changed, "malformed element"));
        match setup.ours(None, &instances, &changed).unwrap_err() {
            VerifyError::Malformed {
                problem,
                offset: found,
                ..
            } => {
                assert_eq!(found, offset);
                Some(problem)
            }
            VerifyError::PairingFailed => None,
            error => panic!("{error}"),
        }
    };
    let word = |digits: &str| hex::decode(digits).unwrap();
    let base = word("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
    let order = word("30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");
    let pieces = setup.protocol.quotient_pieces();
    let first_piece = points.len() - 2 - pieces;
    let small = |value: u8| [[0; 31].as_slice(), &[value]].concat();
    for (position, offset) in points.iter().enumerate() {
        let is_piece = (first_piece..first_piece + pieces).contains(&position);
        let expected = (!is_piece).then_some(Problem::PointAtInfinity);
        assert_eq!(at(*offset, &[0; 64]), expected);
        assert_eq!(
            at(*offset, &[small(1), small(1)].concat()),
            Some(Problem::OffCurve)
        );
        // (1, 2) is the generator; here its x is written as 1 + q.
        let mut shifted = base.clone();
        shifted[31] += 1;
        assert_eq!(
            at(*offset, &[shifted, small(2)].concat()),
            Some(Problem::NonCanonicalPoint)
        );
        assert_eq!(
            at(*offset, &[small(1), base.clone()].concat()),
            Some(Problem::NonCanonicalPoint)
        );
    }
    let (first, last) = (64 * (points.len() - 2), proof.len() - 128);
    for offset in (first..last).step_by(32) {
        // The same scalar plus the field's order.
        let (mut shifted, mut carry) = (vec![0; 32], 0u16);
        for i in (0..32).rev() {
            let sum = u16::from(proof[offset + i]) + u16::from(order[i]) + carry;
            (shifted[i], carry) = (sum as u8, sum >> 8);
        }
        assert_eq!(carry, 0);
        assert_eq!(at(offset, &shifted), Some(Problem::NonCanonicalScalar));
    }
}
