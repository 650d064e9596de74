//! A browser without scripts: it keeps cookies, says where a request comes from, and follows a
//! redirect only when asked.

use std::sync::Arc;

use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Certificate, Method, Url, redirect};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::authority::Authority;
use super::page::{Form, Page};

/// One browser's worth of cookies.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    jar: Arc<Jar>,
    base: Url,
}

impl Client {
    /// A browser without cookies for a server at `base`.
    pub fn new(base: &str) -> Self {
        Self::trusting(base, Authority::trusted())
    }

    /// A browser that trusts this authority alone.
    pub fn trusting(base: &str, authority: &Authority) -> Self {
        let jar = Arc::new(Jar::default());
        let mut builder = reqwest::Client::builder()
            .cookie_provider(jar.clone())
            .redirect(redirect::Policy::none())
            .no_proxy()
            // The server closes idle connections; a post must not meet one that just closes.
            .pool_max_idle_per_host(0);
        if base.starts_with("https:") {
            let root = Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate");
            builder = builder
                .tls_built_in_root_certs(false)
                .add_root_certificate(root);
        }
        let http = builder.build().expect("a client can be built");
        let base = Url::parse(base).expect("the server has an address");
        Self { http, jar, base }
    }

    /// Another browser that holds the same cookies now: a stolen or copied session.
    pub fn copy(&self) -> Self {
        let copy = Self::new(self.base.as_str());
        if let Some(cookies) = self.jar.cookies(&self.base) {
            for cookie in cookies.to_str().unwrap_or_default().split("; ") {
                copy.jar.add_cookie_str(cookie, &copy.base);
            }
        }
        copy
    }

    /// The cookies that would be sent, as `name=value; name=value`.
    pub fn cookies(&self) -> String {
        self.jar
            .cookies(&self.base)
            .and_then(|cookies| cookies.to_str().map(str::to_owned).ok())
            .unwrap_or_default()
    }

    /// Sets a cookie, as `name=value`.
    pub fn set_cookie(&self, cookie: &str) {
        self.jar.add_cookie_str(cookie, &self.base);
    }

    /// What pages of the server are served from, as browsers write it.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// A request to a path, for what the other functions cannot say.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = self.base.join(path).expect("a path");
        self.http.request(method, address)
    }

    /// Whether the server answers at all, as far as this browser trusts it.
    pub async fn reaches_the_server(&self) -> bool {
        self.request(Method::GET, "/health/live")
            .send()
            .await
            .is_ok()
    }

    /// Sends a request made by [`request`](Self::request).
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let answer = request.send().await.expect("the server answers");
        Page {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            path: answer.url()[url::Position::BeforePath..].to_owned(),
            body: answer.text().await.expect("the body is text"),
        }
    }

    /// Opens a path, as by typing it into the address bar.
    pub async fn get(&self, path: &str) -> Page {
        let request = self
            .request(Method::GET, path)
            .header("sec-fetch-site", "none");
        self.send(request).await
    }

    /// Opens a path exactly as it is written, dots, slashes and all, which browsers tidy up.
    pub async fn get_unread(&self, path: &str) -> Page {
        let authority = &self.base[url::Position::BeforeHost..url::Position::AfterPort];
        let mut stream = TcpStream::connect(authority).await.expect("a server");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
            self.cookies()
        );
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it listens");
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .await
            .expect("the server answers");
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let headers = lines.filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?))
        });
        Page {
            status: status.and_then(|text| text.parse().ok()).expect("a status"),
            headers: headers
                .collect::<Vec<(HeaderName, _)>>()
                .into_iter()
                .collect(),
            path: path.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Posts fields from one of the server's own pages.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.our_post(path).form(fields);
        self.send(request).await
    }

    /// Posts JSON from one of the server's own pages, as its scripts do.
    pub async fn post_json(&self, path: &str, body: &Value) -> Page {
        let request = self
            .our_post(path)
            .header("accept", "application/json")
            .json(body);
        self.send(request).await
    }

    /// Sends a form that was found on `page`.
    pub async fn submit(&self, page: &Page, form: &Form) -> Page {
        let address = self.base.join(&page.path).expect("a path");
        let target = if form.action.is_empty() {
            address.clone()
        } else {
            address.join(&form.action).expect("an address")
        };
        if form.method == "post" {
            let request = self.our_post(target.as_str()).form(&form.fields);
            self.send(request.header("referer", address.as_str())).await
        } else {
            let request = self
                .request(Method::GET, target.as_str())
                .query(&form.fields);
            self.send(request).await
        }
    }

    /// Presses the button of a page's form that needs nothing else.
    pub async fn press(&self, page: &Page, button: &str) -> Page {
        self.submit(page, &page.form(button)).await
    }

    /// Follows redirects to the page behind them.
    pub async fn follow(&self, page: Page) -> Page {
        let mut page = page;
        for _ in 0..10 {
            let Some(location) = page.location() else {
                return page;
            };
            let from = self.base.join(&page.path).expect("a path");
            let target = from.join(location).expect("an address");
            page = self.get(target.as_str()).await;
        }
        panic!("{} leads in a circle", page.path);
    }

    /// A post from one of the server's own pages, still without a body.
    pub fn our_post(&self, path: &str) -> reqwest::RequestBuilder {
        self.request(Method::POST, path)
            .header("origin", self.origin())
            .header("sec-fetch-site", "same-origin")
    }
}
