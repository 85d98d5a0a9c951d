// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkMemory} from "./HallmarkMemory.sol";

/// @title The gates' program.
abstract contract HallmarkGates is HallmarkMemory {
    /// Runs the key's program: instruction after instruction, `next register = a·b + c`. The program folds all constraints
    /// with y; divided by x^n − 1, that is what the quotient has to be at x.
    function evaluateGates() internal pure {
        assembly {
            let ptr := mload(PROGRAM)
            let end := mload(OPENINGS)
            let next := mload(RESULTS)
            // Five instructions to a word; an operand is the number of a word of memory, in 16 bits.
            for {} lt(ptr, end) {
                ptr := add(ptr, 0x20)
                next := add(next, 0xa0)
            } {
                let five := mload(ptr)
                mstore(
                    next,
                    addmod(
                        mulmod(mload(and(shr(235, five), 0x1fffe0)), mload(and(shr(219, five), 0x1fffe0)), R),
                        mload(and(shr(203, five), 0x1fffe0)),
                        R
                    )
                )
                mstore(
                    add(next, 0x20),
                    addmod(
                        mulmod(mload(and(shr(187, five), 0x1fffe0)), mload(and(shr(171, five), 0x1fffe0)), R),
                        mload(and(shr(155, five), 0x1fffe0)),
                        R
                    )
                )
                mstore(
                    add(next, 0x40),
                    addmod(
                        mulmod(mload(and(shr(139, five), 0x1fffe0)), mload(and(shr(123, five), 0x1fffe0)), R),
                        mload(and(shr(107, five), 0x1fffe0)),
                        R
                    )
                )
                mstore(
                    add(next, 0x60),
                    addmod(
                        mulmod(mload(and(shr(91, five), 0x1fffe0)), mload(and(shr(75, five), 0x1fffe0)), R),
                        mload(and(shr(59, five), 0x1fffe0)),
                        R
                    )
                )
                mstore(
                    add(next, 0x80),
                    addmod(
                        mulmod(mload(and(shr(43, five), 0x1fffe0)), mload(and(shr(27, five), 0x1fffe0)), R),
                        mload(and(shr(11, five), 0x1fffe0)),
                        R
                    )
                )
            }
            mstore(
                mload(QUOTIENT), mulmod(mload(shl(5, shr(224, mload(OPENED)))), mload(add(mload(DERIVED), 0x80)), R)
            )
        }
    }
}
