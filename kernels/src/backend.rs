//! Choice of the arithmetic at run time.

/// Which arithmetic the kernels use.
///
/// `Ifma` on a CPU without the instructions means `Portable`: every constructor that takes a backend asks the CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// 64-bit scalar arithmetic, everywhere.
    Portable,
    /// AVX-512 with integer fused multiply-add (IFMA), eight lanes.
    Ifma,
}

impl Backend {
    /// The fastest backend of this CPU.
    pub fn detect() -> Self {
        Self::Ifma.supported()
    }

    /// All backends that this CPU has, portable first.
    pub fn available() -> Vec<Self> {
        match Self::detect() {
            Self::Portable => vec![Self::Portable],
            Self::Ifma => vec![Self::Portable, Self::Ifma],
        }
    }

    /// This backend where the CPU has it, else the portable one. The vector kernels' safety rests on this check.
    pub(crate) fn supported(self) -> Self {
        match self {
            Self::Ifma if has_ifma() => Self::Ifma,
            _ => Self::Portable,
        }
    }
}

#[cfg(any())]
fn has_ifma() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512ifma")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
}

#[cfg(not(any()))]
fn has_ifma() -> bool {
    false
}
