//! SRSs that are recognised by their points. Coordinates are hexadecimal, big endian, without a prefix.

/// The outcome of a ceremony.
#[derive(Clone, Copy, Debug)]
pub struct Ceremony {
    /// What it is called.
    pub name: &'static str,
    /// x and y of the secret's multiple in the first group.
    pub s_g1: [&'static str; 2],
    /// x.c0, x.c1, y.c0 and y.c1 of its multiple in the second group.
    pub s_g2: [&'static str; 4],
}

/// A secret that everybody can compute.
#[derive(Clone, Copy, Debug)]
pub struct PublicSecret {
    /// Which one, in words.
    pub what: &'static str,
    /// x of its multiple in the first group, which it has in common with the secret of the other sign.
    pub x: &'static str,
}

/// Ceremonies, by the pair of points that all of their files share.
pub const CEREMONIES: &[Ceremony] = &[Ceremony {
    name: "the Perpetual Powers of Tau, as prepared by Hermez",
    s_g1: [
        "2dd3fd59098a5b4b4a616568bb6ba1a1e4c40e4b0df9ae94e37944d55ab651cf",
        "25680c3525ba04435a9034d6e69c96de5133edfe37c226d3e31b60eff6b34ef0",
    ],
    s_g2: [
        "30441fd1b5d3370482c42152a8899027716989a6996c2535bc9f7fee8aaef79e",
        "26186a2d65ee4d2f9c9a5b91f86597d35f192cd120caf7e935d8443d1938e23d",
        "054793348f12c0cf5622c340573cb277586319de359ab9389778f689786b1e48",
        "1970ea81dd6992adfbc571effb03503adbbb6a857f578403c6c40e22d65b3c02",
    ],
}];

/// Secrets that programs of the trade draw from seeds that everybody knows: the all-zero seed with which `gen_srs` of libraries on
/// halo2 makes parameters, the seed of halo2's own tests, small numbers as seeds. A test of the prover draws them again.
pub const PUBLIC_SECRETS: &[PublicSecret] = &[
    PublicSecret {
        what: "Hallmark's development SRS",
        x: "129f4089da8d898e173c9021dd0b5e90a6d1f1e79e04f6422e88042d834e6d0e",
    },
    PublicSecret {
        what: "the parameters of `setup` with the xorshift seed of halo2's tests",
        x: "10f6c2382f254ad313654f4bdb29e7d72e4c44471800f3235a0a775643cb1628",
    },
    PublicSecret {
        what: "the parameters of `setup` with an all-zero seed of ChaCha20",
        x: "0ec379d622d571768ccf88ad66c436878c1f3023a56b611f076f39283681af49",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 0",
        x: "1641996bbac3bd2c63f9b2494da4a649b28be21cce7a61fad07b35518bf6f5b7",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 1",
        x: "299a5509e8a533faf2634bc39d1e18be2e94040b316d473abf9331893d660ddf",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 2",
        x: "2efcf0ddc2e9b9887d99d0a8a7612a17ad58b87a0e532e4a3585c377697b7cdd",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 42",
        x: "01c94ba6b7a603519c53b71f4a3ef2b3fa4c06d8125b5347fe8fa1c4a1188053",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 123",
        x: "0f7e95d23c6a2a0802803939743dcec70659422b66b48612a6dd71cf6f7f9b73",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 1234",
        x: "10469644b64c25ea27c27c507e6e8ad11542a210c24398e6d121f10c680583dd",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 1337",
        x: "2173ae3b597905c36ad96b079bb566b92a00871e7857032543bae9a8e002c28f",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha20 seeded by the number 12345",
        x: "1e8e6187a7d7c3fa585275c4846c5de4bf615aeb3c9a6fd32df52e56384a7589",
    },
    PublicSecret {
        what: "the parameters of `setup` with an all-zero seed of ChaCha12 (`StdRng`)",
        x: "23340405bc8f510aef0c61b5c41d70c54ec11e93be96442610d52643af50c56e",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 0",
        x: "2def0cdfe5119571c881ef3fe4c228f9cb3f108053b6c354e976d6812f1d0968",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 1",
        x: "09f35d1510c35c8216f46112a37926f07252185e86a01ed02846469d4759cf04",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 2",
        x: "0e1dc9235224868e5ca96859781ccd4620ecd38be96aac9139f4deb165c6e692",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 42",
        x: "16e5762207f639d18a51a59dcb0f3531a85497bab3eb38cded7cbdef850cc1e6",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 123",
        x: "225ea4cc02d411bb8e4a205307eafb2b20f674dc57a0c25a3ab17df6047db43b",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 1234",
        x: "10043470152cd91567bb982f1af4dc318c7154bba717ad295ba5f33bffe3d0fb",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 1337",
        x: "28bbabb5768a3fe1515850236b040c3958dd800a2781036f9cace0ddf424f614",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha12 (`StdRng`) seeded by the number 12345",
        x: "2330588195d8deb714f7315c915e85edf502354c3941433f2cf3303f557ea4fd",
    },
    PublicSecret {
        what: "the parameters of `setup` with an all-zero seed of ChaCha8",
        x: "138a04d5990826d0ab70d5254487caa7556386dd65390cfbd1a9293264bfc0b7",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 0",
        x: "058f85a22de4e1161ba8c7ad412e0a8efae82221bbd1d65e8a53a5263aaeb62d",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 1",
        x: "23b2e060c01d2bb2d7229f2267143646388f635742f4734bda1027b824c97974",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 2",
        x: "00b7f2edf34aa93cd79e105cbad54ace83e12e9584f324a26076833cd5474741",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 42",
        x: "16640ce4566b1fe19761411eead1a6c2b1058757ca332d27d06893304814cd2c",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 123",
        x: "2dba381d2528d70a39718a513da3712e2b16464527270b06a024a9d6771f4fd0",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 1234",
        x: "141e5b4d51a0b517d3b21f02a095d37ff38878b92335dd9a9dd8859ce799c0aa",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 1337",
        x: "04e75e07352a2aebbac18e8be6809c0ff82637ed91422ab9254ea1f95befb733",
    },
    PublicSecret {
        what: "the parameters of `setup` with ChaCha8 seeded by the number 12345",
        x: "2cb8448a8fb9cb276dc27d9a5d989ae007ad33196e1ec8d69af41ab0ff08c155",
    },
];
