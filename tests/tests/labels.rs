//! What keys and proofs say about themselves is not believed: SRSs are recognised by their points, ids do not depend on
//! file names or caches, and a key's circuits are of one model.

#![allow(clippy::unwrap_used, clippy::panic)]

use hallmark_circuits::Target;
use hallmark_model::ops::integer::Linear;
use hallmark_model::{QOp, QuantizedGraph};
use hallmark_prover::cache::Cache;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::{Srs, SrsStore};
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, ProverError, compile, extract};
use hallmark_tests::suite::linear;
use hallmark_verifier::{
    Bundle, ElementKind, Form, ModelId, Provenance, SrsPolicy, VerifyError, VerifyOptions, VerifyingKey,
    hazmat, verify_batch, verify_batch_with, verify_with,
};
use halo2_proofs::halo2curves::bn256::{Bn256, Fr as HaloFr, G1};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::group::{Curve, GroupEncoding};
use halo2_proofs::poly::commitment::Params;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use rand_chacha::ChaCha20Rng;
use rand_core::{OsRng, SeedableRng};
use std::io::Cursor;
use std::sync::Arc;

const DESCRIPTION: Description<'_> = Description {
    name: "m",
    bits: 4,
    target: "fast",
};

fn strict() -> VerifyOptions {
    VerifyOptions {
        srs: SrsPolicy::strict(),
        ..VerifyOptions::default()
    }
}

/// halo2's parameter file with a secret of one's own.
fn own_file() -> Vec<u8> {
    let mut file = Vec::new();
    ParamsKZG::<Bn256>::setup(9, OsRng).write(&mut file).unwrap();
    file
}

/// Whoever knows the secret forges a proof of other outputs; the report calls the SRS insecure, and a policy refuses it,
/// alone and in batches.
#[test]
fn a_forged_proof_over_a_public_secret_is_called_what_it_is() {
    let case = linear::one_row();
    let circuit = PlannedCircuit::new(&case.graph, Target::Fast, Form::PUBLIC).unwrap();
    let circuits = std::slice::from_ref(&circuit);
    let mut compiled = compile(circuits, DESCRIPTION, &Srs::development, None, &Silent).unwrap();
    let srs = Srs::development(circuit.k()).unwrap();
    let key = Arc::clone(&compiled.key);
    let prover = Prover::new(circuit, compiled.keys.remove(0), srs, Arc::clone(&key));
    let bundle = prover
        .prove(&case.trace, &ProveOptions::default(), &Silent)
        .unwrap()
        .bundle;
    let id = key.model_id();
    let mut lie = bundle.clone();
    for value in &mut lie.values.outputs[0] {
        *value = if *value == 3 { -4 } else { 3 };
    }
    assert_ne!(lie.values.outputs, bundle.values.outputs);
    assert_eq!(
        verify_with(&key, &id, &lie, &VerifyOptions::default()),
        Err(VerifyError::PairingFailed)
    );
    forge(&key, &mut lie);
    let verified = verify_with(&key, &id, &lie, &VerifyOptions::default()).unwrap();
    assert!(verified.srs.is_insecure());
    assert!(
        verified
            .to_string()
            .contains("an INSECURE SRS, by its points Hallmark's development SRS")
    );
    assert!(matches!(
        verify_with(&key, &id, &lie, &strict()),
        Err(VerifyError::InsecureSrs(_))
    ));
    let options = strict();
    let batch = [(&*key, &id, &lie, &options), (&*key, &id, &bundle, &options)];
    assert!(matches!(
        verify_batch_with(&batch),
        Err(VerifyError::Batch(failures)) if failures.len() == 2
    ));
    verify_batch(&[(&*key, &id, &lie)]).unwrap();
}

/// e(W′, s·g2) = e(A + u·W′, g2) for W′ = A/(s − u), where A are all terms but the last.
fn forge(key: &VerifyingKey, bundle: &mut Bundle) {
    let secret = HaloFr::random(ChaCha20Rng::from_seed(*b"hallmark development srs, INSEC!"));
    let (scalars, bases) = hazmat::terms(key, bundle).unwrap();
    let (u, scalars) = scalars.split_last().unwrap();
    let (_, bases) = bases.split_last().unwrap();
    let sum: G1 = scalars
        .iter()
        .zip(bases)
        .map(|(scalar, base)| extract::halo_g1(base) * extract::halo_scalar(scalar))
        .sum();
    let forged = sum * (secret - extract::halo_scalar(u)).invert().unwrap();
    let at = bundle.proof.len() - 32;
    bundle.proof[at..].copy_from_slice(forged.to_affine().to_bytes().as_ref());
}

