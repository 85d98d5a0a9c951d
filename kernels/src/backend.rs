//! Choice of the arithmetic at run time.

use crate::kernels::Kernels;
use crate::portable::Portable;
#[cfg(any(test, target_arch = "x86_64"))]
use crate::vector::Vector;
#[cfg(test)]
use crate::vector::arrays::Arrays;
#[cfg(target_arch = "x86_64")]
use crate::vector::ifma::Ifma;
use std::fmt;
use std::sync::LazyLock;

/// Which arithmetic the kernels use: one that this CPU has.
#[derive(Clone, Copy)]
pub struct Backend(pub(crate) &'static dyn Kernels);

/// Those of this CPU besides the portable one, the fastest last. The CPU is asked once.
static VECTOR: LazyLock<Vec<Box<dyn Kernels>>> = LazyLock::new(|| {
    #[allow(unused_mut, reason = "architectures without a unit have an empty list")]
    let mut units: Vec<Box<dyn Kernels>> = Vec::new();
    #[cfg(test)]
    units.push(Box::new(Vector(Arrays)));
    #[cfg(target_arch = "x86_64")]
    if let Some(unit) = Ifma::detect() {
        units.push(Box::new(Vector(unit)));
    }
    units
});

impl Backend {
    /// 64-bit words, everywhere.
    pub const PORTABLE: Self = Self(&Portable);

    /// The fastest backend of this CPU.
    pub fn detect() -> Self {
        VECTOR
            .last()
            .map_or(Self::PORTABLE, |fastest| Self(fastest.as_ref()))
    }

    /// All backends that this CPU has, portable first.
    pub fn available() -> Vec<Self> {
        let vector = VECTOR.iter().map(|kernels| Self(kernels.as_ref()));
        [Self::PORTABLE].into_iter().chain(vector).collect()
    }

    /// The backend's name: `Portable`, or that of a vector unit.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Bytes of a field element in a column.
    pub fn element_bytes(self) -> usize {
        self.0.element_bytes()
    }
}

impl PartialEq for Backend {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Backend {}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
