// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title The call: every one has exactly one encoding.
/// @dev Solidity's own decoder accepts several.
abstract contract HallmarkCalldata {
    function argument(uint256 ptr) internal pure returns (uint256 value) {
        assembly {
            value := calldataload(ptr)
        }
    }

    /// Checks that the `bytes` whose offset stands at `base + head − 4` begin at `base + expected` and are padded with zeros to
    /// whole words within the calldata. Returns where the next argument has to begin, relative to `base`.
    function checkBytes(uint256 base, uint256 head, uint256 expected) internal pure returns (uint256 next) {
        bool good;
        assembly {
            let ptr := add(base, expected)
            let length := calldataload(ptr)
            good := and(eq(calldataload(add(base, sub(head, 4))), expected), lt(length, 0x1000000))
            next := add(add(expected, 0x20), and(add(length, 0x1f), not(0x1f)))
            let rest := and(length, 0x1f)
            if rest {
                // The bytes of the last word after the data.
                let last := calldataload(add(base, sub(next, 0x20)))
                good := and(good, iszero(shl(shl(3, rest), last)))
            }
            good := and(good, iszero(gt(add(base, next), calldatasize())))
        }
        if (!good) revert IHallmarkVerifier.MalformedCalldata();
    }

    /// Checks that a claim (address, bytes, bytes) at `base` is encoded canonically. Returns where it ends.
    function checkClaim(uint256 base) internal pure returns (uint256) {
        bool good;
        assembly {
            good := iszero(shr(160, calldataload(base)))
        }
        if (!good) revert IHallmarkVerifier.MalformedCalldata();
        uint256 next = checkBytes(base, 0x24, 0x60);
        next = checkBytes(base, 0x44, next);
        return base + next;
    }

    /// Checks that a batch is encoded canonically: offsets ascend without gaps.
    function checkBatch() internal pure returns (uint256 count) {
        bool good;
        assembly {
            count := calldataload(0x24)
            good := and(eq(calldataload(4), 0x20), lt(count, 0x10000))
        }
        if (!good) revert IHallmarkVerifier.MalformedCalldata();
        uint256 ptr = 0x44 + 32 * count;
        for (uint256 i = 0; i < count; i++) {
            assembly {
                good := eq(calldataload(add(0x44, shl(5, i))), sub(ptr, 0x44))
            }
            if (!good) revert IHallmarkVerifier.MalformedCalldata();
            ptr = checkClaim(ptr);
        }
        if (ptr != msg.data.length) revert IHallmarkVerifier.MalformedCalldata();
    }
}
