//! What is measured.

use super::models::NAMES;
use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};
use hallmark_circuits::Target;

/// Sizes and gas of the contracts, measured: compiles and proves the digits CNN and three larger networks. Takes minutes.
#[derive(Debug, Parser)]
#[command(name = "evm_report")]
pub struct Options {
    /// Only these models, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = PossibleValuesParser::new(NAMES))]
    models: Vec<String>,

    /// Only this target.
    #[arg(long, value_enum)]
    target: Option<TargetName>,

    /// How inputs enter the statement.
    #[arg(long, value_enum, default_value_t = Inputs::Cheapest)]
    pub inputs: Inputs,

    /// Also print how inputs and key enter, and the gas by part.
    #[arg(long)]
    pub parts: bool,
}

/// What a layout is made for, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TargetName {
    Evm,
    Fast,
}

/// How inputs enter the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Inputs {
    /// Whichever of the two takes less gas.
    Cheapest,
    /// One by one.
    Public,
    /// By the commitment of the circuit with private inputs.
    Commitment,
}

impl Options {
    /// The models to measure, in the order of the report.
    pub(super) fn models(&self) -> impl Iterator<Item = &'static str> {
        let asked = |name: &&str| self.models.is_empty() || self.models.iter().any(|model| model == name);
        NAMES.into_iter().filter(asked)
    }

    /// The targets to measure them at.
    pub(super) fn targets(&self) -> impl Iterator<Item = Target> {
        [(TargetName::Evm, Target::Evm), (TargetName::Fast, Target::Fast)]
            .into_iter()
            .filter(|(name, _)| self.target.is_none_or(|target| target == *name))
            .map(|(_, target)| target)
    }
}
