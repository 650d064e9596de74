//! The ways out of this process.

use keyward_core::clock::SharedEntropy;
use keyward_core::problem::Result;
use keyward_gateways::back_channel::BackChannelGateway;
use keyward_gateways::client_keys::ClientKeysGateway;
use keyward_gateways::mail::MailGateway;
use keyward_gateways::phone::PhoneGateway;
use keyward_gateways::validation::ValidationGateway;
use keyward_gateways::webhook::WebhookGateway;
use keyward_settings::Settings;

/// What reaches others.
pub(crate) struct Gateways {
    /// Mail.
    pub(crate) mail: MailGateway,
    /// Messages and calls to phones.
    pub(crate) phone: PhoneGateway,
    /// Validation services of YubiKeys.
    pub(crate) validation: ValidationGateway,
    /// Logouts to OpenID clients.
    pub(crate) back_channel: BackChannelGateway,
    /// Keys of OpenID clients.
    pub(crate) client_keys: ClientKeysGateway,
    /// Events to other programs.
    pub(crate) webhook: WebhookGateway,
}

impl Gateways {
    /// # Errors
    /// `settings.invalid`
    pub(crate) fn new(settings: &Settings, entropy: SharedEntropy) -> Result<Self> {
        Ok(Self {
            mail: MailGateway::new(settings)?,
            phone: PhoneGateway::new(settings)?,
            validation: ValidationGateway::new(entropy)?,
            back_channel: BackChannelGateway::new()?,
            client_keys: ClientKeysGateway::new(&settings.openid)?,
            webhook: WebhookGateway::new(&settings.webhooks)?,
        })
    }
}
