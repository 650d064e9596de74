//! Reaches phones, once each time: by text message or by a call. Nothing is tried again by itself,
//! because a second message is a second code in the user's hand, and costs money.

mod twilio;

use std::time::Duration;

use url::Url;

use self::twilio::Twilio;
use keyward_core::domain::phone_number::PhoneNumber;
use keyward_core::problem::Result;
use keyward_settings::{PhoneWay, Settings};

/// How long the service may take for one message: a user waits in front of a page.
const PATIENCE: Duration = Duration::from_secs(15);

/// The way to people's phones.
pub struct PhoneGateway {
    sms: PhoneWay,
    call: PhoneWay,
    twilio: Option<Twilio>,
}

/// Why a phone was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneRefusal {
    /// The number cannot be reached this way; another one may. With the service's own code.
    Number(String),
    /// The service takes no more for the moment.
    Busy(String),
    /// The service refused us, which is for the operator to mend.
    Refused(String),
    /// It is not known whether the service took it.
    Unknown(String),
}

impl PhoneRefusal {
    /// Particulars for the trail and the log: never the number.
    pub fn why(&self) -> &str {
        match self {
            Self::Number(why) | Self::Busy(why) | Self::Refused(why) | Self::Unknown(why) => why,
        }
    }
}

impl PhoneGateway {
    /// The way that the settings describe.
    ///
    /// # Errors
    /// `internal` where no HTTP client can be made.
    pub fn new(settings: &Settings) -> Result<Self> {
        let twilio = settings.twilio.clone();
        Ok(Self {
            sms: settings.phone.sms,
            call: settings.phone.call,
            twilio: twilio
                .map(|account| Twilio::new(account, PATIENCE))
                .transpose()?,
        })
    }

    /// Sends a text message.
    ///
    /// # Errors
    /// Why it was not sent.
    pub async fn text(&self, to: &PhoneNumber, message: &str) -> Result<(), PhoneRefusal> {
        match self.sms {
            PhoneWay::Twilio => self.twilio()?.text(to, message).await,
            PhoneWay::Log => {
                let message = message.replace('\n', " ");
                tracing::info!(to = %to.masked(), "a text message that is not sent: {message}");
                Ok(())
            }
            PhoneWay::None => Err(off()),
        }
    }

    /// Makes a call, in which is spoken what `spoken_at` gives. `words` are the same for the log.
    ///
    /// # Errors
    /// Why it was not made.
    pub async fn call(
        &self,
        to: &PhoneNumber,
        spoken_at: &Url,
        words: &str,
    ) -> Result<(), PhoneRefusal> {
        match self.call {
            PhoneWay::Twilio => self.twilio()?.call(to, spoken_at).await,
            PhoneWay::Log => {
                tracing::info!(to = %to.masked(), "a call that is not made: {words}");
                Ok(())
            }
            PhoneWay::None => Err(off()),
        }
    }

    /// Asks the service whether it knows the account, without sending anything; `None` where
    /// nothing is sent by a service.
    pub async fn probe(&self) -> Option<Result<(), PhoneRefusal>> {
        match &self.twilio {
            None => None,
            Some(twilio) => Some(twilio.probe().await),
        }
    }

    fn twilio(&self) -> Result<&Twilio, PhoneRefusal> {
        self.twilio.as_ref().ok_or_else(off)
    }
}

fn off() -> PhoneRefusal {
    PhoneRefusal::Refused("it is switched off".to_owned())
}
