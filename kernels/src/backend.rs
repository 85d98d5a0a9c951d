//! Choice of the arithmetic at run time.

use crate::kernels::Kernels;
use crate::portable::Portable;
#[cfg(test)]
use crate::vector::arrays::Arrays;
#[cfg(target_arch = "x86_64")]
use crate::vector::ifma::Ifma;
#[cfg(any(test, target_arch = "x86_64"))]
use crate::vector::{Unit, Vector};
use std::fmt;

/// Which arithmetic the kernels use: one that this CPU has.
#[derive(Clone, Copy)]
pub struct Backend(pub(crate) &'static dyn Kernels);

impl Backend {
    /// 64-bit words, everywhere.
    pub const PORTABLE: Self = Self(&Portable);

    /// The fastest backend of this CPU.
    pub fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::PORTABLE)
    }

    /// All backends that this CPU has, portable first and the fastest last.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut, reason = "there are architectures without a vector unit")]
        let mut all = vec![Self::PORTABLE];
        #[cfg(test)]
        all.push(Self::of(Arrays));
        #[cfg(target_arch = "x86_64")]
        all.extend(Ifma::detect().map(Self::of));
        all
    }

    #[cfg(any(test, target_arch = "x86_64"))]
    fn of<U: Unit>(unit: U) -> Self {
        const {
            assert!(
                size_of::<U>() == 0,
                "a unit is nothing but the proof that it is there"
            )
        }
        // What has no bytes takes no memory that would have to be freed.
        Self(Box::leak(Box::new(Vector(unit))))
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
