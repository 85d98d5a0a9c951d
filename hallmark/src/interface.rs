//! Remedies in the terms of whoever reads them.
//!
//! Errors say what is wrong. What to do about it depends on how the library is used: an option of the command line is a
//! member of a request's `options` over HTTP, and a field in a program.

use crate::Error;
use crate::finding::{AtMostBits, Finding, MOST_BITS};
use hallmark_import::{ImportError, OpenAxis};
use hallmark_prover::ProverError;

/// How the reader of a message uses the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The `hallmark` program.
    CommandLine,
    /// The service's HTTP API.
    Service,
    /// This library.
    Program,
}

impl Interface {
    /// The option for more bits.
    pub(crate) fn bits(self, bits: u32) -> String {
        match self {
            Self::CommandLine => format!("`--bits {bits}`"),
            Self::Service => format!("`bits: {bits}` in `options`"),
            Self::Program => format!("`bits: {bits}` in `CompileOptions`"),
        }
    }

    /// The option to accept an inaccurate model.
    pub(crate) fn accept(self) -> &'static str {
        match self {
            Self::CommandLine => "--accept-inaccurate",
            Self::Service => "`accept_inaccurate: true` in `options`",
            Self::Program => "`accept_inaccurate: true` in `CompileOptions`",
        }
    }

    /// How the lengths of open axes are given.
    fn lengths(self, axes: &[OpenAxis]) -> String {
        let named: Option<Vec<&str>> = axes.iter().map(|axis| axis.name.as_deref()).collect();
        let inputs: Vec<&OpenAxis> = axes
            .chunk_by(|a, b| a.input == b.input)
            .filter_map(<[_]>::first)
            .collect();
        let shapes: Vec<String> = inputs.iter().map(|axis| self.shape(axis)).collect();
        let data = "calibration data of the right shape do as well";
        match (self, named) {
            (Self::CommandLine, Some(names)) => {
                let names: Vec<String> = unique(&names)
                    .iter()
                    .map(|name| format!("--dim '{name}=N'"))
                    .collect();
                format!("pass `{}` or `{}`; {data}", names.join(" "), shapes.join(" "))
            }
            (Self::CommandLine, None) => format!("pass `{}`; {data}", shapes.join(" ")),
            (Self::Service, Some(names)) => {
                let names: Vec<String> = unique(&names).iter().map(|name| format!("{name:?}: N")).collect();
                format!(
                    "give `\"dimensions\": {{{}}}` or `\"shapes\": {{{}}}` in `options`; {data}",
                    names.join(", "),
                    shapes.join(", ")
                )
            }
            (Self::Service, None) => format!(
                "give `\"shapes\": {{{}}}` in `options`; {data}",
                shapes.join(", ")
            ),
            (Self::Program, Some(names)) => format!(
                "read it by `Model::from_onnx_with`, with the lengths of {} in `InputShapes::dimensions` or `InputShapes::shapes` of {}; {data}",
                unique(&names).join(", "),
                shapes.join(", ")
            ),
            (Self::Program, None) => format!(
                "read it by `Model::from_onnx_with`, with `InputShapes::shapes` of {}; {data}",
                shapes.join(", ")
            ),
        }
    }

    /// The shape of an input with a place for every open axis.
    fn shape(self, axis: &OpenAxis) -> String {
        let lengths: Vec<String> = match axis.lengths.as_slice() {
            [] => vec!["N".to_owned(), "…".to_owned()],
            lengths => lengths
                .iter()
                .map(|length| length.map_or_else(|| "N".to_owned(), |length| length.to_string()))
                .collect(),
        };
        match self {
            Self::CommandLine => format!("--shape '{}={}'", axis.input, lengths.join("x")),
            Self::Service | Self::Program => format!("{:?}: [{}]", axis.input, lengths.join(", ")),
        }
    }
}

fn unique<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(name) {
            unique.push(name);
        }
    }
    unique
}

impl Error {
    /// The message, with a remedy that a user of this interface can follow.
    #[must_use]
    pub fn words(&self, interface: Interface) -> String {
        match self {
            Self::At { path, source } => format!("{}: {}", path.display(), source.words(interface)),
            Self::Import(error @ ImportError::OpenAxes(axes)) => {
                let text = error.to_string();
                // What the library says about its own options comes after the semicolon.
                let cause = text.rsplit_once(';').map_or(text.as_str(), |(cause, _)| cause);
                format!("{cause}; {}", interface.lengths(axes))
            }
            Self::Inaccurate(findings) => {
                let lines: Vec<String> = findings.iter().map(|finding| finding.words(interface)).collect();
                format!(
                    "the integer model would not answer what the float model answers:\n  {}\nIf it is to be made all the same: {}",
                    lines.join("\n  "),
                    interface.accept()
                )
            }
            error if interface == Interface::CommandLine => error.to_string(),
            error => error.without_options(),
        }
    }

