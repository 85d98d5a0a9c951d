//! ONNX files, put together as protobuf encodes them: what a test needs of the format and no more.

pub const FLOAT: i32 = 1;
pub const UINT8: i32 = 2;
pub const INT64: i32 = 7;

/// A model under construction.
pub struct Model {
    graph: Vec<u8>,
    operators: Vec<u8>,
}

/// A node under construction.
pub struct Node(Vec<u8>);

impl Model {
    /// A model over version 17 of the default operator set.
    pub fn new() -> Self {
        Self::of_version(17)
    }

    /// A model over another version of the default operator set.
    pub fn of_version(version: u64) -> Self {
        Self::with_operators(&set("", version))
    }

    /// A model that names only the operators of scikit-learn's models.
    pub fn without_default_operators() -> Self {
        Self::with_operators(&set("ai.onnx.ml", 3))
    }

    fn with_operators(set: &[u8]) -> Self {
        Self {
            graph: field(2, b"g"),
            operators: field(8, set),
        }
    }

    /// Adds an input; an axis is a number or a name.
    pub fn input(mut self, name: &str, element: i32, shape: &[&str]) -> Self {
        let axis = |text: &&str| match text.parse::<u64>() {
            Ok(length) => field(1, &number(1, length)),
            Err(_) => field(1, &field(2, text.as_bytes())),
        };
        let dims: Vec<u8> = shape.iter().flat_map(axis).collect();
        let tensor = [number(1, element as u64), field(2, &dims)].concat();
        self.graph.extend(field(11, &value(name, &tensor)));
        self
    }

    /// Adds an output, without a shape.
    pub fn output(mut self, name: &str, element: i32) -> Self {
        self.graph
            .extend(field(12, &value(name, &number(1, element as u64))));
        self
    }

    /// Adds an initializer of floats.
    pub fn floats(self, name: &str, shape: &[u64], values: &[f32]) -> Self {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, FLOAT, shape, &field(9, &data))
    }

    /// Adds an initializer of integers: of 64 bits, or bytes.
    pub fn integers(self, name: &str, element: i32, shape: &[u64], values: &[i64]) -> Self {
        let width = if element == INT64 { 8 } else { 1 };
        let data: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes()[..width].to_vec())
            .collect();
        self.initializer(name, element, shape, &field(9, &data))
    }

    fn initializer(mut self, name: &str, element: i32, shape: &[u64], data: &[u8]) -> Self {
        let dims: Vec<u8> = shape.iter().flat_map(|&length| number(1, length)).collect();
        let tensor = [
            dims,
            number(2, element as u64),
            field(8, name.as_bytes()),
            data.to_vec(),
        ]
        .concat();
        self.graph.extend(field(5, &tensor));
        self
    }

    /// Adds a node.
    pub fn node(mut self, node: Node) -> Self {
        self.graph.extend(field(1, &node.0));
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        [number(1, 8), field(7, &self.graph), self.operators.clone()].concat()
    }
}

impl Node {
    /// A node of the default domain, without a name.
    pub fn new(operator: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        let texts = |tag: u64, texts: &[&str]| -> Vec<u8> {
            texts
                .iter()
                .flat_map(|text| field(tag, text.as_bytes()))
                .collect()
        };
        Self([texts(1, inputs), texts(2, outputs), field(4, operator.as_bytes())].concat())
    }

    /// Of another domain.
    pub fn domain(mut self, domain: &str) -> Self {
        self.0.extend(field(7, domain.as_bytes()));
        self
    }

    /// With an attribute.
    pub fn attribute(mut self, attribute: Vec<u8>) -> Self {
        self.0.extend(field(5, &attribute));
        self
    }
}

/// An attribute that is a number.
pub fn attribute_int(name: &str, value: u64) -> Vec<u8> {
    [field(1, name.as_bytes()), number(3, value), number(20, 2)].concat()
}

/// An attribute that is a number in single precision.
pub fn attribute_float(name: &str, value: f32) -> Vec<u8> {
    let value = [varint(2 << 3 | 5), value.to_le_bytes().to_vec()].concat();
    [field(1, name.as_bytes()), value, number(20, 1)].concat()
}

/// An attribute that is a list of numbers.
pub fn attribute_ints(name: &str, values: &[u64]) -> Vec<u8> {
    let list: Vec<u8> = values.iter().flat_map(|&value| number(8, value)).collect();
    [field(1, name.as_bytes()), list, number(20, 7)].concat()
}

/// An attribute that is a text.
pub fn attribute_text(name: &str, text: &str) -> Vec<u8> {
    [
        field(1, name.as_bytes()),
        field(4, text.as_bytes()),
        number(20, 3),
    ]
    .concat()
}

fn set(domain: &str, version: u64) -> Vec<u8> {
    [field(1, domain.as_bytes()), number(2, version)].concat()
}

fn value(name: &str, tensor: &[u8]) -> Vec<u8> {
    [field(1, name.as_bytes()), field(2, &field(1, tensor))].concat()
}

fn number(tag: u64, value: u64) -> Vec<u8> {
    [varint(tag << 3), varint(value)].concat()
}

fn field(tag: u64, content: &[u8]) -> Vec<u8> {
    [
        varint(tag << 3 | 2),
        varint(content.len() as u64),
        content.to_vec(),
    ]
    .concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
