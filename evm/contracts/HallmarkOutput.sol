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
    /// The real value of this integer, `value / 2^scaleBits`, times 10^18 is beyond 256 bits.
    error WadOverflow(int256 value, int256 scaleBits);

    /// Whether these bytes are the canonical encoding of an `int256[]`.
    function isCanonical(bytes calldata output) internal pure returns (bool) {
        if (output.length < 64 || output.length % 32 != 0) return false;
        return uint256(bytes32(output[0:32])) == 32 && uint256(bytes32(output[32:64])) == output.length / 32 - 2;
    }

    /// The integers of `abi.encode(int256[])`. Anything but the canonical encoding is refused.
    function decode(bytes calldata output) internal pure returns (int256[] memory values) {
        if (!isCanonical(output)) revert MalformedOutput();
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
        if (first + tensors[index].count > values.length) revert MalformedOutput();
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
    function toWad(int256 value, int256 scaleBits) internal pure returns (int256 wad) {
        if (value == 0) return 0;
        int256 product;
        unchecked {
            product = value * 1e18;
            if (product / 1e18 != value) revert WadOverflow(value, scaleBits);
        }
        if (scaleBits > 0) {
            // The product is a multiple of 5^18, so it is not −2^255, and what 2^255 and more divide is zero.
            return scaleBits < 255 ? product / int256(uint256(1) << uint256(scaleBits)) : int256(0);
        }
        if (scaleBits <= -256) revert WadOverflow(value, scaleBits);
        uint256 shift = uint256(-scaleBits);
        wad = product << shift;
        if (wad >> shift != product) revert WadOverflow(value, scaleBits);
    }
}
