//! A worker in this process, whose children are the `hallmark` program.

use crate::databases::Fresh;
use hallmark_server::digest::Digest;
use hallmark_server::job::{
    ANONYMOUS, CompileOptions, CompileSpec, JobId, JobRecord, JobSpec, ModelTarget, NewJob, ProveSpec,
};
use hallmark_server::objects::Objects;
use hallmark_server::settings::Settings;
use hallmark_server::store::{Database, Inserted};
use hallmark_server::worker::{Worker, WorkerOptions, sweep};
use hallmark_verifier::ModelId;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const MODEL: &[u8] = include_bytes!("../../../examples/digits/mlp.onnx");
pub const CALIBRATION: &[u8] = include_bytes!("../../../examples/digits/calibration.npz");

/// Everything that jobs need.
pub struct Bench {
    pub database: Database,
    pub objects: Objects,
    pub folder: TempDir,
    _fresh: Fresh,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Bench {
    pub async fn on_sqlite() -> Self {
        Self::new(crate::databases::sqlite().await)
    }

    pub fn new(fresh: Fresh) -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            database: fresh.database.clone(),
            objects: Objects::open_folder(&folder.path().join("objects")).unwrap(),
            folder,
            _fresh: fresh,
            running: None,
        }
    }

    /// What workers are told here: short leases, one thread.
    pub fn options(&self) -> WorkerOptions {
        let mut settings = Settings::default();
        settings.storage.cache = self.folder.path().join("cache");
        settings.workers.threads = 1;
        settings.workers.lease_seconds = 3;
        settings.server.drain_seconds = 20;
        let mut options = WorkerOptions::new(&settings, 1);
        options.program = PathBuf::from(env!("CARGO_BIN_EXE_hallmark"));
        options
    }

    /// Starts a worker as these options say.
    pub fn start(&mut self, options: WorkerOptions) {
        let stop = CancellationToken::new();
        let worker = Worker::new(self.database.clone(), self.objects.clone(), options).unwrap();
        let (database, token) = (self.database.clone(), stop.clone());
        let task = tokio::spawn(async move {
            tokio::select! {
                () = worker.run(token) => {}
                () = sweep(&database) => {}
                () = database.forward_signals() => {}
            }
        });
        self.running = Some((stop, task));
    }

    /// Tells the worker to end, and waits for it.
    pub async fn stop(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        stop.cancel();
        task.await.unwrap();
    }

    pub async fn submit(&self, job: NewJob) -> JobId {
        match self
            .database
            .insert_jobs(std::slice::from_ref(&job), None, None)
            .await
            .unwrap()
        {
            Inserted::Created(_) => job.id,
            other => panic!("{other:?}"),
        }
    }

    pub async fn compilation(&self, onnx: &[u8], target: ModelTarget) -> NewJob {
        let options = CompileOptions {
            bits: 12,
            target,
            private_input: true,
            name: Some("digits".to_owned()),
            version: "1".to_owned(),
            tags: Vec::new(),
            description: String::new(),
            licence: String::new(),
            public: true,
            shapes: Default::default(),
            dimensions: Default::default(),
            accept_inaccurate: false,
        };
        let onnx = self.objects.put(onnx.to_vec()).await.unwrap();
        let calibration = Some(self.objects.put(CALIBRATION).await.unwrap());
        let spec = CompileSpec {
            upload: CompileSpec::upload_digest(onnx, calibration, &options),
            onnx,
            calibration,
            options,
        };
        NewJob::new(ANONYMOUS, None, JobSpec::Compile(spec))
    }

    /// A proof of what the model reads in a grey square.
    pub async fn proof(&self, model_id: ModelId, private_input: bool, brightness: f32) -> NewJob {
        let input = serde_json::json!({ "input_data": [vec![brightness; 64]] }).to_string();
        let job = NewJob::new(
            ANONYMOUS,
            None,
            JobSpec::Prove(ProveSpec {
                model_id,
                input: Digest::of(input.as_bytes()),
                private_input,
                nonce: [9; 32],
                metadata: None,
            }),
        );
        self.objects.put_input(job.id, input).await.unwrap();
        job
    }

    /// Waits for the job's end.
    pub async fn ended(&self, id: JobId) -> JobRecord {
        self.until(id, |job| job.state.is_terminal()).await
    }

    /// Waits until the job is as wanted.
    pub async fn until(&self, id: JobId, wanted: impl Fn(&JobRecord) -> bool) -> JobRecord {
        let begin = Instant::now();
        loop {
            if let Ok(Some(job)) = self.database.job(None, id).await {
                if wanted(&job) {
                    return job;
                }
                assert!(begin.elapsed() < Duration::from_secs(120), "{job:?}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Compiles the digits MLP with a worker that runs.
    pub async fn digits(&self) -> ModelId {
        let id = self
            .submit(self.compilation(MODEL, ModelTarget::Fast).await)
            .await;
        let job = self.ended(id).await;
        job.model_id.unwrap_or_else(|| panic!("{job:?}"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        let path: &Path = self.folder.path();
        path.join(name)
    }
}
