//! Why inputs cannot be read.

/// Why inputs cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file is over a limit.
    #[error(
        "{what}: {found} is over the limit of {limit}; give fewer samples, or less precise ones (float32 in .npy)"
    )]
    TooLarge {
        /// What was measured.
        what: &'static str,
        /// Its size, or a lower bound of it.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are not JSON of the expected form.
    #[error(
        "the input is not valid JSON of numbers: {0}; expected {{\"input_data\": [[…]]}} or {{\"name\": […]}}"
    )]
    Json(#[from] serde_json::Error),
    /// A NumPy array cannot be read.
    #[error("NumPy array `{array}`: {problem}")]
    Npy {
        /// Name of the array (empty for a `.npy` file).
        array: String,
        /// What is wrong.
        problem: String,
    },
    /// The archive cannot be read.
    #[error("the .npz archive cannot be read: {0}")]
    Npz(#[from] zip::result::ZipError),
    /// The bytes are compressed.
    #[error("the file is compressed with gzip; decompress it first")]
    Compressed,
    /// The text is not in UTF-8.
    #[error("the text is in {found}; save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)")]
    Encoding {
        /// What it seems to be in.
        found: &'static str,
    },
    /// A member of an object is there twice.
    #[error("the member `{name}` is there twice; which one counts is not clear")]
    Repeated {
        /// Its name.
        name: String,
    },
    /// Numbers by position and by name at once.
    #[error("there is `input_data` and also `{name}`; give the inputs by position or by name, not both")]
    TwoForms {
        /// The name of an input.
        name: String,
    },
    /// A model input has no data.
    #[error("no data for the model's input `{input}`; {}", found_names(found))]
    MissingInput {
        /// The input's name.
        input: String,
        /// Names that the data have.
        found: Vec<String>,
    },
    /// The number of lists is not the number of model inputs.
    #[error(
        "{place} holds {found} {what}, the model has {expected} inputs: give each by its name ({names}) or one list for each"
    )]
    InputCount {
        /// Where the lists are.
        place: &'static str,
        /// `lists` or `numbers`.
        what: &'static str,
        /// Number of model inputs.
        expected: usize,
        /// Number of lists or numbers.
        found: usize,
        /// Names of the model's inputs.
        names: String,
    },
    /// A single array for several inputs.
    #[error(
        "a .npy file holds one array, the model has {expected} inputs; save them by name ({names}) in a .npz file"
    )]
    OneArray {
        /// Number of model inputs.
        expected: usize,
        /// Their names.
        names: String,
    },
    /// The data state another shape than the input has.
    #[error("`{input}` has shape {found:?}, the model needs {expected:?}{}", hint(order.as_deref()))]
    Shape {
        /// The input's name.
        input: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The shape of the data.
        found: Vec<usize>,
        /// An order of the data's axes that would fit.
        order: Option<Vec<usize>>,
    },
    /// Lists of one level have different lengths.
    #[error(
        "the lists of `{input}` have different lengths, so that their nesting states no shape; the model needs {expected:?}"
    )]
    Uneven {
        /// The input's name.
        input: String,
        /// Its shape.
        expected: Vec<usize>,
    },
    /// The number of elements is not a multiple of the input's.
    #[error(
        "input `{input}` of shape {shape:?} needs {expected} numbers (or a multiple, for several samples), found {found}"
    )]
    Elements {
        /// The input's name.
        input: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Its number of elements.
        expected: usize,
        /// Numbers in the file.
        found: usize,
    },
    /// A fraction for an input of integers or booleans.
    #[error(
        "input `{input}` at {index:?}{} is {value}; the model takes integers there, which are not rounded: give integers",
        of_sample(*sample)
    )]
    NotWhole {
        /// The input's name.
        input: String,
        /// The sample, counted from 0, where there are several.
        sample: Option<usize>,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value given.
        value: String,
    },
    /// An integer that single precision does not hold.
    #[error(
        "input `{input}` at {index:?}{} is {value}; integers of inputs have at most {} bits; give smaller ones, or divide them \
         into several inputs",
        of_sample(*sample), hallmark_model::limits::MAX_INPUT_BITS
    )]
    LargeInteger {
        /// The input's name.
        input: String,
        /// The sample, counted from 0, where there are several.
        sample: Option<usize>,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value given.
        value: String,
    },
    /// `true` or `false` for an input of numbers.
    #[error("input `{input}` at {index:?}{} is {value}; the model takes numbers there: give numbers", of_sample(*sample))]
    Boolean {
        /// The input's name.
        input: String,
        /// The sample, counted from 0, where there are several.
        sample: Option<usize>,
        /// Coordinates of the first such element.
        index: Vec<usize>,
        /// The value given.
        value: bool,
    },
    /// Two inputs have different numbers of samples.
    #[error("input `{input}` has {found} samples, the inputs before it have {expected}")]
    SampleCount {
        /// The input's name.
        input: String,
        /// Samples of the first input.
        expected: usize,
        /// Samples of this one.
        found: usize,
    },
}

/// Names that messages list, and how much of each.
const NAMES: usize = 20;
const NAME_CHARACTERS: usize = 64;

/// Keeps the name of a member for a message.
pub(super) fn note_name(names: &mut Vec<String>, name: &str) {
    if names.len() < NAMES {
        names.push(name.chars().take(NAME_CHARACTERS).collect());
    }
}

fn of_sample(sample: Option<usize>) -> String {
    sample.map_or_else(String::new, |sample| format!(" of sample {sample}"))
}

fn found_names(names: &[String]) -> String {
    match names {
        [] => "there are no names at all".to_owned(),
        names => {
            let more = if names.len() == NAMES { ", …" } else { "" };
            format!("there is only `{}`{more}", names.join("`, `"))
        }
    }
}

fn hint(order: Option<&[usize]>) -> String {
    order.map_or_else(
        || "; reshape it, or give flat numbers in row-major order".to_owned(),
        |order| {
            let axes: Vec<String> = order.iter().map(usize::to_string).collect();
            format!("; its axes in the order ({}) would fit", axes.join(", "))
        },
    )
}
