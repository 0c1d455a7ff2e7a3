//! `shim.c`, built once, and what it is told through the environment.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    KillBefore,
    KillHalfway,
    KillAfter,
    Fail(Error),
    /// At this step and at all after it.
    FailOn(Error),
    Short,
    Stall,
}

/// Why the system refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No space left on device.
    Full,
    /// Input/output error.
    Broken,
    /// Permission denied.
    Forbidden,
}

impl Error {
    fn number(self) -> i32 {
        match self {
            Error::Full => 28,
            Error::Broken => 5,
            Error::Forbidden => 13,
        }
    }

    /// As the program prints it.
    pub fn text(self) -> String {
        std::io::Error::from_raw_os_error(self.number()).to_string()
    }
}

static SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Under a name of its own, since another run of the tests may build it at the same time.
    let library = folder.join(format!("shim-{}.so", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/shim.c");
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
    let built = cc.arg(&library).arg(source).arg("-ldl").status().expect("a C compiler, `cc`");
    assert!(built.success(), "{source} does not compile");
    let kept = folder.join("shim.so");
    std::fs::rename(&library, &kept).unwrap();
    kept
});

/// Lets a command log its steps below a folder, and, if asked, do something at one of them.
pub fn watch(command: &mut Command, root: &Path, log: &Path, at: Option<(usize, Deed)>) {
    std::fs::write(log, "").unwrap();
    command.env("LD_PRELOAD", &*SHIM).env("CRASH_ROOT", root).env("CRASH_LOG", log);
    let Some((step, deed)) = at else { return };
    let (name, error) = match deed {
        Deed::KillBefore => ("kill-before", None),
        Deed::KillHalfway => ("kill-halfway", None),
        Deed::KillAfter => ("kill-after", None),
        Deed::Fail(error) => ("fail", Some(error)),
        Deed::FailOn(error) => ("fail-on", Some(error)),
        Deed::Short => ("short", None),
        Deed::Stall => ("stall", None),
    };
    command.env("CRASH_AT", step.to_string()).env("CRASH_DO", name);
    command.env("CRASH_ERRNO", error.map_or(0, Error::number).to_string());
}
