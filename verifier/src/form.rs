//! The form of a statement: what a proof says of inputs, outputs and weights, and of how many executions. Code asks the field
//! that it means; which fields go together is said once, in [`Form::ALL`].

/// How the inputs are in the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Inputs {
    /// In the clear.
    Public,
    /// By a hiding commitment.
    Committed,
}

impl Inputs {
    /// Committed inputs for who asks for private ones, public ones for everybody else.
    #[must_use]
    pub const fn private_if(private: bool) -> Self {
        match private {
            true => Self::Committed,
            false => Self::Public,
        }
    }

    /// Whether the statement has a commitment in their place.
    #[must_use]
    pub fn are_committed(self) -> bool {
        self == Self::Committed
    }
}

/// How the outputs are in the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outputs {
    /// In the clear.
    Public,
}

/// Where the weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weights {
    /// In fixed columns, to which the key has commitments that hide nothing.
    Fixed,
}

/// How many executions of the model the statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Executions {
    /// One.
    One,
    /// Those that the equal parts of every tensor along its first axis are.
    Several,
}

impl Executions {
    /// Whether the first axis of every tensor counts executions.
    #[must_use]
    pub fn are_several(self) -> bool {
        self == Self::Several
    }
}

/// What a proof shows of the model's execution. There are only those of [`Form::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Form {
    inputs: Inputs,
    outputs: Outputs,
    weights: Weights,
    executions: Executions,
}

impl Form {
    /// One execution, with everything in the clear but what is inside the model.
    pub const PUBLIC: Form = Form::of_one(Inputs::Public);
    /// One execution, with a hiding commitment to its inputs.
    pub const PRIVATE_INPUT: Form = Form::of_one(Inputs::Committed);
    /// Several executions, with their inputs in the clear.
    pub const PUBLIC_BATCH: Form = Form {
        executions: Executions::Several,
        ..Form::PUBLIC
    };

    /// All that there are, in the order that circuits have in a key: by their tags.
    pub const ALL: [Form; 3] = [Form::PUBLIC, Form::PRIVATE_INPUT, Form::PUBLIC_BATCH];

    /// The form of one execution's statement.
    #[must_use]
    pub const fn of_one(inputs: Inputs) -> Self {
        Form {
            inputs,
            outputs: Outputs::Public,
            weights: Weights::Fixed,
            executions: Executions::One,
        }
    }

    /// How the inputs are in the statement.
    #[must_use]
    pub fn inputs(self) -> Inputs {
        self.inputs
    }

    /// How the outputs are in the statement.
    #[must_use]
    pub fn outputs(self) -> Outputs {
        self.outputs
    }

    /// Where the weights are.
    #[must_use]
    pub fn weights(self) -> Weights {
        self.weights
    }

    /// How many executions it is about.
    #[must_use]
    pub fn executions(self) -> Executions {
        self.executions
    }

    /// The byte that keys, bundles and transcripts have for it: a bit for every field that can have two values.
    pub(crate) fn tag(self) -> u8 {
        u8::from(self.inputs.are_committed()) | u8::from(self.executions.are_several()) << 1
    }

    /// The name that bundles use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.inputs, self.executions) {
            (Inputs::Public, Executions::One) => "public",
            (Inputs::Committed, Executions::One) => "private-input",
            (Inputs::Public, Executions::Several) => "public-batch",
            (Inputs::Committed, Executions::Several) => "private-input-batch",
        }
    }

    /// The form of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Form::ALL.into_iter().find(|form| form.name() == name)
    }

    /// All names, for messages.
    pub(crate) fn names() -> String {
        Form::ALL.map(|form| format!("{:?}", form.name())).join(", ")
    }

    /// The form that a tag stands for, if every bit of it has a meaning; whether there are such circuits, [`Form::ALL`] says.
    pub(crate) fn of_tag(tag: u8) -> Option<Self> {
        let form = Form {
            inputs: Inputs::private_if(tag & 1 != 0),
            executions: match tag & 2 {
                0 => Executions::One,
                _ => Executions::Several,
            },
            ..Form::PUBLIC
        };
        (form.tag() == tag).then_some(form)
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.executions {
            Executions::One => "",
            Executions::Several => "batches of ",
        })?;
        f.write_str(match self.inputs {
            Inputs::Public => "public inputs",
            Inputs::Committed => "private inputs",
        })
    }
}
