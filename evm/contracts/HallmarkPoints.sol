// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkMemory} from "./HallmarkMemory.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title Sums of points, and the pairing, with precompiled contracts.
abstract contract HallmarkPoints is HallmarkMemory {
    // Gas offered: several times what they cost, so that a failing one cannot burn everything.
    uint256 private constant ADD_GAS = 3000;
    uint256 private constant MUL_GAS = 30000;
    uint256 private constant PAIRING_GAS = 500000;

    /// `ACC += scalar·point`.
    function addTerm(uint256 point, uint256 scalar) internal view {
        bool good = true;
        assembly {
            mcopy(TERM, point, 0x40)
            if iszero(eq(scalar, 1)) {
                mstore(add(TERM, 0x40), scalar)
                good := staticcall(MUL_GAS, 7, TERM, 0x60, TERM, 0x40)
                good := and(good, eq(returndatasize(), 0x40))
            }
            let added := staticcall(ADD_GAS, 6, ACC, 0x80, ACC, 0x40)
            good := and(good, and(added, eq(returndatasize(), 0x40)))
        }
        if (!good) revert IHallmarkVerifier.PrecompileFailed();
    }

    /// Reverts unless `e(left, s·g2) = e(right, g2)`, for the left side behind the third word of `WORK` and the right one in `ACC`.
    function checkPairing() internal view {
        bool good;
        bool valid;
        assembly {
            mcopy(WORK, add(WORK, 0x60), 0x40)
            mcopy(add(WORK, 0x40), S_G2, 0x80)
            mstore(add(WORK, 0xc0), mload(ACC))
            mstore(add(WORK, 0xe0), mod(sub(P, mload(add(ACC, 0x20))), P))
            mcopy(add(WORK, 0x100), G2, 0x80)
            good := staticcall(PAIRING_GAS, 8, WORK, 0x180, 0, 0x20)
            good := and(good, eq(returndatasize(), 0x20))
            valid := eq(mload(0), 1)
        }
        if (!good) revert IHallmarkVerifier.PrecompileFailed();
        if (!valid) revert IHallmarkVerifier.ProofInvalid();
    }
}
