//! Models, registrations, keys.

use crate::compiled::{compilation, model, options};
use crate::databases::each;
use crate::samples::{claim, submit};
use hallmark_server::job::{ANONYMOUS, JobSpec, JobState, KeyId, OPERATOR, OPERATOR_NAME};
use hallmark_server::store::{
    Changes, Database, Ending, Measured, ModelFilter, ModelName, NewApiKey, NewRegistration, StoreError,
    Upload,
};
use hallmark_verifier::ModelId;

/// Compiles model `id` for the tenant.
pub async fn compiled(database: &Database, tenant: &str, id: u8, name: &str, version: &str) {
    let job = compilation(tenant, &[id], options(name, version));
    submit(database, &job).await;
    let claim = claim(database).await;
    let ending = Ending::Compiled(Box::new(model(id)));
    database
        .complete(&claim, ending, &Measured::default())
        .await
        .unwrap();
    let job = database.job(None, job.id).await.unwrap().unwrap();
    assert_eq!(
        (job.state, job.model_id),
        (JobState::Done, Some(ModelId([id; 32])))
    );
    let JobSpec::Compile(spec) = &job.spec else {
        panic!()
    };
    let upload = database.upload(tenant, spec.upload).await.unwrap();
    assert_eq!(upload, Some(Upload::Model(ModelId([id; 32]))));
}

pub async fn tenant(database: &Database, name: &str) -> String {
    let key = NewApiKey {
        id: KeyId::new(),
        tenant: name.to_owned(),
        name: "test".to_owned(),
        hash: vec![1; 32],
        scopes: "read prove".to_owned(),
        rate_per_minute: None,
        proof_ms_per_day: Some(5),
        expires_ms: None,
    };
    let tenant = database.create_key(&key).await.unwrap();
    let found = database.key(key.id).await.unwrap().unwrap();
    assert_eq!(
        (found.tenant.as_str(), found.hash, found.revoked_ms),
        (tenant.id.as_str(), vec![1; 32], None)
    );
    database
        .key_used(&database.key(key.id).await.unwrap().unwrap())
        .await
        .unwrap();
    assert!(
        database
            .key(key.id)
            .await
            .unwrap()
            .unwrap()
            .last_used_ms
            .is_some()
    );
    assert!(database.revoke_key(key.id).await.unwrap());
    assert!(database.key(key.id).await.unwrap().unwrap().revoked_ms.is_some());
    assert!(!database.revoke_key(KeyId::new()).await.unwrap());
    tenant.id
}

