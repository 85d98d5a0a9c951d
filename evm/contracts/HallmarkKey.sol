// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Reads what a key contract says about a model's public values.
/// @dev The format is described in docs/evm.md. The first byte of a key contract stops; data begin behind it.
library HallmarkKey {
    /// A tensor of the statement.
    struct Tensor {
        /// Number of elements.
        uint256 count;
        /// Bytes of an element in a packed statement.
        uint256 width;
        /// Least and greatest value.
        int256 low;
        int256 high;
        /// The real value of an integer v is v / 2^scaleBits.
        int256 scaleBits;
        /// Sizes of the axes.
        uint256[] shape;
    }

    /// What the statement says about inputs.
    enum Inputs {
        Public,
        Committed
    }

    error NotAKey(address key);

    /// Where data lie in memory when the verifier works on them; places in the key are relative to that.
    uint256 private constant BASE = 0x440;
    uint256 private constant HEADER_BYTES = 0x80;

    /// The tensors of the outputs, in order, the bytes in front of them in a packed statement, and how inputs appear there.
    function outputs(address key) internal view returns (Tensor[] memory tensors, uint256 before, Inputs inputs) {
        bytes memory data = load(key);
        uint256 count = field(data, 0x14);
        uint256 first = field(data, 0x68) - BASE;
        uint256 found = 0;
        for (uint256 i = 0; i < count; i++) {
            uint256 entry = word(data, first + 32 * i);
            if (uint8(entry >> 248) == 3) found++;
            else before += width(entry) * elements(entry);
            if (uint8(entry >> 248) == 2) inputs = Inputs.Committed;
        }
        tensors = new Tensor[](found);
        for (uint256 i = 0; i < found; i++) {
            tensors[i] = tensor(data, word(data, first + 32 * (count - found + i)));
        }
    }

    function tensor(bytes memory data, uint256 entry) private pure returns (Tensor memory result) {
        result.count = elements(entry);
        result.width = width(entry);
        result.low = int64(uint64(entry >> 112));
        result.high = int64(uint64(entry >> 48));
        result.scaleBits = int16(uint16(entry >> 32));
        uint256 shape = uint32(entry) - BASE;
        uint256 rank = field(data, shape);
        result.shape = new uint256[](rank);
        for (uint256 axis = 0; axis < rank; axis++) {
            result.shape[axis] = field(data, shape + 4 + 4 * axis);
        }
    }

    function width(uint256 entry) private pure returns (uint256) {
        return uint8(entry >> 240);
    }

    function elements(uint256 entry) private pure returns (uint256) {
        return uint32(entry >> 208);
    }

    function load(address key) private view returns (bytes memory data) {
        if (key.code.length <= HEADER_BYTES) revert NotAKey(key);
        data = new bytes(key.code.length - 1);
        assembly ("memory-safe") {
            extcodecopy(key, add(data, 0x20), 1, mload(data))
        }
        if (word(data, 0) >> 192 != 0x484d4b45564d3031) revert NotAKey(key);
    }

    /// 32 bits at a byte position.
    function field(bytes memory data, uint256 position) private pure returns (uint256) {
        return word(data, position) >> 224;
    }

    function word(bytes memory data, uint256 position) private pure returns (uint256 result) {
        // The last shape may end less than a word before the end.
        if (position + 4 > data.length) revert();
        assembly ("memory-safe") {
            result := mload(add(add(data, 0x20), position))
        }
    }
}
