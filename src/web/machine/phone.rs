//! `/phone/calls/{id}/{speech}`: what a call says. Twilio asks for it when the user picks up, and
//! signs the question.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;

use crate::views::Language;
use crate::web::Site;
use crate::web::answer::Answer;
use keyward_actions::delivered_code::{self, CallSpeech, call_address};
use keyward_core::problem::codes;
use keyward_core::protocols::twilio::{SIGNATURE, is_signed};

/// The words of one call.
pub async fn speak(
    site: Data<Site>,
    path: Path<(String, String)>,
    request: HttpRequest,
    body: Bytes,
) -> Answer {
    let (id, sealed) = path.into_inner();
    let app = &site.app;
    let public_url = &app.settings().server.public_url;
    let address = call_address(public_url, &id, &sealed);
    if !is_from_twilio(&site, &request, address.as_str(), &body) {
        return Err(codes::CODE_UNSIGNED.into());
    }
    let CallSpeech { code, language } = delivered_code::call_speech(app, &id, &sealed).await?;
    let language = Language::parse(&language).unwrap_or_default();
    let host = public_url.host_str().unwrap_or_default();
    let code = code.as_ref().map(|code| code.as_str());
    let document = site.views.code_speech(code, host, language)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/xml; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(document))
}

/// The address is the one that we gave, by `server.public_url`, whatever `Host` says.
fn is_from_twilio(site: &Site, request: &HttpRequest, address: &str, body: &Bytes) -> bool {
    let signature = request.headers().get(SIGNATURE);
    let signature = signature.and_then(|header| header.to_str().ok());
    let (Some(account), Some(signature)) = (&site.app.settings().twilio, signature) else {
        return false;
    };
    let form: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let query = request.query_string();
    query.is_empty() && is_signed(account.token.expose_secret(), address, &form, signature)
}