    /// The message for those who have no command line: where it names a command or an option, with what a program does instead.
    fn without_options(&self) -> String {
        match self {
            Self::NoFolder(path) => format!(
                "{} is not the folder of a compiled model; make one with `CompiledModel::save`",
                path.display()
            ),
            Self::Exists(path) => format!("{} is there already; choose another place", path.display()),
            Self::NotAName(path) => format!("{path:?} is not the name of a folder"),
            Self::SrsChoice(text) => {
                format!("{text:?} is neither a file, nor a digest of 64 hexadecimal digits, nor `dev`")
            }
            Self::OtherCalibration { expected, found } => format!(
                "the calibration data have digest {found}, the model was compiled with {expected}: give the same samples in the \
                 same order"
            ),
            Self::BatchSize { got, executions } => format!(
                "{got} samples for a batch of {executions}: prove them in several batches, or compile with another \
                 `CompileOptions::batch`"
            ),
            Self::Prover(ProverError::NoBatch(reason)) => format!(
                "the model cannot be proven in batches: {reason}; compile it without `CompileOptions::batch`"
            ),
            Self::Prover(ProverError::SrsMissing { name, digest, folder }) => format!(
                "the SRS {name:?} with digest {digest} is not in the cache {folder:?}: compiling once with its file as \
                 `SrsChoice::File` imports it"
            ),
            error => error.to_string(),
        }
    }
}

