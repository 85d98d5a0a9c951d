//! From the decoded file to the graph: inputs and initializers, then node by node, then the outputs.

use crate::builder::Builder;
use crate::constant::{Constant, Data, Operand, Variable};
use crate::context::Context;
use crate::onnx::element::integer_type;
use crate::onnx::proto::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
use crate::{
    Elements, ImportError, ImportOptions, Imported, NodeProblem, Reason, onnx, ops, order, prune, signature,
    tensor,
};
use hallmark_model::name::unacceptable_character;
use hallmark_model::{Graph, ModelError, ValueId, Whole};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// Lowers a decoded model. `file_bytes` bounds the memory that derived constants may take.
pub(crate) fn lower(
    model: &ModelProto,
    file_bytes: usize,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let graph = model
        .graph
        .as_ref()
        .ok_or(ImportError::Missing { what: "graph" })?;
    lower_graph(graph, model, file_bytes, options).map_err(|error| match error {
        ImportError::Missing { .. }
        | ImportError::Opset { .. }
        | ImportError::ValueType { .. }
        | ImportError::InputShape { .. }
        | ImportError::OpenAxes(_) => foreign(graph).unwrap_or(error),
        error => error,
    })
}

/// Operators that no lowering knows, if there are any, are what is wrong with a file: not the version of the operator set
/// that it leaves out because of them, nor the type of an input that only they can take.
fn foreign(graph: &GraphProto) -> Option<ImportError> {
    let producers = order::producers(graph).ok()?;
    let needed = order::needed(graph, &producers, |_| true).ok()?;
    let problems: Vec<_> = needed
        .into_iter()
        .filter_map(|index| graph.node.get(index))
        .filter_map(|node| match ops::lowering(node) {
            Err(reason @ Reason::Operator) => Some(NodeProblem {
                node: order::label(node),
                operator: onnx::operator(node),
                reason,
            }),
            _ => None,
        })
        .collect();
    (!problems.is_empty()).then_some(ImportError::Nodes(problems))
}

fn lower_graph(
    graph: &GraphProto,
    model: &ModelProto,
    file_bytes: usize,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let mut lowering = Lowering::new(graph, onnx::opset(model)?, file_bytes, options)?;
    lowering.add_inputs(options)?;
    let known = |name: &str| lowering.operands.contains_key(name) || lowering.initializers.contains_key(name);
    let nodes = order::needed(graph, &lowering.producers, known)?;
    lowering.mark_used(&nodes);
    for index in nodes {
        lowering.lower_node(&graph.node[index])?;
    }
    if !lowering.problems.is_empty() {
        return Err(ImportError::Nodes(lowering.problems));
    }
    lowering.finish()
}

struct Lowering<'a> {
    graph: &'a GraphProto,
    opset: i64,
    producers: HashMap<&'a str, usize>,
    /// Stored tensors, read when they are first used: dead ones may be of any type.
    initializers: HashMap<&'a str, &'a TensorProto>,
    /// Tensors that are known by now. `None` where their node has a problem.
    operands: HashMap<&'a str, Option<Operand>>,
    /// Tensors that a needed node or the graph's outputs use.
    used: HashSet<&'a str>,
    /// Shapes of inputs that the caller decided about.
    shapes: BTreeMap<String, Vec<usize>>,
    problems: Vec<NodeProblem>,
    builder: Builder,
}

impl<'a> Lowering<'a> {
    fn new(
        graph: &'a GraphProto,
        opset: i64,
        file_bytes: usize,
        options: &ImportOptions,
    ) -> Result<Self, ImportError> {
        let producers = order::producers(graph)?;
        let mut initializers = HashMap::new();
        for tensor in &graph.initializer {
            let name = tensor.name.as_str();
            if producers.contains_key(name) || initializers.insert(name, tensor).is_some() {
                return Err(ImportError::Duplicate {
                    name: name.to_owned(),
                });
            }
        }
        if let Some(sparse) = graph.sparse_initializer.first() {
            let tensor = sparse
                .values
                .as_ref()
                .map_or_else(String::new, |values| values.name.clone());
            return Err(ImportError::Tensor {
                tensor,
                problem: "is sparse; export the model with dense weights".to_owned(),
            });
        }
        let inputs = graph.input.iter().map(|info| info.name.as_str());
        let names = inputs
            .chain(producers.keys().copied())
            .chain(initializers.keys().copied());
        let builder = Builder::new(
            &graph.name,
            options.limits,
            file_bytes,
            names.map(str::to_owned).collect(),
        );
        Ok(Self {
            graph,
            opset,
            producers,
            initializers,
            operands: HashMap::new(),
            used: HashSet::new(),
            shapes: BTreeMap::new(),
            problems: Vec::new(),
            builder,
        })
    }

