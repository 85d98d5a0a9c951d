// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkMemory} from "./HallmarkMemory.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title The proof's elements, and the challenges between them.
abstract contract HallmarkTranscript is HallmarkMemory {
    /// Copies the proof into the transcript segment by segment, checks its elements, and draws the challenges.
    function readProof(uint256 proof) internal pure {
        uint256 start;
        uint256 cursor;
        uint256 schedule;
        uint256 end;
        uint256 challenge;
        assembly {
            start := mload(TRANSCRIPT)
            schedule := mload(SCHEDULE)
            end := add(schedule, shl(2, and(mload(COUNTS), 0xffffffff)))
            challenge := mload(CHALLENGES)
            mstore(start, DOMAIN)
            mstore(add(start, 0x20), mload(SEED))
            mstore(add(start, 0x40), mload(REPRESENTATION))
            cursor := add(add(start, 0x60), shl(5, mload(CELLS)))
        }
        for (; schedule != end; schedule += 4) {
            uint256 entry;
            uint256 after_;
            assembly {
                entry := shr(224, mload(schedule))
                let length := and(entry, 0xffffff)
                calldatacopy(cursor, proof, length)
                proof := add(proof, length)
                after_ := add(cursor, length)
            }
            // Two bits: 0 scalars, 1 points, 2 points of which some may be at infinity.
            if (entry >> 30 == 0) checkScalars(cursor, after_);
            else checkPoints(cursor, after_, entry >> 30 == 2);
            assembly {
                let state := keccak256(start, sub(after_, start))
                mstore(after_, state)
                for { let count := and(shr(24, entry), 0x3f) } count {} {
                    mstore(challenge, mod(state, R))
                    challenge := add(challenge, 0x20)
                    count := sub(count, 1)
                    if count {
                        mstore(0, state)
                        state := keccak256(0, 0x20)
                        mstore(after_, state)
                    }
                }
                start := after_
                cursor := add(after_, 0x20)
            }
        }
    }

    function checkScalars(uint256 ptr, uint256 end) private pure {
        bool good;
        assembly {
            good := 1
            for {} lt(ptr, end) { ptr := add(ptr, 0x20) } { good := and(good, lt(mload(ptr), R)) }
        }
        if (!good) revert IHallmarkVerifier.ScalarNotCanonical();
    }

    function checkPoints(uint256 ptr, uint256 end, bool infinityAllowed) private pure {
        for (; ptr != end; ptr += 0x40) {
            bool canonical;
            bool onCurve;
            bool infinity;
            assembly {
                let x := mload(ptr)
                let y := mload(add(ptr, 0x20))
                canonical := and(lt(x, P), lt(y, P))
                onCurve := eq(mulmod(y, y, P), addmod(mulmod(mulmod(x, x, P), x, P), 3, P))
                infinity := iszero(or(x, y))
            }
            if (!canonical) revert IHallmarkVerifier.CoordinateNotCanonical();
            if (!onCurve) {
                if (!infinity) revert IHallmarkVerifier.PointNotOnCurve();
                if (!infinityAllowed) revert IHallmarkVerifier.PointAtInfinity();
            }
        }
    }
}
