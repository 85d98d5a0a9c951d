//! What the service gives to contracts, before the contracts, in an EVM.

use crate::server::{Server, mlp, picture, problem, send_model};
use hallmark_evm::artifacts;
use hallmark_evm_execution::{Chain, MAX_GAS, Outcome};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_else(|| panic!("{value}"));
    let digits = text.strip_prefix("0x").unwrap();
    hex::decode(digits).unwrap()
}

fn text(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[tokio::test]
async fn a_contract_accepts_what_the_service_made_for_it() {
    let (server, _) = Server::start(&[]).await;
    let ada = server.key("ada", &[]);
    let options = json!({ "name": "for contracts", "target": "evm", "bits": 8 });
    let (status, model) = send_model(&server, &ada, "/v1/models", &options, mlp()).await;
    assert_eq!(status, StatusCode::OK, "{model}");
    let id = model["model_id"].as_str().unwrap();
    let (_, estimates) = server
        .post(Some(&ada), "/v1/estimates", &json!({ "model_id": id }))
        .await;

    let mut chain = Chain::default();
    let verifier = chain.deploy(&artifacts::verifier().unwrap().init_code()).unwrap();
    for (private, circuit) in [(false, 0), (true, 1)] {
        let place = format!("/v1/models/{id}/evm/key?private_input={private}");
        assert!(place.starts_with(model["links"]["evm_key"].as_str().unwrap()));
        let (status, key) = server.get(Some(&ada), &place).await;
        assert_eq!(status, StatusCode::OK, "{key}");
        assert_eq!(
            (&key["model_id"], &key["visibility"]),
            (&json!(id), &model["circuits"][circuit]["visibility"])
        );
        let deployed = chain.deploy(&bytes(&key["init_code"])).unwrap();

        let request = json!({ "input": picture(3), "private_input": private });
        let job = server.prove(Some(&ada), id, &request).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/v1/jobs/{job}/evm");
        let (status, call) = server
            .get(Some(&ada), &format!("{path}?key={}", text(&deployed.address)))
            .await;
        assert_eq!(status, StatusCode::OK, "{call}");
        assert_eq!(call["function"], "verify");
        let calldata = bytes(&call["calldata"]);
        assert_eq!(call["calldata_bytes"], calldata.len());
        let gas = match chain.call(&verifier.address, &calldata, MAX_GAS).unwrap() {
            Outcome::Success { gas, .. } => gas,
            refused => panic!("{refused:?}"),
        };
        for estimate in [
            &call["gas_estimate"],
            &key["gas_estimate"],
            &estimates["circuits"][circuit]["gas"],
        ] {
            let estimate = estimate.as_u64().unwrap_or_else(|| panic!("{estimates}"));
            assert!(gas.abs_diff(estimate) <= gas / 100, "{estimate}, not {gas}");
        }

        let (_, whole) = server.get(Some(&ada), &path).await;
        assert_eq!(whole["function"], "verifyWithKey");
        let outcome = chain
            .call(&verifier.address, &bytes(&whole["calldata"]), MAX_GAS)
            .unwrap();
        assert!(matches!(outcome, Outcome::Success { .. }), "{outcome:?}");
        let registry_id = "11".repeat(32);
        let (_, call) = server
            .get(Some(&ada), &format!("{path}?registry_id={registry_id}"))
            .await;
        assert_eq!(call["function"], "verifyInference");
        let both = format!("{path}?registry_id={registry_id}&key={}", text(&[1; 20]));
        problem(server.get(Some(&ada), &both).await, "invalid-parameter");
        let short = format!("{path}?key=0x1234");
        problem(server.get(Some(&ada), &short).await, "invalid-parameter");
    }
}

#[tokio::test]
async fn what_contracts_do_not_check_is_refused_with_the_remedy() {
    let (server, model) = Server::start(&[]).await;
    let ada = server.key("ada", &[]);
    let job = server
        .prove(Some(&ada), &model, &json!({ "input": picture(4) }))
        .await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/jobs/{job}/evm");
    let refused = problem(server.get(Some(&ada), &path).await, "not-for-contracts");
    assert!(
        refused["detail"].as_str().unwrap().contains("blake2b"),
        "{refused}"
    );
    assert!(
        refused["remedy"].as_str().unwrap().contains("target: evm"),
        "{refused}"
    );
    let (_, estimates) = server
        .post(Some(&ada), "/v1/estimates", &json!({ "model_id": model }))
        .await;
    assert!(estimates["circuits"][0]["gas"].is_null());
    let reason = estimates["circuits"][0]["gas_reason"].as_str().unwrap();
    assert!(reason.contains("target: evm"), "{reason}");
    let missing = format!("/v1/models/{}/evm/key", "0".repeat(64));
    problem(server.get(Some(&ada), &missing).await, "model-not-found");
}
