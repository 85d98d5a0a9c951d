//! Models, keys and bundles: what a proof is bound to, and batches.

use super::Setup;
use super::family::Shape;
use hallmark_prover::extract;
use hallmark_prover::transcript::ProofWriter;
use hallmark_verifier::{
    Bundle, CircuitKey, ElementKind, Entry, EntryKind, Form, ModelDescription, ModelId, Problem, Protocol,
    SrsPolicy, Statement, StatementValues, TranscriptKind, VerifyError, VerifyOptions, VerifyingKey, hazmat,
    verify, verify_batch, verify_with,
};

/// A model with a statement of one nonce, one input of 2×3 and one output of 4, in two instance columns.
pub struct Model {
    pub setup: Setup,
    pub key: VerifyingKey,
    pub bundle: Bundle,
}

fn statement() -> Statement {
    let entry = |kind, name: &str, shape: &[usize], first| Entry {
        kind,
        name: name.into(),
        shape: shape.to_vec(),
        element: ElementKind::Real { scale_bits: 4 },
        interval: (-100, 100),
        first,
    };
    Statement {
        columns: 2,
        entries: vec![
            entry(EntryKind::Nonce, "nonce", &[], 0),
            entry(EntryKind::Input, "image", &[2, 3], 2),
            entry(EntryKind::Output, "scores", &[4], 9),
        ],
        length: 13,
    }
}

fn model(name: &str) -> Model {
    let shape = Shape {
        width: 5,
        phases: 2,
        instances: 2,
        permuted: 3,
        ..Shape::default()
    };
    model_of(name, shape, TranscriptKind::Blake2b)
}

/// A model whose circuit has two instance columns, with a proof.
pub fn model_of(name: &str, shape: Shape, transcript: TranscriptKind) -> Model {
    let values = StatementValues {
        nonce: *b"an arbitrary nonce of 32 bytes..",
        inputs: vec![vec![1, -2, 3, -4, 5, -100]],
        input_commitment: None,
        outputs: vec![vec![100, 0, -7, 9]],
    };
    let instances = statement().instances(&values).unwrap();
    let instances = instances
        .iter()
        .map(|c| c.iter().map(extract::halo_scalar).collect())
        .collect();
    let mut setup = Setup::with(shape, instances);
    setup.transcript = transcript;
    let description = ModelDescription {
        name: name.into(),
        parameters: 5,
        graph_digest: [3; 32],
        layers: vec!["a layer".into()],
        bits: 12,
        target: "fast".into(),
    };
    let circuit = CircuitKey {
        form: Form::PUBLIC,
        graph_digest: [3; 32],
        statement: statement(),
        protocol: setup.protocol.clone(),
    };
    let key = VerifyingKey::new(setup.srs.clone(), description, vec![circuit]).unwrap();
    let mut writer = ProofWriter::seeded(transcript, &key.model_id(), Form::PUBLIC);
    setup.prove_into(&mut writer);
    let bundle = Bundle {
        model_id: key.model_id(),
        form: Form::PUBLIC,
        transcript,
        srs_digest: key.srs().digest(),
        values,
        proof: writer.finalize(),
    };
    Model { setup, key, bundle }
}

#[test]
fn bundles_bind_what_they_say() {
    let Model { setup, key, bundle } = model("one");
    let id = key.model_id();
    let verified = verify(&key, &id, &bundle).unwrap();
    let words = verified.to_string();
    for word in [
        "SRS of unknown origin",
        &id.to_string(),
        "\"image\" (2×3",
        "\"scores\" (4",
        "nonce",
    ] {
        assert!(words.contains(word), "{word} not in:\n{words}");
    }
    // The stock verifier takes the same proof with the same seed.
    let seed = Some(extract::halo_scalar(&key.transcript_seed(Form::PUBLIC)));
    assert!(setup.verdict(seed, &setup.circuit.instance, &bundle.proof, "bundle's proof"));

    // Both forms carry everything.
    assert_eq!(Bundle::parse(&bundle.to_bytes()).unwrap(), bundle);
    assert_eq!(Bundle::parse(bundle.to_json().as_bytes()).unwrap(), bundle);
    assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).unwrap(), key);

    let rejected = |change: &dyn Fn(&mut Bundle)| {
        let mut changed = bundle.clone();
        change(&mut changed);
        verify(&key, &id, &changed).unwrap_err()
    };
    assert_eq!(rejected(&|b| b.values.nonce[31] ^= 1), VerifyError::PairingFailed);
    assert_eq!(
        rejected(&|b| b.values.inputs[0][4] += 1),
        VerifyError::PairingFailed
    );
    assert_eq!(
        rejected(&|b| b.values.outputs[0][0] -= 1),
        VerifyError::PairingFailed
    );
    assert!(matches!(
        rejected(&|b| b.values.outputs[0][0] += 1),
        VerifyError::OutsideInterval {
            index: 0,
            value: 101,
            ..
        }
    ));
    assert!(matches!(
        rejected(&|b| b.values.inputs[0].truncate(5)),
        VerifyError::StatementShape { .. }
    ));
    assert!(matches!(
        rejected(&|b| b.values.outputs.clear()),
        VerifyError::StatementShape { .. }
    ));
    assert!(matches!(
        rejected(&|b| b.values.input_commitment = Some([0; 32])),
        VerifyError::StatementShape { .. }
    ));
    assert!(matches!(
        rejected(&|b| b.model_id.0[0] ^= 1),
        VerifyError::WrongModel { .. }
    ));
    assert!(matches!(
        rejected(&|b| b.srs_digest[3] ^= 1),
        VerifyError::WrongSrs { .. }
    ));
    assert!(matches!(
        rejected(&|b| b.form = Form::PRIVATE_INPUT),
        VerifyError::NoSuchCircuit(Form::PRIVATE_INPUT)
    ));
    assert!(matches!(
        verify(&key, &ModelId([9; 32]), &bundle),
        Err(VerifyError::WrongKey { .. })
    ));

    let options = |nonce| VerifyOptions {
        nonce: Some(nonce),
        ..VerifyOptions::default()
    };
    verify_with(&key, &id, &bundle, &options(bundle.values.nonce)).unwrap();
    assert!(matches!(
        verify_with(&key, &id, &bundle, &options([1; 32])),
        Err(VerifyError::WrongNonce { .. })
    ));
    let with = |srs| VerifyOptions {
        srs,
        ..VerifyOptions::default()
    };
    verify_with(&key, &id, &bundle, &with(SrsPolicy::strict())).unwrap();
    let ceremonies = SrsPolicy {
        only_ceremonies: true,
        ..SrsPolicy::default()
    };
    assert!(matches!(
        verify_with(&key, &id, &bundle, &with(ceremonies)),
        Err(VerifyError::UnknownSrs(_))
    ));
}

