//! What a server does besides answering: sending webhooks, erasing what is due, counting what its database knows, taking jobs
//! from dead workers.

use crate::api::App;
use crate::webhooks::{Courier, Guard, Sender};
use crate::worker;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Starts it. All of it ends with the app's shutdown; messages that are under way are waited for.
///
/// # Errors
/// If there can be no HTTP client for webhooks; in words.
pub fn start(app: &App, tasks: &TaskTracker) -> Result<(), String> {
    let settings = &app.settings.webhooks;
    let guard = Guard {
        allow_private: settings.allow_private,
    };
    let timeout = Duration::from_secs(settings.timeout_seconds);
    let sender = Sender::new(guard, timeout)?;
    let courier = Courier::new(
        app.database.clone(),
        sender,
        app.metrics.clone(),
        timeout,
        settings.max_attempts,
    );
    tasks.spawn(courier.run(app.shutdown.clone()));
    for task in [Task::Counting, Task::Erasing, Task::Signals, Task::Sweeping] {
        let app = app.clone();
        tasks.spawn(async move {
            let shutdown = app.shutdown.clone();
            shutdown.run_until_cancelled(task.run(&app)).await;
        });
    }
    Ok(())
}

/// What goes on until it is stopped, and may be stopped at any moment.
#[derive(Clone, Copy, Debug)]
enum Task {
    Counting,
    Erasing,
    Signals,
    Sweeping,
}

impl Task {
    async fn run(self, app: &App) {
        match self {
            Self::Counting => app.tally.run().await,
            Self::Erasing => app.retention.run().await,
            Self::Signals => app.database.forward_signals().await,
            Self::Sweeping => worker::sweep(&app.database).await,
        }
    }
}
