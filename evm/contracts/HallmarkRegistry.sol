// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkKey} from "./HallmarkKey.sol";
import {HallmarkOutput} from "./HallmarkOutput.sol";
import {IERC165, IERCZKMLRegistry, IERCZKMLVerifier} from "./IERC7992.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title Models and verified inferences after the draft ERC-7992.
/// @notice `modelHash` is Hallmark's model id, `vkHash` the code hash of a published key contract, `circuitHash` the digest of
/// the key's data. What a model id stands for never changes: `updateModel` changes nothing but the URI, another key
/// is another id. Nobody owns the registry; every model's owner is whoever registered it.
contract HallmarkRegistry is IERC165, IERCZKMLRegistry, IERCZKMLVerifier {
    /// keccak256("halo2-shplonk-bn254-hallmark-v1"), the first four bytes.
    bytes4 public constant PROOF_SYSTEM = bytes4(keccak256("halo2-shplonk-bn254-hallmark-v1"));
    /// What input commitments begin with.
    bytes32 public constant INPUT_DOMAIN = keccak256("hallmark input commitment v1");

    /// The contract that checks proofs.
    IHallmarkVerifier public immutable verifier;

    struct Model {
        address owner;
        bool deprecated;
        address key;
        ModelCommitment commitment;
    }

    mapping(uint256 modelId => Model) private models;
    /// Key contracts by code hash.
    mapping(bytes32 codeHash => address) public keys;

    event KeyPublished(bytes32 indexed codeHash, address indexed key);

    /// No key with this code hash was published.
    error KeyNotPublished(bytes32 vkHash);
    /// The caller has registered this commitment before.
    error AlreadyRegistered(uint256 modelId);
    /// Only the URI of a model may change.
    error ModelIsImmutable(uint256 modelId);
    /// The proof's envelope is not canonically encoded.
    error MalformedProof();

    constructor(IHallmarkVerifier verifier_) {
        verifier = verifier_;
    }

    /// @notice Makes a key contract known. Anybody may; what counts is its code.
    function publishKey(address key) external {
        // Refuses what is not a key.
        HallmarkKey.outputs(key);
        keys[key.codehash] = key;
        emit KeyPublished(key.codehash, key);
    }

    /// @inheritdoc IERCZKMLRegistry
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId) {
        if (commitment.proofSystemId != PROOF_SYSTEM) revert UnsupportedProofSystem(commitment.proofSystemId);
        address key = keys[commitment.vkHash];
        if (key == address(0)) revert KeyNotPublished(commitment.vkHash);
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
        (tensors,,) = HallmarkKey.outputs(existing(modelId).key);
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
    /// `abi.encode(bytes32 nonce, bytes inputs, bytes proof)`, both canonical.
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external
    {
        Model storage model = existing(modelId);
        if (model.deprecated) revert VerificationRefused_ModelDeprecated(modelId);
        address key = model.key;
        (bytes32 nonce, bytes memory inputs, bytes memory inner) = abi.decode(proof, (bytes32, bytes, bytes));
        if (keccak256(abi.encode(nonce, inputs, inner)) != keccak256(proof)) revert MalformedProof();
        if (inputCommitmentOf(nonce, inputs) != inputCommitment) revert InputCommitmentMismatch();
        bytes memory statement = bytes.concat(nonce, inputs, packOutputs(key, inputs.length, output));
        verifier.verify(key, statement, inner);
        emit InferenceVerified(modelId, inputCommitment, output, msg.sender);
    }

    /// Packs the outputs as the key says.
    function packOutputs(address key, uint256 inputBytes, bytes calldata output)
        private
        view
        returns (bytes memory packed)
    {
        (HallmarkKey.Tensor[] memory tensors, uint256 before,) = HallmarkKey.outputs(key);
        if (before != 32 + inputBytes) revert InputCommitmentMismatch();
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

    function existing(uint256 modelId) private view returns (Model storage model) {
        model = models[modelId];
        if (model.owner == address(0)) revert ModelNotFound(modelId);
    }

    function owned(uint256 modelId) private view returns (Model storage model) {
        model = existing(modelId);
        if (model.owner != msg.sender) revert NotModelOwner(modelId, msg.sender);
    }
}
