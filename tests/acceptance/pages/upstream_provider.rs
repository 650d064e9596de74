//! Signing in by a provider that others wrote, npm's `oidc-provider`, shaped like Entra: `tid`, `oid`, `amr`, guests.

use keyward_test_support::oidc_provider::OidcProvider;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use serde_json::{Value, json};

use super::upstream::TENANT;

const START: &str = "/upstream/entra/start";

/// What Entra says of somebody of this tenant.
fn of_tenant(tenant: &str, oid: &str, acct: u8) -> Value {
    json!({
        "tid": tenant, "oid": oid, "acct": acct, "ver": "2.0", "name": "Anna",
        // Guests of a directory may have the same.
        "email": "anna@example.org", "preferred_username": "anna@example.org",
    })
}

on_every_database! {
    async fn people_are_linked_sign_in_and_sign_out_by_a_provider_of_others(at: At) {
        let provider = OidcProvider::at(&format!("/{TENANT}/v2.0"));
        let more = ", counts_as_second_factor = true, sign_out_there = true";
        let settings = provider.settings(TENANT, more);
        let server = Server::with(at, &[("upstream", &settings)]).await;
        provider.serves_keyward(&server.base);
        let mut anna = server.user("anna").await;
        anna.signs_in().await;
        let annas = of_tenant(TENANT, "11111111-aaaa-4aaa-8aaa-111111111111", 0);
        provider.person("subject-of-anna", &["pwd", "mfa"], &annas);
        let page = anna.travels(&format!("{START}?purpose=link")).await;
        assert!(page.notice().contains("from now on"), "{} {}", page.text(), provider.log());
        anna.adds_an_app().await;

        // Its word counts for both factors.
        let elsewhere = anna.elsewhere(&server.base);
        let page = elsewhere.travels(&format!("{START}?next=/account/sessions")).await;
        assert_eq!(page.path, "/account/sessions", "{} {}", page.text(), provider.log());
        let methods = "SELECT methods FROM sessions WHERE methods LIKE 'fed%'";
        assert_eq!(server.database.text(methods), "fed mfa");

        // Signing out here leads there.
        let answer = elsewhere.browser.post("/sign-out", &[]).await;
        let page = elsewhere.travels(answer.location().expect("a way")).await;
        let answer = elsewhere.browser.submit(&page, &page.form("Yes, sign me out")).await;
        let page = elsewhere.travels(answer.location().expect("a way on")).await;
        assert_eq!(page.heading(), "Sign-out Success", "{}", provider.log());

        // What signs out there ends here.
        let page = elsewhere.travels(&format!("{START}?next=/account/sessions")).await;
        assert_eq!(page.path, "/account/sessions", "{}", page.text());
        let page = elsewhere.travels(&format!("{}/session/end", provider.issuer)).await;
        elsewhere.browser.submit(&page, &page.form("Yes, sign me out")).await;
        assert!(elsewhere.visits("/account").await.path.starts_with("/sign-in"), "{}", provider.log());
        assert_eq!(anna.visits("/account").await.path, "/account", "the password opened this one");

        // Without a word of a second factor the usual one follows.
        provider.person("subject-of-anna", &["pwd"], &annas);
        server.clock.turn(std::time::Duration::from_secs(30));
        let page = anna.elsewhere(&server.base).travels(START).await;
        assert_eq!(page.heading(), "Enter your code", "{}", page.text());
    }

    async fn a_guest_and_another_tenants_user_of_the_same_mail_are_turned_away(at: At) {
        let provider = OidcProvider::at(&format!("/{TENANT}/v2.0"));
        let server = Server::with(at, &[("upstream", &provider.settings(TENANT, ""))]).await;
        provider.serves_keyward(&server.base);
        let anna = server.reachable("anna", "anna@example.org").await;
        anna.signs_in().await;
        let oid = "11111111-aaaa-4aaa-8aaa-111111111111";
        provider.person("subject-of-anna", &["pwd"], &of_tenant(TENANT, oid, 0));
        let page = anna.travels(&format!("{START}?purpose=link")).await;
        assert!(page.notice().contains("from now on"), "{} {}", page.text(), provider.log());
        let other = "99999999-2222-4333-8444-555555555555";
        for (subject, claims) in [
            ("a-guest", of_tenant(TENANT, "22222222-bbbb-4bbb-8bbb-222222222222", 1)),
            ("of-another", of_tenant(other, oid, 0)),
            ("unknown", of_tenant(TENANT, "33333333-cccc-4ccc-8ccc-333333333333", 0)),
        ] {
            provider.person(subject, &["pwd"], &claims);
            let stranger = server.stranger("anna");
            let page = stranger.travels(START).await;
            assert_eq!(page.status, 403, "{subject}: {} {}", page.text(), provider.log());
            assert!(stranger.visits("/account").await.path.starts_with("/sign-in"), "{subject}");
        }
    }
}
