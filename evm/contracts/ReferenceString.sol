// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title What the points of a reference string say about its secret.
/// @dev Runs once, when a registry is made.
library ReferenceString {
    /// The order of the base field.
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// The greatest number that is recognised as a secret.
    uint256 private constant MOST_SMALL = 1024;

    /// The generator of BN254's second group, as EIP-197 has points.
    function generator() internal pure returns (uint256[4] memory) {
        return [
            0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2,
            0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed,
            0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b,
            0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
        ];
    }

    /// Whether two points, neither at infinity, are multiples of the generators by one secret: e([s]₁, [1]₂) = e([1]₁, [s]₂).
    function isConsistent(uint256[2] memory first, uint256[4] memory second) internal view returns (bool) {
        if (first[1] == 0 || first[1] >= P) return false;
        // The precompiled contract checks that points are on their curves and in their groups.
        bytes memory pairs = abi.encode(first[0], P - first[1], generator(), uint256(1), uint256(2), second);
        (bool good, bytes memory result) = address(8).staticcall(pairs);
        return good && result.length == 32 && abi.decode(result, (uint256)) == 1;
    }

    /// Whether everybody knows the secret: of the development string, of halo2's tests, and of what common programs draw from seeds
    /// that are zero or small numbers (`hallmark_verifier::srs::PUBLIC_SECRETS`). A secret and its negative have x of [s]₁ in common; the
    /// table has the first eight bytes of each.
    function isPublic(uint256[2] memory first) internal pure returns (bool) {
        bytes memory known = PUBLIC_SECRETS;
        for (uint256 i = 0; i < known.length; i += 8) {
            uint256 entry;
            assembly ("memory-safe") {
                entry := shr(192, mload(add(add(known, 0x20), i)))
            }
            if (entry == first[0] >> 192) return true;
        }
        return false;
    }

    /// Whether the secret or its negative is one of the numbers up to 1024, found by adding the generator up.
    function isSmall(uint256[2] memory first) internal view returns (bool found) {
        assembly ("memory-safe") {
            // A multiple of the generator, and the generator.
            let sum := mload(0x40)
            mstore(sum, 1)
            mstore(add(sum, 0x20), 2)
            mstore(add(sum, 0x40), 1)
            mstore(add(sum, 0x60), 2)
            for { let n := 0 } and(lt(n, MOST_SMALL), iszero(found)) { n := add(n, 1) } {
                found := eq(mload(sum), mload(first))
                // It fails if there is too little gas.
                if iszero(staticcall(gas(), 6, sum, 0x80, sum, 0x40)) { revert(0, 0) }
            }
        }
    }

    bytes private constant PUBLIC_SECRETS =
            hex"129f4089da8d898e10f6c2382f254ad30ec379d622d571761641996bbac3bd2c299a5509e8a533fa2efcf0ddc2e9b988"
            hex"01c94ba6b7a603510f7e95d23c6a2a0810469644b64c25ea2173ae3b597905c31e8e6187a7d7c3fa23340405bc8f510a"
            hex"2def0cdfe511957109f35d1510c35c820e1dc9235224868e16e5762207f639d1225ea4cc02d411bb10043470152cd915"
            hex"28bbabb5768a3fe12330588195d8deb7138a04d5990826d0058f85a22de4e11623b2e060c01d2bb200b7f2edf34aa93c"
            hex"16640ce4566b1fe12dba381d2528d70a141e5b4d51a0b51704e75e07352a2aeb2cb8448a8fb9cb27";
}
