// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkKey} from "./HallmarkKey.sol";
import {HallmarkOutput} from "./HallmarkOutput.sol";
import {HallmarkRegistry} from "./HallmarkRegistry.sol";

/// @title An example of a contract that acts on a proven prediction: it pays whoever shows an input that a model reads as a
/// certain label with at least a certain score.
/// @dev The proof's nonce is the claimant's address, so that nobody can take a proof from the mempool and claim with it.
contract PredictionBounty {
    HallmarkRegistry public immutable registry;
    uint256 public immutable modelId;
    /// The label that is asked for.
    uint256 public immutable label;
    /// Least real value of the label's score, with 18 decimals.
    int256 public immutable leastScore;
    bool public paid;

    event Paid(address indexed claimant, int256 score);

    error AlreadyPaid();
    error OtherLabel(uint256 label);
    error ScoreTooLow(int256 score);
    error PaymentFailed();

    constructor(HallmarkRegistry registry_, uint256 modelId_, uint256 label_, int256 leastScore_) payable {
        (registry, modelId, label, leastScore) = (registry_, modelId_, label_, leastScore_);
    }

    /// @notice Claims the bounty.
    /// @param inputs The packed input.
    /// @param output `abi.encode(int256[])` of the model's first output tensor, the scores of all labels.
    /// @param proof The proof, with the caller's address as its nonce.
    function claim(bytes calldata inputs, bytes calldata output, bytes calldata proof) external {
        if (paid) revert AlreadyPaid();
        bytes32 nonce = bytes32(uint256(uint160(msg.sender)));
        registry.verifyInference(
            modelId, registry.inputCommitmentOf(nonce, inputs), output, abi.encode(nonce, inputs, proof)
        );
        HallmarkKey.Tensor[] memory tensors = registry.outputsOf(modelId);
        int256[] memory scores = HallmarkOutput.tensor(HallmarkOutput.decode(output), tensors, 0);
        uint256 found = HallmarkOutput.argMax(scores);
        if (found != label) revert OtherLabel(found);
        int256 score = HallmarkOutput.toWad(scores[found], tensors[0].scaleBits);
        if (score < leastScore) revert ScoreTooLow(score);
        paid = true;
        emit Paid(msg.sender, score);
        (bool sent,) = msg.sender.call{value: address(this).balance}("");
        if (!sent) revert PaymentFailed();
    }
}
