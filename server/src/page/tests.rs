use super::*;
use axum::body::Body;
use axum::http::Request;
use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse};
use http_body_util::BodyExt;
use tower::ServiceExt;

async fn ask(request: Request<Body>) -> Response {
    router::<()>().with_state(()).oneshot(request).await.unwrap()
}

async fn fetch(path: &str) -> Response {
    ask(Request::get(path).body(Body::empty()).unwrap()).await
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn source(path: &str) -> String {
    String::from_utf8(Assets::get(path).unwrap().data.into_owned()).unwrap()
}

#[tokio::test]
async fn every_file_is_served_with_its_type_and_policy() {
    for path in Assets::iter() {
        let address = if path == INDEX {
            "/".to_owned()
        } else {
            format!("/page/{path}")
        };
        let response = fetch(&address).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers();
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            CONTENT_SECURITY_POLICY,
            "{path}"
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache", "{path}");
        assert_eq!(
            headers[header::CONTENT_TYPE],
            media_type(&path).unwrap(),
            "{path}"
        );
        assert!(!text(response).await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_known_file_is_not_sent_again() {
    let tag = fetch("/page/app.js").await.headers()[header::ETAG].clone();
    let again = |value: String| {
        let request = Request::get("/page/app.js").header(header::IF_NONE_MATCH, value);
        ask(request.body(Body::empty()).unwrap())
    };
    let tag = tag.to_str().unwrap();
    for value in [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ] {
        let response = again(value.clone()).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{value}");
        assert_eq!(response.headers()[header::ETAG], tag, "{value}");
        assert_eq!(text(response).await, "", "{value}");
    }
    assert_eq!(again("\"other\"".to_owned()).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn heads_have_no_body_and_other_methods_are_refused() {
    let head = ask(Request::head("/").body(Body::empty()).unwrap()).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(text(head).await, "");
    let post = ask(Request::post("/").body(Body::empty()).unwrap()).await;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    for path in [
        "/page/none.js",
        "/page/",
        "/page/../Cargo.toml",
        "/page/..%2fCargo.toml",
        "/page/%2e%2e/Cargo.toml",
        "/page//etc/passwd",
        "/page/views",
    ] {
        assert_eq!(fetch(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn every_address_in_the_page_is_a_file() {
    for path in Assets::iter() {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let text = source(&path);
        let mut addresses: Vec<String> = Vec::new();
        for (before, resolve) in [
            (" from \"", true),
            ("import \"", true),
            ("href=\"page/", false),
            ("src=\"page/", false),
        ] {
            for part in text.split(before).skip(1) {
                let address = part.split('"').next().unwrap_or_default();
                addresses.push(if resolve {
                    resolved(folder, address)
                } else {
                    address.to_owned()
                });
            }
        }
        for address in addresses {
            assert!(
                Assets::get(&address).is_some(),
                "{path} refers to {address}, which is not there"
            );
        }
    }
}

fn resolved(folder: &str, address: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in address.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[test]
fn the_page_keeps_its_own_policy() {
    for path in Assets::iter() {
        let text = source(&path);
        let inline = [
            "style=\"",
            "onclick=\"",
            "javascript:",
            "innerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ];
        for forbidden in inline {
            assert!(!text.contains(forbidden), "{path} has {forbidden}");
        }
        let schemes = text.matches("://").count();
        let namespaces = text.matches("http://www.w3.org/").count();
        assert_eq!(schemes, namespaces, "{path} refers to another host");
    }
}

/// The images to pick from are those of the test set.
#[test]
fn samples_are_images_of_the_test_set() {
    let spec = |name: &str, shape: &[usize]| InputSpec {
        name: name.to_owned(),
        shape: shape.to_vec(),
        kind: InputKind::Real,
    };
    let images = parse(
        include_bytes!("../../../examples/digits/test.npz"),
        &[spec("image", &[1, 1, 8, 8]), spec("label", &[1])],
        &InputLimits::default(),
    )
    .unwrap();
    let text = source("playground/samples.js");
    let mut seen = 0;
    for line in text.lines().filter(|line| line.contains("index:")) {
        let member = |name: &str| {
            let rest = line.split(name).nth(1).unwrap();
            rest.trim_start_matches([':', ' ', '"'])
                .split([',', '"'])
                .next()
                .unwrap()
                .to_owned()
        };
        let index: usize = member("index").parse().unwrap();
        let label: f32 = member("label").parse().unwrap();
        let [image, wanted] = images[index].as_slice() else {
            unreachable!()
        };
        let pixels: Vec<f32> = member("pixels")
            .chars()
            .map(|c| c.to_digit(17).unwrap() as f32 / 16.0)
            .collect();
        assert_eq!(image.iter().copied().collect::<Vec<_>>(), pixels, "image {index}");
        assert_eq!(wanted.iter().next(), Some(&label), "image {index}");
        seen += 1;
    }
    assert_eq!(seen, 30);
}
