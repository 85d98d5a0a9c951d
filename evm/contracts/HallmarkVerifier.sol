// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkTables} from "./HallmarkTables.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title Checks Hallmark proofs of every model: PLONK with SHPLONK openings over BN254, in halo2's format.
/// @notice The interface is `IHallmarkVerifier`. All that differs between models is data: a key made by `hallmark evm key`. There is no owner, no upgrade and
/// no storage.
/// @dev docs/evm.md describes keys, docs/proof-format.md the proof system. `HallmarkTables` lays a key and the working memory out, and
/// checks it. What several claims share never lies in memory while a key directs the work. Solidity's conventions for memory do not
/// matter, because nothing in here allocates any.
contract HallmarkVerifier is HallmarkTables {
    /// keccak256("hallmark keccak transcript v1\0").
    uint256 private constant DOMAIN = 0x14ebd390c155d3200eab0c9689a14fdd2165274fd084d81261656ccef0f84343;

    // Gas offered to precompiled contracts: several times what they cost, so that a failing one cannot burn everything.
    uint256 private constant ADD_GAS = 3000;
    uint256 private constant MUL_GAS = 30000;
    uint256 private constant POWER_GAS = 30000;
    uint256 private constant PAIRING_GAS = 500000;

    /// All functions of `IHallmarkVerifier`. They are dispatched here because Solidity's own decoder accepts more than one
    /// encoding of the same call, and refuses others without an error.
    fallback() external {
        bytes4 selector = msg.sig;
        if (selector == IHallmarkVerifier.verify.selector) verify();
        else if (selector == IHallmarkVerifier.verifyWithKey.selector) verifyWithKey();
        else if (selector == IHallmarkVerifier.verifyBatch.selector) verifyBatch();
        else if (selector == IHallmarkVerifier.checkKey.selector) checkKey();
        else revert IHallmarkVerifier.UnknownFunction();
    }

    /// verify(address key, bytes statement, bytes proof)
    function verify() private view {
        if (checkClaim(4) != msg.data.length) revert IHallmarkVerifier.MalformedCalldata();
        accumulateClaim(4);
        checkPairing();
    }

    /// verifyWithKey(bytes32 keyDigest, bytes key, bytes statement, bytes proof)
    function verifyWithKey() private view {
        uint256 statement = checkBytes(4, 0x24, 0x80);
        uint256 proof = checkBytes(4, 0x44, statement);
        uint256 end = checkBytes(4, 0x64, proof);
        if (end + 4 != msg.data.length) revert IHallmarkVerifier.MalformedCalldata();
        loadKeyData(argument(4), 4 + 0xa0, argument(4 + 0x80));
        accumulate(statement + 0x24, argument(statement + 4), proof + 0x24, argument(proof + 4));
        checkPairing();
    }

    /// verifyBatch((address key, bytes statement, bytes proof)[] claims)
    ///
    /// A claim's equation is that `left`, paired with s·g2, is `right`, paired with g2. All equations are added up, each times a hash
    /// of its own sides and those of all before: whoever makes a claim knows its factor only when both sides are fixed, whatever the
    /// key is. Sums and hash are on the stack: no key can address them.
    function verifyBatch() private view {
        uint256 count = checkBatch();
        if (count == 0) revert IHallmarkVerifier.EmptyBatch();
        uint256 chain = DOMAIN;
        uint256 group;
        uint256 leftX;
        uint256 leftY;
        uint256 rightX;
        uint256 rightY;
        for (uint256 i = 0; i < count; i++) {
            accumulateClaim(0x44 + argument(0x44 + 32 * i));
            uint256 factor = 1;
            bool same;
            assembly {
                let own := keccak256(S_G2, 0x100)
                if iszero(i) { group := own }
                same := eq(own, group)
                mstore(WORK, chain)
                mcopy(add(WORK, 0x20), ACC, 0x40)
                chain := keccak256(WORK, 0xa0)
                if i { factor := mod(chain, R) }
                mstore(ACC, rightX)
                mstore(add(ACC, 0x20), rightY)
            }
            if (!same) revert IHallmarkVerifier.DifferentReferenceStrings();
            addTerm(WORK + 0x20, factor);
            assembly {
                rightX := mload(ACC)
                rightY := mload(add(ACC, 0x20))
                mstore(ACC, leftX)
                mstore(add(ACC, 0x20), leftY)
            }
            addTerm(WORK + 0x60, factor);
            assembly {
                leftX := mload(ACC)
                leftY := mload(add(ACC, 0x20))
            }
        }
        assembly {
            mstore(add(WORK, 0x60), leftX)
            mstore(add(WORK, 0x80), leftY)
            mstore(ACC, rightX)
            mstore(add(ACC, 0x20), rightY)
        }
        checkPairing();
    }

    /// checkKey(address key)
    function checkKey() private view {
        uint256 key = argument(4);
        if (msg.data.length != 0x24 || key >> 160 != 0) revert IHallmarkVerifier.MalformedCalldata();
        loadKey(key);
    }

    // ---- Calldata ----------------------------------------------------------------------------------------------------

    function argument(uint256 ptr) private pure returns (uint256 value) {
        assembly {
            value := calldataload(ptr)
        }
    }

    /// `accumulate` for a claim (address, bytes, bytes) in canonical encoding, with its key.
    function accumulateClaim(uint256 base) private view {
        loadKey(argument(base));
        uint256 statement = base + 0x60;
        uint256 proof = base + argument(base + 0x40);
        accumulate(statement + 0x20, argument(statement), proof + 0x20, argument(proof));
    }

    /// Checks that the `bytes` whose offset stands at `base + head − 4` begin at `base + expected` and are padded with zeros to
    /// whole words within the calldata. Returns where the next argument has to begin, relative to `base`.
    function checkBytes(uint256 base, uint256 head, uint256 expected) private pure returns (uint256 next) {
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
    function checkClaim(uint256 base) private pure returns (uint256) {
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
    function checkBatch() private pure returns (uint256 count) {
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

    // ---- One proof ---------------------------------------------------------------------------------------------------

    /// Checks everything about one proof but its pairing equation. Its right side is left in `ACC`, its left side behind the third
    /// word of `WORK`.
    function accumulate(uint256 statement, uint256 statementBytes, uint256 proof, uint256 proofBytes) private view {
        (uint256 expectedStatement, uint256 expectedProof) = lengths();
        if (statementBytes != expectedStatement) revert IHallmarkVerifier.StatementLength();
        if (proofBytes != expectedProof) revert IHallmarkVerifier.ProofLength();
        readStatement(statement);
        readProof(proof);
        invertDenominators();
        evaluateGates();
        open();
        assembly {
            mcopy(add(WORK, 0x60), shl(5, and(shr(64, mload(OPENED)), 0xffffffff)), 0x40)
        }
    }

    function lengths() private pure returns (uint256 statement, uint256 proof) {
        assembly {
            let header := mload(KEY)
            proof := and(shr(128, header), 0xffffffff)
            statement := and(shr(96, header), 0xffffffff)
        }
    }

    /// Unpacks the public values into the transcript's first segment.
    function readStatement(uint256 ptr) private pure {
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

    /// Copies the proof into the transcript segment by segment, checks its elements, and draws the challenges.
    function readProof(uint256 proof) private pure {
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

    // ---- Values at x -------------------------------------------------------------------------------------------------

    /// Everything that is divided by, with one inversion: the registers that follow from x, and those of the opening points.
    function invertDenominators() private view {
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

    /// Runs the key's program: instruction after instruction, `next register = a·b + c`. The program folds all constraints
    /// with y; divided by x^n − 1, that is what the quotient has to be at x.
    function evaluateGates() private pure {
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

    // ---- The opening -------------------------------------------------------------------------------------------------

    /// Folds all openings into one point, left in `ACC`.
    function open() private view {
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

    /// `ACC += scalar·point`.
    function addTerm(uint256 point, uint256 scalar) private view {
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

    // ---- Pairings ----------------------------------------------------------------------------------------------------

    /// Reverts unless `e(left, s·g2) = e(right, g2)`, for the left side behind the third word of `WORK` and the right one in `ACC`.
    function checkPairing() private view {
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
