//! Executes contracts in revm: for tests, and to measure gas. No part of checking proofs rests on it, and nothing that is shipped
//! contains it.

mod profile;

use hallmark_evm::{Address, GasParts};
use profile::Profiler;
use revm::bytecode::Bytecode;
use revm::context::result::{ExecutionResult, Output, ResultGas};
use revm::context::{Context, TxEnv};
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::{Address as RevmAddress, Bytes, TxKind, U256, hardfork::SpecId};
use revm::state::AccountInfo;
use revm::{DatabaseRef, ExecuteCommitEvm, InspectEvm, MainBuilder, MainContext};

/// The rules of execution.
pub const SPEC: SpecId = SpecId::OSAKA;
/// The most gas that a transaction may have under these rules (EIP-7825).
pub const MAX_GAS: u64 = 1 << 24;

/// The account that sends all transactions.
pub const SENDER: Address = [0x5e; 20];

/// Why a transaction could not be executed at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutionError {
    /// It is not valid.
    #[error("the transaction is not valid: {0}")]
    Invalid(String),
    /// A deployment failed.
    #[error("the deployment failed: {0}")]
    Deployment(String),
    /// A call that had to succeed did not.
    #[error("the call did not succeed: {0}")]
    Refused(String),
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Success {
        /// Gas of the transaction: execution, intrinsic and calldata.
        gas: u64,
        /// What it returned.
        output: Vec<u8>,
        /// First topics of its events.
        events: Vec<[u8; 32]>,
    },
    /// It reverted.
    Reverted {
        /// Gas of the transaction.
        gas: u64,
        /// The error.
        output: Vec<u8>,
    },
    /// It ran out of gas or did something forbidden, which takes all gas.
    Halted {
        /// The reason.
        reason: String,
    },
}

impl Outcome {
    /// The first four bytes of the error that it reverted with.
    #[must_use]
    pub fn error(&self) -> Option<[u8; 4]> {
        match self {
            Outcome::Reverted { output, .. } => output.first_chunk().copied(),
            _ => None,
        }
    }

    /// Gas, if it did not halt.
    #[must_use]
    pub fn gas(&self) -> Option<u64> {
        match self {
            Outcome::Success { gas, .. } | Outcome::Reverted { gas, .. } => Some(*gas),
            Outcome::Halted { .. } => None,
        }
    }
}

/// A chain of one's own, with one account that pays for everything.
pub struct Chain {
    database: CacheDB<EmptyDB>,
    nonce: u64,
    /// What transactions see as time, in seconds.
    time: u64,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            database: CacheDB::new(EmptyDB::default()),
            nonce: 0,
            time: 1,
        }
    }
}

/// A deployed contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Where it is.
    pub address: Address,
    /// Gas of the deployment: execution, intrinsic and calldata.
    pub gas: u64,
}

impl Chain {
    /// Time as transactions see it, in seconds.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: u64) {
        self.time += seconds;
    }

    /// Puts code where it was not deployed: what no transaction can do where there is code already.
    pub fn replace_code(&mut self, at: &Address, code: &[u8]) {
        let bytecode = Bytecode::new_raw(Bytes::copy_from_slice(code));
        let info = AccountInfo::default().with_code(bytecode);
        self.database.insert_account_info(RevmAddress::from(*at), info);
    }

    /// Hash of the code at an address, as `EXTCODEHASH` has it.
    #[must_use]
    pub fn code_hash(&self, at: &Address) -> [u8; 32] {
        let account = self.database.basic_ref(RevmAddress::from(*at));
        account.ok().flatten().map_or([0; 32], |info| info.code_hash.0)
    }

    /// Deploys a contract.
    ///
    /// # Errors
    /// See [`ExecutionError`].
    pub fn deploy(&mut self, init_code: &[u8]) -> Result<Deployed, ExecutionError> {
        match self.execute(TxKind::Create, init_code, MAX_GAS)? {
            ExecutionResult::Success {
                gas,
                output: Output::Create(_, Some(address)),
                ..
            } => Ok(Deployed {
                address: address.into_array(),
                gas: used(&gas),
            }),
            other => Err(ExecutionError::Deployment(format!("{other:?}"))),
        }
    }

    /// Calls a contract; what it changes stays.
    ///
    /// # Errors
    /// [`ExecutionError::Invalid`].
    pub fn call(&mut self, to: &Address, data: &[u8], gas_limit: u64) -> Result<Outcome, ExecutionError> {
        let result = self.execute(TxKind::Call(RevmAddress::from(*to)), data, gas_limit)?;
        Ok(match result {
            ExecutionResult::Success {
                gas, output, logs, ..
            } => Outcome::Success {
                gas: used(&gas),
                output: output.into_data().to_vec(),
                events: logs
                    .iter()
                    .filter_map(|log| log.topics().first())
                    .map(|t| t.0)
                    .collect(),
            },
            ExecutionResult::Revert { gas, output, .. } => Outcome::Reverted {
                gas: used(&gas),
                output: output.to_vec(),
            },
            ExecutionResult::Halt { reason, .. } => Outcome::Halted {
                reason: format!("{reason:?}"),
            },
        })
    }

    /// Gas by part of a call of the verifier contract. Nothing stays of the call.
    ///
    /// # Errors
    /// [`ExecutionError::Invalid`]; [`ExecutionError::Refused`] if the call does not succeed.
    pub fn profile(&mut self, verifier: &Address, data: &[u8]) -> Result<GasParts, ExecutionError> {
        let kind = TxKind::Call(RevmAddress::from(*verifier));
        let transaction = self.transaction(kind, data, MAX_GAS)?;
        let time = self.time;
        let mut evm = Context::mainnet()
            .with_db(&mut self.database)
            .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SPEC))
            .modify_block_chained(|block| block.timestamp = U256::from(time))
            .build_mainnet_with_inspector(Profiler::default());
        let done = evm
            .inspect_tx(transaction)
            .map_err(|error| ExecutionError::Invalid(format!("{error:?}")))?;
        match done.result {
            ExecutionResult::Success { gas, .. } => Ok(evm.inspector.finish(used(&gas))),
            other => Err(ExecutionError::Refused(format!("{other:?}"))),
        }
    }

    fn transaction(&self, kind: TxKind, data: &[u8], gas_limit: u64) -> Result<TxEnv, ExecutionError> {
        TxEnv::builder()
            .caller(RevmAddress::from(SENDER))
            .kind(kind)
            .data(Bytes::copy_from_slice(data))
            .gas_limit(gas_limit)
            .nonce(self.nonce)
            .build()
            .map_err(|error| ExecutionError::Invalid(format!("{error:?}")))
    }

    fn execute(
        &mut self,
        kind: TxKind,
        data: &[u8],
        gas_limit: u64,
    ) -> Result<ExecutionResult, ExecutionError> {
        let transaction = self.transaction(kind, data, gas_limit)?;
        let time = self.time;
        let mut evm = Context::mainnet()
            .with_db(&mut self.database)
            .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SPEC))
            .modify_block_chained(|block| block.timestamp = U256::from(time))
            .build_mainnet();
        let result = evm
            .transact_commit(transaction)
            .map_err(|error| ExecutionError::Invalid(format!("{error:?}")))?;
        self.nonce += 1;
        Ok(result)
    }
}

fn used(gas: &ResultGas) -> u64 {
    gas.tx_gas_used()
}
