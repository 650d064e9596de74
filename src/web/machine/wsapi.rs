//! `/wsapi/2.0/verify` and `/wsapi/verify`: the validation server for clients.
//!
//! Every question gets 200 and an answer of the protocol, whatever is wrong with it: clients know
//! nothing else. No session, no page, no cookie; callers prove themselves by signatures.

use std::net::IpAddr;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{self, Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, Resource};

use crate::web::Site;
use crate::web::extract::client;
use keyward_actions::validation;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::{Declined, LONGEST_QUESTION, Question, Version};

/// The address of one generation of the protocol.
pub fn at(path: &str, version: Version) -> Resource {
    let verify = move |site: Data<Site>, request: HttpRequest, body: Payload| async move {
        answer(&site, version, &request, body).await
    };
    web::resource(path)
        .route(web::get().to(verify))
        .route(web::post().to(verify))
        .route(web::head().to(head))
}

/// What HEAD is told: the same headers, and nothing of the OTP, which a question would spend
/// without a client to see the answer.
async fn head() -> HttpResponse {
    sent(String::new())
}

async fn answer(
    site: &Site,
    version: Version,
    request: &HttpRequest,
    body: Payload,
) -> HttpResponse {
    let from = client::of(request);
    let question = match request.query_string() {
        // As the reference does: the body counts only where the address asks nothing.
        // Longer than any question, too slow, broken off or one of too many is none.
        "" => match whole(site, from.address, body).await {
            Ok(body) => Question::read(version, &body),
            Err(_) => Err(Declined::MissingParameter),
        },
        query => Question::read(version, query.as_bytes()),
    };
    let app = site.app.for_validation();
    sent(validation::answer(&app, question, &from).await)
}

/// A body that is waited for has a place among the requests of its address.
async fn whole(site: &Site, address: IpAddr, body: Payload) -> Result<Bytes> {
    let _place = site.bodies.admit(address)?;
    site.bodies.whole(body.into_inner(), LONGEST_QUESTION).await
}

fn sent(text: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain;charset=UTF-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(text)
}
