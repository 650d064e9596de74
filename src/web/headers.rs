//! The headers that every answer carries, also those that refuse.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, X_FRAME_OPTIONS,
};
use futures_util::future::LocalBoxFuture;
use url::Url;

/// What a handler may say differently for its own answer.
const UNLESS_SAID: [(&str, &str); 2] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'none'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'",
    ),
    // Most answers hold personal data; what does not, such as style sheets, says so itself.
    ("cache-control", "no-store"),
];

/// The policy of a page whose form is sent to another origin: everything else as on any page, and no other
/// site shows it in a frame.
pub fn policy_for_form_to(origin: &str) -> String {
    let to = format!("form-action {origin}");
    UNLESS_SAID[0].1.replace("form-action 'self'", &to)
}

/// Where a page has a picture from besides our own origin, as an extension of its answer. It is one origin, and
/// for this answer alone.
#[derive(Clone, Debug)]
pub struct PictureFrom(String);

impl PictureFrom {
    /// The origin of a picture; `None` unless browsers fetch it by TLS, from a host in whose name nothing can
    /// be taken for the policy's own words.
    pub fn of(picture: &Url) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        let host = picture.host_str()?;
        let is_sound = picture.scheme() == "https" && host.bytes().all(is_plain);
        is_sound.then(|| Self(picture.origin().ascii_serialization()))
    }

    fn widen(&self, headers: &mut HeaderMap) {
        let policy = headers.get(CONTENT_SECURITY_POLICY);
        let Some(policy) = policy.and_then(|policy| policy.to_str().ok()) else {
            return;
        };
        let wider = policy.replace("img-src 'self'", &format!("img-src 'self' {}", self.0));
        if let Ok(wider) = HeaderValue::try_from(wider) {
            headers.insert(CONTENT_SECURITY_POLICY, wider);
        }
    }
}

/// What holds everywhere.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Not `no-referrer`: browsers would send `Origin: null` with forms, and the check of the
    // origin would refuse them.
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "publickey-credentials-get=(self), publickey-credentials-create=(self), \
         clipboard-write=(self), camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
         hid=(), serial=(), display-capture=(), browsing-topics=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// A year, as browsers expect it (RFC 6797 §6.1). Subdomains are other people's business.
const STRICT_TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// What no other site shows in a frame, whichever may show the rest.
const NEVER_FRAMED: [&str; 4] = ["/console", "/setup", "/oauth2", "/device"];

/// Middleware that adds the secure defaults. It must be the outermost one.
#[derive(Clone, Debug)]
pub struct SecureHeaders {
    is_https: bool,
    /// The policy of pages that other sites may show in a frame, where there are such sites.
    framed: Option<HeaderValue>,
}

impl SecureHeaders {
    /// For browsers that come by HTTPS, or not.
    pub fn new(is_https: bool) -> Self {
        let framed = None;
        Self { is_https, framed }
    }

    /// The same, with pages that these origins may show in a frame.
    pub fn framed_by(self, origins: &[String]) -> Self {
        if origins.is_empty() {
            return self;
        }
        let ancestors = format!("frame-ancestors {}", origins.join(" "));
        let policy = UNLESS_SAID[0]
            .1
            .replace("frame-ancestors 'none'", &ancestors);
        Self {
            framed: HeaderValue::try_from(policy).ok(),
            ..self
        }
    }