#[test]
fn a_proof_is_bound_to_the_whole_key() {
    let Model {
        setup,
        key,
        mut bundle,
    } = model("one");
    // The same circuits under another description are another model.
    let mut description = key.model().clone();
    description.parameters += 1;
    let other = VerifyingKey::new(key.srs().clone(), description, key.circuits().to_vec()).unwrap();
    assert_ne!(other.model_id(), key.model_id());
    bundle.model_id = other.model_id();
    assert_eq!(
        verify(&other, &other.model_id(), &bundle),
        Err(VerifyError::PairingFailed)
    );
    // Another fixed column, another transcript representation, another gate: the stock verifier on the changed
    // key would reject too, as the first change shows.
    let mut protocol = setup.protocol.clone();
    protocol.fixed_commitments.swap(0, 1);
    let proof = setup.prove(None);
    let instances: Vec<Vec<_>> = setup
        .circuit
        .instance
        .iter()
        .map(|column| column.iter().map(extract::scalar).collect())
        .collect();
    let check = |protocol: &Protocol| {
        hazmat::verify_bare_proof(
            &setup.srs,
            protocol,
            None,
            &instances,
            &proof,
            TranscriptKind::Blake2b,
        )
    };
    assert_eq!(check(&setup.protocol), Ok(()));
    assert_eq!(check(&protocol), Err(VerifyError::PairingFailed));
    let mut protocol = setup.protocol.clone();
    protocol.permutation_commitments.swap(0, 1);
    assert_eq!(check(&protocol), Err(VerifyError::PairingFailed));
    let mut protocol = setup.protocol.clone();
    protocol.gates.swap(0, 1);
    assert_eq!(check(&protocol), Err(VerifyError::PairingFailed));
    let mut protocol = setup.protocol.clone();
    protocol.transcript_repr += hallmark_verifier::integer(1);
    assert_eq!(check(&protocol), Err(VerifyError::PairingFailed));
    let another = Setup::new(setup.circuit.shape);
    assert!(!another.verdict(None, &another.circuit.instance, &setup.prove(None), "another SRS"));
}

#[test]
fn batches_name_the_bad_ones() {
    let (one, two) = (model("one"), model("two"));
    let ids = (one.key.model_id(), two.key.model_id());
    let mut wrong = two.bundle.clone();
    wrong.values.outputs[0][1] = 5;
    let mut truncated = one.bundle.clone();
    truncated.proof.pop();
    let good = [
        (&one.key, &ids.0, &one.bundle),
        (&two.key, &ids.1, &two.bundle),
        (&one.key, &ids.0, &one.bundle),
    ];
    assert_eq!(verify_batch(&good).unwrap().len(), 3);
    assert_eq!(verify_batch(&[]).unwrap(), vec![]);
    let mixed = [
        (&one.key, &ids.0, &truncated),
        (&two.key, &ids.1, &two.bundle),
        (&two.key, &ids.1, &wrong),
        (&one.key, &ids.0, &one.bundle),
    ];
    let Err(VerifyError::Batch(failures)) = verify_batch(&mixed) else {
        panic!("accepted")
    };
    let positions: Vec<usize> = failures.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions, [0, 2]);
    assert!(matches!(
        failures[0].1,
        VerifyError::Malformed {
            problem: Problem::Truncated { .. },
            ..
        }
    ));
    assert_eq!(failures[1].1, VerifyError::PairingFailed);
}
