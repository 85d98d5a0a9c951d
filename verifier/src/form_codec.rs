//! Forms as bytes.

use crate::codec::Reader;
use crate::error::VerifyError;
use crate::form::Form;
use crate::problem::Problem;

impl Form {
    /// The field `visibility` of keys and bundles.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, VerifyError> {
        let tag = reader.u8("visibility")?;
        let problem = match Form::of_tag(tag) {
            None => Problem::UnknownTag(tag),
            Some(form) if Form::ALL.contains(&form) => return Ok(form),
            Some(form) => Problem::UnknownForm(format!("{tag} ({form})")),
        };
        Err(reader.error(1, "visibility", problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Document;

    #[test]
    fn a_tag_has_a_bit_for_each_field_and_only_what_there_is_is_read() {
        let names = ["public", "private-input", "public-batch"];
        assert_eq!(Form::ALL.map(Form::name), names);
        for tag in 0..=u8::MAX {
            let read = Form::read(&mut Reader::new(Document::Bundle, &[tag]));
            match Form::ALL.get(usize::from(tag)) {
                Some(form) => {
                    assert_eq!((read.unwrap(), form.tag()), (*form, tag));
                    assert_eq!(Form::from_name(form.name()), Some(*form));
                    assert_eq!(form.inputs().are_committed(), tag & 1 != 0);
                    assert_eq!(form.executions().are_several(), tag & 2 != 0);
                }
                None => {
                    let words = read.unwrap_err().to_string();
                    let cause = match tag {
                        3 => "3 (batches of private inputs) is no kind of statement that can be proven; there are \"public\", \
                              \"private-input\", \"public-batch\""
                            .to_owned(),
                        _ => format!("unknown tag {tag}"),
                    };
                    assert_eq!(words, format!("proof bundle, byte 0, visibility: {cause}"));
                }
            }
        }
    }
}
