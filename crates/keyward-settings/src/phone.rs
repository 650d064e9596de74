//! `[phone]`

use secrecy::SecretString;
use url::Url;

use super::form::Form;
use super::forms::{choice, number, secret, service, text};
use super::section::section;
use super::source::Wrong;
use keyward_core::domain::phone_number::Region;

section! {
    /// Codes that are sent to phones. What is not set up is not offered.
    Phone = "phone" {
        /// By what text messages are sent: `twilio` sends them and costs money, `log` writes them
        /// into the server's log, codes included, for trying things out.
        sms "sms": PhoneWay = choice(WAYS).or("none");
        /// By what calls are made, in which the code is spoken.
        call "call": PhoneWay = choice(WAYS).or("none");
        /// The country of numbers that are typed without `+`, by its two letters.
        default_region "default_region": Option<Region> = region().optional("none: numbers begin with `+`");
        /// How many messages and calls are sent within a day in all, to bound what they can cost.
        per_day "per_day": u32 = number(0..=10_000_000).or("1000");
        /// The same to one country other than `default_region`.
        per_dial_code "per_dial_code": u32 = number(0..=10_000_000).or("100");
        /// The same for who asks from one network (an IPv4 /24, an IPv6 /48), but for those of
        /// `lockout.trusted_networks`.
        per_network "per_network": u32 = number(0..=10_000_000).or("100");
        /// The account's identifier at Twilio, which begins with `AC`.
        account_sid "twilio.account_sid": Option<String> = account_sid().optional("none");
        /// The account's auth token. It also signs what Twilio asks of this server.
        auth_token "twilio.auth_token": Option<SecretString> = secret().or_from_file().optional("none");
        /// The number that messages and calls come from, or a sender's name where the country of
        /// the receiver allows that.
        caller_id "twilio.caller_id": Option<String> = text(32).optional("none");
        /// Where Twilio's interface is.
        api_url "twilio.api_url": Url = service().or("https://api.twilio.com");
    }
}

/// By what a phone is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneWay {
    /// By nothing.
    None,
    /// By nothing either: it is written into the log.
    Log,
    /// Through Twilio.
    Twilio,
}

const WAYS: &[(&str, PhoneWay)] = &[
    ("none", PhoneWay::None),
    ("log", PhoneWay::Log),
    ("twilio", PhoneWay::Twilio),
];

/// An account at Twilio.
#[derive(Clone, Debug)]
pub struct TwilioAccount {
    /// Its identifier.
    pub sid: String,
    /// Its auth token.
    pub token: SecretString,
    /// Whom its messages come from.
    pub caller_id: String,
    /// Where its interface is.
    pub api_url: Url,
}

impl Phone {
    /// The account, where something is sent by it.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn twilio(&self) -> Result<Option<TwilioAccount>, Wrong> {
        let by = |way| way == PhoneWay::Twilio;
        let asked = match (by(self.sms), by(self.call)) {
            (true, _) => "phone.sms",
            (_, true) => "phone.call",
            (false, false) => return Ok(None),
        };
        let missing = |key| Wrong::new(asked, format!("twilio needs phone.twilio.{key}"));
        Ok(Some(TwilioAccount {
            sid: self
                .account_sid
                .clone()
                .ok_or_else(|| missing("account_sid"))?,
            token: self
                .auth_token
                .clone()
                .ok_or_else(|| missing("auth_token"))?,
            caller_id: self.caller_id.clone().ok_or_else(|| missing("caller_id"))?,
            api_url: self.api_url.clone(),
        }))
    }
}

fn region() -> Form<Region> {
    Form::new("two letters such as `NL`", |given| {
        let text = given.text()?;
        Region::parse(text).ok_or_else(|| format!("\"{text}\" is no country such as NL"))
    })
}

/// It becomes a part of an address.
fn account_sid() -> Form<String> {
    Form::new("`AC` and 32 hexadecimal digits", |given| {
        let text = given.text()?.trim();
        let sound = text.strip_prefix("AC").is_some_and(|rest| {
            rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if sound {
            Ok(text.to_owned())
        } else {
            Err("is not AC and 32 hexadecimal digits".to_owned())
        }
    })
}
