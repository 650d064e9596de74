//! A sign-in with an authenticator authenticator, the password included, against argon2id alone.

use std::sync::Arc;
use std::time::Duration;

use keyward_actions::enrol::{self, EnrolOutcome, Naming};
use keyward_actions::second_factor::{CodeOutcome, Typed};
use keyward_actions::sign_in;
use keyward_core::clock::{Clock, SystemEntropy, Timestamp};
use keyward_core::domain::device::DeviceName;
use keyward_core::domain::user::{NewPassword, UserId, UserName};
use keyward_core::factors::password::{PasswordCheck, PasswordCost, StoredPassword};
use keyward_core::secret::MasterKey;

use super::cpu::{self, Bench};
use super::passkey::{client, permit, right_password};
use keyward_test_support::app::App;
use keyward_test_support::backends::At;
use keyward_test_support::person::PASSWORD;
use keyward_test_support::server::Server;

pub fn measure(bench: &mut Bench) {
    let runtime = super::runtime();
    let server = runtime.block_on(Server::start(At::Sqlite));
    let authenticator = runtime.block_on(enrol(&server));
    bench.measure("totp/sign-in", 5, |times| {
        runtime.block_on(sign_in(&server, &authenticator, times))
    });
    bench.measure("totp/argon2id", 5, argon2id);
}

async fn enrol(server: &Server) -> App {
    server.user("anna").await;
    let app = &server.app;
    let permit = permit(app, "anna").await;
    let offer = enrol::offer_totp(app, &permit, None)
        .await
        .expect("an offer");
    let authenticator = App::scan(&offer.address);
    let naming = Naming {
        typed: None,
        usual: DeviceName::from_typed("App").expect("a name"),
    };
    let code = authenticator.code(server.clock.now());
    let outcome = enrol::totp(
        app,
        &permit,
        &offer.journey,
        offer.turn,
        &code,
        naming,
        &client(),
    )
    .await;
    assert!(matches!(outcome, Ok(EnrolOutcome::Added(_))));
    authenticator
}

/// From the password to the session. Between two sign-ins the clock goes on to the next code.
async fn sign_in(server: &Server, authenticator: &App, times: u64) -> Duration {
    let mut spent = Duration::ZERO;
    let app = &server.app;
    for _ in 0..times {
        server.clock.turn(Duration::from_secs(30));
        let code = authenticator.code(server.clock.now());
        let started = cpu::of_process();
        let journey = right_password(app, "anna").await;
        // The page that asks for the code looks here.
        let awaiting = sign_in::awaiting_second_factor(app, &journey).await;
        let turn = awaiting.expect("a journey").expect("a journey").turn;
        let outcome = sign_in::with_code(app, &journey, turn, Typed::Code(&code), &client()).await;
        spent += cpu::of_process() - started;
        assert!(matches!(outcome, Ok(CodeOutcome::Opened(_))));
    }
    spent
}

fn argon2id(times: u64) -> Duration {
    let key = Arc::new(MasterKey::generate(&SystemEntropy));
    let check = PasswordCheck::new(PasswordCost::LEAST, key, &SystemEntropy).expect("a check");
    let name = UserName::parse("anna").expect("a name");
    let password = NewPassword::parse(PASSWORD.into(), &name).expect("a password");
    let anna = UserId::generate(Timestamp::default(), &SystemEntropy);
    let hash = check.hash(anna, &password, &SystemEntropy).expect("a hash");
    let stored = StoredPassword::first(anna, hash);
    let started = cpu::of_process();
    for _ in 0..times {
        let proof = check.verify(Some(&stored), PASSWORD);
        assert!(proof.is_some());
    }
    cpu::of_process() - started
}
