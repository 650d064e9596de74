//! What stands before handlers that ask for more than a sign-in.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::EitherBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, FromRequest as _, HttpMessage as _, ResponseError as _};
use futures_util::future::LocalBoxFuture;
use time::OffsetDateTime;

use crate::verified::{Class, Refused, Verified};

/// Middleware that lets requests of those pass who are signed in, and as well proved as it asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequireVerified {
    class: Option<Class>,
    within: Option<Duration>,
}

impl RequireVerified {
    /// A sign-in, however it was proved, or a program whose token the proxy's rule takes.
    pub fn new() -> Self {
        Self::default()
    }

    /// At least of this class.
    pub fn class(self, class: Class) -> Self {
        Self {
            class: Some(class),
            ..self
        }
    }

    /// Proved within this long.
    pub fn within(self, within: Duration) -> Self {
        Self {
            within: Some(within),
            ..self
        }
    }

    fn is_met_by(self, verified: &Verified, now: OffsetDateTime) -> bool {
        self.class.is_none_or(|class| verified.class >= class)
            && self
                .within
                .is_none_or(|within| verified.is_fresh(within, now))
    }
}

/// [`RequireVerified`] around a service.
pub struct Required<S> {
    asks: RequireVerified,
    inner: Rc<S>,
}

impl<S, B> Transform<S, ServiceRequest> for RequireVerified
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Required<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Required {
            asks: *self,
            inner: Rc::new(service),
        }))
    }
}

impl<S, B> Service<ServiceRequest> for Required<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (asks, inner) = (self.asks, Rc::clone(&self.inner));
        Box::pin(async move {
            match Verified::extract(request.request()).await {
                Ok(verified) if asks.is_met_by(&verified, now()) => {
                    request.extensions_mut().insert(verified);
                    let answer = inner.call(request).await?;
                    Ok(answer.map_into_left_body())
                }
                Ok(_) => Ok(refused(request, Refused::NotEnough)),
                Err(why) => Ok(refused(request, why)),
            }
        })
    }
}

fn refused<B>(request: ServiceRequest, why: Refused) -> ServiceResponse<EitherBody<B>> {
    let answer = why.error_response();
    request.into_response(answer).map_into_right_body()
}

#[allow(
    clippy::disallowed_methods,
    reason = "an application has no clock of ours to ask"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};

    use super::*;
    use crate::Keyward;

    const PROXY: &str = "192.0.2.1:4711";

    async fn name(verified: Verified) -> String {
        format!("{} {:?}", verified.user, verified.class)
    }

    async fn answers(asks: RequireVerified, request: TestRequest) -> (StatusCode, String) {
        let keyward = Keyward::behind_proxies(["192.0.2.0/24".parse().expect("a network")]);
        let app = App::new().app_data(keyward);
        let app = app.service(web::scope("").wrap(asks).route("/", web::get().to(name)));
        let app = init_service(app).await;
        let answer = call_service(&app, request.to_request()).await;
        let status = answer.status();
        let body = read_body(answer).await;
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    fn anna(class: &str, proved_ago: i64) -> TestRequest {
        let at = now().unix_timestamp() - proved_ago;
        TestRequest::get()
            .peer_addr(PROXY.parse().expect("an address"))
            .insert_header(("remote-user", "anna"))
            .insert_header(("remote-groups", "staff,night"))
            .insert_header(("remote-acr", class))
            .insert_header(("remote-auth-time", at.to_string()))
    }

    #[actix_web::test]
    async fn who_proved_enough_passes_and_the_handler_is_told_who_that_is() {
        let asks = RequireVerified::new().class(Class::PhishingResistant);
        let (status, body) = answers(asks, anna("phrh", 10)).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::OK, "anna HardwareProtected")
        );
        for class in ["aal2", "aal1"] {
            let (status, _) = answers(asks, anna(class, 10)).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{class}");
        }
        let (status, _) = answers(asks, anna("unheard-of", 10)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }

    #[actix_web::test]
    async fn a_program_with_a_token_passes_where_no_class_is_asked_for() {
        let program = || anna("", 0).insert_header(("remote-auth-time", ""));
        let (status, body) = answers(RequireVerified::new(), program()).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "anna Token"));
        for asks in [
            RequireVerified::new().class(Class::Aal1),
            RequireVerified::new().within(Duration::from_secs(60)),
        ] {
            let (status, _) = answers(asks, program()).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
        }
    }

    #[actix_web::test]
    async fn a_proof_that_is_too_old_is_not_enough() {
        let asks = RequireVerified::new().within(Duration::from_secs(60));
        for (ago, expected) in [(10, StatusCode::OK), (61, StatusCode::FORBIDDEN)] {
            let (status, _) = answers(asks, anna("aal2", ago)).await;
            assert_eq!(status, expected, "{ago}");
        }
        let trusted_browser = anna("aal1", 10).insert_header(("remote-auth-time", ""));
        let (status, _) = answers(asks, trusted_browser).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }

    #[actix_web::test]
    async fn attack_headers_that_do_not_come_from_the_proxy_are_nobodys() {
        let elsewhere = anna("phrh", 0).peer_addr("203.0.113.9:1".parse().expect("an address"));
        let doubled = anna("phrh", 0).append_header(("remote-user", "ben"));
        let nobody = anna("phrh", 0).insert_header(("remote-user", ""));
        for request in [elsewhere, doubled, nobody] {
            let (status, _) = answers(RequireVerified::new(), request).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
    }
}
