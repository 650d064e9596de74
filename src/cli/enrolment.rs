//! `keyward enrolment`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::context::Context;
use super::list::List;
use crate::lists::Enrolments;
use keyward_actions::key;
use keyward_core::domain::key::EnrolmentId;
use keyward_core::problem::{Result, codes};

/// What is registered on keys for their owners. A key is registered at the console or by the API, where it is touched.
#[derive(Debug, Subcommand)]
pub enum EnrolmentCommand {
    /// List what waits for its owner
    List(List<Enrolments>),
    /// Issue another activation code, which is printed once: the one before is void
    Code(Which),
    /// Withdraw what waits: the key must be registered anew
    Withdraw(Which),
}

/// One enrolment.
#[derive(Debug, Args)]
pub struct Which {
    /// Its id, as `enrolment list` says it
    id: String,
}

impl Which {
    fn id(&self) -> Result<EnrolmentId> {
        EnrolmentId::parse(&self.id).ok_or_else(|| codes::ENROLMENT_UNKNOWN.into())
    }
}

#[derive(Serialize)]
struct Issued {
    id: String,
    code: String,
    expires_at: String,
}

impl EnrolmentCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Code(which) => {
                let app = context.open().await?;
                let by = &context.administrator;
                let issued = key::issue_activation_code(&app, by, which.id()?).await?;
                let issued = Issued {
                    id: issued.enrolment.id.to_string(),
                    code: issued.code.expose(),
                    expires_at: issued.expires_at.rfc3339(),
                };
                context.output.show(&issued, |issued| {
                    format!("{}\ngood until {}", issued.code, issued.expires_at)
                })
            }
            Self::Withdraw(which) => {
                let app = context.open().await?;
                key::withdraw_enrolment(&app, &context.administrator, which.id()?).await?;
                context.output.say("the enrolment is withdrawn")
            }
        }
    }
}
