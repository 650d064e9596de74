//! An application on actix-web that asks Keyward whose a cookie is.

use actix_web::http::StatusCode;
use actix_web::http::header::COOKIE;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use keyward_client::{Class, Keyward, RequireVerified, Verified};
use url::Url;

use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

async fn slips(verified: Verified) -> String {
    let Verified { user, methods, .. } = verified;
    format!("slips of {user} by {}", methods.join(" "))
}

/// What the application answers to a request with this cookie header.
async fn asks(keyward: &Keyward, cookie: &str, class: Class) -> (StatusCode, String) {
    let asked = RequireVerified::new().class(class);
    let scope = web::scope("/slips").wrap(asked);
    let scope = scope.route("", web::get().to(slips));
    let app = init_service(App::new().app_data(keyward.clone()).service(scope)).await;
    let request = TestRequest::get().uri("/slips");
    let answer = call_service(&app, request.insert_header((COOKIE, cookie)).to_request()).await;
    let status = answer.status();
    let body = read_body(answer).await;
    (status, String::from_utf8_lossy(&body).into_owned())
}

on_every_database! {
    async fn an_application_asks_whose_a_cookie_is_and_how_well_that_is_proved(at: At) {
        let server = Server::start(at).await;
        let program = server.program(&["sessions:check"]).await;
        let address = Url::parse(&server.base).expect("an address");
        let keyward = Keyward::asked_at(address, program.token.clone().into());
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        anna.adds_an_app().await;
        let cookies = anna.browser.cookies();
        let (status, said) = asks(&keyward, &cookies, Class::Aal2).await;
        assert_eq!((status, said.as_str()), (StatusCode::OK, "slips of anna by pwd otp mfa"));
        let (status, _) = asks(&keyward, &cookies, Class::PhishingResistant).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        anna.signs_out().await;
        for cookie in [cookies.as_str(), "keyward=forged", "a=b"] {
            let (status, _) = asks(&keyward, cookie, Class::Aal1).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{cookie}");
        }
    }

    async fn where_keyward_cannot_be_asked_nobody_passes(at: At) {
        let server = Server::start(at).await;
        let anna = server.user("anna").await;
        anna.signs_in().await;
        let address = Url::parse(&server.base).expect("an address");
        let wrong = Keyward::asked_at(address, "kw_wrong".to_owned().into());
        let gone = Url::parse("http://127.0.0.1:9").expect("an address");
        let gone = Keyward::asked_at(gone, "kw_wrong".to_owned().into());
        for keyward in [wrong, gone] {
            let (status, _) = asks(&keyward, &anna.browser.cookies(), Class::Aal1).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
