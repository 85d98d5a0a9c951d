//! Where the verifier contract spends gas.
//!
//! A call goes through the same steps for every key: it loads the key, runs the transcript, evaluates gates and openings, adds points
//! up on the way, and ends with a pairing. What separates the steps are instructions that occur nowhere else, so that they can be
//! told apart from outside.

use hallmark_evm::GasParts;
use revm::Inspector;
use revm::bytecode::opcode;
use revm::interpreter::Interpreter;
use revm::interpreter::interpreter_types::Jumps;
use revm::primitives::U256;

/// A precompiled contract.
const ADD: u64 = 6;
const MUL: u64 = 7;
const PAIRING: u64 = 8;

/// What ends a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    KeyCopied,
    Hashed,
    Summed,
    Paired,
    Other,
}

/// Attributes gas to steps while a call runs.
#[derive(Default)]
pub(super) struct Profiler {
    parts: GasParts,
    /// The instruction under way, and the gas before it.
    current: Option<(Event, u64)>,
    /// Gas since the last event.
    pending: u64,
    /// Whether the key was loaded.
    keyed: bool,
}

impl Profiler {
    /// The parts of a call that used this much gas.
    pub(super) fn finish(mut self, used: u64) -> GasParts {
        self.parts.pairing += self.pending;
        self.parts.intrinsic = GasParts::INTRINSIC;
        self.parts.calldata = used.saturating_sub(self.parts.total());
        self.parts
    }

    /// Charges the instruction that has ended, and what came before it.
    fn charge(&mut self, remaining: u64) {
        let Some((event, before)) = self.current.take() else {
            return;
        };
        let own = before.saturating_sub(remaining);
        let part = match event {
            Event::Other => {
                self.pending += own;
                return;
            }
            // A key that comes as calldata is hashed before anything else.
            Event::Hashed if self.keyed => &mut self.parts.transcript,
            Event::KeyCopied | Event::Hashed => {
                self.keyed = true;
                &mut self.parts.key
            }
            Event::Summed => {
                self.parts.msm += own;
                self.parts.evaluations += std::mem::take(&mut self.pending);
                return;
            }
            Event::Paired => &mut self.parts.pairing,
        };
        *part += own + std::mem::take(&mut self.pending);
    }
}

impl<C> Inspector<C> for Profiler {
    fn step(&mut self, interpreter: &mut Interpreter, _: &mut C) {
        let remaining = interpreter.gas.remaining();
        self.charge(remaining);
        let event = match interpreter.bytecode.opcode() {
            opcode::EXTCODECOPY => Event::KeyCopied,
            opcode::KECCAK256 => Event::Hashed,
            opcode::STATICCALL => match interpreter.stack.peek(1) {
                Ok(address) if address == U256::from(ADD) || address == U256::from(MUL) => Event::Summed,
                Ok(address) if address == U256::from(PAIRING) => Event::Paired,
                _ => Event::Other,
            },
            _ => Event::Other,
        };
        self.current = Some((event, remaining));
    }

    fn step_end(&mut self, interpreter: &mut Interpreter, _: &mut C) {
        // The last instruction has no successor.
        if matches!(
            interpreter.bytecode.opcode(),
            opcode::STOP | opcode::RETURN | opcode::REVERT
        ) {
            self.charge(interpreter.gas.remaining());
        }
    }
}
