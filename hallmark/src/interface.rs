//! Remedies in the terms of whoever reads them.
//!
//! Errors say what is wrong. What to do about it depends on how the library is used: an option of the command line is a
//! member of a request's `options` over HTTP, and a field in a program.

use crate::Error;
use crate::project::{AtMostBits, Finding, MOST_BITS};
use hallmark_import::{ImportError, OpenAxis};

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
            error if interface == Interface::Program => error.to_program(),
            error => error.to_string(),
        }
    }

    /// The message, where it names an option of the command line, with what a program does instead.
    fn to_program(&self) -> String {
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
            Self::BatchSize { got, executions } => format!(
                "{got} samples for a batch of {executions}: prove them in several batches, or compile with another \
                 `CompileOptions::batch`"
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
        // What names options of the command line names others for a program.
        let there = Error::Exists("m".into());
        assert!(there.words(Interface::CommandLine).contains("--force"));
        assert!(!there.words(Interface::Program).contains("--"));
    }

    #[test]
    fn who_has_to_act_is_said() {
        assert_eq!(Error::Exists("m".into()).class(), Class::Usage);
        assert_eq!(Error::Samples(2).class(), Class::Input);
        assert_eq!(Error::Inaccurate(Vec::new()).class(), Class::Model);
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(
            Error::file("writing", "m".as_ref())(full).class(),
            Class::Resource
        );
        assert_eq!(Error::Outputs.class(), Class::Internal);
    }
}
