//! A model with everything that its measurements need.

use crate::Problem;
use hallmark_circuits::Target;
use hallmark_model::{FloatTensor, Graph, IntTensor, QuantizeOptions, QuantizedGraph, Trace, quantize};
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::Srs;
use hallmark_prover::{Description, PlannedCircuit, ProveOptions, Prover, compile};
use hallmark_verifier::{Bundle, Form, VerifyingKey};
use std::sync::Arc;

/// A quantised model, its keys over the development SRS, an execution and its proof.
pub struct Ready {
    /// What it is called in reports.
    pub name: String,
    /// The integer model.
    pub graph: Arc<QuantizedGraph>,
    /// One tensor per input.
    pub inputs: Vec<IntTensor>,
    /// The execution on `inputs`.
    pub trace: Arc<Trace>,
    /// The layout for `--target fast`, public inputs.
    pub circuit: PlannedCircuit,
    /// Makes proofs of it.
    pub prover: Prover,
    /// Checks them.
    pub key: Arc<VerifyingKey>,
    /// A proof of `trace`.
    pub bundle: Bundle,
}

impl Ready {
    /// Quantises with 12 bits and the first of `samples` as input, makes the keys and one proof.
    ///
    /// # Errors
    /// Those of the steps, and where there is no sample.
    pub fn new(name: &str, float: &Graph, samples: &[Vec<FloatTensor>]) -> Result<Self, Problem> {
        let graph = Arc::new(quantize(float, samples, &QuantizeOptions::default())?.graph);
        let sample = samples.first().ok_or("there is no sample")?;
        let inputs = sample
            .iter()
            .enumerate()
            .map(|(index, tensor)| graph.quantize_input(index, tensor))
            .collect::<Result<Vec<_>, _>>()?;
        let trace = Arc::new(graph.run(&inputs)?);
        let circuit = PlannedCircuit::new(&graph, Target::Fast, Form::PUBLIC)?;
        let srs = Srs::development(circuit.k())?;
        let description = Description {
            name,
            bits: 12,
            target: "fast",
        };
        let only = std::slice::from_ref(&circuit);
        let mut compiled = compile(only, description, &|_| Ok(srs.clone()), None, &Silent)?;
        let keys = compiled.keys.pop().ok_or("there are no keys")?;
        let prover = Prover::new(circuit.clone(), keys, srs.clone(), Arc::clone(&compiled.key));
        let bundle = prover.prove(&trace, &ProveOptions::default(), &Silent)?.bundle;
        Ok(Self {
            name: name.to_owned(),
            graph,
            inputs,
            trace,
            circuit,
            prover,
            key: compiled.key,
            bundle,
        })
    }
}
