//! The child process: one job at a time, on untrusted models and inputs, within a memory limit.
//!
//! It reads requests from standard input and writes replies to standard output, a line of JSON each; artifacts are files
//! in folders that the worker names. It knows neither database nor object store nor network. It ends when its standard
//! input does, so that it does not outlive its worker, whatever the worker dies of.

mod clock;
mod compile;
mod estimate;
pub mod memory;
mod models;
mod protocol;
mod prove;

pub use protocol::{
    BUNDLE, ChildConfig, CompileRequest, CompiledFiles, EstimateRequest, LAYOUT, LAYOUT_SVG, OPENING,
    ProveRequest, ProvedFiles, Reply, Request,
};

use clock::StageClock;
use hallmark::{Error, Interface};
use models::Models;
use protocol::Output;
use std::io::BufRead;
use std::process::ExitCode;
use std::sync::mpsc;

/// Lines that are longer end the process: requests hold paths and options.
const MAX_LINE: usize = 1 << 20;

/// Serves requests until standard input ends.
#[must_use]
pub fn run() -> ExitCode {
    let (send, receive) = mpsc::channel();
    // A thread of its own sees the end of the worker in the middle of a job.
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut line = Vec::new();
        loop {
            line.clear();
            match std::io::Read::take(&mut input, MAX_LINE as u64).read_until(b'\n', &mut line) {
                Ok(length) if length > 0 && line.ends_with(b"\n") => {}
                _ => std::process::exit(0),
            }
            if send.send(line.clone()).is_err() {
                return;
            }
        }
    });
    match serve(&receive) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "child: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn serve(requests: &mpsc::Receiver<Vec<u8>>) -> Result<(), String> {
    let next = || requests.recv().map_err(|error| error.to_string());
    let config: ChildConfig = serde_json::from_slice(&next()?).map_err(|error| error.to_string())?;
    confine(&config)?;
    let mut models = Models::new(&config);
    loop {
        let request: Request = serde_json::from_slice(&next()?).map_err(|error| error.to_string())?;
        memory::reset_peak();
        let output = Output;
        let clock = StageClock::new(&output);
        let result = match &request {
            Request::Prove(request) => prove::run(request, &mut models, &clock).map(Reply::Proved),
            Request::Compile(request) => compile::run(request, &config, &clock).map(Reply::Compiled),
            Request::Estimate(request) => {
                estimate::run(request, &clock).map(|circuits| Reply::Estimated { circuits })
            }
        };
        let reply = result.unwrap_or_else(Reply::Failed);
        let (stages, peak_bytes) = (clock.finish(), memory::peak());
        output.send(&Reply::Measured { stages, peak_bytes })?;
        output.send(&reply)?;
    }
}

/// Takes what the process may use.
fn confine(config: &ChildConfig) -> Result<(), String> {
    // What a process writes to, without the address space that allocator and threads reserve.
    rlimit::setrlimit(rlimit::Resource::DATA, config.memory_bytes, config.memory_bytes)
        .map_err(|error| format!("limiting memory to {} bytes: {error}", config.memory_bytes))?;
    // No core files: they would hold private inputs.
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0)
        .map_err(|error| format!("refusing core files: {error}"))?;
    // Requests are answered before proofs are made.
    rustix::process::nice(10).map_err(|error| format!("lowering the priority: {error}"))?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(config.threads)
        .build_global()
        .map_err(|error| format!("starting threads: {error}"))
}

