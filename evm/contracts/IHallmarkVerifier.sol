// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title What a contract that consumes Hallmark proofs calls.
/// @dev Every function returns nothing and reverts unless all is valid.
interface IHallmarkVerifier {
    /// A proof with what it speaks about.
    struct Claim {
        /// The model's key contract. Whoever calls has to know that it is the right one.
        address key;
        /// The public values, packed as the key says: `hallmark evm calldata` makes them.
        bytes statement;
        /// The proof, with the Keccak transcript.
        bytes proof;
    }

    /// The contract has no such function.
    error UnknownFunction();
    /// The arguments are not encoded in the one canonical way.
    error MalformedCalldata();
    /// There is no key of this format at this address, or it is damaged.
    error UnknownKey();
    /// The key breaks an invariant of its format (docs/evm.md): `hallmark evm key` makes none such.
    error MalformedKey();
    /// The key's bytes do not have the digest that was asked for.
    error WrongKeyDigest();
    /// The statement has another length than the key's.
    error StatementLength();
    /// A public value lies outside the interval that the key gives it.
    error ValueOutOfRange();
    /// The proof has another length than proofs for this key.
    error ProofLength();
    /// A scalar of the proof is not less than the field's order.
    error ScalarNotCanonical();
    /// A coordinate of the proof is not less than the base field's order.
    error CoordinateNotCanonical();
    /// A point of the proof is not on the curve.
    error PointNotOnCurve();
    /// A point of the proof is at infinity.
    error PointAtInfinity();
    /// A challenge hit a point that has no inverse; no honest proof does, but for a chance below 2^-200.
    error DegenerateChallenge();
    /// A precompiled contract failed, most likely for too little gas.
    error PrecompileFailed();
    /// The proof is well-formed and proves something else.
    error ProofInvalid();
    /// A batch is empty.
    error EmptyBatch();
    /// The keys of a batch are over different reference strings, which cannot share a pairing check.
    error DifferentReferenceStrings();

    /// @notice Checks one proof against a key contract. What a proof is worth depends on the key: a contract that is given the address
    /// by somebody else has to compare its `codehash` with the one that it knows.
    function verify(address key, bytes calldata statement, bytes calldata proof) external view;

    /// @notice Checks one proof against a key that is given as data and known by its Keccak-256 digest: for keys that are too
    /// large for a contract, or used once.
    function verifyWithKey(bytes32 keyDigest, bytes calldata key, bytes calldata statement, bytes calldata proof)
        external
        view;

    /// @notice Checks many proofs, also of different models, with one pairing check. Nobody's key has a say about another key's claims.
    function verifyBatch(Claim[] calldata claims) external view;

    /// @notice Whether a contract is a well-formed key of this format at this moment; reverts if not. It says nothing about the model,
    /// and nothing about the address: in the transaction that makes a contract, its init code can have it destroyed at the end, and
    /// another key made there later. Never store an address on the strength of this; compare its `codehash` in every call.
    function checkKey(address key) external view;
}
