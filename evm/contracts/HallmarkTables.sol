// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkMemory} from "./HallmarkMemory.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title Where a key and what is computed with it lie in memory, and the check that a key is well-formed.
/// @dev A key is data of somebody unknown, and it directs what the verifier reads and writes. So it states no addresses: it states
/// how many of everything there are, and this contract lays its tables and the working memory out, one behind the other. What is left
/// are the operands of its program and of its openings, which are numbers of words; all of them are compared with the region's ends
/// before anything is done with the key. docs/evm.md has the invariants one by one; `hallmark_evm::check_key` is the same check.
abstract contract HallmarkTables is HallmarkMemory {
    // What a key may ask for.
    uint256 private constant LEAST_BYTES = 0x220; // Up to the entries.
    uint256 private constant MOST_MEMORY = 0x100000;
    uint256 private constant MOST_LOG_ROWS = 28;
    uint256 private constant MOST_BLINDING = 255;
    uint256 private constant LEAST_CHALLENGES = 8;
    uint256 private constant MOST_CHALLENGES = 63;

    /// The number of the first word that operands may name.
    uint256 private constant FIRST_WORD = 0x23;
    /// A one in each of sixteen lanes, in each of eight, and the highest bit of each of sixteen.
    uint256 private constant LANES = 0x0001000100010001000100010001000100010001000100010001000100010001;
    uint256 private constant SEGMENTS_OF_ONE = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant HIGH_BITS = 0x8000800080008000800080008000800080008000800080008000800080008000;

    /// Copies a key contract's code to memory and checks the key. Code that begins with a zero byte stops whoever calls it, so the
    /// contract cannot destroy itself. Its init code can have done that: in the transaction that makes the contract, the code looked at
    /// here may be gone at the end, and another may come to the same address later. What is checked holds for this call.
    function loadKey(uint256 key) internal view {
        bool good;
        assembly {
            let size := extcodesize(key)
            if and(gt(size, LEAST_BYTES), lt(size, MOST_MEMORY)) {
                extcodecopy(key, sub(KEY, 1), 0, size)
                good := and(eq(shr(224, mload(COUNTS)), sub(size, 1)), eq(shr(192, mload(KEY)), MAGIC))
                good := and(good, iszero(byte(31, mload(sub(KEY, 0x20)))))
            }
        }
        if (!good) revert IHallmarkVerifier.UnknownKey();
        if (!wellFormed()) revert IHallmarkVerifier.MalformedKey();
    }

    /// The same for a key in calldata, whose digest has to be the one given.
    function loadKeyData(uint256 digest, uint256 ptr, uint256 length) internal pure {
        bool good;
        bool same;
        assembly {
            if and(gt(length, sub(LEAST_BYTES, 1)), lt(length, MOST_MEMORY)) {
                calldatacopy(KEY, ptr, length)
                same := eq(keccak256(KEY, length), digest)
                good := and(eq(shr(224, mload(COUNTS)), length), eq(shr(192, mload(KEY)), MAGIC))
            }
        }
        if (!same) revert IHallmarkVerifier.WrongKeyDigest();
        if (!good) revert IHallmarkVerifier.UnknownKey();
        if (!wellFormed()) revert IHallmarkVerifier.MalformedKey();
    }

    /// Whether the key in memory is well-formed. Lays everything out before it looks at a table.
    function wellFormed() private pure returns (bool) {
        if (!layOutKey() || !layOutMemory()) return false;
        return numbersFit() && entriesFit() && scheduleFits() && setsFit() && operandsFit();
    }

    /// The key's tables follow each other: entries of the statement, opening points, the pool, the program, operands of the openings,
    /// sizes of the sets, the transcript's schedule; what is left are shapes, which are not read here.
    function layOutKey() private pure returns (bool good) {
        assembly {
            let counts := mload(COUNTS)
            let ptr := add(ENTRIES, shl(5, and(shr(64, mload(KEY)), 0xffffffff)))
            mstore(POINTS, ptr)
            ptr := add(ptr, shl(5, add(and(shr(160, counts), 0xffffffff), and(shr(128, counts), 0xffffffff))))
            mstore(PROGRAM, ptr)
            ptr := add(ptr, shl(5, and(shr(96, counts), 0xffffffff)))
            mstore(OPENINGS, ptr)
            ptr := add(ptr, shl(5, and(shr(64, counts), 0xffffffff)))
            mstore(SETS, ptr)
            // Sizes and the schedule have four bytes for each, and end with a whole word.
            ptr := add(ptr, and(add(shl(2, and(shr(32, counts), 0xffffffff)), 0x1f), not(0x1f)))
            mstore(SCHEDULE, ptr)
            ptr := add(ptr, and(add(shl(2, and(counts, 0xffffffff)), 0x1f), not(0x1f)))
            let length := shr(224, counts)
            good := and(iszero(gt(ptr, add(KEY, length))), iszero(and(length, 0x1f)))
        }
    }

    /// Behind the key: challenges, derived registers, the quotient, inverses and products of the opening points, the transcript, and
    /// results of the program. All counts have 32 bits, so nothing here wraps.
    function layOutMemory() private pure returns (bool good) {
        assembly {
            let counts := mload(COUNTS)
            let head := mload(KEY)
            let columns := and(shr(32, head), 0xffffffff)
            let cells := mul(columns, and(head, 0xffffffff))
            mstore(CELLS, cells)
            let ptr := add(KEY, shr(224, counts))
            mstore(CHALLENGES, ptr)
            ptr := add(ptr, shl(5, and(shr(192, counts), 0xffffffff)))
            mstore(DERIVED, ptr)
            ptr := add(ptr, add(0xa0, shl(5, columns)))
            mstore(QUOTIENT, ptr)
            ptr := add(ptr, 0x20)
            mstore(DIFFERENCES, ptr)
            ptr := add(ptr, shl(6, add(1, and(shr(160, counts), 0xffffffff))))
            mstore(TRANSCRIPT, ptr)
            // Domain, seed, representation; cells; the proof, with a state behind each segment.
            ptr := add(add(ptr, 0x60), add(shl(5, add(cells, and(counts, 0xffffffff))), and(shr(128, head), 0xffffffff)))
            mstore(RESULTS, ptr)
            ptr := add(ptr, mul(0xa0, and(shr(96, counts), 0xffffffff)))
            mstore(LIMIT, ptr)
            good := iszero(gt(ptr, MOST_MEMORY))
        }
    }

    /// Numbers that stand for themselves, and the places that the third word names.
    function numbersFit() private pure returns (bool good) {
        assembly {
            let head := mload(KEY)
            let statement := and(shr(96, head), 0xffffffff)
            let columns := and(shr(32, head), 0xffffffff)
            // Every cell but those that fill the last row up stands for at least a byte of the statement.
            good := and(lt(sub(columns, 1), statement), lt(sub(mload(CELLS), columns), statement))
            let bad := gt(and(shr(160, head), 0xffffffff), MOST_LOG_ROWS)
            let counts := mload(COUNTS)
            bad := or(bad, gt(sub(and(shr(192, counts), 0xffffffff), LEAST_CHALLENGES), sub(MOST_CHALLENGES, LEAST_CHALLENGES)))
            let opened := mload(OPENED)
            bad := or(bad, gt(and(opened, 0xffffffff), MOST_BLINDING))
            bad := or(bad, gt(and(shr(32, opened), 0xffffffff), and(shr(160, counts), 0xffffffff)))
            // The last word; a point does not begin there.
            let last := sub(shr(5, mload(LIMIT)), add(FIRST_WORD, 1))
            bad := or(bad, gt(sub(shr(224, opened), FIRST_WORD), last))
            let pieces := sub(and(shr(192, opened), 0xffffffff), FIRST_WORD)
            bad := or(bad, gt(pieces, last))
            bad := or(bad, gt(add(pieces, shl(1, and(shr(160, opened), 0xffffffff))), add(last, 1)))
            good := and(good, lt(sub(and(shr(96, opened), 0xffffffff), FIRST_WORD), last))
            good := and(good, lt(sub(and(shr(64, opened), 0xffffffff), FIRST_WORD), last))
            good := and(good, iszero(bad))
        }
    }

    /// Entries of the statement: the nonce first, then kinds in order; together they take up the statement, and none more cells than
    /// there are. Intervals are not empty, and both ends are numbers of the entry's width: no two numbers in one have the same bytes.
    function entriesFit() private pure returns (bool good) {
        assembly {
            let end := mload(POINTS)
            let cells := mload(CELLS)
            let length := 0
            let least := 0
            let bad := 0
            good := and(lt(ENTRIES, end), iszero(byte(0, mload(ENTRIES))))
            for { let ptr := ENTRIES } lt(ptr, end) { ptr := add(ptr, 0x20) } {
                let word := mload(ptr)
                let kind := byte(0, word)
                let width := byte(1, word)
                let count := and(shr(208, word), 0xffffffff)
                bad := or(bad, or(gt(kind, 3), lt(kind, least)))
                least := or(kind, iszero(kind))
                length := add(length, mul(width, count))
                switch and(kind, 1)
                case 0 {
                    // A nonce has two cells, a commitment one.
                    bad := or(bad, or(xor(width, 32), xor(count, 1)))
                    count := add(count, iszero(kind))
                }
                default {
                    let sign := sub(width, 1)
                    bad := or(bad, gt(sign, 7))
                    let low := signextend(7, shr(112, word))
                    let high := signextend(7, shr(48, word))
                    bad := or(bad, or(xor(low, signextend(sign, low)), xor(high, signextend(sign, high))))
                    bad := or(bad, sgt(low, high))
                }
                bad := or(bad, gt(add(count, and(shr(176, word), 0xffffffff)), cells))
            }
            good := and(good, iszero(bad))
            good := and(good, eq(length, and(shr(96, mload(KEY)), 0xffffffff)))
        }
    }

    /// Segments of the transcript: whole elements that make up the proof, and all challenges. Eight are looked at together; what fills
    /// the table up behind the last one is zero.
    function scheduleFits() private pure returns (bool good) {
        assembly {
            let length := 0
            let drawn := 0
            let bad := 0
            let ptr := mload(SCHEDULE)
            let end := add(ptr, shl(2, and(mload(COUNTS), 0xffffffff)))
            for {} lt(ptr, end) { ptr := add(ptr, 0x20) } {
                let word := mload(ptr)
                // Two bits are the kind, of which there are three: 0 for scalars of 32 bytes, the others for points of 64.
                let high := and(shr(31, word), SEGMENTS_OF_ONE)
                let low := and(shr(30, word), SEGMENTS_OF_ONE)
                let own := and(word, mul(SEGMENTS_OF_ONE, 0xffffff))
                bad := or(bad, and(high, low))
                bad := or(bad, and(own, or(mul(SEGMENTS_OF_ONE, 0x1f), shl(5, or(high, low)))))
                // Neither of the sums has more than 32 bits.
                own := add(own, shr(128, own))
                own := add(own, shr(64, own))
                length := add(length, and(add(own, shr(32, own)), 0xffffffff))
                own := and(shr(24, word), mul(SEGMENTS_OF_ONE, 0x3f))
                own := add(own, shr(128, own))
                own := add(own, shr(64, own))
                drawn := add(drawn, and(add(own, shr(32, own)), 0xffffffff))
            }
            bad := or(bad, shl(sub(256, shl(3, sub(ptr, end))), mload(sub(ptr, 0x20))))
            good := and(iszero(bad), eq(length, and(shr(128, mload(KEY)), 0xffffffff)))
            good := and(good, eq(drawn, and(shr(192, mload(COUNTS)), 0xffffffff)))
        }
    }

    /// Sizes of sets: their operands are in the table, and no more points are added up than proof and pool can hold, and one.
    function setsFit() private pure returns (bool good) {
        assembly {
            let counts := mload(COUNTS)
            let ptr := mload(SETS)
            let operands := 0
            let terms := and(shr(160, mload(OPENED)), 0xffffffff)
            for { let end := add(ptr, shl(2, and(shr(32, counts), 0xffffffff))) } lt(ptr, end) { ptr := add(ptr, 4) } {
                let entry := shr(224, mload(ptr))
                let members := and(entry, 0xffff)
                terms := add(terms, members)
                operands := add(operands, add(members, mul(shr(16, entry), add(members, 2))))
            }
            good := iszero(gt(operands, shl(4, and(shr(64, counts), 0xffffffff))))
            let most := add(shr(1, and(shr(128, counts), 0xffffffff)), shr(6, and(shr(128, mload(KEY)), 0xffffffff)))
            good := and(good, iszero(gt(terms, add(most, 1))))
        }
    }

    /// Every operand of program and openings names a word of the region other than its last one, so that a point that begins there ends
    /// there too. Sixteen are compared at once. Lanes that borrow or carry spoil their neighbours, but are themselves seen: less than
    /// the first word's number leaves the highest bit set, and so does adding what is missing from the end to the highest bit.
    function operandsFit() private pure returns (bool good) {
        assembly {
            let first := mul(LANES, FIRST_WORD)
            let missing := mul(LANES, sub(add(0x8001, FIRST_WORD), shr(5, mload(LIMIT))))
            let bad := 0
            let ptr := mload(PROGRAM)
            let end := mload(SETS)
            for {} and(sub(end, ptr), 0x60) { ptr := add(ptr, 0x20) } {
                let word := sub(mload(ptr), first)
                bad := or(bad, or(word, add(word, missing)))
            }
            for {} lt(ptr, end) { ptr := add(ptr, 0x80) } {
                let word := sub(mload(ptr), first)
                bad := or(bad, or(word, add(word, missing)))
                word := sub(mload(add(ptr, 0x20)), first)
                bad := or(bad, or(word, add(word, missing)))
                word := sub(mload(add(ptr, 0x40)), first)
                bad := or(bad, or(word, add(word, missing)))
                word := sub(mload(add(ptr, 0x60)), first)
                bad := or(bad, or(word, add(word, missing)))
            }
            good := iszero(and(bad, HIGH_BITS))
        }
    }
}
