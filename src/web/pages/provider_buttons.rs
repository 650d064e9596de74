//! The buttons that lead to other OpenID providers, on the pages that have them.

use crate::views::pages::ProviderButton;
use crate::web::Site;
use crate::web::answer::parameter;
use keyward_actions::upstream::{self, OwnUpstream};
use keyward_core::domain::upstream::UpstreamName;
use keyward_core::domain::user::UserId;
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::Result;
use keyward_core::secret::Token;

/// The buttons of all providers, which lead on to `next`.
pub(super) fn to_sign_in(site: &Site, next: Option<&NextPath>) -> Vec<ProviderButton> {
    let button = |(name, label): (UpstreamName, String)| ProviderButton {
        address: match next {
            Some(next) => format!("/upstream/{name}/start?next={}", parameter(next.as_str())),
            None => format!("/upstream/{name}/start"),
        },
        label,
    };
    upstream::buttons(&site.app)
        .into_iter()
        .map(button)
        .collect()
}

/// The same for who makes the account that an invitation leads to.
pub(super) fn to_accept(site: &Site, link: &Token) -> Vec<ProviderButton> {
    let link = link.expose();
    let button = |(name, label): (UpstreamName, String)| ProviderButton {
        address: format!(
            "/upstream/{name}/start?purpose=invitation&invitation={}",
            link.as_str()
        ),
        label,
    };
    upstream::buttons(&site.app)
        .into_iter()
        .map(button)
        .collect()
}

/// Those of the providers at which a user can prove themselves again.
pub(super) async fn to_step_up(
    site: &Site,
    user: UserId,
    next: &NextPath,
) -> Result<Vec<ProviderButton>> {
    let next = parameter(next.as_str());
    let button = |own: OwnUpstream| ProviderButton {
        address: format!("/upstream/{}/start?purpose=step-up&next={next}", own.name),
        label: own.label,
    };
    let own = upstream::own(&site.app, user).await?.into_iter();
    Ok(own.filter(|own| own.link.is_some()).map(button).collect())
}
