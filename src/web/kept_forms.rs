//! A form that came too late after the last proof: what was typed is kept, sealed, in the browser's
//! session, and stands in the form again when its page is shown after the proof. Nothing is sent by
//! that: the user who has just proved themselves sees it first, since an attacker may have typed
//! it.

use actix_session::SessionExt;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpRequest};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::answer::{Refused, leads_back};
use super::extract::permits::{access, freshness};
use super::form_pages::page_of;
use keyward_core::clock::Timestamp;
use keyward_core::flows::permit::Access;
use keyward_core::problem::codes;

/// Where it is kept in the session.
const KEY: &str = "kept_form";
/// How long, in milliseconds.
const LASTS: i64 = 15 * 60 * 1000;
/// The longest form that is kept, in bytes.
const LONGEST: usize = 32 * 1024;
/// The most fields of one: each is looked for in the page.
const MOST_FIELDS: usize = 512;

/// Fields that hold secrets. They are typed again.
const SECRETS: &[&str] = &[
    "password",
    "new_password",
    "api_key",
    "client_secret",
    "code",
    "otp",
    "search",
    "what",
    "pass",
];

/// What was typed into a form.
#[derive(Serialize, Deserialize)]
pub struct KeptForm {
    page: String,
    /// Where the form goes.
    pub action: String,
    /// What was typed.
    pub fields: Vec<(String, String)>,
    kept_at: i64,
}

impl KeptForm {
    /// What is kept for the page of this request.
    pub fn of(request: &HttpRequest, now: Timestamp) -> Option<Self> {
        if *request.method() != Method::GET {
            return None;
        }
        let kept: Self = request.get_session().get(KEY).ok().flatten()?;
        let here = request.uri().path_and_query()?.as_str();
        let is_late = now.millis() - kept.kept_at > LASTS;
        (kept.page == here && !is_late).then_some(kept)
    }
}

/// Middleware: keeps a form that is refused because the last proof is too old.
///
/// # Errors
/// The handler's.
pub async fn keep(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let body = if is_form(&request) && comes_late(request.request()).await {
        let body = request.extract::<Bytes>().await?;
        request.set_payload(Payload::from(body.clone()));
        // What the body tells of the page is there for the answer, which does not see it.
        if let Some(page) = page_of(request.request(), &body) {
            request.extensions_mut().insert(page);
        }
        Some(body)
    } else {
        None
    };
    let response = next.call(request).await?.map_into_boxed_body();
    forget_shown(&response);
    if let Some(body) = body
        && asks_for_proof(&response)
    {
        put(response.request(), &body);
    }
    Ok(response)
}

/// Forgets what was kept once its page was shown.
fn forget_shown(response: &ServiceResponse<BoxBody>) {
    let request = response.request();
    if response.status().is_success()
        && let Ok((now, _)) = freshness(request)
        && KeptForm::of(request, now).is_some()
    {
        request.get_session().remove(KEY);
    }
}

fn is_form(request: &ServiceRequest) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    *request.method() == Method::POST && kind.starts_with("application/x-www-form-urlencoded")
}

/// Whether a user is signed in whose last proof is too old. No other form is read ahead.
async fn comes_late(request: &HttpRequest) -> bool {
    let Ok((now, within)) = freshness(request) else {
        return false;
    };
    match access(request).await {
        Ok(Access::Full(signed_in)) => !signed_in.session().is_fresh(now, within),
        _ => false,
    }
}

fn asks_for_proof(response: &ServiceResponse<BoxBody>) -> bool {
    let error = response.response().error();
    let refused = error.and_then(|error| error.as_error::<Refused>());
    refused.is_some_and(|refused| refused.code() == codes::SESSION_STEP_UP)
}

fn put(request: &HttpRequest, body: &[u8]) {
    let Some(page) = leads_back(request) else {
        return;
    };
    let Ok((now, _)) = freshness(request) else {
        return;
    };
    let fields: Vec<(String, String)> = form_urlencoded::parse(body)
        .filter(|(name, _)| !SECRETS.contains(&&**name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .take(MOST_FIELDS + 1)
        .collect();
    if body.len() > LONGEST || fields.is_empty() || fields.len() > MOST_FIELDS {
        return;
    }
    let action = request.uri().path_and_query();
    let kept = KeptForm {
        page: page.as_str().to_owned(),
        action: action.map_or_else(String::new, |action| action.as_str().to_owned()),
        fields,
        kept_at: now.millis(),
    };
    // Without it the form is typed once more.
    if let Err(error) = request.get_session().insert(KEY, kept) {
        tracing::debug!(%error, "a form was not kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_field_of_a_page_is_known_as_one() {
        let mut pages = vec![std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates"
        ))];
        while let Some(path) = pages.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).expect("a folder");
                pages.extend(entries.map(|entry| entry.expect("an entry").path()));
            } else if path.extension().is_some_and(|end| end == "html") {
                let text = std::fs::read_to_string(&path).expect("a template");
                let fields = text.split("<input").skip(1);
                for field in fields.filter(|field| field.contains("type=\"password\"")) {
                    let name = field.split("name=\"").nth(1).expect("a name");
                    let name = name.split('"').next().unwrap_or_default();
                    let is_known = SECRETS.contains(&name) || name == "{{ name }}";
                    assert!(is_known, "{name} of {}", path.display());
                }
            }
        }
    }
}
