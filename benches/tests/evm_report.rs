//! The report of sizes and gas.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use clap::Parser;
use hallmark_benches::evm::{Options, report};
use hallmark_prover::cache::Cache;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn measured(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::try_parse_from([&["evm_report"], arguments].concat()).unwrap();
    serde_json::to_value(report(&options, &Cache::new(folder.path()), &|_| {}).unwrap()).unwrap()
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_report_has_its_form_and_digits_its_budget() {
    let report = measured(&["--models", "digits", "--target", "evm"]);
    assert_eq!(members(&report), BTreeSet::from(["contracts", "gas"]));
    let contracts = report["contracts"].as_array().unwrap();
    assert!(
        contracts
            .iter()
            .any(|contract| contract["name"] == "key of digits, evm")
    );
    for contract in contracts {
        assert_eq!(
            members(contract),
            BTreeSet::from(["name", "code_bytes", "deploy_gas"])
        );
        assert!(contract["code_bytes"].as_u64().unwrap() <= 24_576, "{contract}");
        assert!(
            contract["deploy_gas"].as_u64().unwrap() <= 3_000_000,
            "{contract}"
        );
    }
    let gas = &report["gas"][0];
    assert_eq!(
        members(gas),
        BTreeSet::from(["model", "target", "gas", "calldata_bytes"])
    );
    assert!(gas["gas"].as_u64().unwrap() <= 400_000, "{gas}");
    assert!(gas["calldata_bytes"].as_u64().unwrap() <= 4_000, "{gas}");

    let parts = measured(&[
        "--models", "digits", "--target", "evm", "--inputs", "public", "--parts",
    ]);
    let gas = &parts["gas"][0];
    assert_eq!(
        (&gas["inputs"], &gas["key"]),
        (&json!("public"), &json!("contract"))
    );
    let sum: u64 = gas["parts"]
        .as_object()
        .unwrap()
        .values()
        .map(|part| part.as_u64().unwrap())
        .sum();
    assert_eq!(gas["gas"], sum);
    let error = Options::try_parse_from(["evm_report", "--models", "digits,resnet"]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    let message = error.to_string();
    assert!(
        message.contains("resnet") && message.contains("cnn_264k"),
        "{message}"
    );
}
