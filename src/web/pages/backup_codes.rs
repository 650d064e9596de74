//! `/account/backup-codes`

use actix_web::web::Data;

use crate::views::Notice;
use crate::views::pages::{BackupCodesPage, NewBackupCodesPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::browser::Browser;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::device;
use keyward_actions::enrol;
use keyward_actions::policy;
use keyward_core::domain::device::DeviceKind;
use keyward_core::flows::permit::{SignedIn, SteppedUp};
use keyward_core::problem::Fault;

/// Tells how many are left.
pub async fn show(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let left = enrol::backup_codes_left(&site.app, &signed_in).await?;
    let has_other_device = device::own(&site.app, &signed_in)
        .await?
        .iter()
        .any(|device| !device.kind.is_stand_in());
    let page = BackupCodesPage {
        left: left.map(|set| set.left),
        count: site.app.settings().backup_codes.count,
        has_other_device,
        is_allowed: policy::may_have_backup_codes(&site.app, signed_in.user().id).await?,
    };
    reader.is(&signed_in).show(&page)
}

/// Makes a new set, and shows it: the only answer that ever holds the codes, so that they need not
/// be kept for a second one.
pub async fn make(
    site: Data<Site>,
    Permit(permit): Permit<SteppedUp>,
    reader: Reader,
    browser: Browser,
    Caller(client): Caller,
) -> Answer {
    let name = reader.usual_name(DeviceKind::BackupCodes, None, &client)?;
    let username = permit.user().name.as_str().to_owned();
    let reader = reader.is(&permit);
    let made = enrol::make_backup_codes(&site.app, permit, name, &client).await;
    match made {
        Ok((set, opened)) => {
            browser.raise(&opened)?;
            reader.show(&NewBackupCodesPage {
                username,
                codes: set
                    .iter()
                    .map(keyward_core::factors::backup_codes::BackupCode::expose)
                    .collect(),
            })
        }
        Err(problem) if problem.fault() == Fault::Denied => {
            reader.tell("/account/backup-codes", Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}
