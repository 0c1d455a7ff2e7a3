//! The instruction sets, and which of them this process uses: a value that kernels are given,
//! so that one test can run all three.

use std::sync::OnceLock;

/// An instruction set that this machine is known to have: holding one is the proof, so that
/// kernels may use its instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Isa(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Avx512,
    Avx2,
    Scalar,
}

/// Why `MICROTOME_ISA` cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IsaProblem {
    /// The value names no instruction set of ours.
    #[error("MICROTOME_ISA is `{0}`: set it to avx512, avx2 or scalar, or leave it unset")]
    Unknown(String),
    /// The processor lacks the instruction set.
    #[error("MICROTOME_ISA is `{asked}`, which this processor does not have: it has {has}")]
    Unsupported {
        /// What was asked for.
        asked: String,
        /// What may be asked for here, separated by commas.
        has: String,
    },
}

impl Isa {
    /// Those that this machine has, the fastest first; the last is always scalar.
    pub fn available() -> Vec<Isa> {
        [Level::Avx512, Level::Avx2, Level::Scalar]
            .into_iter()
            .filter(|l| l.here())
            .map(Isa)
            .collect()
    }

    /// The one called `name`, if this machine has it.
    pub fn named(name: &str) -> Result<Isa, IsaProblem> {
        let level =
            [Level::Avx512, Level::Avx2, Level::Scalar].into_iter().find(|l| l.name() == name);
        match level {
            Some(level) if level.here() => Ok(Isa(level)),
            Some(_) => Err(IsaProblem::Unsupported {
                asked: name.to_owned(),
                has: Isa::available().iter().map(Isa::name).collect::<Vec<_>>().join(", "),
            }),
            None => Err(IsaProblem::Unknown(name.to_owned())),
        }
    }

    /// The one this process uses: what `MICROTOME_ISA` names, or the fastest. The variable is
    /// read once; it changes the speed, never a result.
    pub fn chosen() -> Result<Isa, IsaProblem> {
        static CHOSEN: OnceLock<Result<Isa, IsaProblem>> = OnceLock::new();
        CHOSEN
            .get_or_init(|| match std::env::var_os("MICROTOME_ISA") {
                Some(name) => Isa::named(&name.to_string_lossy()),
                None => Ok(Isa::available().into_iter().next().unwrap_or(Isa(Level::Scalar))),
            })
            .clone()
    }

    /// `avx512`, `avx2` or `scalar`.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    pub(super) fn level(self) -> Level {
        self.0
    }
}

impl std::fmt::Debug for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Avx512 => "avx512",
            Level::Avx2 => "avx2",
            Level::Scalar => "scalar",
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn here(self) -> bool {
        match self {
            Level::Avx512 => is_x86_feature_detected!("avx512f") && Level::Avx2.here(),
            Level::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Level::Scalar => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn here(self) -> bool {
        self == Level::Scalar
    }
}

/// Compiles one plain loop for each instruction set and picks one at run time. The compiler
/// vectorises, but may not reorder floating-point sums: the bits are the same in each.
macro_rules! versions {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name(isa: $crate::nn::kernels::isa::Isa, $($arg: $ty),*) {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512($($arg: $ty),*) { body($($arg),*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2($($arg: $ty),*) { body($($arg),*) }
            match isa.level() {
                // SAFETY: an `Isa` exists only for an instruction set that was detected.
                #[cfg(target_arch = "x86_64")]
                $crate::nn::kernels::isa::Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::nn::kernels::isa::Level::Avx2 => unsafe { avx2($($arg),*) },
                _ => body($($arg),*),
            }
        }
    };
}
pub(super) use versions;
