// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkKey} from "./HallmarkKey.sol";
import {HallmarkOutput} from "./HallmarkOutput.sol";
import {IERC165, IERCZKMLRegistry, IERCZKMLVerifier} from "./IERC7992.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";
import {ReferenceString} from "./ReferenceString.sol";

/// @title Models and verified inferences after the draft ERC-7992.
/// @notice `modelHash` is Hallmark's model id, `vkHash` the code hash of a published key, `circuitHash` the digest of the key's data; all
/// three are compared with the key when a model is registered. What a model id stands for never changes: `updateModel` changes nothing
/// but the URI, another key is another id. Nobody owns the registry; every model's owner is whoever registered it.
/// @dev A key is made by whoever has the model. That it has these hashes and this reference string is checked here; that it is the key of
/// what its maker says can only be checked by making it again (`hallmark evm key`).
contract HallmarkRegistry is IERC165, IERCZKMLRegistry, IERCZKMLVerifier {
    /// keccak256("halo2-shplonk-bn254-hallmark-v1"), the first four bytes.
    bytes4 public constant PROOF_SYSTEM = bytes4(keccak256("halo2-shplonk-bn254-hallmark-v1"));
    /// What input commitments begin with.
    bytes32 public constant INPUT_DOMAIN = keccak256("hallmark input commitment v1");
    /// The contract that checks proofs, and its code's hash when this one was made.
    IHallmarkVerifier public immutable verifier;
    bytes32 public immutable verifierCodeHash;
    /// The reference string that all keys have: Keccak-256 of the points [1]₁, [s]₂, [1]₂ as keys have them.
    bytes32 public immutable srs;
    /// Whether whoever made this registry said that proofs over its reference string can be forged. Nothing of value may rest on it then.
    /// If not, the secret is none of those in a table, and no number up to 1024; programs off the chain recognise more.
    bool public immutable insecureSrs;

    struct Model {
        address owner;
        bool deprecated;
        address key;
        ModelCommitment commitment;
    }

    mapping(uint256 modelId => Model) private models;
    /// Key contracts by code hash. This contract has made them all.
    mapping(bytes32 codeHash => address) public keys;

    event KeyPublished(bytes32 indexed codeHash, address indexed key);

    /// The verifier is no contract, or its code has changed.
    error OtherVerifier(address verifier);
    /// Anybody can forge proofs over this reference string: its secret is known.
    error InsecureReferenceString();
    /// The points are none, or they are not multiples by one secret.
    error InconsistentReferenceString();
    /// The key has another reference string than this registry.
    error OtherReferenceString(bytes32 found);
    /// A contract with these data cannot be made: they are longer than code may be, or there is too little gas.
    error KeyNotCreated(uint256 length);
    /// No key with this code hash was published.
    error KeyNotPublished(bytes32 vkHash);
    /// The key's data have another digest.
    error CircuitHashMismatch(bytes32 found);
    /// The key was made for another model.
    error ModelHashMismatch(bytes32 modelHash);
    /// The caller has registered this commitment before.
    error AlreadyRegistered(uint256 modelId);
    /// Only the URI of a model may change.
    error ModelIsImmutable(uint256 modelId);

    /// @param verifier_ The verifier.
    /// @param first [s]₁ of the reference string. The generators are BN254's.
    /// @param second [s]₂, as EIP-197 has points: imaginary part of x, real part, the same of y.
    /// @param insecure Has to be said if the string's secret is known, as that of the development string is: for test chains.
    constructor(IHallmarkVerifier verifier_, uint256[2] memory first, uint256[4] memory second, bool insecure) {
        if (address(verifier_).code.length == 0) revert OtherVerifier(address(verifier_));
        (verifier, verifierCodeHash) = (verifier_, address(verifier_).codehash);
        if (!ReferenceString.isConsistent(first, second)) revert InconsistentReferenceString();
        // Secrets 1 and −1 are as good as told; 0 has been refused.
        if (first[0] == 1) revert InsecureReferenceString();
        if (!insecure && (ReferenceString.isPublic(first) || ReferenceString.isSmall(first))) {
            revert InsecureReferenceString();
        }
        srs = keccak256(abi.encode(uint256(1), uint256(2), second, ReferenceString.generator()));
        insecureSrs = insecure;
    }

    /// @notice Makes a contract of a key's data, unless there is one. Anybody may; what counts is its code. It begins with a zero byte and
    /// is made here, so it can neither be destroyed nor changed.
    /// @param data The key as data: `hallmark evm key --data`.
    function publishKey(bytes calldata data) external returns (address key) {
        bytes32 codeHash = keccak256(bytes.concat(hex"00", data));
        key = keys[codeHash];
        if (key != address(0)) return key;
        bytes32 found = HallmarkKey.referenceString(data);
        if (found != srs) revert OtherReferenceString(found);
        if (data.length >= type(uint16).max) revert KeyNotCreated(data.length);
        // PUSH2 length, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN; then the code.
        bytes memory init = bytes.concat(hex"61", bytes2(uint16(data.length + 1)), hex"80600a5f395ff300", data);
        assembly ("memory-safe") {
            key := create(0, add(init, 0x20), mload(init))
        }
        if (key == address(0) || key.codehash != codeHash) revert KeyNotCreated(data.length);
        verifier.checkKey(key);
        HallmarkKey.outputs(HallmarkKey.load(key));
        keys[codeHash] = key;
        emit KeyPublished(codeHash, key);
    }

    /// @inheritdoc IERCZKMLRegistry
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId) {
        if (commitment.proofSystemId != PROOF_SYSTEM) revert UnsupportedProofSystem(commitment.proofSystemId);
        address key = keys[commitment.vkHash];
        if (key == address(0)) revert KeyNotPublished(commitment.vkHash);
        bytes memory data = loaded(key, commitment.vkHash);
        bytes32 digest = keccak256(data);
        if (commitment.circuitHash != digest) revert CircuitHashMismatch(digest);
        if (!HallmarkKey.isMadeFor(data, commitment.modelHash)) revert ModelHashMismatch(commitment.modelHash);
        modelId = modelIdOf(msg.sender, commitment.modelHash, commitment.circuitHash, commitment.vkHash);
        Model storage model = models[modelId];
        if (model.owner != address(0)) revert AlreadyRegistered(modelId);
        (model.owner, model.key, model.commitment) = (msg.sender, key, commitment);
        emit ModelRegistered(modelId, msg.sender, commitment);
    }

    /// @notice The id under which `owner` registers a commitment.
    function modelIdOf(address owner, bytes32 modelHash, bytes32 circuitHash, bytes32 vkHash)
        public
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(PROOF_SYSTEM, owner, modelHash, circuitHash, vkHash)));
    }

    /// @inheritdoc IERCZKMLRegistry
    function updateModel(uint256 modelId, ModelCommitment calldata newCommitment) external {
        Model storage model = owned(modelId);
        ModelCommitment memory old = model.commitment;
        if (
            newCommitment.modelHash != old.modelHash || newCommitment.circuitHash != old.circuitHash
                || newCommitment.vkHash != old.vkHash || newCommitment.proofSystemId != old.proofSystemId
        ) revert ModelIsImmutable(modelId);
        model.commitment.uri = newCommitment.uri;
        emit ModelUpdated(modelId, old, newCommitment);
    }

    /// @inheritdoc IERCZKMLRegistry
    function deprecateModel(uint256 modelId) external {
        owned(modelId).deprecated = true;
        emit ModelDeprecated(modelId);
    }

    /// @inheritdoc IERCZKMLRegistry
    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner)
    {
        Model storage model = existing(modelId);
        return (model.commitment, model.deprecated, model.owner);
    }

    /// @notice The key contract of a model.
    function keyOf(uint256 modelId) external view returns (address) {
        return existing(modelId).key;
    }

    /// @notice The output tensors of a model: shape, scale and interval.
    function outputsOf(uint256 modelId) external view returns (HallmarkKey.Tensor[] memory tensors) {
        Model storage model = existing(modelId);
        (tensors,,) = HallmarkKey.outputs(loaded(model.key, model.commitment.vkHash));
    }

    /// @inheritdoc IERCZKMLVerifier
    function proofSystemOf(uint256 modelId) external view returns (bytes4) {
        return existing(modelId).commitment.proofSystemId;
    }

    /// @inheritdoc IERCZKMLVerifier
    function registry() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERCZKMLRegistry).interfaceId
            || interfaceId == type(IERCZKMLVerifier).interfaceId;
    }

    /// @notice The commitment to an input. `inputs` are the packed public inputs, or the 32 bytes of the commitment to private
    /// ones. The nonce makes an inference unique: contracts that act on a proof choose it or remember it.
    function inputCommitmentOf(bytes32 nonce, bytes memory inputs) public pure returns (bytes32) {
        return keccak256(abi.encode(INPUT_DOMAIN, nonce, keccak256(inputs)));
    }

    /// @inheritdoc IERCZKMLVerifier
    /// @dev `output` is `abi.encode(int256[])` of all outputs' integers, `proof` is
    /// `abi.encode(bytes32 nonce, bytes inputs, bytes proof)`, both canonical. The verifier's own errors say more than `InvalidProof`.
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external
    {
        Model storage model = existing(modelId);
        if (model.deprecated) revert VerificationRefused_ModelDeprecated(modelId);
        if (address(verifier).codehash != verifierCodeHash) revert OtherVerifier(address(verifier));
        address key = model.key;
        bytes memory data = loaded(key, model.commitment.vkHash);
        (bytes32 nonce, bytes calldata inputs, bytes calldata inner) = opened(proof);
        if (inputCommitmentOf(nonce, inputs) != inputCommitment) revert InputCommitmentMismatch();
        bytes memory statement = bytes.concat(nonce, inputs, packOutputs(data, inputs.length, output));
        try verifier.verify(key, statement, inner) {}
        catch (bytes memory reason) {
            if (saysInvalid(reason)) revert InvalidProof();
            // Too little gas, most likely.
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
        emit InferenceVerified(modelId, inputCommitment, output, msg.sender);
    }

    /// Whether the verifier has found that the proof does not hold.
    function saysInvalid(bytes memory reason) private pure returns (bool) {
        if (reason.length != 4) return false;
        bytes4 error_ = bytes4(reason);
        return error_ == IHallmarkVerifier.ProofInvalid.selector || error_ == IHallmarkVerifier.ProofLength.selector
            || error_ == IHallmarkVerifier.ValueOutOfRange.selector
            || error_ == IHallmarkVerifier.ScalarNotCanonical.selector
            || error_ == IHallmarkVerifier.CoordinateNotCanonical.selector
            || error_ == IHallmarkVerifier.PointNotOnCurve.selector
            || error_ == IHallmarkVerifier.PointAtInfinity.selector
            || error_ == IHallmarkVerifier.DegenerateChallenge.selector;
    }

    /// Takes the envelope apart, whose only encoding is the canonical one.
    function opened(bytes calldata proof)
        private
        pure
        returns (bytes32 nonce, bytes calldata inputs, bytes calldata inner)
    {
        if (proof.length < 0xa0) revert InvalidProof();
        nonce = bytes32(proof[0:0x20]);
        uint256 length = uint256(bytes32(proof[0x60:0x80]));
        if (length > proof.length - 0xa0) revert InvalidProof();
        inputs = proof[0x80:0x80 + length];
        uint256 next = 0xa0 + (length + 31) / 32 * 32;
        if (next > proof.length) revert InvalidProof();
        length = uint256(bytes32(proof[next - 0x20:next]));
        if (length > proof.length - next) revert InvalidProof();
        inner = proof[next:next + length];
        if (keccak256(abi.encode(nonce, inputs, inner)) != keccak256(proof)) revert InvalidProof();
    }

    /// Packs the outputs as the key says.
    function packOutputs(bytes memory data, uint256 inputBytes, bytes calldata output)
        private
        pure
        returns (bytes memory packed)
    {
        (HallmarkKey.Tensor[] memory tensors, uint256 before,) = HallmarkKey.outputs(data);
        if (before != 32 + inputBytes) revert InputCommitmentMismatch();
        if (!HallmarkOutput.isCanonical(output)) revert OutputMismatch();
        int256[] memory values = HallmarkOutput.decode(output);
        uint256 total = 0;
        uint256 length = 0;
        for (uint256 i = 0; i < tensors.length; i++) {
            total += tensors[i].count;
            length += tensors[i].count * tensors[i].width;
        }
        if (total != values.length) revert OutputMismatch();
        packed = new bytes(length);
        uint256 position = 0;
        uint256 next = 0;
        for (uint256 i = 0; i < tensors.length; i++) {
            HallmarkKey.Tensor memory tensor = tensors[i];
            for (uint256 element = 0; element < tensor.count; element++) {
                int256 value = values[next++];
                if (value < tensor.low || value > tensor.high) revert OutputMismatch();
                for (uint256 byte_ = tensor.width; byte_ != 0; byte_--) {
                    packed[position++] = bytes1(uint8(uint256(value) >> (8 * (byte_ - 1))));
                }
            }
        }
    }

    /// The data of a model's key, whose code is the one that was registered.
    function loaded(address key, bytes32 vkHash) private view returns (bytes memory) {
        if (key.codehash != vkHash) revert ModelMismatch();
        return HallmarkKey.load(key);
    }

    function existing(uint256 modelId) private view returns (Model storage model) {
        model = models[modelId];
        if (model.owner == address(0)) revert ModelNotFound(modelId);
    }

    function owned(uint256 modelId) private view returns (Model storage model) {
        model = existing(modelId);
        if (model.owner != msg.sender) revert NotModelOwner(modelId, msg.sender);
    }
}
