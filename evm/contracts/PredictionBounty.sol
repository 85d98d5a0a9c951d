// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkKey} from "./HallmarkKey.sol";
import {HallmarkOutput} from "./HallmarkOutput.sol";
import {HallmarkRegistry} from "./HallmarkRegistry.sol";

/// @title An example of a contract that acts on a proven prediction: it pays whoever shows an input that a model reads as a
/// certain label with at least a certain score.
/// @notice A claim takes two transactions. The first one commits to the input without showing it, the second one shows it, a minute later
/// or more: whoever sees the input there and has it proven for an own address has no commitment of that age.
/// @dev The proof's nonce is a hash of chain, contract and claimant (`nonceOf`), so that a proof is worth something once, here, to one account.
/// Whoever owns the model can deprecate it, after which nobody can claim: trust the owner, or be it.
contract PredictionBounty {
    /// What becomes of the prize.
    enum State {
        Open,
        Paid,
        Withdrawn
    }

    /// What nonces and commitments begin with.
    bytes32 public constant DOMAIN = keccak256("hallmark prediction bounty v2");
    /// Seconds between a commitment and the claim.
    uint256 public constant REVEAL_DELAY = 1 minutes;

    HallmarkRegistry public immutable registry;
    uint256 public immutable modelId;
    /// The label that is asked for.
    uint256 public immutable label;
    /// Least real value of the label's score, with 18 decimals.
    int256 public immutable leastScore;
    /// When the last claim can be made, in seconds as `block.timestamp` has them.
    uint256 public immutable deadline;
    /// Who has put up the prize, and gets it back if nobody claims.
    address public immutable sponsor;
    State public state;
    /// When a commitment was made.
    mapping(bytes32 commitment => uint256 time) public committedAt;

    event Committed(bytes32 indexed commitment);
    event Paid(address indexed claimant, int256 score);
    event Withdrawn(address indexed to);

    /// The prize was paid or withdrawn.
    error Closed();
    error DeadlinePassed();
    /// The claimant has not committed to this input and salt.
    error NotCommitted();
    /// The commitment is too young: claim at this time.
    error TooEarly(uint256 time);
    error OtherLabel(uint256 label);
    error ScoreTooLow(int256 score);
    error NotSponsor();
    /// The model can be used and the deadline has not passed.
    error StillOpen();
    error PaymentFailed();

    constructor(HallmarkRegistry registry_, uint256 modelId_, uint256 label_, int256 leastScore_, uint256 deadline_) payable {
        if (deadline_ <= block.timestamp) revert DeadlinePassed();
        (registry, modelId, label, leastScore) = (registry_, modelId_, label_, leastScore_);
        (deadline, sponsor) = (deadline_, msg.sender);
    }

    /// @notice The nonce that a claimant's proof has to have.
    function nonceOf(address claimant) public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, block.chainid, address(this), claimant));
    }

    /// @notice What a claimant commits to: the packed input and a salt of 32 random bytes, which nobody may guess.
    function commitmentOf(address claimant, bytes calldata inputs, bytes32 salt) public view returns (bytes32) {
        return keccak256(abi.encode(nonceOf(claimant), keccak256(inputs), salt));
    }

    /// @notice Commits to an input. A commitment that was made keeps its time.
    function commit(bytes32 commitment) external {
        if (committedAt[commitment] != 0) return;
        committedAt[commitment] = block.timestamp;
        emit Committed(commitment);
    }

    /// @notice Claims the bounty.
    /// @param inputs The packed input.
    /// @param salt The commitment's.
    /// @param output `abi.encode(int256[])` of all outputs' integers; the first tensor are the scores of all labels.
    /// @param proof The proof, with `nonceOf` the caller as its nonce.
    function claim(bytes calldata inputs, bytes32 salt, bytes calldata output, bytes calldata proof) external {
        if (state != State.Open) revert Closed();
        if (block.timestamp > deadline) revert DeadlinePassed();
        uint256 time = committedAt[commitmentOf(msg.sender, inputs, salt)];
        if (time == 0) revert NotCommitted();
        if (block.timestamp < time + REVEAL_DELAY) revert TooEarly(time + REVEAL_DELAY);
        bytes32 nonce = nonceOf(msg.sender);
        registry.verifyInference(
            modelId, registry.inputCommitmentOf(nonce, inputs), output, abi.encode(nonce, inputs, proof)
        );
        int256 score = scoreOf(output);
        if (score < leastScore) revert ScoreTooLow(score);
        state = State.Paid;
        emit Paid(msg.sender, score);
        send(msg.sender);
    }

    /// @notice Gives the prize back to the sponsor, when nobody can claim it any more: the deadline has passed, or the model is deprecated.
    function withdraw(address to) external {
        if (msg.sender != sponsor) revert NotSponsor();
        if (state != State.Open) revert Closed();
        if (block.timestamp <= deadline) {
            (, bool deprecated,) = registry.getModel(modelId);
            if (!deprecated) revert StillOpen();
        }
        state = State.Withdrawn;
        emit Withdrawn(to);
        send(to);
    }

    /// The real value of the label's score, if that is the greatest.
    function scoreOf(bytes calldata output) private view returns (int256) {
        HallmarkKey.Tensor[] memory tensors = registry.outputsOf(modelId);
        int256[] memory scores = HallmarkOutput.tensor(HallmarkOutput.decode(output), tensors, 0);
        uint256 found = HallmarkOutput.argMax(scores);
        if (found != label) revert OtherLabel(found);
        return HallmarkOutput.toWad(scores[found], tensors[0].scaleBits);
    }

    function send(address to) private {
        (bool sent,) = to.call{value: address(this).balance}("");
        if (!sent) revert PaymentFailed();
    }
}
