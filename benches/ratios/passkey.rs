//! A sign-in with a passkey, from a right password on, against the library's check of the
//! signature and one durable commit.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl, SqliteConnection};
use keyward_actions::App;
use keyward_actions::enrol::{self, NewCredential};
use keyward_actions::session;
use keyward_actions::sign_in::{self, PasskeyOutcome, PasswordOutcome};
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::session::Client;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::{Access, MayEnrol};
use keyward_core::secret::Token;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use serde_json::Value;
use webauthn_rs_core::proto::{COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, ECDSACurve};

use super::cpu::{self, Bench};
use keyward_test_support::backends::At;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

pub fn measure(bench: &mut Bench) {
    let runtime = super::runtime();
    let server = runtime.block_on(Server::start(At::Sqlite));
    let mut passkey = SoftAuthenticator::passkey();
    runtime.block_on(enrol(&server, &mut passkey));
    bench.measure("passkey/sign-in", 5, |times| {
        runtime.block_on(sign_in(&server, &mut passkey, times))
    });
    bench.measure("passkey/passwordless", 5, |times| {
        runtime.block_on(passwordless(&server, &mut passkey, times))
    });
    let mut commit = Commit::new(server.folder());
    bench.measure("passkey/commit", 3, |times| commit.run(times));
    let signature = Signature::new();
    bench.measure("passkey/signature", 3, |times| signature.check(times));
}

pub fn client() -> Client {
    Client::new(
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        "Mozilla/5.0 (X11; Linux x86_64)",
    )
}

/// The permit of somebody who has no device yet.
pub async fn permit(app: &App, name: &str) -> MayEnrol {
    let outcome = sign_in::with_password(
        app,
        name,
        PASSWORD.into(),
        NextPath::default(),
        &[],
        &client(),
    )
    .await;
    let Ok(PasswordOutcome::Opened(opened)) = outcome else {
        panic!("{name} has a device: {outcome:?}");
    };
    match session::visit(app, &opened.identifier).await {
        Ok(Access::Full(signed_in)) => signed_in
            .step_up(app.now(), app.settings().session.step_up)
            .expect("a fresh session")
            .may_enrol(),
        other => panic!("{name} is not signed in: {other:?}"),
    }
}

/// A right password.
pub async fn right_password(app: &App, name: &str) -> Token {
    let outcome = sign_in::with_password(
        app,
        name,
        PASSWORD.into(),
        NextPath::default(),
        &[],
        &client(),
    )
    .await;
    match outcome {
        Ok(PasswordOutcome::SecondFactor(journey)) => journey,
        other => panic!("{name} has no device: {other:?}"),
    }
}

async fn enrol(server: &Server, passkey: &mut SoftAuthenticator) {
    server.user("anna").await;
    let app = &server.app;
    let permit = permit(app, "anna").await;
    let asked = NewCredential {
        kind: DeviceKind::Passkey,
        name: None,
        is_for_hardware: false,
    };
    let (journey, options) = enrol::registration_options(app, &permit, asked, &client())
        .await
        .expect("options");
    let answer = bytes(&passkey.register(&options, &server.base));
    let usual =
        |_: DeviceKind, _: Option<&str>| Ok(DeviceName::from_typed("Passkey").expect("a name"));
    let _added = enrol::credential(app, &permit, Some(&journey), answer, usual, &client())
        .await
        .expect("a device");
}

/// Options and verification; the passwords before and the authenticator's work between do not
/// count. All passwords come first: after argon2id has gone through its memory nothing else is in
/// the processor's caches, which what this is compared with, one after the other, never meets.
async fn sign_in(server: &Server, passkey: &mut SoftAuthenticator, times: u64) -> Duration {
    let mut spent = Duration::ZERO;
    let app = &server.app;
    let mut journeys = Vec::new();
    for _ in 0..times {
        journeys.push(right_password(app, "anna").await);
    }
    for journey in journeys {
        let started = cpu::of_process();
        let options = sign_in::authentication_options(app, &journey)
            .await
            .expect("options");
        spent += cpu::of_process() - started;
        let answer = bytes(&passkey.authenticate(&options, &server.base));
        let started = cpu::of_process();
        let outcome = sign_in::with_ceremony(app, &journey, &answer, &client()).await;
        spent += cpu::of_process() - started;
        drop(outcome.expect("a session"));
    }
    spent
}

/// The same of somebody at whose browser nobody is known: there was no password.
async fn passwordless(server: &Server, passkey: &mut SoftAuthenticator, times: u64) -> Duration {
    let mut spent = Duration::ZERO;
    let app = &server.app;
    for _ in 0..times {
        let browser = Token::generate(&SystemEntropy);
        let started = cpu::of_process();
        let options = sign_in::passwordless_options(app, &browser, None).await;
        spent += cpu::of_process() - started;
        let answer = bytes(&passkey.authenticate(&options.expect("options"), &server.base));
        let started = cpu::of_process();
        let challenge = sign_in::passwordless_challenge(app, &browser, &answer);
        let challenge = challenge.expect("a challenge of ours");
        let outcome = sign_in::with_passkey(
            app,
            &browser,
            challenge,
            &answer,
            NextPath::default(),
            &client(),
        )
        .await;
        spent += cpu::of_process() - started;
        assert!(matches!(outcome, Ok(PasskeyOutcome::Opened(_))));
    }
    spent
}

fn bytes(answer: &Value) -> Vec<u8> {
    answer.to_string().into_bytes()
}

/// One small row in a transaction of its own, as durable as the server's.
struct Commit(SqliteConnection);

impl Commit {
    fn new(folder: &Path) -> Self {
        let file = folder.join("commit.db");
        let mut connection =
            SqliteConnection::establish(&file.to_string_lossy()).expect("the folder is ours");
        connection
            .batch_execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
            )
            .expect("an empty database");
        Self(connection)
    }

    fn run(&mut self, times: u64) -> Duration {
        let started = cpu::of_process();
        for _ in 0..times {
            self.0
                .immediate_transaction(|connection| {
                    diesel::sql_query("INSERT INTO rows (text) VALUES ('a session of somebody')")
                        .execute(connection)
                })
                .expect("a commit");
        }
        cpu::of_process() - started
    }
}

/// What the library's check of one signature needs.
struct Signature {
    key: COSEKey,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl Signature {
    fn new() -> Self {
        let key = SigningKey::from_slice(&[7; 32]).expect("a scalar");
        let signed = vec![5; 37 + 32];
        let signature: DerSignature = key.sign(&signed);
        let point = key.verifying_key().to_sec1_point(false);
        let coordinate = |bytes: Option<&[u8]>| bytes.expect("a point").to_vec();
        let curve = COSEEC2Key {
            curve: ECDSACurve::SECP256R1,
            x: coordinate(point.x().map(|x| x.as_slice())),
            y: coordinate(point.y().map(|y| y.as_slice())),
        };
        Self {
            key: COSEKey {
                type_: COSEAlgorithm::ES256,
                key: COSEKeyType::EC_EC2(curve),
            },
            signed,
            signature: signature.as_bytes().to_vec(),
        }
    }

    fn check(&self, times: u64) -> Duration {
        let started = cpu::of_process();
        for _ in 0..times {
            let good = self.key.verify_signature(&self.signature, &self.signed);
            assert!(good.expect("a signature"));
        }
        cpu::of_process() - started
    }
}
