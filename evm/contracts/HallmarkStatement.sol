// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkMemory} from "./HallmarkMemory.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title Public values, unpacked into the instance columns, each compared with its interval.
abstract contract HallmarkStatement is HallmarkMemory {
    /// Unpacks the public values into the transcript's first segment.
    function readStatement(uint256 ptr) internal pure {
        uint256 entry;
        uint256 end;
        uint256 cells;
        assembly {
            cells := add(mload(TRANSCRIPT), 0x60)
            // Cells that no entry covers are zero. (Memory may hold an earlier claim of a batch.)
            calldatacopy(cells, calldatasize(), shl(5, mload(CELLS)))
            entry := ENTRIES
            end := mload(POINTS)
        }
        bool good = true;
        while (entry != end) {
            uint256 kind;
            assembly {
                kind := byte(0, mload(entry))
            }
            // Inputs in the clear (1) and outputs (3).
            if (kind & 1 == 1) {
                (ptr, good) = readTensor(entry, ptr, cells);
            } else {
                (ptr, good) = readWord(entry, ptr, cells, kind);
            }
            if (!good) revert IHallmarkVerifier.ValueOutOfRange();
            entry += 0x20;
        }
    }

    /// A nonce (kind 0) gives two cells of 16 bytes, a commitment (kind 2) one.
    function readWord(uint256 entry, uint256 ptr, uint256 cells, uint256 kind)
        private
        pure
        returns (uint256 next, bool good)
    {
        uint256 word;
        uint256 first;
        assembly {
            word := calldataload(ptr)
            first := and(shr(176, mload(entry)), 0xffffffff)
            next := add(ptr, 0x20)
        }
        if (kind == 0) {
            uint256 high = cell(cells, first);
            uint256 low = cell(cells, first + 1);
            assembly {
                mstore(high, shr(128, word))
                mstore(low, and(word, 0xffffffffffffffffffffffffffffffff))
            }
            return (next, true);
        }
        uint256 place = cell(cells, first);
        assembly {
            mstore(place, word)
            good := lt(word, R)
        }
    }

    /// Where the value of a flat index lies: column `index % columns`, row `index / columns`; columns lie one after the other.
    function cell(uint256 cells, uint256 index) private pure returns (uint256 ptr) {
        assembly {
            let header := mload(KEY)
            let columns := and(shr(32, header), 0xffffffff)
            ptr := add(cells, shl(5, add(mul(mod(index, columns), and(header, 0xffffffff)), div(index, columns))))
        }
    }

    /// A tensor's elements are signed numbers of a fixed width, row-major; their cells descend.
    function readTensor(uint256 entry, uint256 ptr, uint256 cells) private pure returns (uint256 next, bool good) {
        bool single;
        assembly {
            single := eq(and(shr(32, mload(KEY)), 0xffffffff), 1)
        }
        return single ? readColumn(entry, ptr, cells) : readColumns(entry, ptr, cells);
    }

    /// `readTensor` for one instance column: four elements at a time, for less gas.
    function readColumn(uint256 entry, uint256 ptr, uint256 cells) private pure returns (uint256 next, bool good) {
        assembly {
            let word := mload(entry)
            let width := byte(1, word)
            let end := add(cells, shl(5, and(shr(176, word), 0xffffffff)))
            let place := add(end, shl(5, and(shr(208, word), 0xffffffff)))
            let shift := sub(256, shl(3, width))
            // A value is in its interval if it exceeds the least one by no more than the span, as unsigned numbers.
            let low := signextend(7, shr(112, word))
            let span := sub(signextend(7, shr(48, word)), low)
            let lowest := add(low, mul(R, slt(low, 0)))
            let bad := 0
            for {} and(sub(place, end), 0x60) {} {
                place := sub(place, 0x20)
                let above := sub(sar(shift, calldataload(ptr)), low)
                bad := or(bad, gt(above, span))
                mstore(place, addmod(above, lowest, R))
                ptr := add(ptr, width)
            }
            for {} gt(place, end) {} {
                let above := sub(sar(shift, calldataload(ptr)), low)
                bad := or(bad, gt(above, span))
                mstore(sub(place, 0x20), addmod(above, lowest, R))
                ptr := add(ptr, width)
                above := sub(sar(shift, calldataload(ptr)), low)
                bad := or(bad, gt(above, span))
                mstore(sub(place, 0x40), addmod(above, lowest, R))
                ptr := add(ptr, width)
                above := sub(sar(shift, calldataload(ptr)), low)
                bad := or(bad, gt(above, span))
                mstore(sub(place, 0x60), addmod(above, lowest, R))
                ptr := add(ptr, width)
                above := sub(sar(shift, calldataload(ptr)), low)
                bad := or(bad, gt(above, span))
                place := sub(place, 0x80)
                mstore(place, addmod(above, lowest, R))
                ptr := add(ptr, width)
            }
            good := iszero(bad)
            next := ptr
        }
    }

    /// `readTensor` for any number of instance columns.
    function readColumns(uint256 entry, uint256 ptr, uint256 cells) private pure returns (uint256 next, bool good) {
        uint256 columns;
        uint256 rows;
        assembly {
            let header := mload(KEY)
            columns := and(shr(32, header), 0xffffffff)
            rows := and(header, 0xffffffff)
        }
        assembly {
            let word := mload(entry)
            let width := byte(1, word)
            let first := and(shr(176, word), 0xffffffff)
            let index := add(first, and(shr(208, word), 0xffffffff))
            let shift := sub(256, shl(3, width))
            let low := signextend(7, shr(112, word))
            let span := sub(signextend(7, shr(48, word)), low)
            let lowest := add(low, mul(R, slt(low, 0)))
            let bad := 0
            for {} gt(index, first) { ptr := add(ptr, width) } {
                index := sub(index, 1)
                let above := sub(sar(shift, calldataload(ptr)), low)
                bad := or(bad, gt(above, span))
                let place := add(mul(mod(index, columns), rows), div(index, columns))
                mstore(add(cells, shl(5, place)), addmod(above, lowest, R))
            }
            good := iszero(bad)
            next := ptr
        }
    }
}
