//! Databases for tests: a SQLite file, and a PostgreSQL server of the tests' own.

#![allow(
    dead_code,
    reason = "each test program that includes this file needs a part of it"
)]

use hallmark_server::store::Database;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An empty database that goes with this value.
pub struct Fresh {
    pub database: Database,
    pub address: String,
    _folder: TempDir,
}

pub async fn sqlite() -> Fresh {
    let folder = TempDir::new().unwrap();
    let address = format!("sqlite:{}", folder.path().join("hallmark.db").display());
    Fresh {
        database: Database::open_to_work(&address, 8).await.unwrap(),
        address,
        _folder: folder,
    }
}

/// Nothing if PostgreSQL is not installed, which is said aloud.
pub async fn postgres() -> Option<Fresh> {
    Some(server()?.fresh().await)
}

/// Runs the test on every database there is.
pub async fn each<F: Future<Output = ()>>(test: impl Fn(Database) -> F) {
    let fresh = sqlite().await;
    test(fresh.database.clone()).await;
    if let Some(fresh) = postgres().await {
        test(fresh.database.clone()).await;
        fresh.database.close().await;
    }
}

/// A PostgreSQL server of the tests' own.
pub struct Server {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    keeper: Mutex<Child>,
}

impl Server {
    /// An empty database in it.
    pub async fn fresh(&self) -> Fresh {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let status = Command::new(self.binaries.join("createdb"))
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "hallmark",
                &name,
            ])
            .status()
            .unwrap();
        assert!(status.success(), "createdb {name}");
        let address = format!("postgres://hallmark@127.0.0.1:{}/{name}", self.port);
        Fresh {
            database: Database::open_to_work(&address, 8).await.unwrap(),
            address,
            _folder: TempDir::new().unwrap(),
        }
    }

    fn wait(&self) {
        let ready = self.binaries.join("pg_isready");
        let until = Instant::now() + Duration::from_secs(60);
        let port = self.port.to_string();
        let arguments = ["-q", "-h", "127.0.0.1", "-p", &port];
        while !Command::new(&ready).args(arguments).status().unwrap().success() {
            assert!(Instant::now() < until, "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A PostgreSQL server that one test has for itself, to restart it.
pub struct OwnPostgres(Server);

impl OwnPostgres {
    /// Nothing if PostgreSQL is not installed, which is said aloud.
    pub fn start() -> Option<Self> {
        Some(Self(start(installed()?, None)))
    }

    pub async fn fresh(&self) -> Fresh {
        self.0.fresh().await
    }

    /// One whose clock can be moved with [`OwnPostgres::move_clock`]. Nothing if libfaketime is not installed either.
    pub fn with_movable_clock() -> Option<Self> {
        let library = libfaketime()?;
        Some(Self(start(installed()?, Some(&library))))
    }

    /// Sets its clock so far from the time, in libfaketime's words: `+1d`, `-90m`.
    pub fn move_clock(&self, offset: &str) {
        std::fs::write(self.0.folder.join(CLOCK), offset).unwrap();
    }

    /// Stops it like a crash, and starts it again.
    pub fn restart(&self) {
        self.tell(b"again\n");
        std::thread::sleep(Duration::from_millis(200));
        self.0.wait();
    }

    /// Stops it like a crash, until [`OwnPostgres::again`].
    pub fn stop(&self) {
        self.tell(b"stop\n");
        std::thread::sleep(Duration::from_millis(200));
    }

    /// Starts it after [`OwnPostgres::stop`].
    pub fn again(&self) {
        self.tell(b"again\n");
    }

    fn tell(&self, line: &[u8]) {
        use std::io::Write;
        let mut keeper = self.0.keeper.lock().unwrap();
        keeper.stdin.as_mut().unwrap().write_all(line).unwrap();
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let mut keeper = self.0.keeper.lock().unwrap();
        drop(keeper.stdin.take());
        let _ = keeper.wait();
    }
}

/// Runs PostgreSQL until the tests' process ends, however it ends: then its standard input is closed. A line there has it
/// stopped without ceremony and started again; `stop`, only at the next line.
const KEEPER: &str = r#"while "$@" & pid=$!; read -r line; do kill -QUIT $pid; wait $pid; [ "$line" != stop ] || read -r line; done
    kill -INT $pid; wait $pid; rm -rf "$FOLDER""#;

/// The server that tests share.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            let binaries = installed()?;
            Some(start(binaries, None))
        })
        .as_ref()
}

/// PostgreSQL's programs, or a word that they are missing.
fn installed() -> Option<PathBuf> {
    let found = binaries();
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: PostgreSQL is not installed, so nothing of this test was tried on it. Install Debian's package \
             `postgresql`. ***\n"
        );
    }
    found
}

/// The newest installed version's programs.
fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop()
}

fn start(binaries: PathBuf, faketime: Option<&Path>) -> Server {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // PostgreSQL refuses to run as root.
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        for path in [folder.path(), &data] {
            assert!(
                Command::new("chown")
                    .arg("nobody")
                    .arg(path)
                    .status()
                    .unwrap()
                    .success()
            );
        }
    }
    let as_user = |program: &str| -> Vec<String> {
        let program = binaries.join(program).display().to_string();
        if root {
            let words = ["setpriv", "--reuid=nobody", "--clear-groups", "--"];
            words
                .iter()
                .map(|word| (*word).to_owned())
                .chain([program])
                .collect()
        } else {
            vec![program]
        }
    };
    let folder = folder.keep();
    let run = |words: &[String], arguments: &[&str]| {
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(arguments)
            .current_dir(&folder)
            .env("FOLDER", &folder);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let data = data.to_str().unwrap();
    let made = run(
        &as_user("initdb"),
        &[
            "-D",
            data,
            "-U",
            "hallmark",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ],
    )
    .status()
    .unwrap();
    assert!(made.success(), "initdb");
    let port = free_port();
    let text = port.to_string();
    let mut keeper: Vec<String> = ["sh", "-c", KEEPER, "sh"]
        .iter()
        .map(|word| (*word).to_owned())
        .collect();
    keeper.extend(as_user("postgres"));
    let settings = [
        "-D",
        data,
        "-p",
        &text,
        "-h",
        "127.0.0.1",
        "-k",
        data,
        "-c",
        "fsync=off",
        "-c",
        "max_connections=300",
    ];
    let mut command = run(&keeper, &settings);
    if let Some(library) = faketime {
        let clock = folder.join(CLOCK);
        std::fs::write(&clock, "+0").unwrap();
        fake_clock(&mut command, library, &clock);
    }
    let process = command.stdin(Stdio::piped()).spawn().unwrap();
    let server = Server {
        binaries,
        folder: folder.clone(),
        port,
        keeper: Mutex::new(process),
    };
    server.wait();
    server
}

/// Where libfaketime looks for the offset of a server's clock.
const CLOCK: &str = "clock";

/// libfaketime, or a word that it is missing.
pub fn libfaketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found = folders
        .map(|folder| folder.path().join("faketime/libfaketime.so.1"))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!(
            "\n*** SKIPPED: libfaketime is not installed, so no clock was moved in this test: install Debian's package \
             `libfaketime`. ***\n"
        );
    }
    found
}

/// Has a program take the time of day, not the time that passes, from the offset in the file.
pub fn fake_clock(command: &mut Command, library: &Path, offset: &Path) {
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", offset)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
