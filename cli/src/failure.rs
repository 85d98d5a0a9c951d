//! Errors on their way to the exit code.

use hallmark::{Class, Interface};
use std::path::Path;
use std::process::ExitCode;

/// What kind of failure it is; the number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A proof was rejected.
    Rejected = 1,
    /// The arguments contradict each other.
    Usage = 2,
    /// A file, model or value is not acceptable.
    Input = 3,
    /// Disk, memory or an SRS is missing.
    Resource = 4,
    /// A fault of this program.
    Internal = 5,
}

impl Kind {
    /// The word in JSON output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Usage => "usage",
            Self::Input => "input",
            Self::Resource => "resource",
            Self::Internal => "internal",
        }
    }
}

impl From<Class> for Kind {
    fn from(class: Class) -> Self {
        match class {
            Class::Usage => Self::Usage,
            Class::Input | Class::Model => Self::Input,
            Class::Resource => Self::Resource,
            Class::Internal => Self::Internal,
        }
    }
}

impl From<Kind> for ExitCode {
    fn from(kind: Kind) -> Self {
        ExitCode::from(kind as u8)
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub struct Failure {
    /// Decides the exit code.
    pub kind: Kind,
    /// For the user: place, expectation, remedy.
    pub message: String,
}

impl Failure {
    /// A contradiction in the arguments.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            message: message.into(),
        }
    }

    /// Something that came in is not acceptable.
    pub fn input(message: impl std::fmt::Display) -> Self {
        Self {
            kind: Kind::Input,
            message: message.to_string(),
        }
    }

    /// A fault of this program.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self {
            kind: Kind::Internal,
            message: message.to_string(),
        }
    }

    /// A file that could not be read or written. One that is not there is a bad input; everything else a matter
    /// of resources.
    pub fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
        let kind = if matches!(error.kind(), NotFound | IsADirectory | NotADirectory) {
            Kind::Input
        } else {
            Kind::Resource
        };
        Self {
            kind,
            message: format!("{action} {}: {error}", path.display()),
        }
    }

    /// Says which file the failure is about.
    pub fn about(mut self, path: &Path) -> Self {
        self.message = format!("{}: {}", path.display(), self.message);
        self
    }
}

impl From<hallmark_verifier::VerifyError> for Failure {
    fn from(error: hallmark_verifier::VerifyError) -> Self {
        Self::input(error)
    }
}

impl From<hallmark::Error> for Failure {
    fn from(error: hallmark::Error) -> Self {
        Self {
            kind: error.class().into(),
            message: error.words(Interface::CommandLine),
        }
    }
}

impl From<hallmark_prover::ProverError> for Failure {
    fn from(error: hallmark_prover::ProverError) -> Self {
        Self {
            kind: error.class().into(),
            message: error.to_string(),
        }
    }
}