    /// Adds the graph's inputs. Those that have an initializer (IR version 3) are constants.
    fn add_inputs(&mut self, options: &ImportOptions) -> Result<(), ImportError> {
        let graph = self.graph;
        let infos: Vec<_> = graph
            .input
            .iter()
            .filter(|info| !self.initializers.contains_key(info.name.as_str()))
            .collect();
        let chosen = options
            .input_shapes
            .keys()
            .find(|name| !infos.iter().any(|info| info.name == **name));
        if let Some(name) = chosen {
            let inputs: Vec<_> = infos.iter().map(|info| info.name.as_str()).collect();
            return Err(ImportError::UnknownInput {
                input: name.clone(),
                inputs: inputs.join(", "),
            });
        }
        self.bind(&infos, options)?;
        let infos: Vec<_> = infos
            .into_iter()
            .filter(|info| !options.values.contains_key(&info.name))
            .collect();
        if infos.is_empty() {
            return Err(ImportError::Missing { what: "input" });
        }
        known_dimensions(&infos, options)?;
        let mut open = Vec::new();
        for info in infos {
            let name = info.name.as_str();
            if self.producers.contains_key(name) || self.operands.contains_key(name) {
                return Err(ImportError::Duplicate {
                    name: name.to_owned(),
                });
            }
            let found = signature::input(info, options, &mut open)?;
            let problem = |reason: Reason| ImportError::InputShape {
                input: name.to_owned(),
                shape: format!("{:?}", found.shape),
                problem: reason.to_string(),
            };
            let whole = integer_type(found.code).map(Whole::of);
            let operand = self
                .builder
                .input(name, found.shape.clone(), (found.element, whole))
                .map_err(problem)?;
            self.operands.insert(name, Some(operand));
            if found.chosen {
                self.shapes.insert(name.to_owned(), found.shape);
            }
        }
        match open.is_empty() {
            true => Ok(()),
            false => Err(ImportError::OpenAxes(open)),
        }
    }

