//! The processes of a service, to be killed and started again.

use rand_core::{OsRng, RngCore};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Server and workers.
pub struct Fleet {
    url: String,
    members: Vec<Member>,
}

struct Member {
    name: &'static str,
    arguments: Vec<String>,
    log: PathBuf,
    process: Child,
}

impl Fleet {
    /// One server that does everything.
    pub fn of_one_server(folder: &Path, database: &str) -> Self {
        Self::new(folder, database, &[("server", &["serve", "--workers", "1"])])
    }

    /// A server that only answers, and two workers.
    pub fn of_a_server_and_two_workers(folder: &Path, database: &str) -> Self {
        let members: [(&str, &[&str]); 3] = [
            ("server", &["serve", "--workers", "0"]),
            ("worker", &["worker", "--jobs", "1"]),
            ("worker", &["worker", "--jobs", "1"]),
        ];
        Self::new(folder, database, &members)
    }

    fn new(folder: &Path, database: &str, members: &[(&'static str, &[&str])]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let bind = format!("127.0.0.1:{port}");
        let members = members
            .iter()
            .enumerate()
            .map(|(number, (name, words))| {
                let mut arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                let mut add = |words: &[&str]| arguments.extend(words.iter().map(|word| (*word).to_owned()));
                add(&["--data", folder.to_str().unwrap(), "--database", database]);
                if *name == "server" {
                    add(&["--bind", &bind]);
                }
                let kernels = std::env::var("KERNELS").unwrap_or_else(|_| "auto".to_owned());
                add(&["--set", &format!("workers.kernels={kernels}")]);
                for setting in [
                    "server.register_digits=false",
                    "workers.lease_seconds=2",
                    "workers.max_attempts=50",
                    "workers.max_lost=1000000",
                    "workers.threads=1",
                    "access.anonymous_rate_per_minute=1000000",
                ] {
                    add(&["--set", setting]);
                }
                let log = folder.join(format!("{name}-{number}.log"));
                Member {
                    name,
                    process: start(&arguments, &log),
                    arguments,
                    log,
                }
            })
            .collect();
        Self {
            url: format!("http://{bind}"),
            members,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Kills a member, or one of the processes that prove for it, and starts what was killed again. Says what it was.
    pub fn kill_one(&mut self) -> &'static str {
        let place = OsRng.next_u32() as usize % self.members.len();
        let member = &mut self.members[place];
        let children = children(member.process.id());
        if OsRng.next_u32().is_multiple_of(4)
            && let Some(child) = children.first()
        {
            kill(*child);
            return "child";
        }
        kill(member.process.id());
        member.process.wait().unwrap();
        member.process = start(&member.arguments, &member.log);
        member.name
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for member in &mut self.members {
            let _ = member.process.kill();
            let _ = member.process.wait();
            if std::thread::panicking() {
                let log = std::fs::read_to_string(&member.log).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let last = &lines[lines.len().saturating_sub(40)..];
                eprintln!("--- {} ---\n{}", member.name, last.join("\n"));
            }
        }
    }
}

fn start(arguments: &[String], log: &Path) -> Child {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    Command::new(env!("CARGO_BIN_EXE_hallmark"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .unwrap()
}

fn kill(process: u32) {
    // It may have ended in between.
    let _ = Command::new("kill")
        .args(["-9", &process.to_string()])
        .stderr(Stdio::null())
        .status();
}

fn children(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return found;
    };
    for task in tasks.filter_map(Result::ok) {
        let text = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(
            text.split_whitespace()
                .filter_map(|word| word.parse::<u32>().ok()),
        );
    }
    found
}
