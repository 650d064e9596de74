//! `/sign-in`: one dispatcher looks at the stage and shows its page. Each POST ends back there.

use actix_web::HttpRequest;
use actix_web::web::{Data, Form, Query};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::code_fields::{Preferences, SecondFactorFields, TypedCode};
use super::delivered_code::delivered_page;
use super::destination::{allow_picture, client_of, shown};
use super::provider_buttons;
use super::starting_over::{back_with, start_over};
use crate::views::Notice;
use crate::views::pages::{
    BackupCodePage, ChooseMethodPage, ConfirmPage, DeviceInHand, PassPage, PasswordPage,
    RememberOffer, TotpPage, Way, WebauthnPage, YubikeyPage,
};
use crate::web::Site;
use crate::web::answer::{Answer, redirect};
use crate::web::extract::browser::{Browser, Journey};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::access;
use crate::web::extract::reader::Reader;
use crate::web::extract::trusted_cookies::{TrustedCookies, cookie};
use keyward_actions::application;
use keyward_actions::journey;
use keyward_actions::second_factor::{Awaiting, CodeOutcome, Typed};
use keyward_actions::session;
use keyward_actions::sign_in::{self, ConfirmOutcome, Confirming, Opened, PasswordOutcome};
use keyward_actions::trusted_browser::{self, Trusted};
use keyward_core::domain::device::{Device, DeviceKind, DeviceName, SignInMethod};
use keyward_core::domain::session::Client;
use keyward_core::domain::user::UserId;
use keyward_core::flows::next_path::NextPath;
use keyward_core::flows::permit::Access;
use keyward_core::problem::{Problem, codes};

#[derive(Deserialize)]
pub struct Params {
    pub(super) next: Option<String>,
    method: Option<String>,
    /// What must be proved, where an application's rule asks for it.
    pub(super) level: Option<String>,
}

#[derive(Deserialize)]
pub struct PasswordFields {
    username: String,
    password: SecretString,
    next: Option<String>,
}

#[derive(Deserialize)]
pub struct ConfirmFields {
    turn: i64,
    password: SecretString,
}

