//! `/account`

use actix_web::web::Data;

use crate::views::pages::{AcceptedPasskeys, AccountPage, Advice, DeviceRow};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::device;
use keyward_actions::metadata;
use keyward_actions::password;
use keyward_actions::policy;
use keyward_actions::{openid, upstream};
use keyward_core::flows::permit::SignedIn;

/// The overview.
pub async fn show(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let devices = device::own(&site.app, &signed_in).await?;
    let user = signed_in.user();
    let ids = devices.iter().map(|device| device.id).collect();
    let pictures = metadata::model_pictures(&site.app, ids).await?;
    let policy_states = policy::device_states(&site.app, user.id).await?;
    let devices: Vec<DeviceRow> = devices
        .iter()
        .map(|device| DeviceRow::new(device, user.default_device).judged(&policy_states))
        .map(|device| device.pictured(&pictures))
        .collect();
    let credentials = device::own_credentials(&site.app, &signed_in).await?;
    let duty = policy::duty_of(&site.app, user).await?;
    let may = &site.app.settings().account;
    let page = AccountPage {
        has_providers: !upstream::buttons(&site.app).is_empty(),
        has_applications: openid::does_any_ask(&site.app).await?,
        username: user.name.as_str().to_owned(),
        display_name: user.display_name.as_ref().map(ToString::to_string),
        may_change_names: may.may_change_name || may.may_change_display_name,
        may_change_email: may.may_change_email,
        email: user.email.as_ref().map(|email| email.as_str().to_owned()),
        has_password: password::has_password(&site.app, user.id).await?,
        last_sign_in_at: user.last_sign_in_at,
        advice: Advice::of(&devices, &policy_states, duty.as_ref()),
        devices,
        passkeys: AcceptedPasskeys::of(site.app.relying_party().id(), user, &credentials),
    };
    reader.is(&signed_in).show(&page)
}
