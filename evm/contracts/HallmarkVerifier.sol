// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {HallmarkCalldata} from "./HallmarkCalldata.sol";
import {HallmarkEvaluations} from "./HallmarkEvaluations.sol";
import {HallmarkGates} from "./HallmarkGates.sol";
import {HallmarkOpening} from "./HallmarkOpening.sol";
import {HallmarkStatement} from "./HallmarkStatement.sol";
import {HallmarkTables} from "./HallmarkTables.sol";
import {HallmarkTranscript} from "./HallmarkTranscript.sol";
import {IHallmarkVerifier} from "./IHallmarkVerifier.sol";

/// @title Checks Hallmark proofs of every model: PLONK with SHPLONK openings over BN254, in halo2's format.
/// @notice The interface is `IHallmarkVerifier`. All that differs between models is data: a key made by `hallmark evm key`. There is no owner, no upgrade and
/// no storage.
/// @dev docs/evm.md describes keys, docs/proof-format.md the proof system. The steps are inherited, a file each. What several claims
/// share never lies in memory while a key directs the work.
contract HallmarkVerifier is
    HallmarkCalldata,
    HallmarkTables,
    HallmarkStatement,
    HallmarkTranscript,
    HallmarkEvaluations,
    HallmarkGates,
    HallmarkOpening
{
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

    /// `accumulate` for a claim (address, bytes, bytes) in canonical encoding, with its key.
    function accumulateClaim(uint256 base) private view {
        loadKey(argument(base));
        uint256 statement = base + 0x60;
        uint256 proof = base + argument(base + 0x40);
        accumulate(statement + 0x20, argument(statement), proof + 0x20, argument(proof));
    }

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
}
