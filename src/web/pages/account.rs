//! `/account`

use actix_web::web::Data;

use crate::views::pages::{AcceptedPasskeys, AccountPage, Advice, DeviceRow};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_core::flows::permit::SignedIn;

/// The overview.
pub async fn show(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let devices = site.keyward.own_devices(&signed_in).await?;
    let user = signed_in.user();
    let ids = devices.iter().map(|device| device.id).collect();
    let pictures = site.keyward.model_pictures(ids).await?;
    let standings = site.keyward.standings(user.id).await?;
    let devices: Vec<DeviceRow> = devices
        .iter()
        .map(|device| DeviceRow::new(device, user.default_device).judged(&standings))
        .map(|device| device.pictured(&pictures))
        .collect();
    let credentials = site.keyward.own_credentials(&signed_in).await?;
    let duty = site.keyward.second_factor_duty(user).await?;
    let may = &site.keyward.settings.account;
    let page = AccountPage {
        username: user.name.as_str().to_owned(),
        display_name: user.display_name.as_ref().map(ToString::to_string),
        may_change_names: may.may_change_name || may.may_change_display_name,
        may_change_email: may.may_change_email,
        email: user.email.as_ref().map(|email| email.as_str().to_owned()),
        has_password: site.keyward.has_password(user.id).await?,
        last_sign_in_at: user.last_sign_in_at,
        advice: Advice::of(&devices, &standings, duty.as_ref()),
        devices,
        passkeys: AcceptedPasskeys::of(site.keyward.relying_party.id(), user, &credentials),
    };
    reader.is(&signed_in).show(&page)
}
