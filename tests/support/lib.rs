//! What the tests share: real counterparts, started by the test and gone with it.
#![allow(
    clippy::disallowed_methods,
    reason = "a test is a client like any other, by its own clock"
)]

pub mod api;
pub mod app;
pub mod authenticator;
pub mod authority;
pub mod browser;
pub mod client;
pub mod clock;
pub mod codes;
pub mod command;
pub mod django;
pub mod firefox;
pub mod forward;
pub mod hostile_validation;
pub mod html;
pub mod key_publisher;
pub mod keys;
pub mod lines;
pub mod log;
pub mod mailbox;
pub mod maker;
pub mod metadata;
pub mod nginx;
pub mod node;
pub mod oidc_provider;
pub mod openid;
pub mod openid_applications;
pub mod openid_provider;
pub mod page;
pub mod person;
pub mod pgbouncer;
pub mod proxies;
pub mod py_webauthn;
pub mod python;
pub mod relay;
pub mod relying_parties;
pub mod rsyslog;
pub mod server;
pub mod soft_authenticator;
pub mod soft_maker;
pub mod soft_yubikey;
pub mod statements;
pub mod tls_front;
pub mod token_endpoint;
pub mod twilio;
pub mod validation_client;
pub mod webhook_receiver;
pub mod yubiserver;

pub use keyward_test_databases::{backends, on_every_database, postgres, process, small_disk};

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The built program: it lies beside the folder that the tests run from.
///
/// # Panics
/// Where it was not built, which `cargo test` and `cargo bench` do.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a file");
    let folder = test.ancestors().nth(2).expect("tests lie in a folder");
    let program = folder.join("keyward");
    assert!(program.exists(), "{} is not built", program.display());
    program
}
