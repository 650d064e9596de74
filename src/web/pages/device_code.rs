//! `/device`: a user lets a device without a browser sign in for them (RFC 8628 §3.3).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use serde::Deserialize;

use crate::views::pages::{
    ApplicationDeniedPage, ApplicationEnrolPage, DeviceCodePage, DeviceConsentPage, DeviceDonePage,
};
use crate::web::Site;
use crate::web::answer::{Answer, parameter, redirect};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::openid::{self, Authorizing, DeviceDecision};
use keyward_core::domain::application::Level;
use keyward_core::domain::openid_client::OpenidClient;
use keyward_core::flows::permit::SignedIn;

#[derive(Deserialize)]
pub struct Params {
    user_code: Option<String>,
}

#[derive(Deserialize)]
pub struct Fields {
    user_code: String,
    decision: Decision,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Decision {
    GoOn,
    Decline,
}

/// Asks for the code, or what becomes of the one that was typed.
pub async fn show(
    site: Data<Site>,
    Permit(permit): Permit<SignedIn>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let Some(typed) = asked.user_code.filter(|code| !code.trim().is_empty()) else {
        return reader.show(&DeviceCodePage { wrong: None });
    };
    match openid::find_device(&site.app, &typed, &client).await? {
        Some(ask) => reader.show(&DeviceConsentPage {
            client: ask.client.settings.name.clone(),
            user: permit.user().called().to_owned(),
            scopes: ask.scopes.iter().map(str::to_owned).collect(),
            user_code: ask.user_code,
        }),
        None => wrong(&reader, &typed),
    }
}

/// Asks once more. What was typed is as long as anybody's address: a code is not.
fn wrong(reader: &Reader, typed: &str) -> Answer {
    let typed = typed.chars().take(32).collect();
    reader.show(&DeviceCodePage { wrong: Some(typed) })
}

/// What the user said.
pub async fn decide(
    site: Data<Site>,
    Permit(permit): Permit<SignedIn>,
    reader: Reader,
    Caller(client): Caller,
    Form(fields): Form<Fields>,
) -> Answer {
    let is_granted = fields.decision == Decision::GoOn;
    let code = &fields.user_code;
    let decided = openid::decide_device(&site.app, permit, code, is_granted, &client).await?;
    let again = format!("/device?user_code={}", parameter(code));
    match decided {
        DeviceDecision::Done => reader.show(&DeviceDonePage { is_granted }),
        DeviceDecision::Over => wrong(&reader, code),
        DeviceDecision::Denied(client) => denied(&reader, &client),
        DeviceDecision::First(first) => match *first {
            Authorizing::StepUp(level) => Ok(redirect(&format!(
                "/step-up?level={}&next={}",
                level.as_str(),
                parameter(&again)
            ))),
            Authorizing::Enrol {
                client,
                level,
                kind,
            } => reader.show_as(
                StatusCode::FORBIDDEN,
                &ApplicationEnrolPage {
                    application: client.settings.name.clone(),
                    contact: client.settings.contact.clone(),
                    needs_hardware: level == Level::Hardware,
                    key: Some(kind).filter(|_| level >= Level::PhishingResistant),
                    again,
                },
            ),
            Authorizing::Unprovable { client, .. } | Authorizing::Ask { client, .. } => {
                denied(&reader, &client)
            }
            Authorizing::Answer(_) | Authorizing::SignIn => Ok(redirect(&again)),
        },
    }
}

fn denied(reader: &Reader, client: &OpenidClient) -> Answer {
    reader.show_as(
        StatusCode::FORBIDDEN,
        &ApplicationDeniedPage {
            application: client.settings.name.clone(),
            contact: client.settings.contact.clone(),
            obstacle: None,
        },
    )
}
