//! Public values, and what is refused.

use crate::support::{self, key, srs};
use crate::{circuit, evm_key};
use ark_ff::{BigInteger, Field, PrimeField};
use hallmark_evm::{EvmError, EvmKey};
use hallmark_verifier::{CircuitKey, ElementKind, Form, Fr, Query, StatementValues, VerifyingKey};

/// A key for one input of two by two and one output of three, whose intervals and kinds are changed.
fn with_values(change: impl Fn(&mut CircuitKey)) -> Result<EvmKey, EvmError> {
    let mut own = circuit(support::protocol(5));
    change(&mut own);
    let key = VerifyingKey::new(srs(), key().model().clone(), vec![own]).unwrap();
    EvmKey::new(&key, Form::PUBLIC)
}

#[test]
fn values_take_as_few_bytes_as_their_interval_needs() {
    for (interval, width) in [
        ((0, 0), 1),
        ((-128, 127), 1),
        ((-129, 127), 2),
        ((-128, 128), 2),
        ((-(1 << 15), (1 << 15) - 1), 2),
        ((0, 1 << 15), 3),
        ((-(1 << 31), (1 << 31) - 1), 4),
        ((-(1 << 31) - 1, 0), 5),
        ((-(1 << 55), (1 << 55) - 1), 7),
        ((0, 1 << 55), 8),
        ((i64::MIN, i64::MAX), 8),
    ] {
        let key = with_values(|own| own.statement.entries[2].interval = interval).unwrap();
        let entry = &key.statement().entries()[2];
        assert_eq!(entry.width, width, "{interval:?}");
        let outputs = vec![interval.0, interval.1, interval.0 / 2];
        let values = StatementValues {
            nonce: [9; 32],
            inputs: vec![vec![1, -2, 127, -128]],
            input_commitment: None,
            outputs: vec![outputs.clone()],
        };
        let packed = key.statement().pack(&values).unwrap();
        assert_eq!(packed.len(), key.statement().bytes());
        assert_eq!(&packed[..36], [&[9; 32][..], &[1, 0xfe, 0x7f, 0x80]].concat());
        let signed = |bytes: &[u8]| {
            let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
            bytes
                .iter()
                .fold(sign, |number: i64, byte| number << 8 | i64::from(*byte))
        };
        let read: Vec<i64> = packed[entry.offset..entry.end()]
            .chunks_exact(width)
            .map(signed)
            .collect();
        assert_eq!(read, outputs);
        for outside in [interval.0.checked_sub(1), interval.1.checked_add(1)]
            .into_iter()
            .flatten()
        {
            let mut wrong = values.clone();
            wrong.outputs[0][1] = outside;
            let error = key.statement().pack(&wrong).unwrap_err();
            assert!(matches!(error, EvmError::Statement(_)), "{error}");
            assert!(error.to_string().contains(&outside.to_string()), "{error}");
        }
    }
}

/// What the format has no room or no meaning for is refused when the key is made.
#[test]
fn what_contracts_do_not_know_is_refused() {
    let scale = |element| with_values(|own| own.statement.entries[2].element = element);
    for scale_bits in [-(1 << 15), (1 << 15) - 1] {
        assert!(scale(ElementKind::Real { scale_bits }).is_ok());
    }
    let quantized = ElementKind::Quantized {
        scale: 0.5f32.to_bits(),
        zero_point: 3,
    };
    for element in [
        ElementKind::Real { scale_bits: 1 << 15 },
        ElementKind::Real {
            scale_bits: -(1 << 15) - 1,
        },
        quantized,
    ] {
        let error = scale(element).unwrap_err();
        assert!(
            matches!(&error, EvmError::Unsupported(what) if what.contains(&element.to_string())),
            "{error}"
        );
    }
    for element in [ElementKind::Integer, ElementKind::Boolean] {
        let key = scale(element).unwrap();
        assert_eq!(key.statement().entries()[2].scale_bits, 0);
    }
    let ahead = Query {
        column: 1,
        rotation: 1,
    };
    let distance = with_values(|own| own.protocol.instance_queries.push(ahead)).unwrap_err();
    assert!(
        distance.to_string().contains("at a distance of 1 rows"),
        "{distance}"
    );
    let none = EvmKey::new(&key(), Form::PUBLIC_BATCH).unwrap_err();
    assert!(none.to_string().contains("compile it with one"), "{none}");
}

/// Two keys differ in their words where their circuits do, and are the same bytes where they do not.
#[test]
fn keys_are_bound_to_model_and_circuit() {
    let same = [evm_key(support::protocol(5)), evm_key(support::protocol(5))];
    assert_eq!(same[0].data(), same[1].data());
    let mut other = support::protocol(5);
    other.transcript_repr += Fr::ONE;
    let other = evm_key(other);
    assert_ne!(other.data_digest(), same[0].data_digest());
    // The seed of the transcript and the circuit's representation, big-endian.
    let word = |key: &EvmKey, word: usize| key.data()[32 * word..32 * (word + 1)].to_vec();
    assert_ne!(word(&other, 3), word(&same[0], 3));
    assert_eq!(word(&same[0], 4), Fr::from(99u64).into_bigint().to_bytes_be());
    assert_eq!(word(&other, 4), Fr::from(100u64).into_bigint().to_bytes_be());
    // The code of a key contract stops at once, and its deployment returns it.
    assert_eq!(same[0].code()[0], 0);
    assert_eq!(&same[0].init_code()[10..], same[0].code());
    assert_eq!(
        usize::from(u16::from_be_bytes([
            same[0].init_code()[1],
            same[0].init_code()[2]
        ])),
        same[0].code().len()
    );
}
