// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title The fields, and where everything lies in memory.
/// @dev Scratch space, the key, and behind it what is computed with it: `HallmarkTables` says where, and checks that nothing that a key
/// states can address what lies in front of it. Solidity's conventions for memory do not matter, because the verifier allocates none.
abstract contract HallmarkMemory {
    /// The order of the scalar field.
    uint256 internal constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    /// The order of the base field.
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    /// keccak256("hallmark keccak transcript v1\0").
    uint256 internal constant DOMAIN = 0x14ebd390c155d3200eab0c9689a14fdd2165274fd084d81261656ccef0f84343;

    // Scratch space, which no key can address.
    uint256 internal constant ACC = 0x80; // A sum of points under way: x, y.
    uint256 internal constant TERM = 0xc0; // Its next summand: x, y, and a scalar.
    // The addresses of a key's tables and of its working memory, and where that ends.
    uint256 internal constant POINTS = 0x120;
    uint256 internal constant PROGRAM = 0x140;
    uint256 internal constant OPENINGS = 0x160;
    uint256 internal constant SETS = 0x180;
    uint256 internal constant SCHEDULE = 0x1a0;
    uint256 internal constant CHALLENGES = 0x1c0;
    uint256 internal constant DERIVED = 0x1e0;
    uint256 internal constant QUOTIENT = 0x200;
    uint256 internal constant DIFFERENCES = 0x220;
    uint256 internal constant TRANSCRIPT = 0x240;
    uint256 internal constant RESULTS = 0x260;
    uint256 internal constant LIMIT = 0x280;
    uint256 internal constant CELLS = 0x2a0; // Not an address: the number of cells of all instance columns.
    uint256 internal constant WORK = 0x2c0; // Inputs of the modular exponentiation and of the pairing; twelve words.

    // The key. The byte before it is the first one of the key contract's code.
    uint256 internal constant KEY = 0x460;
    uint256 internal constant MAGIC = 0x484d4b45564d3032; // "HMKEVM02"
    // After the magic number come counts of 32 bits each. In the first word: log₂ of the rows, bytes of a proof, bytes of a
    // statement, entries of the statement, instance columns, cells of one.
    // In the second word: bytes of the key, challenges, opening points, words of the pool of constants and commitments, words of the
    // program, words of the openings, sets, segments of the transcript.
    uint256 internal constant COUNTS = 0x480;
    // In the third word: numbers of the words where the folded constraints and the quotient's pieces are, how many pieces, which
    // operand of the openings is the quotient, words of the opening's two points, points of the first set, blinding factors.
    uint256 internal constant OPENED = 0x4a0;
    uint256 internal constant SEED = 0x4c0;
    uint256 internal constant REPRESENTATION = 0x4e0;
    uint256 internal constant ROWS_INVERSE = 0x500;
    uint256 internal constant OMEGA_INVERSE = 0x520;
    uint256 internal constant G1 = 0x540;
    uint256 internal constant S_G2 = 0x580;
    uint256 internal constant G2 = 0x600;
    uint256 internal constant ENTRIES = 0x680;
}