#[tokio::test(flavor = "multi_thread")]
async fn private_models_are_their_owners_and_public_ones_everybodys() {
    each(|database| async move {
        let (alice, bob) = (tenant(&database, "alice").await, tenant(&database, "bob").await);
        compiled(&database, &alice, 1, "digits", "1").await;
        let id = ModelId([1; 32]);
        let seen = database.visible_model(&alice, &id).await.unwrap().unwrap();
        assert!(seen.mine);
        assert_eq!(
            (
                seen.registration.name.as_str(),
                seen.registration.version.as_str()
            ),
            ("digits", "1")
        );
        assert_eq!(seen.model.summary, model(1).summary);
        for other in [bob.as_str(), ANONYMOUS] {
            assert!(database.visible_model(other, &id).await.unwrap().is_none());
            assert!(list(&database, other, ModelFilter::default()).await.is_empty());
        }
        let public = Changes {
            public: Some(true),
            ..Changes::default()
        };
        assert!(!database.change_registration(&bob, &id, &public).await.unwrap());
        assert!(database.change_registration(&alice, &id, &public).await.unwrap());
        let seen = database.visible_model(&bob, &id).await.unwrap().unwrap();
        assert!(!seen.mine && seen.registration.public);
        assert_eq!(seen.registration.description, "reads digits");
        // With a registration of his own, Bob sees that one, and once.
        let own = NewRegistration {
            tenant: bob.clone(),
            model_id: id,
            name: "mine".to_owned(),
            version: "7".to_owned(),
            tags: Vec::new(),
            description: String::new(),
            licence: String::new(),
            public: true,
        };
        database.register(&own).await.unwrap();
        database.register(&own).await.unwrap();
        let listed = database
            .models(&bob, &ModelFilter::default(), None, 10)
            .await
            .unwrap();
        assert_eq!((listed.len(), listed[0].registration.name.as_str()), (1, "mine"));
        assert_eq!(
            list(&database, ANONYMOUS, ModelFilter::default()).await,
            ["digits"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_names_one_model() {
    each(|database| async move {
        compiled(&database, ANONYMOUS, 1, "digits", "1").await;
        submit(
            &database,
            &compilation(ANONYMOUS, b"other", options("digits", "1")),
        )
        .await;
        let claim = claim(&database).await;
        let refused = database
            .complete(&claim, Ending::Compiled(Box::new(model(2))), &Measured::default())
            .await;
        assert!(
            matches!(refused, Err(StoreError::VersionTaken { .. })),
            "{refused:?}"
        );
        assert!(database.model(&ModelId([2; 32])).await.unwrap().is_none());
        let job = database.job(None, claim.job.id).await.unwrap().unwrap();
        assert_eq!(job.state, JobState::Importing);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_found_by_words_and_tags() {
    each(|database| async move {
        compiled(&database, ANONYMOUS, 1, "100% digits", "1").await;
        compiled(&database, ANONYMOUS, 2, "faces", "1").await;
        let text = |text: &str| ModelFilter {
            text: Some(text.to_owned()),
            ..ModelFilter::default()
        };
        assert_eq!(
            list(&database, ANONYMOUS, text("DIGITS")).await,
            ["faces", "100% digits"]
        );
        assert_eq!(list(&database, ANONYMOUS, text("face")).await, ["faces"]);
        assert_eq!(list(&database, ANONYMOUS, text("0%")).await, ["100% digits"]);
        assert!(list(&database, ANONYMOUS, text("d_gits")).await.is_empty());
        let tag = |tag: &str| ModelFilter {
            tag: Some(tag.to_owned()),
            ..ModelFilter::default()
        };
        assert_eq!(list(&database, ANONYMOUS, tag("digits")).await.len(), 2);
        assert!(list(&database, ANONYMOUS, tag("digit")).await.is_empty());
        let newest = database
            .models(ANONYMOUS, &ModelFilter::default(), None, 1)
            .await
            .unwrap();
        let older = database
            .models(
                ANONYMOUS,
                &ModelFilter::default(),
                Some(&newest[0].registration.id),
                5,
            )
            .await
            .unwrap();
        assert_eq!(older.len(), 1);
        let deprecate = Changes {
            deprecated: Some(true),
            ..Changes::default()
        };
        database
            .change_registration(ANONYMOUS, &ModelId([2; 32]), &deprecate)
            .await
            .unwrap();
        assert_eq!(
            list(&database, ANONYMOUS, ModelFilter::default()).await,
            ["100% digits"]
        );
        let all = ModelFilter {
            deprecated: true,
            mine: true,
            ..ModelFilter::default()
        };
        assert_eq!(list(&database, ANONYMOUS, all).await.len(), 2);
    })
    .await;
}

/// Compiles a public model for the tenant.
async fn published(database: &Database, tenant: &str, id: u8, name: &str) {
    compiled(database, tenant, id, name, "1").await;
    let public = Changes {
        public: Some(true),
        ..Changes::default()
    };
    let id = ModelId([id; 32]);
    assert!(database.change_registration(tenant, &id, &public).await.unwrap());
}

/// What the name means to the viewer: publishers and first bytes of ids.
async fn meaning(database: &Database, viewer: &str, name: &str) -> Vec<(String, u8)> {
    let name = ModelName::parse(name).unwrap();
    let found = database.named_models(viewer, &name).await.unwrap();
    found
        .into_iter()
        .map(|listed| (listed.registration.publisher, listed.model.model_id.0[0]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_its_publishers_and_a_bare_one_never_a_strangers() {
    each(|database| async move {
        database.ensure_tenant(OPERATOR, OPERATOR_NAME).await.unwrap();
        let (ada, eve) = (tenant(&database, "ada").await, tenant(&database, "eve").await);
        published(&database, OPERATOR, 1, "digits-cnn").await;
        published(&database, &eve, 2, "digits-cnn").await;
        published(&database, &eve, 3, "faces").await;
        let of = |publisher: &str, id: u8| vec![(publisher.to_owned(), id)];
        // The same name and version of a stranger changes nothing for others.
        for viewer in [ada.as_str(), ANONYMOUS] {
            for name in ["digits-cnn", "digits-cnn@1", "hallmark/digits-cnn@1"] {
                assert_eq!(
                    meaning(&database, viewer, name).await,
                    of("hallmark", 1),
                    "{name}"
                );
            }
            assert_eq!(meaning(&database, viewer, "eve/digits-cnn@1").await, of("eve", 2));
            assert_eq!(meaning(&database, viewer, "faces").await, []);
            assert_eq!(meaning(&database, viewer, "eve/faces").await, of("eve", 3));
            assert_eq!(meaning(&database, viewer, "eve/faces@2").await, []);
        }
        // Only she herself has to say which.
        assert_eq!(
            meaning(&database, &eve, "digits-cnn@1").await,
            [("eve".to_owned(), 2), ("hallmark".to_owned(), 1)]
        );
        // Private models have no names for others.
        compiled(&database, &eve, 4, "secret", "1").await;
        assert_eq!(meaning(&database, &ada, "eve/secret@1").await, []);
        assert_eq!(meaning(&database, &eve, "secret").await, of("eve", 4));
        // Two versions: one has to be said.
        compiled(&database, &eve, 5, "secret", "2").await;
        assert_eq!(meaning(&database, &eve, "secret").await.len(), 2);
        assert_eq!(meaning(&database, &eve, "secret@2").await, of("eve", 5));
        // In lists the operator's come first, page by page, though they are the oldest.
        let (mut before, mut order) = (None::<String>, Vec::new());
        loop {
            let page = database
                .models(&ada, &ModelFilter::default(), before.as_deref(), 1)
                .await
                .unwrap();
            let Some(listed) = page.first() else { break };
            order.push((listed.registration.publisher.clone(), listed.model.model_id.0[0]));
            before = Some(listed.registration.id.clone());
        }
        assert_eq!(
            order,
            [
                ("hallmark".to_owned(), 1),
                ("eve".to_owned(), 3),
                ("eve".to_owned(), 2)
            ]
        );
        // A stranger who registers the operator's model too is not shown in its place.
        let own = NewRegistration {
            tenant: eve.clone(),
            model_id: ModelId([1; 32]),
            name: "improved".to_owned(),
            version: "1".to_owned(),
            tags: Vec::new(),
            description: String::new(),
            licence: String::new(),
            public: true,
        };
        database.register(&own).await.unwrap();
        let seen = database
            .visible_model(&ada, &ModelId([1; 32]))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(seen.registration.publisher, "hallmark");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_cannot_be_named_so_that_they_are_mistaken() {
    each(|database| async move {
        let key = |tenant: &str| NewApiKey {
            id: KeyId::new(),
            tenant: tenant.to_owned(),
            name: "test".to_owned(),
            hash: vec![1; 32],
            scopes: "read".to_owned(),
            rate_per_minute: None,
            proof_ms_per_day: None,
            expires_ms: None,
        };
        for wrong in ["Ada", "\u{430}da", "a/b", "a b", "", "hallmark", "public"] {
            let refused = database.create_key(&key(wrong)).await;
            assert!(
                matches!(refused, Err(StoreError::TenantName { .. })),
                "{wrong}: {refused:?}"
            );
        }
        // One from before keeps its name, and nobody gets the same in another case.
        database.ensure_tenant("ten_old", "Ada").await.unwrap();
        assert_eq!(database.create_key(&key("Ada")).await.unwrap().id, "ten_old");
        let refused = database.create_key(&key("ada")).await;
        assert!(
            matches!(refused, Err(StoreError::NameTaken { .. })),
            "{refused:?}"
        );
        let first = database.create_key(&key("bob")).await.unwrap();
        assert_eq!(database.create_key(&key("bob")).await.unwrap().id, first.id);
    })
    .await;
}

async fn list(database: &Database, viewer: &str, filter: ModelFilter) -> Vec<String> {
    let models = database.models(viewer, &filter, None, 10).await.unwrap();
    models.into_iter().map(|model| model.registration.name).collect()
}

#[tokio::test]
async fn text_that_no_database_takes_is_refused_by_name() {
    each(|database| async move {
        let filter = ModelFilter {
            text: Some("a\0b".to_owned()),
            ..ModelFilter::default()
        };
        let listed = database.models("", &filter, None, 1).await;
        assert!(matches!(listed, Err(StoreError::Nul)), "{listed:?}");
        let listed = database.models("", &ModelFilter::default(), Some("\0"), 1).await;
        assert!(matches!(listed, Err(StoreError::Nul)), "{listed:?}");
        let tagged = Changes {
            licence: Some("\0".to_owned()),
            ..Changes::default()
        };
        let changed = database
            .change_registration("nobody", &ModelId([1; 32]), &tagged)
            .await;
        assert!(matches!(changed, Err(StoreError::Nul)), "{changed:?}");
    })
    .await;
}
