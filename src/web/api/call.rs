//! A request of a program: by which token, for which operation, with which body.

use actix_web::dev::Payload;
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, LOCATION,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::listing::Listing;
use super::operation::Operation;
use crate::web::Site;
use crate::web::answer::{Answer, Refused};
use crate::web::body::is_json;
use crate::web::extract::client;
use crate::web::extract::permits::site;
use keyward_actions::answered_request::{self, Before};
use keyward_actions::{App, api_token};
use keyward_core::domain::answered_request::{Created, RequestKey};
use keyward_core::domain::edition::Edition;
use keyward_core::domain::session::Client;
use keyward_core::flows::api_token::{MayCall, Presented};
use keyward_core::flows::permit::{Administrator, MayAudit, MayHelp, MayLookUp};
use keyward_core::problem::{Fault, Problem, Result, codes};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request by a token that has the operation's scope: no handler is reached without.
pub struct Call {
    site: Data<Site>,
    may: MayCall,
    operation: &'static Operation,
    request: HttpRequest,
    body: Bytes,
}

impl FromRequest for Call {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let site = site(&request)?.clone();
            let operation = super::operation_of(&request).ok_or(codes::REQUEST_NOT_FOUND)?;
            // Who asks comes first: what else is wrong is nobody's business.
            let client = client::of(&request);
            let presented = presented(&site.app, &request, &client).await?;
            let may = api_token::allow(&site.app, &presented, operation.scope, &client).await?;
            // A parameter that nothing reads may have been meant to hold the caller back.
            Listing::read(operation, request.path(), request.query_string())?;
            let body = body.await.map_err(|error| {
                Problem::new(codes::REQUEST_MALFORMED).detailed(error.to_string())
            })?;
            Ok(Self {
                site,
                may,
                operation,
                request,
                body,
            })
        })
    }
}

/// The token of a request (RFC 6750 §2.1). It is never read from an address or a body, which stand in
/// logs.
///
/// # Errors
/// `api_token.required`, `api_token.refused`, `api_token.too_many`
pub async fn presented(app: &App, request: &HttpRequest, client: &Client) -> Result<Presented> {
    let mut lines = request.headers().get_all(AUTHORIZATION);
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(codes::API_TOKEN_REQUIRED.into());
    };
    let line = line.to_str().unwrap_or_default();
    let token = match line.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(codes::API_TOKEN_REQUIRED.into()),
    };
    api_token::present(app, token, client).await
}

impl Call {
    /// What every handler may use.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The actions.
    pub fn app(&self) -> &App {
        &self.site.app
    }

    /// What the token lets be done.
    pub fn may(&self) -> &MayCall {
        &self.may
    }

    /// Who acts, for what administrators do.
    ///
    /// # Errors
    /// `api_token.owner`
    pub fn administrator(&self) -> Result<Administrator> {
        Administrator::by_token(&self.may)
    }

    /// Who acts, for what everybody at the console may look up.
    ///
    /// # Errors
    /// `api_token.owner`
    pub fn looks_up(&self) -> Result<MayLookUp> {
        self.audits().map(|may| MayLookUp::clone(&may))
    }

    /// Who acts, for what auditors may read.
    ///
    /// # Errors
    /// `api_token.owner`
    pub fn audits(&self) -> Result<MayAudit> {
        self.administrator().map(|may| MayAudit::clone(&may))
    }

    /// Who acts, for what the help desk may do.
    ///
    /// # Errors
    /// `api_token.owner`
    pub fn helps(&self) -> Result<MayHelp> {
        self.administrator().map(|may| may.helps())
    }

