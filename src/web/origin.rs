//! Requests that change something are taken from our own pages alone.
//!
//! Browsers say where a request comes from, in `Sec-Fetch-Site` and in `Origin`, and no page can
//! make them say something else. A request with neither was not made by a browser on a page's
//! behalf, and carries no cookie that it should not have.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, ORIGIN};
use actix_web::{Error, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use keyward_core::problem::{Problem, codes};

/// How a refusal is answered.
pub type Answer = fn(&HttpRequest, Problem) -> HttpResponse;

/// Middleware that refuses what other sites send.
#[derive(Clone)]
pub struct SameOrigin(Rc<Rules>);

/// The origins whose pages are ours.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Where people open us.
    pub ours: String,
    /// Other addresses that lead here, for the passkeys that are used there.
    pub related: Vec<String>,
}

struct Rules {
    origins: Origins,
    exempt: &'static [&'static str],
    answer: Answer,
}

impl SameOrigin {
    /// Takes requests from pages of these origins. Paths that begin with one of `exempt` are for
    /// machines, which prove themselves without cookies.
    pub fn new(origins: Origins, exempt: &'static [&'static str], answer: Answer) -> Self {
        Self(Rc::new(Rules {
            origins,
            exempt,
            answer,
        }))
    }
}

impl Rules {
    fn allow(&self, request: &ServiceRequest) -> bool {
        let path = request.path();
        self.exempt.iter().any(|prefix| path.starts_with(prefix))
            || comes_from_us(request.method(), request.headers(), &self.origins)
    }
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request may be answered as far as its origin goes.
fn comes_from_us(method: &Method, headers: &HeaderMap, origins: &Origins) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    // `none` is a person's own doing, such as a reload. `same-site` is another host of our
    // domain, which may be an attacker's.
    let site = all_are(headers, SITE, |site| matches!(site, "same-origin" | "none"));
    // Compared as a whole: `https://a.example.evil.example` begins like ours. `null` is what
    // sandboxed pages are, which are no site's own, and what browsers say for our pages too
    // where something on the way adds `Referrer-Policy: no-referrer`; then they still tell the site.
    //
    // A page under a related origin may post to where it came from, and to no other address of
    // ours: other software may stand behind that name too, whose pages are not ours.
    let is_home = headers.contains_key(SITE) && site;
    let is_own = headers.contains_key(SITE) && all_are(headers, SITE, |site| site == "same-origin");
    let origin = all_are(headers, ORIGIN, |origin| match origin {
        "null" => is_own,
        _ => origins.ours == origin || is_home && origins.related.iter().any(|one| one == origin),
    });
    site && origin
}

fn all_are(headers: &HeaderMap, name: HeaderName, sound: impl Fn(&str) -> bool) -> bool {
    headers
        .get_all(name)
        .all(|value| value.to_str().is_ok_and(&sound))
}

impl<S, B> Transform<S, ServiceRequest> for SameOrigin
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = SameOriginService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SameOriginService {
            service: Rc::new(service),
            rules: Rc::clone(&self.0),
        }))
    }
}

/// [`SameOrigin`] around a service.
pub struct SameOriginService<S> {
    service: Rc<S>,
    rules: Rc<Rules>,
}

impl<S, B> Service<ServiceRequest> for SameOriginService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if !self.rules.allow(&request) {
            let is_hidden = (request.headers().get(ORIGIN))
                .is_some_and(|origin| origin.as_bytes() == b"null")
                && !request.headers().contains_key(SITE);
            let problem = Problem::new(match is_hidden {
                true => codes::REQUEST_ORIGIN_HIDDEN,
                false => codes::REQUEST_CROSS_SITE,
            });
            let response = (self.rules.answer)(request.request(), problem);
            let refused = request.into_response(response).map_into_right_body();
            return Box::pin(ready(Ok(refused)));
        }
        let service = Rc::clone(&self.service);
        Box::pin(async move { Ok(service.call(request).await?.map_into_left_body()) })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;
    use actix_web::{App, test, web};

    use super::*;

    const OURS: &str = "https://login.example.com";
    const RELATED: &str = "https://login.example.de";

    fn allows(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        comes_from_us(&method, &map, &origins())
    }

    fn origins() -> Origins {
        Origins {
            ours: OURS.to_owned(),
            related: vec![RELATED.to_owned()],
        }
    }

    #[::core::prelude::v1::test]
    fn our_own_pages_and_machines_may_post() {
        for headers in [
            &[][..],
            &[("origin", OURS)],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin"), ("origin", OURS)],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", RELATED)],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        ] {
            assert!(allows(Method::POST, headers), "{headers:?}");
        }
    }

    #[::core::prelude::v1::test]
    fn a_post_forged_by_another_site_is_refused() {
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("sec-fetch-site", "none"), ("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("origin", "null")],
            &[("sec-fetch-site", "same-site"), ("origin", "null")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "none"),
                ("origin", "null"),
            ],
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "null"),
                ("origin", "https://evil.example"),
            ],
            &[("origin", "")],
            &[("origin", "https://login.example.com.evil.example")],
            &[("origin", "https://login.example.com:444")],
            &[("origin", "https://LOGIN.example.com")],
            &[("origin", "http://login.example.com")],
            &[("origin", "https://login.example.com/")],
            &[("origin", OURS), ("origin", "https://evil.example")],
            &[("origin", "https://login.example.com, https://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "SAME-ORIGIN")],
            &[("sec-fetch-site", "cross-site"), ("origin", OURS)],
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
            ],
            &[("origin", RELATED)],
            &[("sec-fetch-site", "cross-site"), ("origin", RELATED)],
            &[("sec-fetch-site", "same-site"), ("origin", RELATED)],
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert!(!allows(method, headers), "{headers:?}");
            }
            assert!(allows(Method::GET, headers), "{headers:?}");
        }
    }

    #[actix_web::test]
    async fn paths_of_machines_are_exempt_and_no_others() {
        let answer: Answer = |_, problem| {
            assert_eq!(problem.code(), codes::REQUEST_CROSS_SITE);
            HttpResponse::Forbidden().finish()
        };
        let app = test::init_service(
            App::new()
                .wrap(SameOrigin::new(origins(), &["/wsapi/"], answer))
                .default_service(web::to(HttpResponse::Ok)),
        )
        .await;
        for (path, status) in [
            ("/wsapi/2.0/verify", StatusCode::OK),
            ("/wsapi", StatusCode::FORBIDDEN),
            ("/sign-in", StatusCode::FORBIDDEN),
            ("//wsapi/", StatusCode::FORBIDDEN),
        ] {
            let request = TestRequest::post()
                .uri(path)
                .insert_header(("origin", "https://evil.example"))
                .to_request();
            assert_eq!(
                test::call_service(&app, request).await.status(),
                status,
                "{path}"
            );
        }
    }
}
