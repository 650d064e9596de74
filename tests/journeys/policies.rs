//! The pages of policies, from the draft through its dry run to who is affected.

use crate::steps::at_the_console;
use keyward_test_support::app::App;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::server::Server;

#[tokio::test]
async fn a_policy_is_drafted_tried_switched_on_and_taken_back() {
    let server = Server::start(At::Sqlite).await;
    let mut ben = server.user("ben").await;
    ben.signs_in().await;
    ben.adds_an_app().await;
    let browser = at_the_console(&server).await;
    browser.press("Policies").await;
    browser.press("Everybody").await;
    browser.ticks("Phishing-resistant devices only").await;
    browser.fill("Grace in days", "3").await;
    browser.press("Save").await;
    browser.is_told("The draft was saved").await;
    assert_eq!(server.events("policy.switched_on"), 0);

    browser.press("See what it would do").await;
    browser
        .sees("1 person could not sign in, 1 device would stop")
        .await;
    browser.sees("ben").await;
    browser.sees("Not phishing-resistant").await;
    looks(&browser, "policy-dry-run").await;
    browser.press("Switch on").await;
    browser.is_told("The policy is in force.").await;
    browser.sees("1 device does not satisfy policy.").await;
    looks(&browser, "policies").await;
    assert_eq!(server.events("policy.switched_on"), 1);

    browser.visit("/console/policies/affected").await;
    browser.sees("ben").await;
    looks(&browser, "policies-affected").await;

    let bens = Browser::open(&server.base).await;
    crate::steps::types_password(&bens, &ben).await;
    let app: &App = ben.app.as_ref().expect("an app");
    server.clock.turn(std::time::Duration::from_secs(60));
    bens.fill("Code", &app.code(server.app.now())).await;
    bens.press("Continue").await;
    bens.arrives_at("/account").await;
    bens.sees("no longer accepts one of your devices").await;
    looks(&bens, "account-device-stopping").await;

    browser.visit("/console/policies/edit").await;
    looks(&browser, "policy-edit").await;
    browser.press("Withdraw policy").await;
    browser.press("Withdraw policy").await;
    browser.is_told("The policy was taken back.").await;
    assert_eq!(
        server
            .database
            .number("SELECT COUNT(*) FROM stopping_devices"),
        0
    );
}

/// Looks at the page that is shown.
async fn looks(browser: &Browser, name: &str) {
    crate::pages::looks_at(browser, name).await;
}
