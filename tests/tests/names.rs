//! One definition of an acceptable name, in two crates that may not know each other.

#[test]
fn models_and_keys_accept_the_same_characters() {
    for character in '\0'..=char::MAX {
        assert_eq!(
            hallmark_model::name::is_acceptable_character(character),
            hallmark_verifier::name::is_acceptable_character(character),
            "U+{:04X}",
            u32::from(character)
        );
    }
}