/// The cause that an error of the library is.
fn cause(error: &Error) -> crate::job::Cause {
    use crate::job::{Cause, CauseKind};
    use hallmark::Class;
    use hallmark_circuits::CircuitError;
    use hallmark_import::ImportError;
    use hallmark_model::ModelError;
    use hallmark_prover::ProverError;
    fn of_model(error: &ModelError) -> CauseKind {
        match error {
            ModelError::OutOfRange { .. } | ModelError::InputOutOfRange { .. } => CauseKind::InputOutOfRange,
            ModelError::NotFinite { .. }
            | ModelError::NotWhole { .. }
            | ModelError::ShapeMismatch { .. }
            | ModelError::InputCount { .. } => CauseKind::InvalidInput,
            ModelError::TooLarge { .. } => CauseKind::TooLarge,
            ModelError::Unsupported { .. } => CauseKind::UnsupportedModel,
            _ => CauseKind::InvalidModel,
        }
    }
    fn of_circuit(error: &CircuitError) -> CauseKind {
        match error {
            CircuitError::TooLarge { .. } => CauseKind::TooLarge,
            CircuitError::Unsupported { .. } => CauseKind::UnsupportedModel,
            _ => CauseKind::Internal,
        }
    }
    fn kind(error: &Error) -> CauseKind {
        match error {
            Error::At { source, .. } => kind(source),
            Error::Model(error) => of_model(error),
            Error::Circuit(error) | Error::Prover(ProverError::Circuit(error)) => of_circuit(error),
            Error::Import(ImportError::Nodes(_)) => CauseKind::UnsupportedModel,
            Error::Import(ImportError::TooLarge { .. }) | Error::Memory { .. } => CauseKind::TooLarge,
            Error::Import(_) => CauseKind::InvalidModel,
            Error::Inaccurate(_) => CauseKind::Inaccurate,
            Error::TensorName { .. } | Error::Tensors { .. } => CauseKind::InvalidModel,
            Error::Input(_) | Error::Samples(_) => CauseKind::InvalidInput,
            Error::Prover(ProverError::SrsMissing { .. } | ProverError::SrsTooSmall { .. }) => {
                CauseKind::SrsMissing
            }
            Error::Prover(ProverError::NoSuchCircuit(_)) => CauseKind::InvalidInput,
            // Another attempt would find the same; the model has to be compiled again.
            Error::Prover(
                ProverError::KeyLimit(_) | ProverError::KeptPlan { .. } | ProverError::KeyMismatch { .. },
            ) => CauseKind::InvalidModel,
            other => match other.class() {
                Class::Resource => CauseKind::Storage,
                _ => CauseKind::Internal,
            },
        }
    }
    // The caller has not the file that an error names.
    let mut plain = error;
    while let Error::At { source, .. } = plain {
        plain = source;
    }
    Cause::new(kind(error), plain.words(Interface::Service))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::CauseKind;
    use hallmark_import::ImportError;
    use hallmark_model::ModelError;
    use hallmark_prover::ProverError;

    /// Whoever sent a job is told whether input or model is to blame.
    #[test]
    fn causes_say_what_is_to_blame() {
        let index = || vec![0];
        let tensor = || "x".to_owned();
        let not_whole = ModelError::NotWhole {
            tensor: tensor(),
            index: index(),
            value: 0.5,
        };
        let not_finite = ModelError::NotFinite {
            tensor: tensor(),
            index: index(),
            value: f32::NAN,
        };
        let input_range = ModelError::InputOutOfRange {
            tensor: tensor(),
            index: index(),
            value: 9.0,
            min: 0.0,
            max: 1.0,
            kind: hallmark_model::ElementKind::real(4),
        };
        let large = ModelError::TooLarge {
            place: tensor(),
            what: "elements",
            size: 2,
            limit: 1,
        };
        let small = ProverError::SrsTooSmall {
            name: tensor(),
            available: 1,
            needed: 2,
        };
        let plan = ProverError::KeptPlan {
            form: hallmark::Form::PUBLIC,
            reason: "its gates are not those of the verifying key".to_owned(),
        };
        let cases: [(Error, CauseKind); 10] = [
            (not_whole.into(), CauseKind::InvalidInput),
            (not_finite.into(), CauseKind::InvalidInput),
            (input_range.into(), CauseKind::InputOutOfRange),
            (large.into(), CauseKind::TooLarge),
            (
                ModelError::Unsupported { nodes: Vec::new() }.into(),
                CauseKind::UnsupportedModel,
            ),
            (ImportError::Compressed.into(), CauseKind::InvalidModel),
            (ImportError::Nodes(Vec::new()).into(), CauseKind::UnsupportedModel),
            (small.into(), CauseKind::SrsMissing),
            (plan.into(), CauseKind::InvalidModel),
            (Error::Outputs, CauseKind::Internal),
        ];
        for (error, expected) in cases {
            let words = error.to_string();
            // Where the file lies is no matter of the caller's.
            let found = cause(&error.at("/var/model.onnx".as_ref()));
            assert_eq!(found.kind, expected, "{words}");
            assert!(!found.detail.contains("/var"), "{}", found.detail);
        }
    }
}
