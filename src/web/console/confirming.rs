//! Who is asked before something dangerous.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use crate::web::answer::Refused;
use crate::web::extract::client;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_core::flows::permit::{Administrator, HelpDesk, MayHelp, SteppedUp, Superuser};

/// A superuser who is asked, as a parameter of the page that asks. They have proved themselves freshly,
/// so that nobody is led away from what they answered to prove it then.
pub struct ConfirmingSuperuser {
    /// Who they are.
    pub superuser: Superuser,
    /// They, as actions take them.
    pub administrator: Administrator,
    /// They, as they read the question.
    pub reader: Reader,
}

impl FromRequest for ConfirmingSuperuser {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Permit(superuser) = Permit::<Superuser>::extract(&request).await?;
            let Permit(_) = Permit::<SteppedUp>::extract(&request).await?;
            Ok(Self {
                administrator: Administrator::at_console(&superuser, client::of(&request)),
                reader: Reader::of(&request)?.at_console(&superuser),
                superuser,
            })
        })
    }
}

/// Somebody of the help desk, or a superuser, who is asked.
pub struct ConfirmingHelpDesk {
    /// Who they are.
    pub help_desk: HelpDesk,
    /// They, as actions take them.
    pub helper: MayHelp,
    /// They, as they read the question.
    pub reader: Reader,
}

impl FromRequest for ConfirmingHelpDesk {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Permit(help_desk) = Permit::<HelpDesk>::extract(&request).await?;
            let Permit(_) = Permit::<SteppedUp>::extract(&request).await?;
            Ok(Self {
                helper: MayHelp::at_console(&help_desk, client::of(&request)),
                reader: Reader::of(&request)?.at_console(&help_desk),
                help_desk,
            })
        })
    }
}
