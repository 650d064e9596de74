//! Chromium, as somebody sits in front of it: it clicks what has a name and reads what is shown.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use thirtyfour::{
    ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel, WebDriver, WebElement,
};

use super::authenticator::Authenticator;
use super::process::{self, Process};
use super::server::Server;

/// How long a page may take to show what a test waits for.
const PATIENCE: Duration = process::PATIENCE;

/// What a person could use now: inside the top-most open dialog, if there is one.
pub(super) const WITHIN_REACH: &str = r#"
const dialogs = [...document.querySelectorAll('dialog:modal')];
const scope = dialogs.at(-1) ?? document;
const tidy = text => (text ?? '').replace(/\s+/g, ' ').trim();
const shown = element => element.checkVisibility({visibilityProperty: true}) && !element.disabled;
const named = element => tidy(element.getAttribute('aria-label')
    ?? (element.getAttribute('aria-labelledby')
        ? element.getAttribute('aria-labelledby').split(/\s+/)
            .map(id => document.getElementById(id)?.textContent).join(' ')
        : element.value && element.matches('input') ? element.value : element.innerText));
"#;

pub(super) const FIND_BUTTON: &str = r#"
return [...scope.querySelectorAll('button, a[href], summary, [role=button], input[type=submit]')]
    .find(element => shown(element) && named(element) === arguments[0]) ?? null;
"#;