    /// A part of the path. What cannot be read is of nothing that there is.
    pub fn path<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let text = self.request.match_info().query(name);
        // The framework leaves these two encoded, which would change where a path is cut.
        let text = text
            .replace("%2F", "/")
            .replace("%2f", "/")
            .replace("%25", "%");
        let read = |text: &str| read(text).ok_or_else(|| codes::REQUEST_NOT_FOUND.into());
        match text.contains('\0') {
            true => Err(codes::REQUEST_NOT_FOUND.into()),
            false => read(&text),
        }
    }

    /// The body.
    ///
    /// # Errors
    /// `request.media_type`, `request.malformed`
    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        if !is_json(self.request.headers()) {
            return Err(codes::REQUEST_MEDIA_TYPE.into());
        }
        let malformed = |why: &str| Problem::new(codes::REQUEST_MALFORMED).detailed(why);
        // PostgreSQL takes no NUL in a text, and nothing that we keep holds one.
        if holds_nul(&self.body) {
            return Err(malformed("a text holds a NUL"));
        }
        // The fields of a list have no names, and would be taken in whichever order they stand.
        if self.body.trim_ascii_start().first() != Some(&b'{') {
            return Err(malformed("the body is no JSON object"));
        }
        serde_json::from_slice(&self.body).map_err(|error| malformed(&error.to_string()))
    }

    /// The query.
    ///
    /// # Errors
    /// `request.malformed`
    pub fn listing(&self) -> Result<Listing> {
        let request = &self.request;
        Listing::read(self.operation, request.path(), request.query_string())
    }

    /// The edition that a change is for, or any of several; `None` for whichever is there.
    ///
    /// # Errors
    /// `resource.unconditional` where nothing says which; `resource.overtaken` for tags that are none of
    /// ours.
    pub fn if_match(&self) -> Result<Option<Edition>> {
        let mut lines = self.request.headers().get_all(IF_MATCH);
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(codes::RESOURCE_UNCONDITIONAL.into());
        };
        match line.to_str().unwrap_or_default().trim() {
            "*" => Ok(None),
            // Any of several (RFC 9110 §13.1.1). A weak tag matches nothing here.
            tags => {
                let tags = tags.split(',').map(str::trim);
                let tags = tags
                    .filter_map(|tag| tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')));
                let any = Edition::any_of(tags.filter_map(Edition::parse));
                any.map(Some)
                    .ok_or_else(|| codes::RESOURCE_OVERTAKEN.into())
            }
        }
    }

    /// A resource in the fields that were asked for, with the tag of its edition.
    pub fn read<T: Serialize + ToSchema>(&self, row: &T, edition: Option<&Edition>) -> Answer {
        let row = self.listing()?.some_of(row)?;
        Ok(self.tell(StatusCode::OK, &row, edition)?)
    }

    /// The answer to a change: the resource as it is then.
    pub fn changed<T: Serialize>(&self, row: &T, edition: Option<&Edition>) -> Answer {
        Ok(self.tell(StatusCode::OK, row, edition)?)
    }

    fn tell(
        &self,
        status: StatusCode,
        row: &impl Serialize,
        edition: Option<&Edition>,
    ) -> Result<HttpResponse> {
        let body = serde_json::to_vec(row).map_err(Problem::internal)?;
        let mut answer = HttpResponse::build(status);
        answer
            .insert_header((CONTENT_TYPE, "application/json"))
            .insert_header((CACHE_CONTROL, "no-store"));
        if let Some(edition) = edition {
            answer.insert_header((ETAG, format!("\"{edition}\"")));
        }
        Ok(answer.body(body))
    }

    /// Creates something, once for each key that the request may have, and tells it. `create` makes it,
    /// `shown` gives its address and how it is told.
    pub async fn create<C, T>(
        &self,
        create: impl FnOnce(Administrator) -> C,
        shown: impl AsyncFn(&Administrator, &Created) -> Result<(String, T)>,
    ) -> Answer
    where
        C: Future<Output = Result<Created>>,
        T: Serialize,
    {
        let administrator = self.administrator()?;
        let (app, mut before) = (self.app(), None);
        let key = self.request_key()?;
        if let Some(key) = &key {
            before = answered_request::find(app, key).await?;
        }
        if before.is_none() {
            let made = match &key {
                Some(key) => create(administrator.clone().once(key.clone())).await,
                None => create(administrator.clone()).await,
            };
            before = match (made, &key) {
                (Ok(created), _) => Some(Before::Created(created)),
                // Another request of this key was a moment faster: its answer is this one's too.
                (Err(problem), Some(key)) if problem.fault() == Fault::Stale => {
                    let found = answered_request::find(app, key).await?;
                    Some(found.ok_or(problem)?)
                }
                (Err(problem), _) => return Err(problem.into()),
            };
        }
        let created = match before.ok_or(codes::INTERNAL)? {
            Before::Answered(answer) => return kept(&answer),
            Before::Created(created) => created,
        };
        let (location, row) = shown(&administrator, &created).await?;
        let location = format!("{}{location}", super::PREFIX);
        let body = Zeroizing::new(serde_json::to_vec(&row).map_err(Problem::internal)?);
        if let Some(key) = &key {
            let mut answer = Zeroizing::new(format!("{location}\n").into_bytes());
            answer.extend_from_slice(&body);
            answered_request::keep(app, key, answer).await?;
        }
        Ok(told(&body, &location))
    }

    /// The key that the program chose for this request, if it did.
    fn request_key(&self) -> Result<Option<RequestKey>> {
        let mut lines = self.request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(chosen) = lines.next() else {
            return Ok(None);
        };
        // Of two keys the program may mean either: what was created under one would be created again
        // under the other.
        if lines.next().is_some() {
            let why = "Idempotency-Key stands there twice";
            return Err(Problem::new(codes::REQUEST_MALFORMED).detailed(why));
        }
        let chosen = chosen.to_str().unwrap_or_default();
        let body = String::from_utf8_lossy(&self.body);
        let asked = [self.request.method().as_str(), self.request.path(), &body];
        let token = self.may.grounds().token;
        answered_request::key(self.app(), token, chosen, asked).map(Some)
    }
}

/// Whether a JSON document has a NUL in a text, where it must be written as an escape. A backslash that is
/// escaped itself begins none.
fn holds_nul(body: &[u8]) -> bool {
    let mut rest = body;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(at + 1..).unwrap_or_default();
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

/// An answer that was given before.
fn kept(answer: &[u8]) -> Answer {
    let end = answer.iter().position(|byte| *byte == b'\n');
    let (location, body) = answer.split_at(end.ok_or(codes::INTERNAL)?);
    let location = std::str::from_utf8(location).map_err(Problem::internal)?;
    Ok(told(body.get(1..).unwrap_or_default(), location))
}

fn told(body: &[u8], location: &str) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(body.to_vec())
}

/// The answer to what is done and tells nothing.
pub fn done() -> Answer {
    Ok(HttpResponse::NoContent().finish())
}

/// Whether a method is one of an operation; HEAD is GET without a body.
pub fn is_method(asked: &Method, of: &Method) -> bool {
    asked == of || (*asked == Method::HEAD && *of == Method::GET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_told_from_a_backslash_before_digits() {
        for (text, has_one) in [
            (r#"{"name":"a\u0000"}"#, true),
            (r#"{"name":"\\\u0000"}"#, true),
            (r#"{"name":"\\u0000"}"#, false),
            (r#"{"name":"\n\u0001"}"#, false),
            (r#"{"name":"u0000"}"#, false),
            ("\\", false),
        ] {
            assert_eq!(holds_nul(text.as_bytes()), has_one, "{text}");
        }
    }
}