/// Shows what is next for this browser, whatever address it came from.
pub async fn dispatch(
    request: HttpRequest,
    site: Data<Site>,
    Query(asked): Query<Params>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let next = application::destination(&site.app, asked.next.as_deref()).await?;
    match access(&request).await? {
        Access::Full(_) => return Ok(redirect(next.unwrap_or_default().as_str())),
        Access::EnrolmentOnly(_) => return Ok(redirect(NextPath::to_enrolment().as_str())),
        Access::Nothing => {}
    }
    if asked.method.as_deref() == Some("pass") {
        let username = reader.typed();
        return reader.show(&PassPage { username });
    }
    if let Some(journey) = browser.journey(Journey::SignIn) {
        match sign_in::awaiting_second_factor(&site.app, &journey).await {
            Ok(Some(awaiting)) => {
                let offer = offer(&site, awaiting.user.id, &reader, &client).await?;
                let way = Way::sign_in().offering(offer);
                return way_page(&site, way, &awaiting, &asked, &reader);
            }
            Ok(None) => match sign_in::awaiting_password(&site.app, &journey).await? {
                Some(confirming) => return confirm_page(&confirming, &reader),
                None => browser.forget(Journey::SignIn),
            },
            Err(problem) if problem.code() == codes::SIGN_IN_EXPIRED => {
                return start_over(&site, &journey, next, &browser, &reader).await;
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    let hinted = next.as_ref().and_then(NextPath::login_hint);
    let typed = Some(reader.typed()).filter(|typed| !typed.is_empty());
    let client = client_of(&site, next.as_ref()).await?;
    let mut answer = reader.show(&PasswordPage {
        username: typed.or(hinted).unwrap_or_default(),
        providers: provider_buttons::to_sign_in(&site, next.as_ref()),
        next: next.map(|next| next.as_str().to_owned()),
        destination: client.as_ref().map(|client| shown(client)),
        has_found_page: site.app.settings().keys.found_page,
    })?;
    if let Some(client) = client {
        allow_picture(&mut answer, &client);
    }
    Ok(answer)
}

/// The page of the password after a passkey that did not verify its user.
fn confirm_page(confirming: &Confirming, reader: &Reader) -> Answer {
    reader.show(&ConfirmPage {
        turn: confirming.turn,
        username: confirming.user.name.as_str().to_owned(),
        device: in_hand(&confirming.device),
        way: Way::sign_in(),
    })
}

/// The offer to trust this browser, where the terms let it.
async fn offer(
    site: &Site,
    user: UserId,
    reader: &Reader,
    client: &Client,
) -> keyward_core::problem::Result<Option<RememberOffer>> {
    let Some(terms) = trusted_browser::terms(&site.app, user).await? else {
        return Ok(None);
    };
    Ok(Some(RememberOffer {
        name: reader.usual_browser_name(client)?.as_str().to_owned(),
        days: terms.age.as_secs().div_ceil(86_400),
    }))
}

/// The page of the method that was asked for, if the user has it, or of the default.
pub(super) fn way_page(
    site: &Site,
    way: Way,
    awaiting: &Awaiting,
    asked: &Params,
    reader: &Reader,
) -> Answer {
    let username = awaiting.user.name.as_str().to_owned();
    let Some(first) = awaiting.devices.first() else {
        // Nothing can be proved until an administrator has looked.
        return Err(match awaiting.has_lost_one {
            true => codes::KEY_LOST.into(),
            false => codes::CEREMONY_COUNTER.into(),
        });
    };
    if asked.method.as_deref() == Some("choose") {
        let devices = awaiting.devices.iter().map(in_hand).collect();
        return reader.show(&ChooseMethodPage::new(way, username, devices));
    }
    let usual = SignInMethod::of(first.kind);
    let method = asked.method.as_deref().and_then(SignInMethod::parse);
    let with = |method| {
        let devices = awaiting.devices.iter();
        let devices = devices.filter(|device| SignInMethod::of(device.kind) == method);
        devices.map(in_hand).collect::<Vec<_>>()
    };
    let method = method
        .filter(|method| !with(*method).is_empty())
        .unwrap_or(usual);
    let devices = with(method);
    let has_other_methods = devices.len() < awaiting.devices.len();
    let turn = awaiting.turn;
    match method {
        SignInMethod::Webauthn => reader.show(&WebauthnPage {
            way,
            turn,
            username,
            devices,
            has_other_methods,
        }),
        SignInMethod::Yubikey => reader.show(&YubikeyPage {
            way,
            turn,
            username,
            devices,
            has_other_methods,
        }),
        SignInMethod::BackupCodes => reader.show(&BackupCodePage {
            way,
            turn,
            username,
            devices,
            has_other_methods,
        }),
        SignInMethod::Phone | SignInMethod::Email => {
            delivered_page(site, way, awaiting, method, has_other_methods, reader)
        }
        SignInMethod::Totp => reader.show(&TotpPage {
            way,
            turn,
            username,
            devices,
            digits: site.app.settings().totp.digits,
            has_other_methods,
        }),
    }
}

fn in_hand(device: &Device) -> DeviceInHand {
    DeviceInHand::new(device.name.as_str(), device.kind)
}

/// User name and password.
pub async fn password(
    site: Data<Site>,
    Form(fields): Form<PasswordFields>,
    reader: Reader,
    browser: Browser,
    cookies: TrustedCookies,
    Caller(client): Caller,
) -> Answer {
    let next = application::destination(&site.app, fields.next.as_deref()).await?;
    let outcome = sign_in::with_password(
        &site.app,
        &fields.username,
        fields.password,
        next.clone().unwrap_or_default(),
        &cookies.0,
        &client,
    )
    .await?;
    match outcome {
        PasswordOutcome::Wrong => reader.tell_with(
            &back_with(next.as_ref()),
            Notice::WrongPassword,
            Some(&fields.username),
        ),
        PasswordOutcome::SecondFactor(journey) => {
            leave_before(&site, &browser, &client).await?;
            browser.begin_sign_in(&journey)?;
            Ok(redirect("/sign-in"))
        }
        PasswordOutcome::Remembered {
            opened,
            browser: trusted,
        } => {
            leave_before(&site, &browser, &client).await?;
            enter_trusted(&site, &browser, &opened, trusted.as_ref())
        }
        PasswordOutcome::OpenedByShort(opened) => {
            leave_before(&site, &browser, &client).await?;
            browser.open(&opened)?;
            reader.tell(opened.next.as_str(), Notice::PasswordShortAlone)
        }
        PasswordOutcome::Opened(opened) => {
            leave_before(&site, &browser, &client).await?;
            enter(&browser, &opened)
        }
    }
}

/// The password after a passkey that did not verify its user.
pub async fn confirm(
    site: Data<Site>,
    Form(fields): Form<ConfirmFields>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let journey = browser
        .journey(Journey::SignIn)
        .ok_or(codes::SIGN_IN_TURN_USED)?;
    let answered =
        sign_in::confirm_with_password(&site.app, &journey, fields.turn, fields.password, &client)
            .await;
    match answered {
        Ok(ConfirmOutcome::Opened(opened)) => enter(&browser, &opened),
        Ok(ConfirmOutcome::Wrong) => reader.tell("/sign-in", Notice::WrongPasswordAfterKey),
        Err(problem) if problem.code() == codes::SIGN_IN_EXPIRED => {
            start_over(&site, &journey, None, &browser, &reader).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// What was typed into the field of a second factor, be it another factor's.
pub async fn code<F: SecondFactorFields>(
    site: Data<Site>,
    Form(fields): Form<F>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let TypedCode {
        turn,
        typed,
        field,
        preferences,
        next: _,
    } = fields.typed();
    let Some(journey) = browser.journey(Journey::SignIn) else {
        return Err(codes::SIGN_IN_TURN_USED.into());
    };
    let read = Typed::read(typed.expose_secret(), field);
    let answered = sign_in::with_code(&site.app, &journey, turn, read, &client).await;
    match answered {
        Ok(CodeOutcome::Opened(opened)) => {
            let trusted = preferences.grant(&site, &reader, &opened, &client).await?;
            enter_trusted(&site, &browser, &opened, trusted.as_ref())
        }
        Ok(outcome) => {
            let again = Way::sign_in().page_of(SignInMethod::of(field));
            reader.tell(&again, code_notice(&outcome, field))
        }
        Err(problem) if problem.code() == codes::SIGN_IN_EXPIRED => {
            start_over(&site, &journey, None, &browser, &reader).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// What is told about a code that opened nothing, in the words of the field that it was typed into.
pub(super) fn code_notice(outcome: &CodeOutcome, field: DeviceKind) -> Notice {
    let (wrong, used) = match SignInMethod::of(field) {
        SignInMethod::Webauthn | SignInMethod::Totp => (Notice::WrongCode, Notice::CodeUsed),
        SignInMethod::Yubikey => (Notice::WrongOtp, Notice::OtpUsed),
        SignInMethod::Phone | SignInMethod::Email => (Notice::WrongDeliveredCode, Notice::CodeUsed),
        SignInMethod::BackupCodes => (Notice::WrongBackupCode, Notice::BackupCodeUsed),
    };
    match outcome {
        CodeOutcome::Wrong => wrong,
        CodeOutcome::Used => used,
        CodeOutcome::Expired => Notice::CodeExpired,
        CodeOutcome::OtherKey => Notice::WrongOtp,
        CodeOutcome::Unavailable(code) => Notice::refused(&(*code).into()),
        CodeOutcome::Opened(_) => Notice::StepUpAgain,
    }
}

/// A user signs in where one is signed in: the session before ends.
pub(in crate::web) async fn leave_before(
    site: &Site,
    browser: &Browser,
    client: &Client,
) -> keyward_core::problem::Result<()> {
    if let Some(identifier) = browser.identifier() {
        session::sign_out(&site.app, &identifier, client).await?;
    }
    if let Some(journey) = browser.journey(Journey::SignIn) {
        journey::abandon(&site.app, &journey).await?;
    }
    Ok(())
}

impl Preferences {
    /// Trusts this browser where that was asked for.
    pub(in crate::web) async fn grant(
        &self,
        site: &Site,
        reader: &Reader,
        opened: &Opened,
        client: &Client,
    ) -> keyward_core::problem::Result<Option<Trusted>> {
        if self.remember.as_deref() != Some("yes") {
            return Ok(None);
        }
        let typed = self.browser.as_deref().and_then(DeviceName::from_typed);
        let name = match typed {
            Some(name) => name,
            None => reader.usual_browser_name(client)?,
        };
        trusted_browser::trust(&site.app, opened, name, client).await
    }
}

/// Enters, with the key of a trusted browser where there is a new one.
fn enter_trusted(
    site: &Site,
    browser: &Browser,
    opened: &Opened,
    trusted: Option<&Trusted>,
) -> Answer {
    let mut answer = enter(browser, opened)?;
    if let Some(trusted) = trusted {
        answer
            .add_cookie(&cookie(site, trusted))
            .map_err(|error| Problem::internal(error.to_string()))?;
    }
    Ok(answer)
}

fn enter(browser: &Browser, opened: &Opened) -> Answer {
    browser.open(opened)?;
    Ok(redirect(opened.next.as_str()))
}