pub(super) const FIND_FIELD: &str = r#"
return [...scope.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .find(element => shown(element) && (
        [...element.labels ?? []].some(label => tidy(label.innerText) === arguments[0])
        || tidy(element.getAttribute('aria-label')) === arguments[0])) ?? null;
"#;

pub(super) const READ_NOTICE: &str = r#"
return [...document.querySelectorAll('[role=alert], [role=status]')]
    .filter(shown).map(element => tidy(element.innerText)).filter(text => text).join('\n');
"#;

/// A fresh Chromium with a profile of its own.
pub struct Browser {
    driver: WebDriver,
    base: String,
    authenticator: Option<String>,
    is_touched: bool,
}

/// Light, dark, and as wide as a phone.
const VIEWS: [(&str, &str, u32, bool); 3] = [
    ("light", "light", 1280, false),
    ("dark", "dark", 1280, false),
    ("phone", "light", 390, true),
];

impl Browser {
    /// Opens a browser without any authenticator, for a server at `base` (`http://localhost:1`).
    pub async fn open(base: &str) -> Self {
        Self::flagged(base, &[]).await
    }

    /// Opens a browser for which these names lead to a server that speaks HTTPS, whose certificate
    /// it takes for theirs. No other name leads anywhere.
    pub async fn knowing(names: &[&str], server: &Server) -> Self {
        let port = server.base.rsplit(':').next().unwrap_or_default();
        let leads = |name: &&str| format!("MAP {name}:443 127.0.0.1:{port}");
        let mut rules: Vec<String> = names.iter().map(leads).collect();
        rules.push("MAP * ~NOTFOUND".to_owned());
        rules.push("EXCLUDE 127.0.0.1".to_owned());
        let pem = fs::read(server.folder().join("certificate.pem")).expect("it speaks HTTPS");
        let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).expect("a certificate");
        let certificate = pem.parse_x509().expect("a certificate");
        let key = STANDARD.encode(Sha256::digest(certificate.public_key().raw));
        let flags = [
            format!("--host-resolver-rules={}", rules.join(",")),
            format!("--ignore-certificate-errors-spki-list={key}"),
        ];
        Self::flagged(&format!("https://{}", names[0]), &flags).await
    }

    async fn flagged(base: &str, flags: &[String]) -> Self {
        let chromedriver = Chromedriver::shared();
        let mut wishes = ChromeCapabilities::new();
        for flag in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            // A page that is measured would be narrower than its window while they come and go.
            "--hide-scrollbars",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en",
            "--window-size=1280,900",
            &format!("--user-data-dir={}", chromedriver.profile().display()),
        ]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        {
            wishes.add_arg(flag).expect("a flag is a text");
        }
        wishes
            .set_browser_log_level(LoggingPrefsLogLevel::All)
            .expect("a level is a text");
        let driver = WebDriver::new(&chromedriver.address, wishes)
            .await
            .expect("chromedriver opens Chromium");
        Self {
            driver,
            base: base.to_owned(),
            authenticator: None,
            is_touched: false,
        }
    }

    /// Opens a browser with one authenticator.
    pub async fn with(base: &str, authenticator: Authenticator) -> Self {
        let mut browser = Self::open(base).await;
        browser.plug_in(authenticator).await;
        browser
    }

    /// Plugs an authenticator in, in place of the one that was there.
    pub async fn plug_in(&mut self, authenticator: Authenticator) {
        self.unplug().await;
        self.is_touched = authenticator.is_touched();
        self.protocol("WebAuthn.enable", json!({ "enableUI": false }))
            .await;
        let added = self
            .protocol("WebAuthn.addVirtualAuthenticator", authenticator.options())
            .await;
        self.authenticator = Some(text(&added["authenticatorId"]));
    }

    /// Takes the authenticator away, and all that it knew.
    pub async fn unplug(&mut self) {
        if let Some(id) = self.authenticator.take() {
            self.protocol(
                "WebAuthn.removeVirtualAuthenticator",
                json!({ "authenticatorId": id }),
            )
            .await;
        }
    }

    /// The credentials that the authenticator holds.
    pub async fn credentials(&self) -> Vec<Value> {
        let held = self
            .protocol(
                "WebAuthn.getCredentials",
                json!({ "authenticatorId": self.plugged() }),
            )
            .await;
        held["credentials"].as_array().cloned().unwrap_or_default()
    }

    /// Puts a credential, as [`credentials`](Self::credentials) gave it, in place of the one of
    /// the same id: so a copy made earlier comes back with the counter that it had then.
    pub async fn put_credential(&self, credential: &Value) {
        let id = self.plugged();
        self.protocol(
            "WebAuthn.removeCredential",
            json!({ "authenticatorId": id, "credentialId": credential["credentialId"] }),
        )
        .await;
        self.take_credential(credential).await;
    }

    /// Puts a credential into the authenticator that it has not: as if somebody brought theirs.
    pub async fn take_credential(&self, credential: &Value) {
        self.protocol(
            "WebAuthn.addCredential",
            json!({ "authenticatorId": self.plugged(), "credential": credential }),
        )
        .await;
    }

    /// Whether the person passes the PIN or the fingerprint from now on.
    pub async fn user_is_verified(&self, verified: bool) {
        self.protocol(
            "WebAuthn.setUserVerified",
            json!({ "authenticatorId": self.plugged(), "isUserVerified": verified }),
        )
        .await;
    }

    /// Whether the person touches the key when it blinks, from now on.
    pub async fn key_is_touched(&self, touched: bool) {
        self.protocol(
            "WebAuthn.setAutomaticPresenceSimulation",
            json!({ "authenticatorId": self.plugged(), "enabled": touched }),
        )
        .await;
    }

    /// The person keeps away from the authenticator, if one is plugged in: the sign-in page asks
    /// for a passkey by itself, and an authenticator that is touched at once would answer.
    pub async fn hands_off(&self) {
        if self.authenticator.is_some() {
            self.key_is_touched(false).await;
        }
    }

    /// The person does with the authenticator again what they did before, if one is plugged in.
    pub async fn hands_on(&self) {
        if self.authenticator.is_some() && self.is_touched {
            self.key_is_touched(true).await;
        }
    }

    /// Opens a page and answers whatever it asks of the authenticator, and nothing that the page
    /// before asked: the sign-in page waits quietly for a passkey, and would be given one as soon
    /// as the hands are on it.
    pub async fn visit_with_hands_on(&self, path: &str) {
        self.visit("/recover").await;
        self.hands_on().await;
        self.visit(path).await;
    }

    fn plugged(&self) -> &str {
        self.authenticator
            .as_deref()
            .expect("an authenticator is plugged in")
    }

    /// One command of the DevTools protocol.
    pub async fn protocol(&self, method: &str, parameters: Value) -> Value {
        self.driver
            .cdp()
            .send_raw(method, parameters)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Goes to a path of the server, or to a whole address.
    pub async fn visit(&self, path: &str) {
        let address = if path.starts_with('/') {
            format!("{}{path}", self.base)
        } else {
            path.to_owned()
        };
        self.driver
            .goto(address)
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Goes back one page, as with the browser's button.
    pub async fn go_back(&self) {
        self.driver.back().await.expect("there is a page before");
    }

    /// Path and query of the page that is shown.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.expect("a page is shown");
        match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        }
    }

    /// Clicks the button or link of this name as soon as it can be clicked.
    pub async fn press(&self, name: &str) {
        let start = Instant::now();
        loop {
            // A page that is just being replaced takes the found element away: then look again.
            let done = match self.look(FIND_BUTTON, name).await {
                Some(button) => button.click().await.is_ok(),
                None => false,
            };
            if done {
                return;
            }
            self.wait(start, &format!("there is no button or link `{name}`"))
                .await;
        }
    }

    /// Presses what may be gone by now.
    pub async fn press_if_offered(&self, name: &str) {
        if let Some(button) = self.look(FIND_BUTTON, name).await {
            let _ = button.click().await;
        }
    }

    /// Types into the field of this label, in place of what stood there.
    pub async fn fill(&self, label: &str, value: &str) {
        let start = Instant::now();
        loop {
            if let Some(field) = self.look(FIND_FIELD, label).await {
                let _ = field.clear().await;
                if field.send_keys(value).await.is_ok() {
                    return;
                }
            }
            self.wait(start, &format!("there is no field `{label}`"))
                .await;
        }
    }

    /// Ticks the box of this label, or takes the tick away.
    pub async fn ticks(&self, label: &str) {
        let start = Instant::now();
        loop {
            let done = match self.look(FIND_FIELD, label).await {
                Some(field) => field.click().await.is_ok(),
                None => false,
            };
            if done {
                return;
            }
            self.wait(start, &format!("there is no box `{label}`"))
                .await;
        }
    }

    /// Types on the keyboard, wherever the cursor stands: `\n` is the Enter key.
    pub async fn types(&self, text: &str) {
        let keys = text.replace('\n', "\u{e007}");
        let active = self.driver.active_element().await;
        let active = active.expect("something has the focus");
        active.send_keys(keys).await.expect("it takes keys");
    }

    /// The address of the first link that begins like this, as soon as there is one.
    pub async fn address_of(&self, beginning: &str) -> String {
        let script = format!("return document.querySelector('a[href^=\"{beginning}\"]')?.href");
        let start = Instant::now();
        loop {
            let address = self.reads(&script).await;
            if !address.is_empty() {
                return address;
            }
            self.wait(start, &format!("no link begins like {beginning}"))
                .await;
        }
    }

    /// The first word that holds this, as soon as one is shown.
    pub async fn word_with(&self, part: &str) -> String {
        let start = Instant::now();
        loop {
            let shown = self.text().await;
            if let Some(word) = shown.split_whitespace().find(|word| word.contains(part)) {
                return word.to_owned();
            }
            self.wait(start, &format!("no word holds {part}")).await;
        }
    }

    /// Whether a button or link of this name can be used now.
    pub async fn offers(&self, name: &str) -> bool {
        self.look(FIND_BUTTON, name).await.is_some()
    }

    /// Whether a field of this label can be used now.
    pub async fn asks_for(&self, label: &str) -> bool {
        self.look(FIND_FIELD, label).await.is_some()
    }

    /// Waits until no field of this label can be used any more.
    pub async fn leaves(&self, label: &str) {
        let start = Instant::now();
        while self.asks_for(label).await {
            self.wait(start, &format!("the field `{label}` stays"))
                .await;
        }
    }

    async fn look(&self, script: &str, name: &str) -> Option<WebElement> {
        let found = self
            .driver
            .execute(format!("{WITHIN_REACH}{script}"), vec![json!(name)])
            .await
            .ok()?;
        if found.json().is_null() {
            return None;
        }
        found.element().ok()
    }

    /// Runs a script in the page and gives back its `return` value.
    pub async fn script(&self, script: &str) -> Value {
        self.driver
            .execute(script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .json()
            .clone()
    }

    /// Whether a dialog lies over the page.
    pub async fn is_in_a_dialog(&self) -> bool {
        self.script("return document.querySelector('dialog:modal') !== null")
            .await
            .as_bool()
            .expect("yes or no")
    }

    /// Switches the page's own scripts off, for the pages that are opened next.
    pub async fn without_scripts(&self) {
        self.protocol(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": true }),
        )
        .await;
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub async fn before_each_page(&self, script: &str) {
        self.protocol(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        )
        .await;
    }

    /// Waits until the authenticator holds so many credentials.
    pub async fn holds(&self, count: usize) {
        let start = Instant::now();
        while self.credentials().await.len() != count {
            self.wait(start, &format!("it does not hold {count} credentials"))
                .await;
        }
    }

    /// All text that is shown.
    pub async fn text(&self) -> String {
        self.reads("return document.body?.innerText ?? ''").await
    }

    /// The alerts and status messages that are shown, a line each.
    pub async fn notice(&self) -> String {
        self.reads(&format!("{WITHIN_REACH}{READ_NOTICE}")).await
    }

    /// A text of the page; none while the page is just being replaced.
    async fn reads(&self, script: &str) -> String {
        let read = self.driver.execute(script, vec![]).await;
        read.map_or_else(|_| String::new(), |read| text(read.json()))
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
        while !self.notice().await.contains(wanted) {
            self.wait(start, &format!("nobody says `{wanted}`")).await;
        }
    }

    /// Waits until the page of this path is shown.
    pub async fn arrives_at(&self, path: &str) {
        let start = Instant::now();
        while self.path().await.split('?').next() != Some(path) {
            self.wait(start, &format!("{path} is not reached")).await;
        }
    }

    /// Waits a moment; after [`PATIENCE`] fails with what is shown instead.
    async fn wait(&self, start: Instant, complaint: &str) {
        if start.elapsed() > PATIENCE {
            let file = self.picture(&failure_name(), "failed").await;
            panic!(
                "{complaint}\nat {}\n{}\nscript errors: {:?}\npicture: {}",
                self.path().await,
                self.text().await,
                self.complaints().await,
                file.display()
            );
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }

    /// What the browser complained about: script errors, broken policies, missing files.
    pub async fn complaints(&self) -> Vec<String> {
        self.driver
            .browser_log()
            .await
            .map(|log| {
                log.into_iter()
                    .filter(|entry| entry.level == "SEVERE")
                    .map(|entry| entry.message)
                    .collect()
            })
            .unwrap_or_default()
    }

    /// Takes a picture of the whole page in each view: `screenshots/NAME-{light,dark,phone}.png`.
    pub async fn pictures(&self, name: &str) {
        for (view, scheme, width, mobile) in VIEWS {
            self.protocol(
                "Emulation.setEmulatedMedia",
                json!({ "features": [
                    { "name": "prefers-color-scheme", "value": scheme },
                    // Or the picture is of a change between two colours.
                    { "name": "prefers-reduced-motion", "value": "reduce" },
                ] }),
            )
            .await;
            self.protocol(
                "Emulation.setDeviceMetricsOverride",
                json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile }),
            )
            .await;
            self.picture(name, view).await;
        }
        self.protocol("Emulation.clearDeviceMetricsOverride", json!({}))
            .await;
        self.protocol("Emulation.setEmulatedMedia", json!({ "features": [] }))
            .await;
    }

    async fn picture(&self, name: &str, view: &str) -> PathBuf {
        let shot = self
            .protocol(
                "Page.captureScreenshot",
                json!({ "format": "png", "captureBeyondViewport": true }),
            )
            .await;
        let folder = crate::repository().join("screenshots");
        fs::create_dir_all(&folder).expect("the folder can be made");
        let file = folder.join(format!("{name}-{view}.png"));
        let bytes = STANDARD.decode(text(&shot["data"])).expect("it is base64");
        fs::write(&file, bytes).expect("the folder is ours");
        file
    }

    /// Makes the window so many pixels wide.
    pub async fn is_wide(&self, width: u32) {
        self.protocol(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 }),
        )
        .await;
    }

    /// How far the page can be scrolled sideways, in pixels: on a phone it must be 0.
    pub async fn sideways(&self, width: u32) -> i64 {
        self.protocol(
            "Emulation.setDeviceMetricsOverride",
            // What a phone does, which is to show all of a page that is too wide, hides that.
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false }),
        )
        .await;
        let edge =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let overhang = self
            .script(edge)
            .await
            .as_i64()
            .expect("a number of pixels");
        if overhang > 0 {
            let wide = self
                .script(
                    "const edge = document.documentElement.clientWidth; \
                     return [...document.querySelectorAll('body *')] \
                     .filter(one => one.getBoundingClientRect().right > edge + 0.5) \
                     .map(one => one.outerHTML.slice(0, 120)).slice(0, 8)",
                )
                .await;
            eprintln!("wider than {width} pixels: {wide}");
        }
        self.protocol("Emulation.clearDeviceMetricsOverride", json!({}))
            .await;
        overhang
    }
}

