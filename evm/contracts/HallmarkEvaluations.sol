// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkMemory} from "./HallmarkMemory.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title What follows from the challenges: Lagrange polynomials, instance columns and opening points, with one inversion.
abstract contract HallmarkEvaluations is HallmarkMemory {
    /// Gas offered to the precompiled contract: several times what it costs, so that a failing one cannot burn everything.
    uint256 private constant POWER_GAS = 30000;

    /// Everything that is divided by, with one inversion: the registers that follow from x, and those of the opening points.
    function invertDenominators() internal view {
        uint256 last = vanishingAndBlinding();
        uint256 rows = multiplyRows(last);
        uint256 differences = multiplyDifferences();
        uint256 inverse = invert(mulmod(rows, differences, R));
        unwindRows(last, mulmod(inverse, differences, R));
        unwindDifferences(mulmod(inverse, rows, R));
    }

    /// Derived registers before the inversion: x^n in the fourth, x^n − 1 in the fifth, and in the first two numerator and
    /// denominator of Σ ℓ_blinding up to the factor (x^n − 1)/n, for which row −i has ω^−i/(x − ω^−i). Returns ω to the power of
    /// the last usable row.
    function vanishingAndBlinding() private pure returns (uint256 last) {
        assembly {
            let derived := mload(DERIVED)
            // The fourth challenge from the end.
            let x := mload(sub(derived, 0x80))
            let power := x
            for { let i := and(shr(160, mload(KEY)), 0xffffffff) } i { i := sub(i, 1) } {
                power := mulmod(power, power, R)
            }
            mstore(add(derived, 0x60), power)
            mstore(add(derived, 0x80), addmod(power, sub(R, 1), R))
            let step := mload(OMEGA_INVERSE)
            power := step
            let numerator := 0
            let denominator := 1
            for { let i := and(mload(OPENED), 0xffffffff) } i { i := sub(i, 1) } {
                let difference := addmod(x, sub(R, power), R)
                numerator := addmod(mulmod(numerator, difference, R), mulmod(power, denominator, R), R)
                denominator := mulmod(denominator, difference, R)
                power := mulmod(power, step, R)
            }
            last := power
            mstore(derived, numerator)
            mstore(add(derived, 0x20), denominator)
        }
    }

    /// For every instance column with values c_j, the numerator of `Σ_j c_j/(x·ω^−j − 1)`, and the common denominator.
    function instanceNumerators(uint256 x, uint256 derived) private pure returns (uint256 common) {
        uint256 column;
        uint256 columns;
        uint256 target;
        assembly {
            column := add(mload(TRANSCRIPT), 0x60)
            columns := and(shr(32, mload(KEY)), 0xffffffff)
            target := add(derived, 0xa0)
        }
        for (; columns != 0; columns--) {
            assembly {
                let step := mload(OMEGA_INVERSE)
                let power := x
                let numerator := 0
                common := 1
                // Nothing wraps: the power is zero only with x, which has no inverse, and sums are less than 2·R.
                let end := add(column, shl(5, and(mload(KEY), 0xffffffff)))
                for {} and(sub(end, column), 0x60) { column := add(column, 0x20) } {
                    let difference := sub(power, 1)
                    numerator := add(mulmod(numerator, difference, R), mulmod(mload(column), common, R))
                    common := mulmod(common, difference, R)
                    power := mulmod(power, step, R)
                }
                for {} lt(column, end) { column := add(column, 0x80) } {
                    let difference := sub(power, 1)
                    numerator := add(mulmod(numerator, difference, R), mulmod(mload(column), common, R))
                    common := mulmod(common, difference, R)
                    power := mulmod(power, step, R)
                    difference := sub(power, 1)
                    numerator := add(mulmod(numerator, difference, R), mulmod(mload(add(column, 0x20)), common, R))
                    common := mulmod(common, difference, R)
                    power := mulmod(power, step, R)
                    difference := sub(power, 1)
                    numerator := add(mulmod(numerator, difference, R), mulmod(mload(add(column, 0x40)), common, R))
                    common := mulmod(common, difference, R)
                    power := mulmod(power, step, R)
                    difference := sub(power, 1)
                    numerator := add(mulmod(numerator, difference, R), mulmod(mload(add(column, 0x60)), common, R))
                    common := mulmod(common, difference, R)
                    power := mulmod(power, step, R)
                }
                mstore(target, numerator)
                target := add(target, 0x20)
            }
        }
    }

    /// The product of x^n − 1, the instances' denominator, x − 1, the blinding rows' denominator, and x − ω^last; in `ACC` the
    /// products of the first two, three and four, the last factor, and the instances' denominator.
    function multiplyRows(uint256 last) private pure returns (uint256 product) {
        uint256 derived;
        uint256 x;
        assembly {
            derived := mload(DERIVED)
            x := mload(sub(derived, 0x80))
        }
        uint256 common = instanceNumerators(x, derived);
        assembly {
            product := mulmod(mload(add(derived, 0x80)), common, R)
            mstore(ACC, product)
            product := mulmod(product, addmod(x, sub(R, 1), R), R)
            mstore(add(ACC, 0x20), product)
            product := mulmod(product, mload(add(derived, 0x20)), R)
            mstore(add(ACC, 0x40), product)
            let difference := addmod(x, sub(R, last), R)
            mstore(add(ACC, 0x60), difference)
            mstore(add(ACC, 0x80), common)
            product := mulmod(product, difference, R)
        }
    }

    /// Takes the inverse apart into ℓ_0, ℓ_last, 1 − ℓ_last − Σ ℓ_blinding, 1/(x^n − 1), and the instance columns' values.
    function unwindRows(uint256 last, uint256 inverse) private pure {
        assembly {
            let derived := mload(DERIVED)
            let vanishing := mload(add(derived, 0x80))
            let scale := mulmod(vanishing, mload(ROWS_INVERSE), R)
            // ℓ_last
            let value := mulmod(mulmod(mulmod(inverse, mload(add(ACC, 0x40)), R), last, R), scale, R)
            inverse := mulmod(inverse, mload(add(ACC, 0x60)), R)
            // Σ ℓ_blinding
            let blinding := mulmod(mulmod(mulmod(inverse, mload(add(ACC, 0x20)), R), mload(derived), R), scale, R)
            inverse := mulmod(inverse, mload(add(derived, 0x20)), R)
            mstore(add(derived, 0x20), value)
            mstore(add(derived, 0x40), addmod(1, sub(R, addmod(value, blinding, R)), R))
            // ℓ_0
            mstore(derived, mulmod(mulmod(inverse, mload(ACC), R), scale, R))
            let x := mload(sub(derived, 0x80))
            inverse := mulmod(inverse, addmod(x, sub(R, 1), R), R)
            // The instance columns.
            value := mulmod(mulmod(inverse, vanishing, R), scale, R)
            let target := add(derived, 0xa0)
            for { let i := and(shr(32, mload(KEY)), 0xffffffff) } i { i := sub(i, 1) } {
                mstore(target, mulmod(mload(target), value, R))
                target := add(target, 0x20)
            }
            mstore(add(derived, 0x80), mulmod(inverse, mload(add(ACC, 0x80)), R))
        }
    }

    /// Registers `u − p` for every opening point p, and x behind them; behind these, the products of all before each. Returns the
    /// product of all.
    function multiplyDifferences() private pure returns (uint256 product) {
        assembly {
            let constants := mload(POINTS)
            let count := and(shr(160, mload(COUNTS)), 0xffffffff)
            let ptr := mload(DIFFERENCES)
            let x := mload(sub(mload(DERIVED), 0x80))
            let u := mload(sub(mload(DERIVED), 0x20))
            let before := add(ptr, shl(5, add(count, 1)))
            product := 1
            for {} count { count := sub(count, 1) } {
                let difference := addmod(u, sub(R, mulmod(x, mload(constants), R)), R)
                mstore(ptr, difference)
                mstore(before, product)
                product := mulmod(product, difference, R)
                ptr := add(ptr, 0x20)
                before := add(before, 0x20)
                constants := add(constants, 0x20)
            }
            mstore(ptr, x)
            mstore(before, product)
            product := mulmod(product, x, R)
        }
    }

    /// Turns the registers of `multiplyDifferences` into `1/(u − p)` and 1/x.
    function unwindDifferences(uint256 inverse) private pure {
        assembly {
            let count := and(shr(160, mload(COUNTS)), 0xffffffff)
            let registers := mload(DIFFERENCES)
            let distance := shl(5, add(count, 1))
            for { let ptr := add(registers, shl(5, count)) } iszero(lt(ptr, registers)) { ptr := sub(ptr, 0x20) } {
                let difference := mload(ptr)
                mstore(ptr, mulmod(inverse, mload(add(ptr, distance)), R))
                inverse := mulmod(inverse, difference, R)
            }
        }
    }

    /// 1/value; reverts for zero.
    function invert(uint256 value) private view returns (uint256 inverse) {
        bool good;
        assembly {
            mstore(WORK, 0x20)
            mstore(add(WORK, 0x20), 0x20)
            mstore(add(WORK, 0x40), 0x20)
        }
        if (value == 0) revert IHallmarkVerifier.DegenerateChallenge();
        assembly {
            mstore(add(WORK, 0x60), value)
            mstore(add(WORK, 0x80), sub(R, 2))
            mstore(add(WORK, 0xa0), R)
            good := staticcall(POWER_GAS, 5, WORK, 0xc0, 0, 0x20)
            good := and(good, eq(returndatasize(), 0x20))
            inverse := mload(0)
        }
        if (!good) revert IHallmarkVerifier.PrecompileFailed();
    }
}
