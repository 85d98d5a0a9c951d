//! The digits model of the examples, which a new server compiles for itself: something to try at once.

use crate::api::App;
use crate::digest::Digest;
use crate::job::{CompileOptions, CompileSpec, JobSpec, ModelTarget, NewJob, OPERATOR, OPERATOR_NAME};
use crate::objects::ObjectError;
use crate::store::StoreError;
use hallmark::digits::{CALIBRATION, CNN as ONNX};

/// Why it could not be handed in.
#[derive(Debug, thiserror::Error)]
pub enum BuiltinError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object store did not answer.
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

/// Hands the digits model in for compiling, unless it is there.
///
/// # Errors
/// [`BuiltinError`].
pub async fn register_digits(app: &App) -> Result<(), BuiltinError> {
    let options = CompileOptions {
        bits: 12,
        target: ModelTarget::Fast,
        private_input: true,
        name: Some("digits-cnn".to_owned()),
        version: "1".to_owned(),
        tags: vec!["digits".to_owned(), "example".to_owned()],
        description: "Reads a handwritten digit from 8×8 pixels of brightness 0 to 1. Trained by examples/digits/train.py."
            .to_owned(),
        licence: "MIT OR Apache-2.0".to_owned(),
        public: true,
        shapes: Default::default(),
        dimensions: Default::default(),
        accept_inaccurate: false,
    };
    let (onnx, calibration) = (Digest::of(ONNX), Some(Digest::of(CALIBRATION)));
    let upload = CompileSpec::upload_digest(onnx, calibration, &options);
    if app.database.upload(OPERATOR, upload).await?.is_some() {
        return Ok(());
    }
    app.database.ensure_tenant(OPERATOR, OPERATOR_NAME).await?;
    app.objects.put(ONNX).await?;
    app.objects.put(CALIBRATION).await?;
    let spec = CompileSpec {
        upload,
        onnx,
        calibration,
        options,
    };
    let mut job = NewJob::new(OPERATOR, None, JobSpec::Compile(spec));
    job.max_attempts = i64::from(app.settings.workers.max_attempts);
    job.max_lost = i64::from(app.settings.workers.max_lost);
    app.database.insert_jobs(&[job], None, None).await?;
    tracing::info!("the digits model is being compiled");
    Ok(())
}
