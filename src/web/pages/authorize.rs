//! `/oauth2/authorize`: the way from an OpenID client to its code, past whatever is asked for.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, LOCATION};
use actix_web::web::{Bytes, Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use url::{Origin, Url};

use super::destination::{allow_picture, shown};
use super::on_the_way;
use crate::views::pages::{
    ApplicationDeniedPage, ApplicationEnrolPage, ApplicationLeadPage, ConsentPage, FormPostPage,
};
use crate::web::Site;
use crate::web::answer::{Answer, Refused, parameter, redirect};
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::{Permit, access};
use crate::web::extract::reader::Reader;
use crate::web::headers::policy_for_form_to;
use keyward_actions::application::Obstacle;
use keyward_actions::openid::{self, Authorizing, ResponseTarget};
use keyward_actions::session;
use keyward_core::domain::application::Level;
use keyward_core::domain::openid_client::{OpenidClient, RedirectUri};
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::{Access, SignedIn};
use keyward_core::problem::{Problem, codes};
use keyward_core::protocols::oauth::{Parameters, ResponseMode};

const HERE: &str = "/oauth2/authorize";

/// The longest path with a request in it, as the value of a parameter, in bytes: so long that the address
/// around it is read.
const LONGEST_NEXT: usize = 7 * 1024;

/// Leads on with a code, or to what is missing.
pub async fn authorize(
    site: Data<Site>,
    request: HttpRequest,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let parameters = Parameters::read(request.query_string().as_bytes());
    let parameters = parameters.map_err(|refusal| {
        Problem::new(codes::REQUEST_MALFORMED).detailed(refusal.description.into_owned())
    })?;
    let access = access(&request).await?;
    let app = &site.app;
    let session = match &access {
        Access::Full(permit) => Some(permit.session().id),
        Access::EnrolmentOnly(_) | Access::Nothing => None,
    };
    let again = |level| {
        let query = openid::led_on(app, &parameters, session, level);
        format!("{HERE}?{query}")
    };
    match openid::authorize(app, access, &parameters, &client).await? {
        Authorizing::Answer(target) => {
            let mut answer = answer(&request, &reader, &target)?;
            on_the_way::forget(&site, &request, &mut answer)?;
            Ok(answer)
        }
        Authorizing::SignIn => Ok(redirect(&format!("/sign-in?next={}", next(&again(None))?))),
        Authorizing::StepUp(level) => Ok(redirect(&format!(
            "/step-up?level={}&next={}",
            level.as_str(),
            next(&again(Some(level)))?
        ))),
        Authorizing::Enrol {
            client,
            level,
            kind,
        } => {
            let page = ApplicationEnrolPage {
                application: client.settings.name.clone(),
                contact: client.settings.contact.clone(),
                needs_hardware: level == Level::Hardware,
                key: Some(kind).filter(|_| level >= Level::PhishingResistant),
                again: again(None),
            };
            let mut answer = reader.show_as(StatusCode::FORBIDDEN, &page)?;
            on_the_way::remember(&site, &mut answer, &format!("GET {}", page.again))?;
            Ok(answer)
        }
        Authorizing::Ask {
            client,
            redirect_uri,
            user,
            scopes,
        } => {
            let mut answer = reader.show(&ConsentPage {
                client: shown(&client),
                host: host_of(&redirect_uri),
                user,
                scopes: scopes.iter().map(str::to_owned).collect(),
                request: parameters.to_text(),
            })?;
            allow_picture(&mut answer, &client);
            Ok(answer)
        }
        Authorizing::Unprovable { client, obstacle } => beyond(&reader, &client, obstacle),
    }
}

/// Where an answer goes, for people; `None` for a program of their own machine.
fn host_of(uri: &RedirectUri) -> Option<String> {
    uri.host().filter(|_| uri.as_str().starts_with("https:"))
}

#[derive(Deserialize)]
pub struct ConsentFields {
    /// The client's request, as it came.
    request: String,
    decision: Decision,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Decision {
    GoOn,
    Decline,
    OtherAccount,
}

/// What the user said to a client's request.
pub async fn decide(
    site: Data<Site>,
    request: HttpRequest,
    Permit(permit): Permit<SignedIn>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
    Form(fields): Form<ConsentFields>,
) -> Answer {
    let parameters = Parameters::read(fields.request.as_bytes());
    let parameters = parameters.map_err(|_| codes::REQUEST_MALFORMED)?;
    match fields.decision {
        Decision::GoOn => {
            let query = openid::agree(&site.app, &permit, &parameters, &client).await?;
            Ok(redirect(&format!("{HERE}?{query}")))
        }
        Decision::Decline => {
            let target = openid::declined(&site.app, &parameters).await?;
            answer(&request, &reader, &target)
        }
        Decision::OtherAccount => {
            if let Some(identifier) = browser.identifier() {
                session::sign_out(&site.app, &identifier, &client).await?;
            }
            browser.end();
            let again = for_another(parameters).to_text();
            Ok(redirect(&format!(
                "/sign-in?next={}",
                next(&format!("{HERE}?{again}"))?
            )))
        }
    }
}

/// A request for whoever signs in next: that is a fresh proof of the account that was chosen. Whether they
/// are asked is still the client's wish.
fn for_another(parameters: Parameters) -> Parameters {
    let prompt = parameters.get("prompt").ok().flatten().unwrap_or_default();
    let is_asked = prompt.split(' ').any(|word| word == "consent");
    let parameters = parameters.without(openid::RETURN).without("prompt");
    match is_asked {
        true => parameters.with("prompt", "consent"),
        false => parameters,
    }
}

/// The same from a form of the client's. The cookies of the session did not come with it, and come with the
/// address that it is led to.
pub async fn from_form(body: Bytes) -> Answer {
    led_to_get(HERE, &body)
}

/// Leads from a form of another site to the same request as an address.
pub(super) fn led_to_get(path: &str, body: &[u8]) -> Answer {
    let text = std::str::from_utf8(body).map_err(|_| codes::REQUEST_MALFORMED)?;
    let parameters = Parameters::read(text.as_bytes()).map_err(|_| codes::REQUEST_MALFORMED)?;
    // What is doubled is refused behind the redirect, and must not be lost on the way.
    let query = match parameters.has_doubled() {
        true => text.to_owned(),
        false => parameters.to_text(),
    };
    let is_sound = query.bytes().all(|byte| byte.is_ascii_graphic());
    match query.len() <= LONGEST_NEXT && is_sound {
        true => Ok(redirect(&format!("{path}?{query}"))),
        false => Err(codes::OPENID_TOO_LONG.into()),
    }
}

/// A request as the value of `next`.
fn next(path: &str) -> Result<String, Problem> {
    let encoded = parameter(path);
    let is_led_on = encoded.len() <= LONGEST_NEXT && NextPath::parse(path).is_some();
    match is_led_on {
        true => Ok(encoded),
        false => Err(codes::OPENID_TOO_LONG.into()),
    }
}

fn beyond(reader: &Reader, client: &OpenidClient, obstacle: Obstacle) -> Answer {
    reader.show_as(
        StatusCode::FORBIDDEN,
        &ApplicationDeniedPage {
            application: client.settings.name.clone(),
            contact: client.settings.contact.clone(),
            obstacle: Some(match obstacle {
                Obstacle::NoMetadata => "no-metadata",
                Obstacle::NoKind => "no-kind",
            }),
        },
    )
}

/// The answer to the client. Browsers take no redirect to another origin at the end of a form (CSP3 §4.1.3
/// `form-action`): what came from a page of ours gets a page that leads on by itself. A redirect is a 303,
/// so that what was typed here is posted nowhere else (RFC 9700 §4.12).
fn answer(
    request: &HttpRequest,
    reader: &Reader,
    target: &ResponseTarget,
) -> Result<HttpResponse, Refused> {
    if target.mode == ResponseMode::FormPost {
        return posted(reader, target);
    }
    let to = with_fields(&target.redirect_uri, &target.fields);
    let from = request
        .headers()
        .get(HeaderName::from_static("sec-fetch-site"));
    match from.is_some_and(|from| from.as_bytes() == b"same-origin") {
        true => reader.show(&ApplicationLeadPage { to }),
        false => Ok(HttpResponse::SeeOther()
            .insert_header((LOCATION, to))
            .finish()),
    }
}

/// A page whose form takes the answer to the client (OAuth 2.0 Form Post Response Mode §2).
fn posted(reader: &Reader, target: &ResponseTarget) -> Result<HttpResponse, Refused> {
    let url = Url::parse(&target.redirect_uri).map_err(Problem::internal)?;
    let origin = match url.origin() {
        origin @ Origin::Tuple(..) => origin.ascii_serialization(),
        Origin::Opaque(_) => format!("{}:", url.scheme()),
    };
    let mut answer = reader.show(&FormPostPage {
        to: target.redirect_uri.clone(),
        fields: target.fields.clone(),
    })?;
    let policy = HeaderValue::try_from(policy_for_form_to(&origin)).map_err(Problem::internal)?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// A redirect URI with these fields after those that it has, of which no letter changes (RFC 6749 §3.1.2).
fn with_fields(uri: &str, fields: &[(&'static str, String)]) -> String {
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let mut said = Serializer::new(String::new());
    said.extend_pairs(fields);
    format!("{uri}{separator}{}", said.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_those_that_an_address_has() {
        let fields = [("code", "a b".to_owned()), ("iss", "https://k".to_owned())];
        let said = "code=a+b&iss=https%3A%2F%2Fk";
        for (uri, expected) in [
            ("https://a/cb", format!("https://a/cb?{said}")),
            ("https://a/cb?x=%2F", format!("https://a/cb?x=%2F&{said}")),
            ("https://a/cb?", format!("https://a/cb?{said}")),
            ("org.example.app:/cb", format!("org.example.app:/cb?{said}")),
        ] {
            assert_eq!(with_fields(uri, &fields), expected);
        }
    }
}
