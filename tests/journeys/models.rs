//! What people see of the model of a device.

use std::fs;

use crate::steps::at_the_console;
use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::metadata::{MetadataService, edition, model};
use keyward_test_support::server::Server;

/// The AAGUID of Chromium's virtual authenticators.
const VIRTUAL: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8];

/// How wide each picture of a model is; 0 where it could not be shown.
const WIDTHS: &str = "return Promise.all([...document.querySelectorAll('img.model')].map(
    picture => picture.decode().then(() => picture.naturalWidth, () => 0)))";

#[tokio::test]
async fn the_picture_of_a_model_is_shown_wherever_the_device_is() {
    let service = MetadataService::generate();
    let folder = tempfile::tempdir().expect("a folder");
    let roots = folder.path().join("roots.pem");
    fs::write(&roots, service.root_pem()).expect("ours");
    let roots = format!("\"{}\"", roots.display());
    let server = Server::with(At::Sqlite, &[("metadata.roots", &roots)]).await;
    let browser = at_the_console(&server).await;
    let blob = service.blob(&edition(1, &[model(VIRTUAL, "Virtual Key 1")]));
    fs::write(server.folder().join("blob.jwt"), blob).expect("ours");
    keyward(server.folder(), &["metadata", "import", "blob.jwt"]).done();
    for path in ["/account", "/account/devices", "/console/devices"] {
        browser.visit(path).await;
        browser.sees("Virtual Key 1").await;
        let widths = browser.script(WIDTHS).await;
        assert_eq!(widths, serde_json::json!([1]), "{path}");
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
