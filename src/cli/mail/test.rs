//! `keyward mail test`

use clap::Args;

use crate::cli::context::Context;
use crate::cli::user::parse_email;
use crate::views::{MailHead, Views};
use keyward_actions::outbox;
use keyward_core::domain::message::{Envelope, Message};
use keyward_core::domain::user::EmailAddress;
use keyward_core::problem::{Problem, Result, codes};
use keyward_gateways::mail::{Mail, MailRefusal};

/// Arguments of `mail test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Where to send it
    #[arg(value_parser = parse_email)]
    address: EmailAddress,
}

impl Test {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let envelope = Envelope {
            to: self.address,
            name: None,
            language: None,
            message: Message::Test,
        };
        let written = Views::new()?.message(&envelope, MailHead::of(app.settings()))?;
        let mail = Mail {
            id: outbox::message_id(&app),
            to: &envelope.to,
            subject: &written.subject,
            text: &written.text,
            html: &written.html,
            date: app.now(),
        };
        outbox::deliver(&app, &mail).await.map_err(|refusal| {
            let (MailRefusal::ForNow(why) | MailRefusal::ForGood(why)) = refusal;
            Problem::new(codes::MAIL_REFUSED).detailed(why)
        })?;
        let to = envelope.to.as_str();
        context.output.say(&format!("A test mail was sent to {to}"))
    }
}
