//! Settings from files, environment and flags. A process of its own, because the environment belongs to the process.
#![allow(clippy::unwrap_used, clippy::result_large_err)]

use figment::Jail;
use hallmark_server::access::Scope;
use hallmark_server::settings::{Cors, Limits, Settings, Sources, Storage, load, print};

#[test]
fn the_defaults_are_valid_and_printed_so_that_they_can_be_read() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let home = jail.directory().display().to_string();
        jail.set_env("HOME", home);
        let settings = load(&Sources::default()).unwrap();
        assert!(
            settings
                .storage
                .database
                .ends_with("/.local/share/hallmark/hallmark.sqlite")
        );
        let text = print(&settings).unwrap();
        jail.create_file("printed.toml", &text)?;
        let sources = Sources {
            file: Some("printed.toml".into()),
            flags: Vec::new(),
        };
        assert_eq!(load(&sources).unwrap(), settings);
        assert!(
            text.contains("# Address and port to listen on.\nbind = \"127.0.0.1:8420\""),
            "{text}"
        );
        Ok(())
    });
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("HOME", "/nowhere");
        jail.create_file(
            "h.toml",
            "[limits]\nqueue_length = 1\nbatch_proofs = 1\nwait_seconds = 1",
        )?;
        jail.set_env("HALLMARK_LIMITS__BATCH_PROOFS", "2");
        jail.set_env("HALLMARK_LIMITS__WAIT_SECONDS", "2");
        jail.set_env("HALLMARK_ACCESS__ANONYMOUS", "[read]");
        let sources = Sources {
            file: Some("h.toml".into()),
            flags: vec![
                ("limits.wait_seconds".to_owned(), "3".to_owned()),
                ("storage.s3.region".to_owned(), "here".to_owned()),
            ],
        };
        let settings = load(&sources).unwrap();
        let limits = &settings.limits;
        assert_eq!(
            (limits.queue_length, limits.batch_proofs, limits.wait_seconds),
            (1, 2, 3)
        );
        assert_eq!(settings.storage.s3.region, "here");
        assert_eq!(settings.anonymous_scopes(), [Scope::Read]);
        Ok(())
    });
}

#[test]
fn problems_name_what_the_user_wrote() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("HOME", "/nowhere");
        jail.create_file(
            "h.toml",
            "[limits]\nqueue_length = \"many\"\n[storage.s3]\nregion = 7",
        )?;
        jail.set_env("HALLMARK_LIMITS__WAIT_SECONDS", "soon");
        let sources = Sources {
            file: Some("h.toml".into()),
            flags: vec![
                ("server.bind".to_owned(), "nonsense".to_owned()),
                ("nonsense.x".to_owned(), "1".to_owned()),
            ],
        };
        let problems = load(&sources).unwrap_err().0;
        let starts = |start: &str| {
            problems
                .iter()
                .find(|problem| problem.starts_with(start))
                .cloned()
                .unwrap_or_default()
        };
        // (Of a section the first problem is named.)
        assert!(
            starts("limits.queue_length: invalid type").ends_with("h.toml)")
                || starts("limits.wait_seconds: invalid type")
                    .ends_with("(from the variable HALLMARK_LIMITS__WAIT_SECONDS)"),
            "{problems:?}"
        );
        assert!(starts("storage.s3.region: ").ends_with("h.toml)"), "{problems:?}");
        assert!(
            starts("server.bind: ").ends_with("(from the command line)"),
            "{problems:?}"
        );
        assert!(
            starts("nonsense: no such section").contains("(from the command line)"),
            "{problems:?}"
        );
        let all = problems.join(" ");
        for internal in [".rs", "alloc::", "default.", "BTreeMap"] {
            assert!(!all.contains(internal), "{internal} in {all}");
        }
        // What cannot be read at all is said once.
        jail.create_file("broken.toml", "[limits")?;
        let sources = Sources {
            file: Some("broken.toml".into()),
            flags: Vec::new(),
        };
        let problems = load(&sources).unwrap_err().0;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].contains("line 1") && problems[0].contains("broken.toml"),
            "{problems:?}"
        );
        Ok(())
    });
}

