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
