// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkKey} from "./HallmarkKey.sol";

/// @title What a model's outputs mean: tensors of integers, each with a shape and a power of two to divide by.
library HallmarkOutput {
    /// The output is not the canonical encoding of as many numbers as the model has, or one is outside its interval.
    error MalformedOutput();
    /// The tensor has no elements.
    error EmptyTensor();
    /// A tensor of this number does not exist.
    error NoSuchTensor(uint256 index);

    /// The integers of `abi.encode(int256[])`. Anything but the canonical encoding is refused.
    function decode(bytes calldata output) internal pure returns (int256[] memory values) {
        if (output.length < 64 || output.length % 32 != 0) revert MalformedOutput();
        uint256 offset = uint256(bytes32(output[0:32]));
        uint256 count = uint256(bytes32(output[32:64]));
        if (offset != 32 || count != output.length / 32 - 2) revert MalformedOutput();
        values = abi.decode(output, (int256[]));
    }

    /// The elements of one tensor of `values`.
    function tensor(int256[] memory values, HallmarkKey.Tensor[] memory tensors, uint256 index)
        internal
        pure
        returns (int256[] memory elements)
    {
        if (index >= tensors.length) revert NoSuchTensor(index);
        uint256 first = 0;
        for (uint256 i = 0; i < index; i++) {
            first += tensors[i].count;
        }
        elements = new int256[](tensors[index].count);
        for (uint256 i = 0; i < elements.length; i++) {
            elements[i] = values[first + i];
        }
    }

    /// Position of the greatest element, the first one of equals: the label that a classifier gives.
    function argMax(int256[] memory elements) internal pure returns (uint256 label) {
        if (elements.length == 0) revert EmptyTensor();
        for (uint256 i = 1; i < elements.length; i++) {
            if (elements[i] > elements[label]) label = i;
        }
    }

    /// The real value `v / 2^scaleBits` as a number with 18 decimals, rounded towards zero.
    function toWad(int256 value, int256 scaleBits) internal pure returns (int256) {
        // |v| < 2^64 and |scaleBits| is small, so nothing overflows; checked arithmetic would revert.
        if (scaleBits < 0) return value * 1e18 * int256(uint256(1) << uint256(-scaleBits));
        return value * 1e18 / int256(uint256(1) << uint256(scaleBits));
    }
}