impl Finding {
    /// The finding with a remedy that a user of this interface can follow.
    #[must_use]
    pub fn words(&self, interface: Interface) -> String {
        let bits = interface.bits(MOST_BITS);
        match &self.at_most_bits {
            None => self.to_string(),
            Some(AtMostBits::Gone) => format!("{self}; with {bits} this is gone"),
            Some(AtMostBits::Still) => format!("{self}; {bits} does not cure it"),
            Some(AtMostBits::Otherwise(words)) => format!("{self}; with {bits}: {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_prover::Class;

    fn axis(input: &str, axis: usize, name: Option<&str>, lengths: &[Option<usize>]) -> OpenAxis {
        OpenAxis {
            input: input.to_owned(),
            shape: "(…)".to_owned(),
            axis,
            name: name.map(str::to_owned),
            lengths: lengths.to_vec(),
        }
    }

    #[test]
    fn remedies_are_in_the_terms_of_the_interface() {
        let lengths = [Some(5), None, None];
        let named = ImportError::OpenAxes(vec![
            axis("x", 1, Some("batch"), &lengths),
            axis("x", 2, Some("width"), &lengths),
        ]);
        let error = Error::from(named);
        let text = error.words(Interface::CommandLine);
        assert!(
            text.contains("`--dim 'batch=N' --dim 'width=N'` or `--shape 'x=5xNxN'`"),
            "{text}"
        );
        assert!(!text.contains("ImportOptions"), "{text}");
        let text = error.words(Interface::Service);
        assert!(
            text.contains(
                "`\"dimensions\": {\"batch\": N, \"width\": N}` or `\"shapes\": {\"x\": [5, N, N]}`"
            ),
            "{text}"
        );
        let text = error.words(Interface::Program);
        assert!(
            text.contains("`InputShapes::dimensions`") && text.contains("\"x\": [5, N, N]"),
            "{text}"
        );
        let unnamed = Error::from(ImportError::OpenAxes(vec![axis("x", 1, None, &[Some(1), None])]));
        let text = unnamed
            .at(std::path::Path::new("m.onnx"))
            .words(Interface::CommandLine);
        assert!(
            text.starts_with("m.onnx: ") && text.contains("pass `--shape 'x=1xN'`;"),
            "{text}"
        );
        for interface in [Interface::Service, Interface::Program] {
            assert!(interface.accept().contains("accept_inaccurate"));
        }
    }

    /// An error of every kind, who has to act, and the remedy for whoever uses the command line.
    fn all() -> Vec<(Error, Class, &'static str)> {
        use hallmark_model::{ElementKind, ModelError};
        use std::io;
        let file = |kind: io::ErrorKind| Error::file("reading", "m".as_ref())(io::Error::from(kind));
        let at = || vec![0, 1];
        let tensor = || "x".to_owned();
        let json = serde_json::from_str::<u8>("{").unwrap_err();
        let out_of_range = ModelError::OutOfRange {
            tensor: tensor(),
            index: at(),
            value: 300,
            interval: (-128, 127),
            kind: ElementKind::real(4),
        };
        let not_whole = ModelError::NotWhole {
            tensor: tensor(),
            index: at(),
            value: 0.5,
        };
        let shape = ModelError::ShapeMismatch {
            tensor: tensor(),
            expected: vec![1, 2],
            got: vec![2],
        };
        let unsupported = ModelError::Unsupported {
            nodes: vec![(tensor(), "no integer form".to_owned())],
        };
        let missing = ProverError::SrsMissing {
            name: "a ceremony".to_owned(),
            digest: "00".repeat(32),
            folder: "cache".into(),
        };
        let small = ProverError::SrsTooSmall {
            name: "a ceremony".to_owned(),
            available: 12,
            needed: 14,
        };
        let samples = Error::BatchSize {
            got: 3,
            executions: 2,
        };
        vec![
            (
                Error::NoFolder("m".into()),
                Class::Input,
                "`hallmark compile MODEL.onnx -o DIR`",
            ),
            (
                Error::Format {
                    what: "m".into(),
                    got: 1,
                    expected: 2,
                },
                Class::Model,
                "compile the model again",
            ),
            (
                Error::Json {
                    what: "m".into(),
                    problem: json,
                },
                Class::Model,
                "compile the model again",
            ),
            (
                Error::NotReproduced { what: "m".into() },
                Class::Model,
                "ask the model's author",
            ),
            (
                Error::OtherCalibration {
                    expected: "1".into(),
                    found: "2".into(),
                },
                Class::Model,
                "--calibration: these data",
            ),
            (Error::NotAName("..".into()), Class::Usage, "--output"),
            (Error::Exists("m".into()), Class::Usage, "--force"),
            (
                Error::SomethingElse("m".into()),
                Class::Usage,
                "choose another one",
            ),
            (
                Error::Memory {
                    circuit: "public",
                    needed: 2_000_000,
                    limit: 1_000_000,
                },
                Class::Resource,
                "allow more",
            ),
            (file(io::ErrorKind::NotFound), Class::Input, "reading m"),
            (file(io::ErrorKind::IsADirectory), Class::Input, "reading m"),
            (
                file(io::ErrorKind::PermissionDenied),
                Class::Resource,
                "reading m",
            ),
            (file(io::ErrorKind::StorageFull), Class::Resource, "reading m"),
            (Error::Samples(2), Class::Input, "make a file for each"),
            (Error::NoSamples, Class::Input, "give some typical inputs"),
            (samples, Class::Input, "--batch"),
            (Error::SrsChoice("x".into()), Class::Usage, "--srs"),
            (Error::NoCache, Class::Usage, "`Surroundings::cache`"),
            (
                Error::TensorName {
                    shown: "x".into(),
                    bytes: 300,
                },
                Class::Model,
                "rename it in the model",
            ),
            (
                Error::Tensors {
                    found: 2000,
                    limit: 1024,
                },
                Class::Model,
                "leave out outputs",
            ),
            (Error::Inaccurate(Vec::new()), Class::Model, "--accept-inaccurate"),
            (Error::Outputs, Class::Internal, "please report this"),
            (
                out_of_range.into(),
                Class::Input,
                "compile the model again with calibration data",
            ),
            (not_whole.into(), Class::Input, "give integers"),
            (shape.into(), Class::Input, "the model needs [1, 2]"),
            (unsupported.into(), Class::Model, "`x`: no integer form"),
            (
                ImportError::Compressed.into(),
                Class::Model,
                "decompress it first",
            ),
            (missing.into(), Class::Resource, "`hallmark srs import FILE`"),
            (
                small.into(),
                Class::Resource,
                "import a file with power 14 or more",
            ),
            (ProverError::NoMemoryLimit.into(), Class::Input, "give no limit"),
            (
                ProverError::NoPrivateInput.into(),
                Class::Model,
                "compile for public ones only",
            ),
            (
                ProverError::NoBatch(ModelError::Calibration {
                    reason: "mixed".into(),
                })
                .into(),
                Class::Model,
                "compile it without --batch",
            ),
            (
                ProverError::NoSuchCircuit(hallmark_verifier::Form::PUBLIC).into(),
                Class::Model,
                "compile it again with one",
            ),
        ]
    }

    /// Only whoever sits at a command line is told of its commands and options, and a file's name changes neither class nor remedy.
    #[test]
    fn every_error_says_who_has_to_act_and_what_to_do() {
        for (error, class, remedy) in all() {
            let text = error.words(Interface::CommandLine);
            assert_eq!(error.class(), class, "{text}");
            assert!(text.contains(remedy), "{text}");
            for interface in [Interface::Service, Interface::Program] {
                let text = error.words(interface);
                let named = |word: &str| text.split([' ', '(', '`']).any(|found| found.starts_with(word));
                assert!(!named("--") && !text.contains("`hallmark "), "{text}");
                let option =
                    remedy.starts_with("--") || remedy.contains(" --") || remedy.starts_with("`hallmark");
                assert!(option || text.contains(remedy), "{text}");
            }
            let located = error.at("m.onnx".as_ref());
            assert_eq!(located.class(), class);
            let text = located.words(Interface::CommandLine);
            assert!(text.starts_with("m.onnx: ") && text.contains(remedy), "{text}");
        }
    }
}