    fn policy_of(&self, path: &str) -> Option<&HeaderValue> {
        let is_kept = NEVER_FRAMED.iter().any(|kept| {
            let rest = path.strip_prefix(kept);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        self.framed.as_ref().filter(|_| !is_kept)
    }

    fn add(&self, path: &str, headers: &mut HeaderMap) {
        let set = |headers: &mut HeaderMap, (name, value): (&'static str, &'static str)| {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        };
        let framed = self.policy_of(path);
        if let Some(policy) = framed
            && !headers.contains_key(CONTENT_SECURITY_POLICY)
        {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        for header in UNLESS_SAID {
            if !headers.contains_key(header.0) {
                set(headers, header);
            }
        }
        for header in ALWAYS {
            set(headers, header);
        }
        // It knows no list of sites, and browsers would have to choose between the two.
        if framed.is_some() {
            headers.remove(X_FRAME_OPTIONS);
        }
        // Over plain HTTP browsers must ignore it (RFC 6797 §8.1).
        if self.is_https {
            set(headers, STRICT_TRANSPORT);
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for SecureHeaders
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = SecureHeadersService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SecureHeadersService {
            service: Rc::new(service),
            headers: self.clone(),
        }))
    }
}

/// [`SecureHeaders`] around a service.
pub struct SecureHeadersService<S> {
    service: Rc<S>,
    headers: SecureHeaders,
}

impl<S, B> Service<ServiceRequest> for SecureHeadersService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        let headers = self.headers.clone();
        let path = request.path().to_owned();
        Box::pin(async move {
            match service.call(request).await {
                Ok(mut response) => {
                    headers.add(&path, response.headers_mut());
                    let picture = response.response().extensions().get().cloned();
                    if let Some(picture) = picture {
                        PictureFrom::widen(&picture, response.headers_mut());
                    }
                    Ok(response)
                }
                // What a middleware below refuses becomes an answer above all middleware.
                Err(error) => {
                    let mut response = error.error_response();
                    headers.add(&path, response.headers_mut());
                    Err(InternalError::from_response(error, response).into())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};

    use super::*;

    async fn answer(is_https: bool, path: &str) -> HeaderMap {
        let app = test::init_service(
            App::new()
                .wrap(from_fn(
                    |request: ServiceRequest, next: actix_web::middleware::Next<_>| async move {
                        match request.path() {
                            "/refused" => Err(actix_web::error::ErrorForbidden("no")),
                            _ => next.call(request).await,
                        }
                    },
                ))
                .wrap(SecureHeaders::new(is_https))
                .route("/page", web::get().to(HttpResponse::Ok))
                .route(
                    "/sheet",
                    web::get().to(|| async {
                        HttpResponse::Ok()
                            .insert_header(("cache-control", "max-age=60"))
                            .finish()
                    }),
                ),
        )
        .await;
        let request = test::TestRequest::get().uri(path).to_request();
        match test::try_call_service(&app, request).await {
            Ok(response) => response.headers().clone(),
            Err(error) => error.error_response().headers().clone(),
        }
    }

    #[actix_web::test]
    async fn every_answer_carries_the_secure_defaults() {
        for path in ["/page", "/sheet", "/missing", "/refused"] {
            let headers = answer(true, path).await;
            for (name, value) in ALWAYS {
                assert_eq!(headers.get(name).expect(name), value, "{path}");
            }
            let policy = headers.get("content-security-policy").expect(path);
            let policy = policy.to_str().expect("text");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
            assert!(headers.contains_key("strict-transport-security"), "{path}");
        }
    }

    #[actix_web::test]
    async fn an_answer_is_not_stored_unless_it_says_so() {
        assert_eq!(
            answer(true, "/page")
                .await
                .get("cache-control")
                .expect("one"),
            "no-store"
        );
        assert_eq!(
            answer(true, "/refused")
                .await
                .get("cache-control")
                .expect("one"),
            "no-store"
        );
        assert_eq!(
            answer(true, "/sheet")
                .await
                .get("cache-control")
                .expect("one"),
            "max-age=60"
        );
    }

    #[actix_web::test]
    async fn named_sites_may_show_pages_but_neither_the_console_nor_the_set_up() {
        let origins = [
            "https://portal.example.org",
            "https://intranet.example:8443",
        ];
        let headers = SecureHeaders::new(true).framed_by(&origins.map(str::to_owned));
        for path in ["/", "/sign-in", "/account", "/console-like", "/setup.html"] {
            let mut map = HeaderMap::new();
            headers.add(path, &mut map);
            let policy = map.get("content-security-policy").expect("a policy");
            let policy = policy.to_str().expect("text");
            let named = format!("frame-ancestors {};", origins.join(" "));
            assert!(policy.contains(&named), "{path}: {policy}");
            assert_eq!(policy.matches("frame-ancestors").count(), 1, "{policy}");
            assert!(!map.contains_key("x-frame-options"), "{path}");
        }
        for path in [
            "/console",
            "/console/users",
            "/setup",
            "/setup/",
            "/oauth2/authorize",
        ] {
            let mut map = HeaderMap::new();
            headers.add(path, &mut map);
            let policy = map.get("content-security-policy").expect("a policy");
            let policy = policy.to_str().expect("text");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert_eq!(map.get("x-frame-options").expect("one"), "DENY", "{path}");
        }
    }

    #[actix_web::test]
    async fn plain_http_promises_no_https() {
        assert!(
            !answer(false, "/page")
                .await
                .contains_key("strict-transport-security")
        );
    }
}
