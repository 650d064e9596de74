//! `[yubikey]`

use std::collections::HashSet;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::form::{Form, Given};
use super::forms::{authorities, duration, list, number, secret, tables, text, truth};
use super::section::section;
use keyward_core::domain::otp_key::OtpOrder;
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::user::fold;
use keyward_core::domain::validation_service::{
    SyncLevel, ValidationService, ValidationServiceSettings,
};
use keyward_core::problem::{Problem, codes};

section! {
    /// One-time passwords of YubiKeys.
    Yubikey = "yubikey" {
        /// Validation services that are asked, before those that the console knows.
        services "services": Vec<ServiceTable> = tables().or("[]");
        /// Whether sign-in and enrolment verify by themselves the keys whose secrets Keyward holds.
        /// The validation server for clients answers either way.
        builtin "builtin": bool = truth().or("true");
        /// Who is asked about keys whose secrets Keyward holds: with `builtin` it alone, with no
        /// network; with `services` the services, and Keyward where none of them knows or answers.
        order "order": OtpOrder = order().or("builtin");
    }
}

section! {
    /// One validation service. It is written as a table `[[yubikey.services]]`.
    ServiceTable = "" {
        /// Its unique name.
        name "name": String = text(ValidationServiceSettings::LONGEST_NAME);
        /// Its servers' verify addresses; all are asked at once, and the first trustworthy answer
        /// counts.
        urls "urls": Vec<Url> = list(verify_url(), "a list of 1 to 16 addresses");
        /// Our id as its client.
        client_id "client_id": u64 = number(0..=u64::MAX);
        /// The key shared with it, in base64. Without one, requests are not signed and answers
        /// not checked.
        api_key "api_key": Option<SecretString> = secret().or_from_file().optional("none");
        /// A file of certificates as PEM that its servers' may be signed with, besides those that
        /// browsers trust. It is read at the start.
        ca_file "ca_file": Option<AuthorityCertificates> = authorities().optional("none");
        /// How many of its peers a server must ask first.
        sl "sl": Option<SyncLevel> = sync_level().optional("the service decides");
        /// How long to wait for an answer.
        timeout "timeout": Duration = duration(Duration::from_millis(1)..=Duration::from_secs(60)).or("10s");
        /// Whether it is asked.
        enabled "enabled": bool = truth().or("true");
    }
}

fn order() -> Form<OtpOrder> {
    Form::new("`builtin` or `services`", |given: &Given| {
        match given.text()? {
            "builtin" => Ok(OtpOrder::BuiltinFirst),
            "services" => Ok(OtpOrder::ServicesFirst),
            text => Err(format!("\"{text}\" is neither builtin nor services")),
        }
    })
}

fn verify_url() -> Form<Url> {
    Form::new("an address", |given: &Given| {
        let text = given.text()?;
        Url::parse(text).map_err(|_| {
            format!("\"{text}\" is not an address such as https://otp.example.com/wsapi/2.0/verify")
        })
    })
}

fn sync_level() -> Form<SyncLevel> {
    Form::new(
        "`fast`, `secure` or a number from 0 to 100",
        |given: &Given| {
            let text = match given.number() {
                Ok(number) => number.to_string(),
                Err(_) => given.text()?.to_owned(),
            };
            SyncLevel::parse(&text)
                .ok_or_else(|| format!("\"{text}\" is neither fast, secure nor a number up to 100"))
        },
    )
}

impl Yubikey {
    /// The services, checked as the console checks its own.
    ///
    /// # Errors
    /// `validation_service.invalid`, `validation_service.name_taken`
    pub fn validation_services(&self) -> keyward_core::problem::Result<Vec<ValidationService>> {
        let mut names = HashSet::new();
        self.services
            .iter()
            .map(|table| {
                if !names.insert(fold(&table.name)) {
                    let why = format!("two services have the name {}", table.name);
                    return Err(Problem::new(codes::SERVICE_NAME_TAKEN).detailed(why));
                }
                let settings = ValidationServiceSettings {
                    name: table.name.clone(),
                    urls: table.urls.clone(),
                    client_id: table.client_id,
                    api_key: table.api_key.clone(),
                    ca: table.ca_file.clone(),
                    sync_level: table.sl,
                    timeout: table.timeout,
                    is_enabled: table.enabled,
                };
                Ok(ValidationService {
                    id: None,
                    settings: settings.checked()?,
                })
            })
            .collect()
    }
}
