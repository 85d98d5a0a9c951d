//! What anybody does with a proof.

use crate::Error;
use hallmark_verifier::{Bundle, ModelId, Verified, VerifyOptions, VerifyingKey, verify_with};

/// Checks that a bundle (either form) shows its statement for the model with the id `expected`, whose verifying key is `key`. The id has
/// to come from somebody who is trusted to know it, for example the model's author; bundle and key may come from anybody.
///
/// ```
/// use hallmark::{CompileOptions, Model, ProveOptions, Surroundings, VerifyOptions, Form, digits, verify};
///
/// # fn main() -> Result<(), hallmark::Error> {
/// # let model = Model::from_onnx(digits::CNN)?;
/// # let typical = model.samples(digits::CALIBRATION)?;
/// # let options = CompileOptions { public_only: true, ..CompileOptions::default() };
/// # let compiled = model.calibrate(typical)?.compile(&options)?;
/// # let image = compiled.samples(digits::TEST)?.swap_remove(0);
/// // The one who asks draws a nonce, so that no old proof can answer.
/// let asked = ProveOptions { nonce: [7; 32], ..ProveOptions::default() };
/// let proved = compiled.prove_with(&[image], Form::PUBLIC, &asked, &Surroundings::default())?;
///
/// let (bundle, key, id) = (proved.bundle.to_bytes(), compiled.key().to_bytes(), compiled.id());
/// let expected = |nonce| VerifyOptions { nonce: Some(nonce), ..VerifyOptions::default() };
/// assert!(verify(&bundle, &key, &id, &expected([7; 32])).is_ok());
/// assert!(verify(&bundle, &key, &id, &expected([8; 32])).is_err());
///
/// // One output changed by its least unit.
/// let mut forged = proved.bundle;
/// forged.values.outputs[0][0] += 1;
/// assert!(verify(&forged.to_bytes(), &key, &id, &expected([7; 32])).is_err());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Verify`], which says what is wrong with key or bundle, or that the proof does not show its statement.
pub fn verify(
    bundle: &[u8],
    key: &[u8],
    expected: &ModelId,
    options: &VerifyOptions,
) -> Result<Verified, Error> {
    let key = VerifyingKey::from_bytes_expecting(key, expected)?;
    Ok(verify_with(&key, expected, &Bundle::parse(bundle)?, options)?)
}
