//! Firefox, as somebody sits in front of it. Debian has no driver for it: it is told what to do over
//! its own protocol, Marionette, which has virtual authenticators too.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::browser::{FIND_BUTTON, FIND_FIELD, READ_NOTICE, WITHIN_REACH};
use super::process::{self, Process};

/// How long a page may take to show what a test waits for.
const PATIENCE: Duration = process::PATIENCE;

/// A fresh profile: nothing is fetched from anywhere, and authenticators are virtual ones alone.
const PREFERENCES: &str = r#"
user_pref("marionette.port", 0);
user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("intl.accept_languages", "en");
user_pref("network.captive-portal-service.enabled", false);
user_pref("security.webauth.webauthn_enable_softtoken", true);
user_pref("security.webauth.webauthn_enable_usbtoken", false);
"#;

/// What WebDriver calls an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A Firefox with a profile of its own.
pub struct Firefox {
    wire: Mutex<Wire>,
    base: String,
    authenticator: Option<String>,
    // Last: it ends when nobody speaks to it any more.
    _process: Process,
}

struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
    number: u64,
}

impl Firefox {
    /// Opens a browser without any authenticator, for a server at `base`.
    pub async fn open(base: &str) -> Self {
        let folder = process::folder("firefox");
        let profile = folder.join("profile");
        fs::create_dir(&profile).expect("the folder is ours");
        fs::write(profile.join("user.js"), PREFERENCES).expect("the folder is ours");
        let home = format!("HOME={}", folder.display());
        let scratch = format!("TMPDIR={}", folder.display());
        let place = profile.display().to_string();
        let command = [
            "env",
            &home,
            &scratch,
            "firefox-esr",
            "--headless",
            "--marionette",
            "--no-remote",
            "--profile",
            &place,
        ];
        let process = Process::start(folder, "TERM", &command);
        let port: u16 = process.wait_for("Firefox", |_| {
            let port = fs::read_to_string(profile.join("MarionetteActivePort")).ok()?;
            port.trim().parse().ok()
        });
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        let mut wire = Wire {
            stream: stream.expect("Firefox listens"),
            read: Vec::new(),
            number: 0,
        };
        wire.message().await;
        wire.asks("WebDriver:NewSession", json!({}))
            .await
            .expect("a session");
        Self {
            wire: Mutex::new(wire),
            base: base.to_owned(),
            authenticator: None,
            _process: process,
        }
    }

    async fn asks(&self, command: &str, parameters: Value) -> Result<Value, String> {
        self.wire.lock().await.asks(command, parameters).await
    }

    /// Plugs an authenticator in, in place of the one that was there: `ctap2` or `ctap1/u2f`,
    /// `internal` or `usb`. Somebody touches it, and a newer one knows its user.
    pub async fn plug_in(&mut self, protocol: &str, transport: &str) {
        if let Some(id) = self.authenticator.take() {
            let removed = self
                .asks(
                    "WebAuthn:RemoveVirtualAuthenticator",
                    json!({ "authenticatorId": id }),
                )
                .await;
            removed.expect("it is taken away");
        }
        let is_new = protocol == "ctap2";
        let options = json!({
            "protocol": protocol,
            "transport": transport,
            "hasResidentKey": is_new,
            "hasUserVerification": is_new,
            "isUserVerified": is_new,
            "isUserConsenting": true,
        });
        let added = self.asks("WebAuthn:AddVirtualAuthenticator", options).await;
        let added = added.expect("it is plugged in");
        let id = added["value"].as_str().or(added.as_str());
        self.authenticator = Some(id.expect("an id").to_owned());
    }