    /// Makes constants of the inputs whose values the options give.
    fn bind(&mut self, infos: &[&'a ValueInfoProto], options: &ImportOptions) -> Result<(), ImportError> {
        for (name, stored) in &options.values {
            let Some(info) = infos.iter().find(|info| info.name == *name) else {
                let inputs: Vec<_> = infos.iter().map(|info| info.name.as_str()).collect();
                return Err(ImportError::UnknownInput {
                    input: name.clone(),
                    inputs: inputs.join(", "),
                });
            };
            if let Some(problem) = signature::unfit(info, stored)? {
                return Err(ImportError::InputValue {
                    input: name.clone(),
                    problem,
                });
            }
            if let Elements::Floats(values) = &stored.elements {
                tensor::finite(values, name)?;
            }
            let constant = Constant {
                name: name.clone(),
                data: match &stored.elements {
                    Elements::Floats(values) => Data::float(values.clone()),
                    Elements::Integers(values) => Data::integer(values.clone()),
                    Elements::Booleans(values) => Data::Integer {
                        values: Rc::new(values.clone()),
                        boolean: true,
                    },
                },
            };
            self.operands
                .insert(info.name.as_str(), Some(Operand::Constant(constant)));
        }
        Ok(())
    }

    fn mark_used(&mut self, nodes: &[usize]) {
        let graph = self.graph;
        self.used
            .extend(graph.output.iter().map(|info| info.name.as_str()));
        let inputs = nodes.iter().flat_map(|&index| &graph.node[index].input);
        self.used
            .extend(inputs.map(String::as_str).filter(|name| !name.is_empty()));
    }

    /// Lowers one node. A problem with it is noted, and so that one list names all problems, the work goes on.
    fn lower_node(&mut self, node: &'a NodeProto) -> Result<(), ImportError> {
        let label = order::label(node);
        let outcome = self.try_lower(node, &label)?;
        let outputs = node.output.iter().map(String::as_str);
        match outcome {
            Ok(operands) => {
                let operands = operands.into_iter().map(Some).chain(std::iter::repeat(None));
                self.operands
                    .extend(outputs.zip(operands).filter(|(name, _)| !name.is_empty()));
            }
            Err(reason) => {
                if let Some(reason) = reason {
                    self.problems.push(NodeProblem {
                        node: label,
                        operator: onnx::operator(node),
                        reason,
                    });
                }
                self.operands
                    .extend(outputs.filter(|name| !name.is_empty()).map(|name| (name, None)));
            }
        }
        Ok(())
    }

    /// The node's outputs, or what is wrong with it (`None` where only the nodes before it have problems).
    fn try_lower(
        &mut self,
        node: &'a NodeProto,
        label: &str,
    ) -> Result<Result<Vec<Operand>, Option<Reason>>, ImportError> {
        let lowering = match ops::lowering(node) {
            Ok(lowering) => lowering,
            Err(reason) => return Ok(Err(Some(reason))),
        };
        let mut inputs = Vec::with_capacity(node.input.len());
        for name in &node.input {
            match self.operand(name)? {
                Lookup::Absent => inputs.push(None),
                Lookup::Found(operand) => inputs.push(Some(operand)),
                Lookup::Failed => return Ok(Err(None)),
            }
        }
        let mark = self.builder.mark();
        let mut context = Context {
            node,
            label,
            opset: self.opset,
            inputs,
            builder: &mut self.builder,
        };
        let operands = match lowering.lower(&mut context) {
            Ok(outputs) => outputs.0,
            Err(reason) => return Ok(Err(Some(reason))),
        };
        let missing = node.output.iter().enumerate().skip(operands.len());
        if let Some((index, output)) = missing
            .into_iter()
            .find(|(_, name)| self.used.contains(name.as_str()))
        {
            return Ok(Err(Some(Reason::Output {
                index,
                output: output.clone(),
            })));
        }
        for (operand, output) in operands
            .iter()
            .zip(&node.output)
            .filter(|(_, name)| !name.is_empty())
        {
            self.builder.name_output(operand, mark, output, label);
        }
        Ok(Ok(operands))
    }

    /// The tensor of a name that [`order::needed`] has found to exist.
    fn operand(&mut self, name: &'a str) -> Result<Lookup, ImportError> {
        if name.is_empty() {
            return Ok(Lookup::Absent);
        }
        if let Some(operand) = self.operands.get(name) {
            return Ok(operand.clone().map_or(Lookup::Failed, Lookup::Found));
        }
        let stored = self
            .initializers
            .get(name)
            .ok_or_else(|| ImportError::Undefined {
                tensor: name.to_owned(),
                user: "a node".to_owned(),
            })?;
        let data = tensor::read(stored, name)?;
        let operand = Operand::Constant(Constant {
            name: name.to_owned(),
            data,
        });
        self.operands.insert(name, Some(operand.clone()));
        Ok(Lookup::Found(operand))
    }

    /// Collects the outputs and drops what they do not need.
    fn finish(mut self) -> Result<Imported, ImportError> {
        if self.graph.output.is_empty() {
            return Err(ImportError::Missing { what: "output" });
        }
        let graph = self.graph;
        let mut outputs: Vec<ValueId> = Vec::with_capacity(graph.output.len());
        let mut integers = Vec::with_capacity(graph.output.len());
        // Values that an output may not be: graph inputs of another name, and outputs before it.
        let mut taken: HashSet<ValueId> = HashSet::new();
        let mut inputs: HashMap<ValueId, &str> = HashMap::new();
        for info in &graph.input {
            if let Some(Some(Operand::Variable(Variable { id, .. }))) = self.operands.get(info.name.as_str())
            {
                inputs.insert(*id, info.name.as_str());
            }
        }
        for info in &graph.output {
            let name = info.name.as_str();
            let Lookup::Found(operand @ Operand::Variable(_)) = self.operand(name)? else {
                return Err(ImportError::ConstantOutput {
                    output: name.to_owned(),
                });
            };
            let Operand::Variable(variable) = &operand else {
                continue;
            };
            let mut id = variable.id;
            integers.push(variable.whole.map(|whole| whole.kind));
            // Every output is a value of its own, so that it has its own name; an input that is listed among the outputs has it.
            let other_name = inputs.get(&id).is_some_and(|input| *input != name);
            if taken.contains(&id) || other_name {
                let mark = self.builder.mark();
                let problem = |reason| {
                    ImportError::Nodes(vec![NodeProblem {
                        node: name.to_owned(),
                        operator: "output".to_owned(),
                        reason,
                    }])
                };
                let copy = self.builder.copy(name, &operand).map_err(problem)?;
                self.builder.name_output(&copy, mark, name, name);
                if let Operand::Variable(copy) = copy {
                    id = copy.id;
                }
            } else {
                self.builder.name_value(id, name);
            }
            taken.insert(id);
            outputs.push(id);
        }
        let graph = prune::prune(self.builder.finish(outputs));
        names_are_fine(&graph)?;
        Ok(Imported {
            name: self.graph.name.clone(),
            graph,
            outputs: integers,
            shapes: self.shapes,
        })
    }
}

/// Refuses names that no graph may have.
fn names_are_fine(graph: &Graph) -> Result<(), ImportError> {
    let tensors = graph.values.iter().map(|value| ("tensor", &value.name));
    let nodes = graph.nodes.iter().map(|node| ("node", &node.name));
    for (what, name) in tensors.chain(nodes) {
        if let Some(character) = unacceptable_character(name) {
            return Err(ImportError::Name(ModelError::UnacceptableName {
                what,
                name: name.clone(),
                character: character.into(),
            }));
        }
    }
    Ok(())
}

/// Refuses a length for a symbolic axis that no input has: a typing error would else go unnoticed.
fn known_dimensions(infos: &[&ValueInfoProto], options: &ImportOptions) -> Result<(), ImportError> {
    let known: BTreeSet<&str> = infos.iter().flat_map(|info| signature::symbols(info)).collect();
    match options
        .dimensions
        .keys()
        .find(|name| !known.contains(name.as_str()))
    {
        None => Ok(()),
        Some(name) if known.is_empty() => Err(ImportError::UnknownDimension {
            name: name.clone(),
            axes: "none".to_owned(),
        }),
        Some(name) => Err(ImportError::UnknownDimension {
            name: name.clone(),
            axes: known.into_iter().collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The tensor of a name.
enum Lookup {
    /// The empty name: an optional input that is left out.
    Absent,
    Found(Operand),
    /// Its node has a problem.
    Failed,
}