impl Drop for Browser {
    /// Closes Chromium. The library's own way waits on an async runtime, which is gone by the
    /// time that a failed test unwinds.
    fn drop(&mut self) {
        let session = self.driver.session_id().to_string();
        let _ = self.driver.clone().leak();
        let _ = Chromedriver::shared().end(&session);
    }
}

/// The test that fails, which tokio runs on the thread of its name.
fn failure_name() -> String {
    let thread = std::thread::current();
    thread.name().unwrap_or("test").replace("::", "-")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The one chromedriver of this test process.
struct Chromedriver {
    process: Process,
    address: String,
    profiles: AtomicUsize,
}

impl Chromedriver {
    fn shared() -> &'static Self {
        static DRIVER: OnceLock<Chromedriver> = OnceLock::new();
        DRIVER.get_or_init(|| {
            let folder = process::folder("chromedriver");
            // Nothing of anybody's home, and nothing left behind in the common folder.
            let home = format!("HOME={}", folder.display());
            let scratch = format!("TMPDIR={}", folder.display());
            let command = ["env", &home, &scratch, "chromedriver", "--port=0"];
            let process = Process::start(folder, "TERM", &command);
            let port: u16 = process.wait_for("chromedriver", |process| {
                let log = process.log();
                let (_, rest) = log.split_once("started successfully on port ")?;
                let (port, _) = rest.split_once('.')?;
                port.parse().ok()
            });
            Self {
                process,
                address: format!("http://127.0.0.1:{port}"),
                profiles: AtomicUsize::new(0),
            }
        })
    }

    /// A folder for one browser's profile.
    fn profile(&self) -> PathBuf {
        let number = self.profiles.fetch_add(1, Ordering::Relaxed);
        self.process.folder().join(format!("profile-{number}"))
    }

    /// Ends a session without any runtime.
    fn end(&self, session: &str) -> io::Result<()> {
        let address = self.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "DELETE /session/{session} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        // The answer comes when the browser is gone.
        stream.read(&mut [0; 64]).map(drop)
    }
}
