//! `evm`.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Commands of `evm`.
#[derive(Debug, Subcommand)]
pub enum EvmCommand {
    /// A compiled contract: the verifier of all models' proofs, the registry, or the example of a consumer.
    Contract(EvmContractArgs),
    /// A model's key: what the verifier contract needs to know of it, as a contract to deploy or as data.
    Key(EvmKeyArgs),
    /// The call that checks a proof.
    Calldata(EvmCalldataArgs),
    /// A script that deploys verifier and registry with viem, publishes the key and registers the model.
    DeployScript(EvmDeployScriptArgs),
}

/// Which contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContractArg {
    /// Checks proofs.
    Verifier,
    /// Models and inferences after the draft ERC-7992.
    Registry,
    /// Pays on a proven prediction.
    Bounty,
}

/// Arguments of `evm contract`.
#[derive(Debug, Args)]
pub struct EvmContractArgs {
    /// Which one.
    #[arg(value_enum, default_value_t = ContractArg::Verifier)]
    pub name: ContractArg,

    /// Write interface (ABI) and bytecode as JSON; without it the bytes that deploy the contract are printed.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// A circuit of a compiled model.
#[derive(Debug, Args)]
pub struct EvmModelArgs {
    /// Folder of the compiled model, or its verifying key.
    #[arg(long, value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,

    /// The circuit with private inputs.
    #[arg(long)]
    pub private_input: bool,
}

/// Arguments of `evm key`.
#[derive(Debug, Args)]
pub struct EvmKeyArgs {
    /// The circuit.
    #[command(flatten)]
    pub model: EvmModelArgs,

    /// The data that `verifyWithKey` takes instead of the bytes that deploy a contract.
    #[arg(long)]
    pub data: bool,

    /// Write the bytes as hexadecimal digits here instead of printing them.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `evm calldata`.
#[derive(Debug, Args)]
pub struct EvmCalldataArgs {
    /// The proof, made with the Keccak transcript.
    #[arg(value_name = "PROOF", value_hint = ValueHint::FilePath)]
    pub proof: PathBuf,

    /// The circuit.
    #[command(flatten)]
    pub model: EvmModelArgs,

    /// Address of the key contract: the call is verify(key, statement, proof). Without it, the key is part of the call:
    /// verifyWithKey(digest, key, statement, proof).
    #[arg(long, value_name = "ADDRESS", conflicts_with = "registry_id")]
    pub key: Option<String>,

    /// The registry's id of the model: the call is the registry's verifyInference(id, inputCommitment, output, proof).
    #[arg(long, value_name = "HEX")]
    pub registry_id: Option<String>,

    /// Write the call as hexadecimal digits here instead of printing it.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `evm deploy-script`.
#[derive(Debug, Args)]
pub struct EvmDeployScriptArgs {
    /// The circuit.
    #[command(flatten)]
    pub model: EvmModelArgs,

    /// Address of a verifier that is there already.
    #[arg(long, value_name = "ADDRESS")]
    pub verifier: Option<String>,

    /// Address of a registry that is there already.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: Option<String>,

    /// Go on although anybody can forge proofs over the model's SRS: for test chains. The registry says so to everybody (insecureSrs).
    #[arg(long)]
    pub insecure_srs: bool,

    /// Where to read about the model, for the registry.
    #[arg(long, value_name = "URI", default_value = "")]
    pub uri: String,

    /// The script.
    #[arg(long, short, value_name = "FILE.mjs", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
}
