// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Reads what a key says about a model: its public values, its reference string, and for which model it was made.
/// @dev The format is described in docs/evm.md. The first byte of a key contract stops; data begin behind it. Keys are data of somebody
/// unknown: every position is compared with the data's end.
library HallmarkKey {
    /// A tensor of the statement.
    struct Tensor {
        /// Number of elements.
        uint256 count;
        /// Bytes of an element in a packed statement.
        uint256 width;
        /// Least and greatest value, both numbers of that width.
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

    /// There is no key of this format at this address, or it is damaged.
    error NotAKey(address key);
    /// The data are no key, or the tables of the statement point outside them or contradict each other.
    error MalformedKeyData();

    /// The order of the scalar field.
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    uint256 private constant MAGIC = 0x484d4b45564d3032; // "HMKEVM02"
    // Positions in the data.
    uint256 private constant ENTRY_COUNT = 0x14;
    uint256 private constant LENGTH = 0x20;
    uint256 private constant SEED = 0x60;
    uint256 private constant REFERENCE_STRING = 0xe0;
    uint256 private constant ENTRIES = 0x220;
    /// Visibilities of circuits.
    uint256 private constant VISIBILITIES = 3;

    /// The data of a key contract.
    function load(address key) internal view returns (bytes memory data) {
        uint256 size = key.code.length;
        if (size <= ENTRIES) revert NotAKey(key);
        data = new bytes(size - 1);
        uint256 first;
        assembly ("memory-safe") {
            extcodecopy(key, 0, 0, 1)
            first := byte(0, mload(0))
            extcodecopy(key, add(data, 0x20), 1, mload(data))
        }
        if (first != 0 || word(data, 0) >> 192 != MAGIC || field(data, LENGTH) != data.length) revert NotAKey(key);
    }

    /// The tensors of the outputs, in order, the bytes in front of them in a packed statement, and how inputs appear there.
    function outputs(bytes memory data) internal pure returns (Tensor[] memory tensors, uint256 before, Inputs inputs) {
        uint256 count = field(data, ENTRY_COUNT);
        // Before anything is counted up to a number that somebody chose.
        if (count == 0 || ENTRIES + 32 * count > data.length) revert MalformedKeyData();
        uint256 found = 0;
        for (uint256 i = 0; i < count; i++) {
            uint256 entry = word(data, ENTRIES + 32 * i);
            uint256 kind = uint8(entry >> 248);
            if (kind == 3) found++;
            else if (found != 0) revert MalformedKeyData();
            else before += width(entry) * elements(entry);
            if (kind == 2) inputs = Inputs.Committed;
        }
        tensors = new Tensor[](found);
        for (uint256 i = 0; i < found; i++) {
            tensors[i] = tensor(data, word(data, ENTRIES + 32 * (count - found + i)));
        }
    }

    /// Whether the key's transcripts begin with what those of a model begin with: SHA-256 of a domain, the model's id and the circuit's
    /// visibility, little-endian modulo the field's order.
    function isMadeFor(bytes memory data, bytes32 modelId) internal pure returns (bool) {
        uint256 seed = word(data, SEED);
        for (uint8 visibility = 0; visibility < VISIBILITIES; visibility++) {
            bytes32 digest = sha256(abi.encodePacked("hallmark transcript v1\x00", modelId, visibility));
            if (reversed(uint256(digest)) % R == seed) return true;
        }
        return false;
    }

    /// Keccak-256 of the points [1]₁, [s]₂, [1]₂, as the key has them.
    function referenceString(bytes memory data) internal pure returns (bytes32 digest) {
        if (data.length < ENTRIES) revert MalformedKeyData();
        assembly ("memory-safe") {
            digest := keccak256(add(data, add(0x20, REFERENCE_STRING)), sub(ENTRIES, REFERENCE_STRING))
        }
    }

    function tensor(bytes memory data, uint256 entry) private pure returns (Tensor memory result) {
        result.count = elements(entry);
        result.width = width(entry);
        result.low = int64(uint64(entry >> 112));
        result.high = int64(uint64(entry >> 48));
        // Numbers that lose bytes when they are packed would share a proof with others.
        if (result.width == 0 || result.width > 8) revert MalformedKeyData();
        int256 bound = int256(1) << (8 * result.width - 1);
        if (result.low < -bound || result.high >= bound || result.low > result.high) revert MalformedKeyData();
        result.scaleBits = int16(uint16(entry >> 32));
        uint256 shape = uint32(entry);
        uint256 rank = field(data, shape);
        if (shape + 4 + 4 * rank > data.length) revert MalformedKeyData();
        result.shape = new uint256[](rank);
        uint256 product = 1;
        for (uint256 axis = 0; axis < rank; axis++) {
            uint256 size = field(data, shape + 4 + 4 * axis);
            product *= size;
            if (product > type(uint32).max) revert MalformedKeyData();
            result.shape[axis] = size;
        }
        if (product != result.count) revert MalformedKeyData();
    }

    function width(uint256 entry) private pure returns (uint256) {
        return uint8(entry >> 240);
    }

    function elements(uint256 entry) private pure returns (uint256) {
        return uint32(entry >> 208);
    }

    /// The bytes of a word in turned order.
    function reversed(uint256 value) private pure returns (uint256 result) {
        for (uint256 i = 0; i < 32; i++) {
            result = result << 8 | (value & 0xff);
            value >>= 8;
        }
    }

    /// 32 bits at a byte position.
    function field(bytes memory data, uint256 position) private pure returns (uint256 result) {
        if (position + 4 > data.length) revert MalformedKeyData();
        assembly ("memory-safe") {
            // The word that ends with them: in front of the data there is their length.
            result := and(mload(add(add(data, 4), position)), 0xffffffff)
        }
    }

    function word(bytes memory data, uint256 position) private pure returns (uint256 result) {
        if (position + 32 > data.length) revert MalformedKeyData();
        assembly ("memory-safe") {
            result := mload(add(add(data, 0x20), position))
        }
    }
}
