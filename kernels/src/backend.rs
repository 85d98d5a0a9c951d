//! Choice of the arithmetic at run time.

#[cfg(target_arch = "x86_64")]
use crate::ifma::Simd;

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

    /// This backend where the CPU has it, else the portable one.
    pub(crate) fn supported(self) -> Self {
        #[cfg(target_arch = "x86_64")]
        if self.simd().is_some() {
            return Self::Ifma;
        }
        Self::Portable
    }

    /// The proof that the vector kernels may run, if they are asked for.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn simd(self) -> Option<Simd> {
        match self {
            Self::Ifma => Simd::detect(),
            Self::Portable => None,
        }
    }
}
