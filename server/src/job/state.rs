//! What a job is, and where it stands.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Makes a proof.
    Prove,
    /// Makes a model's circuits and keys.
    Compile,
}

/// Where a job stands. It begins `queued`, passes through the stages of its kind, and ends in one of `done`, `failed`,
/// `cancelled` and `dead`, which it never leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for a worker.
    Queued,
    /// Proving: opening the model, running it and laying out the witness.
    Witness,
    /// Proving: making the proof.
    Proving,
    /// Proving: checking the new proof with the independent verifier.
    Verifying,
    /// Compiling: reading, quantising and comparing with floats.
    Importing,
    /// Compiling: choosing the layout.
    Planning,
    /// Compiling: making the keys.
    Keys,
    /// Ended with its result.
    Done,
    /// Ended because the work is not possible; the cause says why. Not retried.
    Failed,
    /// Ended because somebody asked for it.
    Cancelled,
    /// Ended because all attempts crashed; the cause is that of the last one.
    Dead,
}

/// A step of a running job, with times of its own: what clients see of the library's stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Stage)]
pub enum JobStage {
    /// Bringing model and keys into memory. Takes no time where they are there.
    Opening,
    /// Running the integer model and laying out the witness.
    Witness,
    /// Making the proof.
    Proving,
    /// Checking the proof.
    Verifying,
    /// Reading and quantising the model.
    Importing,
    /// Choosing the layout.
    Planning,
    /// Making the keys.
    Keys,
}

impl JobStage {
    /// The state of a job in this stage.
    #[must_use]
    pub fn state(self) -> JobState {
        match self {
            Self::Opening | Self::Witness => JobState::Witness,
            Self::Proving => JobState::Proving,
            Self::Verifying => JobState::Verifying,
            Self::Importing => JobState::Importing,
            Self::Planning => JobState::Planning,
            Self::Keys => JobState::Keys,
        }
    }
}

impl JobKind {
    /// The state that a claim puts a job into.
    #[must_use]
    pub fn first_state(self) -> JobState {
        match self {
            Self::Prove => JobState::Witness,
            Self::Compile => JobState::Importing,
        }
    }
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 11] = [
        Self::Queued,
        Self::Witness,
        Self::Proving,
        Self::Verifying,
        Self::Importing,
        Self::Planning,
        Self::Keys,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Dead,
    ];

    /// Whether the job has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Dead)
    }

    /// Whether a worker has it.
    #[must_use]
    pub fn is_running(self) -> bool {
        !self.is_terminal() && self != Self::Queued
    }
}

/// The text is none of the words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {0:?}")]
pub struct UnknownWord(pub String);

macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $name {
            /// The word in JSON, URLs and the database.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord(text.to_owned())),
                }
            }
        }
    };
}
pub(crate) use words;

words!(JobKind { Prove => "prove", Compile => "compile" });
words!(JobState {
    Queued => "queued",
    Witness => "witness",
    Proving => "proving",
    Verifying => "verifying",
    Importing => "importing",
    Planning => "planning",
    Keys => "keys",
    Done => "done",
    Failed => "failed",
    Cancelled => "cancelled",
    Dead => "dead",
});
words!(JobStage {
    Opening => "opening",
    Witness => "witness",
    Proving => "proving",
    Verifying => "verifying",
    Importing => "importing",
    Planning => "planning",
    Keys => "keys",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_serde() {
        for state in JobState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
            assert_eq!(state.word().parse(), Ok(state));
            assert!(!(state.is_terminal() && state.is_running()));
        }
        assert!("running".parse::<JobState>().is_err());
        assert_eq!("compile".parse(), Ok(JobKind::Compile));
    }
}
