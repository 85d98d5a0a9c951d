use super::*;
use std::collections::BTreeSet;

fn keys(prefix: &str, value: &toml::Value, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let key = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                keys(&key, value, found);
            }
        }
        _ => {
            found.insert(prefix.to_owned());
        }
    }
}

#[test]
fn every_key_has_its_line() {
    let mut settings = Settings::default();
    settings.access.anonymous = Some(vec![Scope::Read]);
    let mut found = BTreeSet::new();
    keys("", &toml::Value::try_from(&settings).unwrap(), &mut found);
    let described: BTreeSet<String> = reference().iter().map(|line| line.key.to_owned()).collect();
    assert_eq!(found, described);
}

#[test]
fn an_srs_that_the_settings_refuse_is_a_mistake_in_them() {
    let problems = |change: &dyn Fn(&mut Srs)| {
        let mut settings = Settings::default();
        change(&mut settings.srs);
        settings.problems().join("\n")
    };
    assert_eq!(problems(&|srs| srs.accept = vec!["ab".repeat(32)]), "");
    assert!(problems(&|srs| srs.accept = vec!["dev".to_owned()]).contains("srs.accept"));
    assert!(problems(&|srs| srs.refuse_insecure = true).contains("srs.source"));
    assert!(problems(&|srs| srs.only_ceremonies = true).contains("srs.source"));
    let ceremony = Srs {
        source: "ab".repeat(32),
        refuse_insecure: true,
        only_ceremonies: true,
        accept: vec!["ab".repeat(32)],
    };
    assert_eq!(problems(&|srs| *srs = ceremony.clone()), "");
    assert_eq!(ceremony.policy().only, Some(vec![[0xab; 32]]));
    assert_eq!(Srs::default().policy(), hallmark_verifier::SrsPolicy::default());
}

#[test]
fn secrets_are_not_printed() {
    let mut settings = Settings::default();
    settings.storage.database = "postgres://hallmark:hunter2@db/hallmark".to_owned();
    settings.storage.s3.secret_access_key = "hunter3".to_owned();
    let text = print(&settings).unwrap();
    assert!(!text.contains("hunter"), "{text}");
    assert!(text.contains("postgres://hallmark:***@db/hallmark"), "{text}");
}

/// `docs/service/configuration.md` is this table; `WRITE_DOCS=1 cargo test` writes it.
#[test]
fn the_page_of_the_configuration_is_up_to_date() {
    let defaults = toml::Value::try_from(Settings::default()).unwrap();
    let mut page = String::from(
        "# Configuration\n\n\
         Every key can be set in a TOML file (`hallmark serve --config FILE`), by an environment variable or by a flag; a flag wins over \
         the\nenvironment and that over the file. The variable of `limits.queue_length` is `HALLMARK_LIMITS__QUEUE_LENGTH`, the flag is\n\
         `--set limits.queue_length=100`. `hallmark serve --print-config` prints what would be used, and stops. All mistakes are named at\n\
         once, with the key and where it was set. This page is written by a test from the program's own table.\n\n\
         | key | default | meaning |\n| --- | --- | --- |\n",
    );
    for line in reference() {
        let default = line
            .key
            .split('.')
            .try_fold(&defaults, |value, name| value.get(name))
            .map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
        page.push_str(&format!("| `{}` | {default} | {} |\n", line.key, line.meaning));
    }
    crate::docs::compare("configuration.md", &page);
}
