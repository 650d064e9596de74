//! Preparing a policy, putting it in force, and taking it back.

use crate::App;
use crate::grounds;
use keyward_core::domain::edition::Edition;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::policy::{PolicyRecord, Rule, Rules, Scope};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::policies::Removed;
use keyward_store::{AnyConnection, groups, judging, policies};

/// How those whom a policy concerns hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Each gets one mail, about the strongest of what it asks.
    ByMail,
    /// Not by us: on their pages alone.
    None,
}

/// Keeps rules as the draft of a policy. Nothing changes for a user before it is switched on.
///
/// # Errors
/// `policy.invalid`, `group.unknown`
pub async fn draft(
    app: &App,
    administrator: &Administrator,
    scope: Scope,
    rules: Rules,
) -> Result<PolicyRecord> {
    draft_on(app, administrator, scope, rules, None).await
}

/// The same in place of this edition.
///
/// # Errors
/// `policy.invalid`, `group.unknown`; `resource.overtaken` where another edition is there.
pub async fn draft_on(
    app: &App,
    administrator: &Administrator,
    scope: Scope,
    rules: Rules,
    edition: Option<Edition>,
) -> Result<PolicyRecord> {
    let rules = rules.checked()?;
    let event = administrator.does(EventKind::PolicyDrafted);
    let (event, context) = (event.detailed(about(&scope, Some(&rules))), app.context());
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if let Some(group) = scope.group()
            && !groups::exists(connection, group)?
        {
            return Err(Problem::new(codes::GROUP_UNKNOWN).detailed(group.as_str()));
        }
        match edition {
            None => policies::save_draft(connection, &scope, &rules)?,
            Some(edition) => {
                let before = policies::get(connection, &scope)?;
                let before = before.unwrap_or_else(|| PolicyRecord::none(scope.clone()));
                before.edition().require(Some(&edition))?;
                if !policies::save_draft_on(connection, &scope, &rules, before.version)? {
                    return Err(codes::RESOURCE_OVERTAKEN.into());
                }
            }
        }
        context.record(connection, &event)?;
        expect(connection, &scope)
    })
    .await
}

/// Puts a draft in force, as it was when it had this version, and begins to judge the devices of
/// those whom it concerns. Each of them gets one mail.
///
/// # Errors
/// `policy.no_draft`, `policy.changed`
pub async fn switch_on(
    app: &App,
    administrator: &Administrator,
    scope: Scope,
    version: i64,
) -> Result<PolicyRecord> {
    let told = Announcement::ByMail;
    switch_on_and_tell(app, administrator, scope, version, told).await
}

/// The same, and says whether users are told by mail.
///
/// # Errors
/// `policy.no_draft`, `policy.changed`
pub async fn switch_on_and_tell(
    app: &App,
    administrator: &Administrator,
    scope: Scope,
    version: i64,
    announcement: Announcement,
) -> Result<PolicyRecord> {
    let event = administrator.does(EventKind::PolicySwitchedOn);
    let is_quiet = announcement == Announcement::None;
    let context = app.context();
    let record = grounds::write_for(app, administrator.grounds(), move |connection| {
        let before = expect(connection, &scope)?;
        let Some(draft) = &before.draft else {
            return Err(codes::POLICY_NO_DRAFT.into());
        };
        if !policies::switch_on(connection, &scope, version, is_quiet, context.now)? {
            return Err(codes::POLICY_CHANGED.into());
        }
        let owners_only = concerns_owners_only(before.rules.as_ref(), Some(draft));
        judging::want(connection, &scope, owners_only)?;
        context.record(connection, &event.detailed(about(&scope, Some(draft))))?;
        expect(connection, &scope)
    })
    .await?;
    super::rejudge::begin_to_judge_again(app).await;
    Ok(record)
}

/// Forgets a draft.
///
/// # Errors
/// `policy.no_draft`
pub async fn discard_draft(app: &App, administrator: &Administrator, scope: Scope) -> Result<()> {
    let event = administrator.does(EventKind::PolicyDraftDiscarded);
    let (event, context) = (event.detailed(about(&scope, None)), app.context());
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if !policies::discard_draft(connection, &scope)? {
            return Err(codes::POLICY_NO_DRAFT.into());
        }
        context.record(connection, &event)
    })
    .await
}

/// Takes a policy back, with its draft.
///
/// # Errors
/// `policy.unknown`
pub async fn remove(app: &App, administrator: &Administrator, scope: Scope) -> Result<()> {
    let event = administrator.does(EventKind::PolicyRemoved);
    let (event, context) = (event.detailed(about(&scope, None)), app.context());
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let policy = policies::remove(connection, &scope)?;
        let owners_only = match policy.ok_or(codes::POLICY_UNKNOWN)? {
            Removed::Unreadable => Some(false),
            // A draft never concerned a user.
            Removed::Read(policy) => {
                let rules = policy.rules.as_ref();
                rules.map(|rules| concerns_owners_only(Some(rules), None))
            }
        };
        if let Some(owners_only) = owners_only {
            judging::want(connection, &scope, owners_only)?;
        }
        context.record(connection, &event)
    })
    .await?;
    super::rejudge::begin_to_judge_again(app).await;
    Ok(())
}

fn expect(connection: &mut AnyConnection, scope: &Scope) -> Result<PolicyRecord> {
    policies::get(connection, scope)?.ok_or_else(|| codes::POLICY_UNKNOWN.into())
}

/// Whether a change from these rules to those concerns no user without a device: what is asked of
/// people, rather than of their devices, stays as it is.
pub(super) fn concerns_owners_only(before: Option<&Rules>, after: Option<&Rules>) -> bool {
    let nothing = Rules::default();
    let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let mut of_people = Rule::ALL
        .into_iter()
        .filter(|rule| rule.concerns_everybody());
    of_people.all(|rule| before.agree_on(rule, after))
}

/// Whose policy, and what it asks for, as the trail keeps it.
fn about(scope: &Scope, rules: Option<&Rules>) -> EventDetail {
    EventDetail::Policy {
        scope: scope.clone(),
        rules: rules.cloned().map(Box::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_people_concerns_those_without_a_device_too() {
        let nothing = Rules::default();
        let bound = Rules {
            device_bound: true,
            ..Rules::default()
        };
        for [before, after] in [
            [None, Some(&bound)],
            [Some(&bound), None],
            [Some(&nothing), None],
        ] {
            assert!(concerns_owners_only(before, after));
        }
        let asked = Rules {
            second_factor: true,
            ..bound.clone()
        };
        let reminded = Rules {
            least_devices: Some(2),
            ..bound.clone()
        };
        let patient = Rules {
            grace_seconds: Some(0),
            ..bound.clone()
        };
        for other in [&asked, &reminded, &patient] {
            assert!(!concerns_owners_only(Some(&bound), Some(other)));
            assert!(!concerns_owners_only(Some(other), None));
        }
    }
}