    /// Opens the page of this path.
    pub async fn visit(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        let gone = self.asks("WebDriver:Navigate", json!({ "url": url })).await;
        gone.unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Runs a script in the page and gives back its `return` value.
    pub async fn script(&self, script: &str, arguments: &[Value]) -> Result<Value, String> {
        let parameters = json!({ "script": script, "args": arguments });
        let answer = self.asks("WebDriver:ExecuteScript", parameters).await?;
        Ok(answer["value"].clone())
    }

    /// The path of the page that is shown.
    pub async fn path(&self) -> String {
        let path = self.script("return location.pathname", &[]).await;
        path.ok()
            .and_then(|path| path.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// All text that is shown.
    pub async fn text(&self) -> String {
        let text = self
            .script("return document.body?.innerText ?? ''", &[])
            .await;
        text.ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    async fn look(&self, script: &str, name: &str) -> Option<String> {
        let script = format!("{WITHIN_REACH}{script}");
        let found = self.script(&script, &[json!(name)]).await.ok()?;
        found[ELEMENT].as_str().map(str::to_owned)
    }

    /// Presses the button or link of this name.
    pub async fn press(&self, name: &str) {
        let start = Instant::now();
        loop {
            if let Some(id) = self.look(FIND_BUTTON, name).await
                && self
                    .asks("WebDriver:ElementClick", json!({ "id": id }))
                    .await
                    .is_ok()
            {
                return;
            }
            self.wait(start, &format!("there is no button `{name}`"))
                .await;
        }
    }

    /// Types into the field of this label, in place of what stood there.
    pub async fn fill(&self, label: &str, value: &str) {
        let start = Instant::now();
        loop {
            if let Some(id) = self.look(FIND_FIELD, label).await {
                let _ = self
                    .asks("WebDriver:ElementClear", json!({ "id": id }))
                    .await;
                let typed = json!({ "id": id, "text": value });
                if self.asks("WebDriver:ElementSendKeys", typed).await.is_ok() {
                    return;
                }
            }
            self.wait(start, &format!("there is no field `{label}`"))
                .await;
        }
    }

    /// Waits until this text is shown.
    pub async fn sees(&self, wanted: &str) {
        let start = Instant::now();
        while !self.text().await.contains(wanted) {
            self.wait(start, &format!("`{wanted}` is not shown")).await;
        }
    }

    /// Waits until an alert or status message holds this text.
    pub async fn is_told(&self, wanted: &str) {
        let start = Instant::now();
        let script = format!("{WITHIN_REACH}{READ_NOTICE}");
        loop {
            let told = self.script(&script, &[]).await.unwrap_or_default();
            if told.as_str().is_some_and(|told| told.contains(wanted)) {
                return;
            }
            self.wait(start, &format!("nobody says `{wanted}`")).await;
        }
    }

    /// Waits until the page of this path is shown.
    pub async fn arrives_at(&self, path: &str) {
        let start = Instant::now();
        while self.path().await != path {
            self.wait(start, &format!("{path} is not reached")).await;
        }
    }

    async fn wait(&self, start: Instant, complaint: &str) {
        if start.elapsed() > PATIENCE {
            panic!(
                "{complaint}\nat {}\n{}",
                self.path().await,
                self.text().await
            );
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

impl Wire {
    /// Sends a command, `[0, number, name, parameters]`, and gives back what `[1, number, error,
    /// result]` says.
    async fn asks(&mut self, command: &str, parameters: Value) -> Result<Value, String> {
        self.number += 1;
        let text = json!([0, self.number, command, parameters]).to_string();
        let text = format!("{}:{text}", text.len());
        let sent = self.stream.write_all(text.as_bytes()).await;
        sent.expect("Firefox listens");
        loop {
            let message = self.message().await;
            if message[1] == json!(self.number) {
                return match &message[2] {
                    Value::Null => Ok(message[3].clone()),
                    error => Err(format!("{command}: {}", error["message"])),
                };
            }
        }
    }

    /// One message: its length, a colon, and JSON.
    async fn message(&mut self) -> Value {
        loop {
            if let Some(colon) = self.read.iter().position(|byte| *byte == b':') {
                let length = std::str::from_utf8(&self.read[..colon]).expect("digits");
                let end = colon + 1 + length.parse::<usize>().expect("a length");
                if self.read.len() >= end {
                    let message = serde_json::from_slice(&self.read[colon + 1..end]);
                    self.read.drain(..end);
                    return message.expect("JSON");
                }
            }
            let read = self.stream.read_buf(&mut self.read).await;
            assert!(read.expect("Firefox answers") > 0, "Firefox is gone");
        }
    }
}
