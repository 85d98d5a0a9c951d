//! What is proven is right, stored, and fast when the model is open.

use crate::bench::{Bench, MODEL};
use hallmark_server::job::{JobResult, JobStage, JobState, ModelTarget, ProveResult};
use hallmark_server::store::{Ending, Measured};
use hallmark_verifier::{Bundle, Form, VerifyOptions, VerifyingKey, verify_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_compiled_and_its_proofs_verify() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let id = bench
        .submit(bench.compilation(MODEL, ModelTarget::Fast).await)
        .await;
    let job = bench.ended(id).await;
    assert_eq!(job.state, JobState::Done, "{:?}", job.cause);
    let stages: Vec<JobStage> = job.stages.iter().map(|time| time.stage).collect();
    assert_eq!(stages, [JobStage::Importing, JobStage::Planning, JobStage::Keys]);
    let model = bench
        .database
        .model(&job.model_id.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((model.summary.parameters, model.summary.bits), (3466, 12));
    assert!(model.summary.insecure_srs);
    let visibilities: Vec<&str> = model
        .summary
        .circuits
        .iter()
        .map(|circuit| circuit.visibility.as_str())
        .collect();
    assert_eq!(visibilities, [Form::PUBLIC.name(), Form::PRIVATE_INPUT.name()]);
    for digest in [
        model.artifacts.report,
        model.artifacts.layout,
        model.artifacts.layout_svg,
        model.artifacts.plan.unwrap(),
    ] {
        assert!(!bench.objects.get(digest).await.unwrap().is_empty());
    }
    let key = bench.objects.get(model.artifacts.key).await.unwrap();
    let key = VerifyingKey::from_bytes(&key).unwrap();
    assert_eq!(key.model_id(), model.model_id);

    for private in [false, true] {
        let id = bench
            .submit(bench.proof(model.model_id, private, 0.5).await)
            .await;
        let job = bench.ended(id).await;
        assert_eq!(job.state, JobState::Done, "{:?}", job.cause);
        assert!(job.peak_bytes.unwrap() > 5_000_000, "{:?}", job.peak_bytes);
        let stages: Vec<JobStage> = job.stages.iter().map(|time| time.stage).collect();
        assert_eq!(
            stages,
            [
                JobStage::Opening,
                JobStage::Witness,
                JobStage::Proving,
                JobStage::Verifying
            ]
        );
        let result = proved(&job.result);
        let bundle = bench.objects.get(result.bundle.digest).await.unwrap();
        assert_eq!(bundle.len() as u64, result.bundle.bytes);
        let bundle = Bundle::parse(&bundle).unwrap();
        let options = VerifyOptions {
            nonce: Some([9; 32]),
            ..VerifyOptions::default()
        };
        let verified = verify_with(&key, &model.model_id, &bundle, &options).unwrap();
        assert_eq!(verified.outputs[0].values, result.outputs[0].integers);
        assert!(result.outputs[0].argmax.is_some());
        assert_eq!(
            (verified.inputs.is_empty(), result.opening.is_some()),
            (private, private)
        );
        if let Some(opening) = result.opening {
            let opening = bench.objects.get(opening).await.unwrap();
            assert!(std::str::from_utf8(&opening).unwrap().contains("SECRET"));
        }
    }
    bench.stop().await;
}

/// Models that earlier versions compiled have no plan: it is searched when one is opened.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_a_plan_is_proven() {
    let mut first = Bench::on_sqlite().await;
    first.start(first.options());
    let id = first.digits().await;
    let mut model = first.database.model(&id).await.unwrap().unwrap();
    first.stop().await;
    model.artifacts.plan = None;

    let mut bench = Bench::on_sqlite().await;
    bench.objects = first.objects.clone();
    bench
        .submit(bench.compilation(MODEL, ModelTarget::Fast).await)
        .await;
    let claim = bench.database.claim("tester", 60_000).await.unwrap().unwrap();
    let ending = Ending::Compiled(Box::new(model));
    bench
        .database
        .complete(&claim, ending, &Measured::default())
        .await
        .unwrap();
    bench.start(bench.options());
    let proof = bench.submit(bench.proof(id, true, 0.5).await).await;
    let job = bench.ended(proof).await;
    assert_eq!(job.state, JobState::Done, "{:?}", job.cause);
    bench.stop().await;
}

fn proved(result: &Option<JobResult>) -> &ProveResult {
    match result {
        Some(JobResult::Prove(result)) => result,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_model_is_kept() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    let mut opened = 0;
    for number in 0..5 {
        let id = bench
            .submit(bench.proof(model, false, 0.1 * number as f32).await)
            .await;
        let job = bench.ended(id).await;
        assert_eq!(job.state, JobState::Done, "{:?}", job.cause);
        opened += job
            .stages
            .iter()
            .filter(|time| time.stage == JobStage::Opening)
            .count();
        let took = job.finished_ms.unwrap() - job.created_ms;
        println!(
            "proof {number}: {took} ms from acceptance to end, {:?}",
            job.stages
        );
    }
    assert_eq!(opened, 1);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_does_the_same() {
    let Some(fresh) = crate::databases::postgres().await else {
        return;
    };
    let mut bench = Bench::new(fresh);
    bench.start(bench.options());
    let model = bench.digits().await;
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(bench.submit(bench.proof(model, false, 0.3).await).await);
    }
    for id in jobs {
        assert_eq!(bench.ended(id).await.state, JobState::Done);
    }
    assert_eq!(bench.database.tree_head().await.unwrap().size, 5);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_stay_open_for_their_tenant_and_serve_no_other() {
    let mut bench = Bench::on_sqlite().await;
    bench.start(bench.options());
    let model = bench.digits().await;
    bench.database.ensure_tenant("ten_other", "other").await.unwrap();
    let opened = async |tenant: Option<&str>| {
        let mut job = bench.proof(model, false, 0.5).await;
        if let Some(tenant) = tenant {
            tenant.clone_into(&mut job.tenant);
        }
        let job = bench.ended(bench.submit(job).await).await;
        assert_eq!(job.state, JobState::Done, "{:?}", job.cause);
        assert!(job.used_ms > 0);
        job.stages.iter().any(|time| time.stage == JobStage::Opening)
    };
    assert!(opened(None).await, "the first proof opens the model");
    assert!(!opened(None).await, "it stays open");
    assert!(
        opened(Some("ten_other")).await,
        "another tenant has another process"
    );
    assert!(!opened(None).await, "the first one's is still there");
    assert!(!opened(Some("ten_other")).await, "and so is the other's");
    bench.stop().await;
}
