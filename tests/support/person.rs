//! Somebody with a name, a password, a browser, and perhaps an app on their phone.

use std::sync::Arc;

use keyward_core::clock::Clock;
use serde_json::json;
use url::Url;

use super::app::App;
use super::client::Client;
use super::clock::TestClock;
use super::page::Page;
use super::soft_authenticator::SoftAuthenticator;

/// Everybody's password.
pub const PASSWORD: &str = "four words at random";

/// A user of the server, before or after they signed in.
#[derive(Clone)]
pub struct Person {
    /// Their user name.
    pub name: String,
    /// Their password.
    pub password: String,
    /// Their browser.
    pub browser: Client,
    /// The app on their phone.
    pub app: Option<App>,
    clock: Arc<TestClock>,
}

impl Person {
    /// Somebody who has never been here; the server need not know them.
    pub fn new(name: &str, base: &str, clock: Arc<TestClock>) -> Self {
        Self {
            name: name.to_owned(),
            password: PASSWORD.to_owned(),
            browser: Client::new(base),
            app: None,
            clock,
        }
    }

    /// The same person at another browser, where nobody is signed in.
    pub fn elsewhere(&self, base: &str) -> Self {
        Self {
            browser: Client::new(base),
            ..self.clone()
        }
    }

    /// The same person at this browser, whoever else uses it.
    pub fn at(&self, browser: &Client) -> Self {
        Self {
            browser: browser.clone(),
            ..self.clone()
        }
    }

    /// Opens a page and follows redirects.
    pub async fn visits(&self, path: &str) -> Page {
        let page = self.browser.get(path).await;
        self.browser.follow(page).await
    }

    /// Goes to an address, of whatever host, and from there wherever that leads: by redirects, or by pages that
    /// lead on by themselves.
    pub async fn travels(&self, address: &str) -> Page {
        let here = Url::parse(&self.browser.origin()).expect("an origin");
        let mut address = here.join(address).expect("an address");
        for _ in 0..10 {
            let page = self.browser.get(address.as_str()).await;
            let Some(to) = page.leads_on() else {
                return page;
            };
            address = address.join(&to).expect("an address");
        }
        panic!("{address} is on a circle");
    }

    /// Presses a button of a page and goes where that leads.
    pub async fn presses(&self, page: &Page, button: &str) -> Page {
        let answer = self.browser.press(page, button).await;
        self.browser.follow(answer).await
    }

    /// Goes from the sign-in page to what follows a right password.
    pub async fn types_password(&self) -> Page {
        let page = self.visits("/sign-in").await;
        let form = page
            .form("Continue")
            .fill("Username", &self.name)
            .fill("Password", &self.password);
        let answer = self.browser.submit(&page, &form).await;
        self.browser.follow(answer).await
    }

    /// Types this code where it is asked for.
    pub async fn types_code(&self, page: &Page, code: &str) -> Page {
        let form = page.form("Continue").fill("Code", code);
        let answer = self.browser.submit(page, &form).await;
        self.browser.follow(answer).await
    }

    /// The code that the person's app shows now. A code counts once: between two of them a test
    /// turns the clock.
    pub fn code(&self) -> String {
        let app = self.app.as_ref().expect("the person has an app");
        app.code(self.clock.now())
    }

    /// Signs in with the password, and with the app where there is one.
    pub async fn signs_in(&self) -> Page {
        let page = self.types_password().await;
        if self.app.is_none() {
            return page;
        }
        self.types_code(&page, &self.code()).await
    }

    /// Scans the QR code of a page.
    pub fn scans(&mut self, page: &Page) {
        let address = page
            .link_to("otpauth:")
            .unwrap_or_else(|| panic!("no app can be added: {}", page.text()));
        self.app = Some(App::scan(&address));
    }

    /// Adds an authenticator app to the account that is signed in.
    pub async fn adds_an_app(&mut self) -> Page {
        let page = self.visits("/account/devices/add/totp").await;
        self.scans(&page);
        let form = page.form("Confirm").fill("Code", &self.code());
        let answer = self.browser.submit(&page, &form).await;
        self.browser.follow(answer).await
    }
}

impl Person {
    /// Proves themselves again with a key, on the way to a page.
    pub async fn steps_up_with(&self, key: &mut SoftAuthenticator, next: &str) -> Page {
        let options = self
            .browser
            .post_json("/webauthn/step-up/options", &json!({}))
            .await;
        assert_eq!(options.status, 200, "{}", options.body);
        let answer = key.authenticate(&options.json(), &self.browser.origin());
        let path = format!("/webauthn/step-up/verify?next={next}");
        self.browser.post_json(&path, &answer).await
    }

    /// Signs in with password and code, and has this browser remembered under a name.
    pub async fn signs_in_and_trusts(&self, name: &str) -> Page {
        let page = self.types_password().await;
        let form = page.form("Continue").fill("Code", &self.code());
        let form = form.set("remember", "yes").set("browser", name);
        let answer = self.browser.submit(&page, &form).await;
        self.browser.follow(answer).await
    }

    /// Ends the session of this browser.
    pub async fn signs_out(&self) {
        assert_eq!(self.browser.post("/sign-out", &[]).await.status, 303);
    }
}
