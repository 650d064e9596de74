//! What the tests share: real counterparts, started by the test and gone with it.
#![allow(dead_code)]

pub mod app;
pub mod authenticator;
pub mod authority;
pub mod backends;
pub mod browser;
pub mod client;
pub mod clock;
pub mod codes;
pub mod command;
pub mod firefox;
pub mod hostile_validation;
pub mod html;
pub mod keys;
pub mod log;
pub mod mailbox;
pub mod maker;
pub mod metadata;
pub mod nginx;
pub mod page;
pub mod person;
pub mod pgbouncer;
pub mod postgres;
pub mod process;
pub mod py_webauthn;
pub mod python;
pub mod relay;
pub mod server;
pub mod soft_authenticator;
pub mod soft_maker;
pub mod soft_yubikey;
pub mod tls_front;
pub mod token_endpoint;
pub mod twilio;
pub mod validation_client;
pub mod yubiserver;
