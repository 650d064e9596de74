//! What a person does with a key in their hand: the browser's part of the ceremonies, and touches.

use serde_json::{Value, json};

use super::page::Page;
use super::person::Person;
use super::soft_authenticator::SoftAuthenticator;

/// A device in the list of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The id in its addresses.
    pub id: String,
    /// What it is called.
    pub name: String,
}

impl Person {
    /// Asks for the options of a registration, as the page's script does.
    pub async fn asks_to_register(&self, kind: &str) -> Page {
        let wish = json!({ "kind": kind });
        self.browser
            .post_json("/webauthn/registration/options", &wish)
            .await
    }

    /// Sends an authenticator's answer to a registration.
    pub async fn sends_registration(&self, answer: &Value) -> Page {
        self.browser
            .post_json("/webauthn/registration/verify", answer)
            .await
    }

    /// Registers a key in the account that is signed in.
    pub async fn registers(&self, kind: &str, key: &mut SoftAuthenticator) -> Page {
        let options = self.asks_to_register(kind).await;
        assert_eq!(options.status, 200, "{}", options.body);
        let answer = key.register(&options.json(), &self.browser.origin());
        self.sends_registration(&answer).await
    }

    /// Asks for the options of the second factor.
    pub async fn asks_to_authenticate(&self) -> Page {
        self.browser
            .post_json("/webauthn/authentication/options", &json!({}))
            .await
    }

    /// Sends an authenticator's answer to the second factor.
    pub async fn sends_authentication(&self, answer: &Value) -> Page {
        self.browser
            .post_json("/webauthn/authentication/verify", answer)
            .await
    }

    /// Confirms the sign-in that waits with a key.
    pub async fn confirms_with(&self, key: &mut SoftAuthenticator) -> Page {
        let options = self.asks_to_authenticate().await;
        assert_eq!(options.status, 200, "{}", options.body);
        let answer = key.authenticate(&options.json(), &self.browser.origin());
        self.sends_authentication(&answer).await
    }

    /// Asks for the options of a sign-in without a password, for a name where one was typed.
    pub async fn asks_for_a_passkey(&self, name: Option<&str>) -> Page {
        let wish = name.map_or_else(|| json!({}), |name| json!({ "username": name }));
        self.browser
            .post_json("/webauthn/authentication/options", &wish)
            .await
    }

    /// Signs in with a key in place of user name and password.
    pub async fn signs_in_with(&self, key: &mut SoftAuthenticator, name: Option<&str>) -> Page {
        let options = self.asks_for_a_passkey(name).await;
        assert_eq!(options.status, 200, "{}", options.body);
        let answer = key.authenticate(&options.json(), &self.browser.origin());
        self.sends_authentication(&answer).await
    }

    /// Types what a YubiKey types where it is asked for.
    pub async fn touches(&self, page: &Page, otp: &str) -> Page {
        let form = page.form("Continue").fill("YubiKey", otp);
        let answer = self.browser.submit(page, &form).await;
        self.browser.follow(answer).await
    }

    /// Adds the YubiKey that typed this to the account that is signed in.
    pub async fn adds_a_yubikey(&self, otp: &str) -> Page {
        let page = self.visits("/account/devices/add/yubikey").await;
        let form = page.form("Add YubiKey").fill("YubiKey", otp);
        let answer = self.browser.submit(&page, &form).await;
        self.browser.follow(answer).await
    }

    /// The devices of the account that is signed in, oldest first.
    pub async fn devices(&self) -> Vec<Listed> {
        let page = self.visits("/account/devices").await;
        assert_eq!(page.path, "/account/devices", "{}", page.text());
        let listed = page.forms().into_iter().filter_map(|form| {
            let id = form
                .action
                .strip_prefix("/account/devices/")?
                .strip_suffix("/rename")?;
            let (_, name) = form.fields.iter().find(|(field, _)| field == "name")?;
            Some(Listed {
                id: id.to_owned(),
                name: name.clone(),
            })
        });
        listed.collect()
    }

    /// Whether the account opens for this browser.
    pub async fn is_in(&self) -> bool {
        self.browser.get("/account").await.status == 200
    }
}