/// The same SRS under two names, through a fresh cache, a used one and none, gives one id; another SRS gives another.
#[test]
fn ids_do_not_depend_on_file_names_or_caches() {
    let case = linear::one_row();
    let circuit = PlannedCircuit::new(&case.graph, Target::Fast, Form::PUBLIC).unwrap();
    let id = |get: &dyn Fn(u32) -> Result<Srs, ProverError>| -> ModelId {
        let circuits = std::slice::from_ref(&circuit);
        compile(circuits, DESCRIPTION, get, None, &Silent)
            .unwrap()
            .key
            .model_id()
    };
    let file = own_file();
    let import = |name: &str| Srs::import(&mut Cursor::new(&file), name, None).unwrap();
    let names = ["powersOfTau28_hez_final_09.ptau", "ppot_0080_09.ptau", ""];
    let expected = id(&|k| import(names[0]).downsized(k));
    for name in names {
        assert_eq!(id(&|k| import(name).downsized(k)), expected, "{name}");
    }
    // A cache in which the SRS was first kept under another name, and one that is new.
    let folder = tempfile::tempdir().unwrap();
    for (first, then) in [(names[0], names[1]), (names[1], names[0])] {
        let store = SrsStore::new(Cache::new(folder.path().join(first)));
        store.put(&import(first)).unwrap();
        store.put(&import(then).downsized(circuit.k()).unwrap()).unwrap();
        for _ in 0..2 {
            assert_eq!(
                id(&|k| store.get(import(then).digest(), then, k, &Silent)),
                expected
            );
        }
    }
    let other = Srs::import(&mut Cursor::new(&own_file()), names[0], None).unwrap();
    assert_ne!(id(&|k| other.clone().downsized(k)), expected);
}

/// The digest in a key is that of its points, and a bundle that names another is refused.
#[test]
fn an_unknown_srs_is_unknown_under_every_name() {
    let case = linear::one_row();
    let circuit = PlannedCircuit::new(&case.graph, Target::Fast, Form::PUBLIC).unwrap();
    let file = own_file();
    let get = |k| Srs::import(&mut Cursor::new(&file), "powersOfTau28_hez_final_20.ptau", None)?.downsized(k);
    let mut compiled = compile(std::slice::from_ref(&circuit), DESCRIPTION, &get, None, &Silent).unwrap();
    let (key, k) = (Arc::clone(&compiled.key), circuit.k());
    assert_eq!(key.srs().provenance(), &Provenance::Unknown);
    let prover = Prover::new(
        circuit,
        compiled.keys.remove(0),
        get(k).unwrap(),
        Arc::clone(&key),
    );
    let bundle = prover
        .prove(&case.trace, &ProveOptions::default(), &Silent)
        .unwrap()
        .bundle;
    let id = key.model_id();
    let with = |srs| {
        let options = VerifyOptions {
            srs,
            ..VerifyOptions::default()
        };
        verify_with(&key, &id, &bundle, &options)
    };
    let verified = with(SrsPolicy::strict()).unwrap();
    assert!(
        verified.to_string().contains("an SRS of unknown origin"),
        "{verified}"
    );
    let ceremonies = SrsPolicy {
        only_ceremonies: true,
        ..SrsPolicy::default()
    };
    assert!(matches!(with(ceremonies), Err(VerifyError::UnknownSrs(_))));
    let only = |digest| SrsPolicy {
        only: Some(vec![digest]),
        ..SrsPolicy::default()
    };
    with(only(key.srs().digest())).unwrap();
    assert!(matches!(
        with(only(Srs::development_digest())),
        Err(VerifyError::OtherSrs { .. })
    ));
}

/// Two models of one shape: neither compilation nor a key puts the circuits of both under one id.
#[test]
fn circuits_of_two_models_make_no_key() {
    let a = linear::one_row().graph;
    let mut b = QuantizedGraph::clone(&a);
    for node in &mut b.nodes {
        if let QOp::Linear(Linear { weight, .. }) = &mut node.op {
            let first = weight.iter_mut().next().unwrap();
            *first += if *first > 0 { -1 } else { 1 };
        }
    }
    let b = Arc::new(b);
    assert_ne!(a.digest(), b.digest());
    let public = PlannedCircuit::new(&a, Target::Fast, Form::PUBLIC).unwrap();
    let private = PlannedCircuit::new(&b, Target::Fast, Form::PRIVATE_INPUT).unwrap();
    let mixed = compile(
        &[public.clone(), private.clone()],
        DESCRIPTION,
        &Srs::development,
        None,
        &Silent,
    );
    assert!(matches!(
        mixed.err(),
        Some(ProverError::DifferentModels {
            form: Form::PRIVATE_INPUT
        })
    ));
    let key = |circuit: PlannedCircuit| {
        compile(&[circuit], DESCRIPTION, &Srs::development, None, &Silent)
            .unwrap()
            .key
    };
    let (one, two) = (key(public), key(private));
    let circuits = vec![one.circuits()[0].clone(), two.circuits()[0].clone()];
    let mixed = VerifyingKey::new(one.srs().clone(), one.model().clone(), circuits.clone());
    assert!(
        matches!(mixed, Err(VerifyError::InconsistentKey { .. })),
        "{mixed:?}"
    );
    // An author who lies about the graph gets a key of circuits that look alike, but not of circuits that do not.
    let mut lie = circuits;
    lie[1].graph_digest = a.digest();
    VerifyingKey::new(one.srs().clone(), one.model().clone(), lie.clone()).unwrap();
    for entry in &mut lie[1].statement.entries {
        entry.element = ElementKind::Integer;
    }
    let mixed = VerifyingKey::new(one.srs().clone(), one.model().clone(), lie);
    assert!(
        matches!(mixed, Err(VerifyError::InconsistentKey { .. })),
        "{mixed:?}"
    );
}