#[test]
fn all_problems_are_named_at_once() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("HOME", "/nowhere");
        jail.create_file(
            "h.toml",
            "[limits]\nqueue_length = \"many\"\n[workers]\ncores = 2\n[nonsense]\nx = 1",
        )?;
        let sources = Sources {
            file: Some("h.toml".into()),
            flags: Vec::new(),
        };
        let message = load(&sources).unwrap_err().to_string();
        for part in [
            "3 problems",
            "queue_length",
            "cores",
            "nonsense: no such section",
            "h.toml",
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        Ok(())
    });
    let settings = Settings {
        cors: Cors {
            origins: vec!["https://example.org/".to_owned()],
        },
        storage: Storage {
            database: "mysql://x/y".to_owned(),
            ..Storage::default()
        },
        limits: Limits {
            connections: 0,
            ..Limits::default()
        },
        ..Settings::default()
    };
    let problems = settings.problems().join("\n");
    for part in ["cors.origins", "mysql", "limits.connections: 0"] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
}

/// What is wrong with settings in which these keys are given these texts.
fn refused(flags: &[(&str, &str)]) -> String {
    let sources = Sources {
        file: None,
        flags: flags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    };
    match load(&sources) {
        Ok(_) => String::new(),
        Err(error) => error.0.join("\n"),
    }
}

#[test]
fn numbers_are_taken_within_their_bounds_and_refused_beside_them() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("HOME", "/nowhere");
        for (key, least, greatest) in [
            ("limits.model_bytes", 1u64 << 10, 1u64 << 32),
            ("limits.body_seconds", 1, 86_400),
            ("limits.wait_seconds", 0, 3_600),
            ("limits.connections", 1, 1_000_000),
            ("limits.batch_proofs", 1, 4_096),
            ("limits.compute_threads", 0, 1_024),
            ("access.rate_per_minute", 1, 100_000_000),
            ("workers.count", 0, 1_024),
            ("workers.lease_seconds", 2, 3_600),
            ("workers.max_attempts", 1, 100),
            ("webhooks.timeout_seconds", 1, 120),
            ("storage.wait_seconds", 0, 86_400),
        ] {
            for taken in [least, greatest] {
                assert_eq!(refused(&[(key, &taken.to_string())]), "", "{key} = {taken}");
            }
            for wrong in [least.checked_sub(1), greatest.checked_add(1)]
                .into_iter()
                .flatten()
            {
                let problem = refused(&[(key, &wrong.to_string())]);
                let words = format!("{key}: {wrong} is outside {least} to {greatest}");
                assert_eq!(problem, words);
            }
            // What is no such number at all is refused with its place.
            for wrong in ["-1", "1.5", "many", "99999999999999999999"] {
                let problem = refused(&[(key, wrong)]);
                assert!(
                    problem.starts_with(key) && problem.contains("command line"),
                    "{key} = {wrong}: {problem}"
                );
            }
        }
        Ok(())
    });
}

