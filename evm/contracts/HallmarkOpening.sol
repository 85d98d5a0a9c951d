// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkPoints} from "./HallmarkPoints.sol";

/// @title SHPLONK's combination of all openings.
abstract contract HallmarkOpening is HallmarkPoints {
    /// Folds all openings into one point, left in `ACC`.
    function open() internal view {
        uint256 challenges;
        uint256 inside;
        assembly {
            // y′, v and u are the last three.
            challenges := sub(mload(DERIVED), 0x60)
            // `Π (u − p)` over the first set's points, which come first: the product of all before the next one.
            let first_ := and(shr(32, mload(OPENED)), 0xffffffff)
            let skipped := add(add(and(shr(160, mload(COUNTS)), 0xffffffff), 1), first_)
            inside := mload(add(mload(DIFFERENCES), shl(5, skipped)))
            mstore(ACC, 0)
            mstore(add(ACC, 0x20), 0)
        }
        uint256 value = addSets(challenges, inside);
        uint256 first;
        uint256 second;
        uint256 u;
        assembly {
            first := shl(5, and(shr(96, mload(OPENED)), 0xffffffff))
            second := shl(5, and(shr(64, mload(OPENED)), 0xffffffff))
            u := mload(add(challenges, 0x40))
            value := mod(sub(R, value), R)
            inside := mod(sub(R, inside), R)
        }
        addTerm(G1, value);
        addTerm(first, inside);
        addTerm(second, u);
    }

    /// Adds `Σ_i v^i·(Z_i/Z_0)·Σ_j y′^j·C_ij` and returns `Σ_i v^i·(Z_i/Z_0)·Σ_j y′^j·r_ij(u)`. With all differences inverted,
    /// `Z_i/Z_0 = inside·Π_(p ∈ S_i) 1/(u − p)`.
    function addSets(uint256 challenges, uint256 inside) private view returns (uint256 value) {
        uint256 ptr;
        uint256 size;
        uint256 end;
        uint256 quotient;
        assembly {
            ptr := mload(OPENINGS)
            quotient := add(ptr, shl(1, and(shr(128, mload(OPENED)), 0xffffffff)))
            size := mload(SETS)
            end := add(size, shl(2, and(shr(32, mload(COUNTS)), 0xffffffff)))
        }
        // inside·v^i
        uint256 factor = inside;
        for (; size != end; size += 4) {
            uint256 members;
            uint256 scalar;
            uint256 sum;
            (ptr, members, scalar, sum) = interpolate(size, ptr, challenges, factor);
            assembly {
                value := addmod(value, mulmod(factor, sum, R), R)
                factor := mulmod(factor, mload(add(challenges, 0x20)), R)
            }
            for (; members != 0; members--) {
                uint256 point;
                assembly {
                    point := shl(5, shr(240, mload(ptr)))
                }
                if (ptr == quotient) addQuotient(scalar);
                else addTerm(point, scalar);
                assembly {
                    ptr := add(ptr, 2)
                    scalar := mulmod(scalar, mload(challenges), R)
                }
            }
        }
    }

    /// Reads a set up to its commitments. Returns where they begin, how many there are, the scalar of the first one, and
    /// `Σ_k 1/((u − p_k)·Π_(m≠k) (p_k − p_m))·Σ_j y′^j·value_jk`.
    function interpolate(uint256 size, uint256 ptr, uint256 challenges, uint256 factor)
        private
        pure
        returns (uint256 next, uint256 members, uint256 scalar, uint256 sum)
    {
        assembly {
            let points := shr(240, mload(size))
            members := and(shr(224, mload(size)), 0xffff)
            scalar := factor
            // x^(1−points)
            let xInverse := mload(add(mload(DIFFERENCES), shl(5, and(shr(160, mload(COUNTS)), 0xffffffff))))
            let power := 1
            for { let i := 1 } lt(i, points) { i := add(i, 1) } { power := mulmod(power, xInverse, R) }
            let y := mload(challenges)
            for {} points { points := sub(points, 1) } {
                let inverse := mload(shl(5, shr(240, mload(ptr))))
                let constant := mload(shl(5, shr(240, mload(add(ptr, 2)))))
                ptr := add(ptr, 4)
                scalar := mulmod(scalar, inverse, R)
                let folded := 0
                for { let end := add(ptr, shl(1, members)) } lt(ptr, end) { ptr := add(ptr, 2) } {
                    folded := add(mulmod(folded, y, R), mload(shl(5, shr(240, mload(ptr)))))
                }
                sum := addmod(sum, mulmod(mulmod(folded, inverse, R), constant, R), R)
            }
            sum := mulmod(sum, power, R)
            next := ptr
        }
    }

    /// Adds `scalar·Σ_i x^(n·i)·h_i`.
    function addQuotient(uint256 scalar) private view {
        uint256 piece;
        uint256 end;
        uint256 power;
        assembly {
            let opened := mload(OPENED)
            piece := shl(5, and(shr(192, opened), 0xffffffff))
            end := add(piece, shl(6, and(shr(160, opened), 0xffffffff)))
            power := mload(add(mload(DERIVED), 0x60))
        }
        for (; piece != end; piece += 0x40) {
            addTerm(piece, scalar);
            assembly {
                scalar := mulmod(scalar, power, R)
            }
        }
    }
}
