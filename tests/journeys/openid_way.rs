//! The whole way from an application through Keyward and back, with the browser's back button pressed on each page.

use keyward_core::domain::openid_client::{ClientAuthentication, GrantType, RedirectUri};
use keyward_test_support::authenticator::Authenticator;
use keyward_test_support::backends::At;
use keyward_test_support::browser::Browser;
use keyward_test_support::forward::Application;
use keyward_test_support::openid::{RelyingParty, claims};
use keyward_test_support::server::Server;

use crate::steps::{WITHOUT_SUGGESTIONS, adds_passkey, signs_out, types_password};

/// An application that asks people before it is told of them, and where it is.
async fn application(server: &Server) -> (RelyingParty, String) {
    let home = format!("http://{}/", Application::start().address);
    let callback = format!("{home}cb");
    let wiki = server
        .registers("wiki", |settings| {
            settings.asks_consent = true;
            settings.redirect_uris = vec![RedirectUri::parse(&callback).expect("an address")];
            settings.post_logout_redirect_uris = vec![RedirectUri::from_stored(&home)];
        })
        .await;
    (wiki, home)
}

/// Goes from the application to Keyward, as by its button.
async fn is_sent(browser: &Browser, wiki: &RelyingParty, home: &str, asked: &[(&str, &str)]) {
    browser.visit(home).await;
    let address = format!("{}{}", wiki.base, wiki.path(asked));
    browser
        .script(&format!("location.href = {address:?}"))
        .await;
}

/// What the application makes of the answer that it got.
async fn tokens(browser: &Browser, wiki: &RelyingParty) -> serde_json::Value {
    browser.arrives_at("/cb").await;
    let path = browser.path().await;
    let pairs = url::Url::parse(&wiki.base)
        .expect("an address")
        .join(&path)
        .expect("a path");
    let code = pairs.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.unwrap_or_else(|| panic!("no code in {path}"));
    let page = wiki.redeems(&code).await;
    assert_eq!(page.status, 200, "{}", page.body);
    claims(&page.json()["id_token"])
}

#[tokio::test]
async fn from_an_application_with_a_passkey_a_step_up_and_consent_and_back_again() {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    let (wiki, home) = application(&server).await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.before_each_page(WITHOUT_SUGGESTIONS).await;
    types_password(&browser, &anna).await;
    browser.arrives_at("/account").await;
    adds_passkey(&browser, "Laptop").await;
    signs_out(&browser).await;

    // What was agreed to is remembered; the application has it asked all the same.
    let consent = [("prompt", "consent")];
    // Back from the sign-in page is the application; and from there it goes on.
    is_sent(&browser, &wiki, &home, &consent).await;
    browser.arrives_at("/sign-in").await;
    browser.go_back().await;
    browser.arrives_at("/").await;
    is_sent(&browser, &wiki, &home, &consent).await;
    browser.hands_on().await;
    browser.press("Sign in with a passkey").await;
    browser.sees("Go on to wiki?").await;
    // Back from consent is the sign-in page, which whoever is signed in needs no more.
    browser.go_back().await;
    browser.sees("Go on to wiki?").await;
    browser.press("Continue").await;
    let said = tokens(&browser, &wiki).await;
    assert_eq!(
        (&said["preferred_username"], &said["acr"]),
        (&"anna".into(), &"phr".into())
    );
    // Back from the application: what was agreed to is asked again, and gives another code.
    browser.go_back().await;
    browser.sees("Go on to wiki?").await;
    browser.press("Continue").await;
    assert_eq!(tokens(&browser, &wiki).await["sub"], said["sub"]);

    // The application asks for another proof by a passkey: a step-up in the middle.
    let asked = [("acr_values", "phr"), ("prompt", "login consent")];
    browser.hands_off().await;
    server.clock.turn(std::time::Duration::from_secs(60));
    is_sent(&browser, &wiki, &home, &asked).await;
    browser.arrives_at("/step-up").await;
    browser.go_back().await;
    browser.arrives_at("/").await;
    is_sent(&browser, &wiki, &home, &asked).await;
    browser.arrives_at("/step-up").await;
    browser.hands_on().await;
    browser.press("Confirm with a passkey").await;
    browser.sees("Go on to wiki?").await;
    browser.go_back().await;
    assert_ne!(browser.path().await, "/cb", "nothing was agreed to");
    is_sent(
        &browser,
        &wiki,
        &home,
        &[("acr_values", "phr"), ("prompt", "consent")],
    )
    .await;
    browser.sees("Go on to wiki?").await;
    browser.press("Continue").await;
    let again = tokens(&browser, &wiki).await;
    assert_eq!(again["acr"], "phr");
    assert!(again["auth_time"].as_i64() > said["auth_time"].as_i64());

    // Sign-out, by the application: back shows nothing that only a session shows.
    let out = format!(
        "/oauth2/end-session?client_id=wiki&post_logout_redirect_uri={}",
        url::form_urlencoded::byte_serialize(home.as_bytes()).collect::<String>()
    );
    browser.visit(&out).await;
    browser.sees("Sign out?").await;
    browser.press("Sign out").await;
    browser.arrives_at("/").await;
    browser.hands_off().await;
    is_sent(&browser, &wiki, &home, &[]).await;
    browser.arrives_at("/sign-in").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

/// Nothing reaches beyond the edge, and the window stays as wide as that.
async fn fits_a_phone(browser: &Browser) {
    assert_eq!(browser.sideways(360).await, 0);
    browser.is_wide(360).await;
}

#[tokio::test]
async fn a_device_is_let_in_on_a_window_as_wide_as_a_phone() {
    let server = Server::start(At::Sqlite).await;
    let anna = server.user("anna").await;
    let tv = server
        .registers("tv", |settings| {
            settings.redirect_uris.clear();
            settings.authentication = ClientAuthentication::None;
            settings.grants = [GrantType::DeviceCode, GrantType::RefreshToken].into();
        })
        .await;
    let browser = Browser::with(&server.base, Authenticator::PLATFORM).await;
    browser.is_wide(360).await;
    let begun = tv
        .calls("/oauth2/device", &[("scope", "openid profile")])
        .await
        .json();
    let code = begun["user_code"].as_str().expect("one").to_owned();
    browser.visit("/device").await;
    browser.fill("Username", &anna.name).await;
    browser.fill("Password", &anna.password).await;
    browser.press("Continue").await;
    browser.arrives_at("/device").await;
    fits_a_phone(&browser).await;
    browser
        .fill("Code", &code.to_lowercase().replace('-', " "))
        .await;
    browser.press("Continue").await;
    browser.sees("Sign in to tv?").await;
    fits_a_phone(&browser).await;
    browser.go_back().await;
    browser.fill("Code", &code).await;
    browser.press("Continue").await;
    browser.sees("Sign in to tv?").await;
    browser.press("Continue").await;
    browser.sees("You can go back to your device").await;
    fits_a_phone(&browser).await;
    let kind = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [
        ("grant_type", kind),
        ("device_code", begun["device_code"].as_str().expect("one")),
    ];
    let tokens = tv.calls("/oauth2/token", &fields).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(
        claims(&tokens.json()["id_token"])["preferred_username"],
        "anna"
    );
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