#[test]
fn values_that_cannot_work_are_refused_with_what_would() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        jail.set_env("HOME", "/nowhere");
        let zeros = "0".repeat(64);
        let digest = format!("[\"{zeros}\"]");
        let short = format!("[\"{}\"]", &zeros[1..]);
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[("storage.database", "mysql://db/x")], "mysql"),
            (&[("storage.database", "postgres://ada@db/x")], ""),
            (&[("storage.database", "data/x.sqlite")], ""),
            (&[("storage.objects", "gs://bucket")], "gs"),
            (&[("storage.objects", "s3://bucket/prefix")], ""),
            (&[("storage.s3.access_key_id", "AKIA")], "only one of them is set"),
            (
                &[
                    ("storage.s3.access_key_id", "AKIA"),
                    ("storage.s3.secret_access_key", "x"),
                ],
                "",
            ),
            (
                &[("storage.s3.endpoint", "localhost:9000")],
                "not an http or https URL",
            ),
            (&[("storage.s3.endpoint", "http://localhost:9000")], ""),
            (
                &[("telemetry.otlp_endpoint", "ftp://collector")],
                "not an http or https URL",
            ),
            (&[("telemetry.log", "hallmark_server=loud")], "telemetry.log"),
            (&[("telemetry.log", "hallmark_server=debug,info")], ""),
            (&[("telemetry.log_format", "xml")], "telemetry.log_format"),
            (&[("srs.accept", &digest)], ""),
            (&[("srs.accept", &short)], "64 lower-case hexadecimal digits"),
            (&[("srs.source", "")], "srs.source: empty"),
            (&[("srs.only_ceremonies", "true")], "`dev` is insecure"),
            (&[("srs.only_ceremonies", "true"), ("srs.source", "x.srs")], ""),
            (&[("server.public_url", "https://hallmark.example/proofs")], ""),
            (&[("server.public_url", "hallmark.example")], "server.public_url"),
            (
                &[("server.public_url", "https://ada@hallmark.example")],
                "server.public_url",
            ),
            (
                &[("server.public_url", "https://hallmark.example/?a=1")],
                "server.public_url",
            ),
            (
                &[("server.public_url", "https://hallmark.example/#a")],
                "server.public_url",
            ),
            (&[("server.hosts", "[\"*\"]")], ""),
            (
                &[("server.hosts", "[\"hallmark.example\", \"10.0.0.7:8420\"]")],
                "",
            ),
            (
                &[("server.hosts", "[\"https://hallmark.example\"]")],
                "server.hosts",
            ),
            (&[("server.hosts", "[\"\"]")], "server.hosts"),
            (&[("cors.origins", "[\"*\"]")], ""),
            (
                &[(
                    "cors.origins",
                    "[\"https://a.example\", \"http://b.example:8080\"]",
                )],
                "",
            ),
            (
                &[("cors.origins", "[\"*\", \"https://a.example\"]")],
                "has to stand alone",
            ),
            (&[("cors.origins", "[\"https://a.example/\"]")], "not an origin"),
            (&[("cors.origins", "[\"https://A.example\"]")], "not an origin"),
            (&[("cors.origins", "[\"a.example\"]")], "not an origin"),
            (
                &[("cors.origins", "[\"https://a.example:443\"]")],
                "not an origin",
            ),
            (&[("access.anonymous", "[\"read\", \"fly\"]")], "access.anonymous"),
            (&[("access.anonymous", "[]")], ""),
            (
                &[
                    ("limits.body_bytes", "4000000"),
                    ("limits.bodies_bytes", "3999999"),
                ],
                "less than one body",
            ),
            (
                &[
                    ("limits.body_bytes", "4000000"),
                    ("limits.bodies_bytes", "4000000"),
                ],
                "",
            ),
            (
                &[("workers.memory_mb", "1024"), ("workers.key_cache_mb", "1024")],
                "leaves no room",
            ),
            (
                &[("workers.memory_mb", "1024"), ("workers.key_cache_mb", "1023")],
                "",
            ),
            (&[("limits.queue", "1")], "queue"),
            (&[("limit.queue_length", "1")], "no such section"),
            (&[("queue_length", "1")], "no such section"),
        ];
        for (flags, words) in cases {
            let problem = refused(flags);
            assert_eq!(problem.is_empty(), words.is_empty(), "{flags:?}: {problem}");
            assert!(problem.contains(words), "{flags:?}: {problem}");
            // One mistake is told of once.
            assert!(problem.lines().count() <= 1, "{flags:?}: {problem}");
        }
        Ok(())
    });
}

#[test]
fn a_place_for_data_is_found_or_asked_for() {
    Jail::expect_with(|jail| {
        jail.clear_env();
        let problem = refused(&[]);
        assert!(
            problem.contains("HOME") && problem.contains("--data"),
            "{problem}"
        );
        // A folder that is given needs no home, and everything lies in it, wherever a worker is started later.
        let sources = Sources {
            file: None,
            flags: vec![("storage.folder".to_owned(), "data".to_owned())],
        };
        let storage = load(&sources).unwrap().storage;
        let here = jail.directory().join("data");
        let here = here.display().to_string();
        assert!(storage.folder.is_absolute());
        assert!(storage.folder.ends_with("data"), "{storage:?}");
        for place in [&storage.database, &storage.objects] {
            assert!(place.contains("/data/"), "{place} is not in {here}");
        }
        assert!(storage.cache.starts_with(&storage.folder));
        jail.set_env("HOME", "/home/ada");
        jail.set_env("XDG_DATA_HOME", "/var/data");
        assert!(
            load(&Sources::default())
                .unwrap()
                .storage
                .folder
                .starts_with("/var/data")
        );
        let missing = Sources {
            file: Some("no.toml".into()),
            flags: Vec::new(),
        };
        let problem = load(&missing).unwrap_err().to_string();
        assert!(problem.contains("no.toml is not a file"), "{problem}");
        Ok(())
    });
}
