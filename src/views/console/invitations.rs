//! Invitations: the list, and a new one.

use serde::Serialize;

use super::GroupField;
use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::{Invitation, InvitationId, InvitationState};
use keyward_core::domain::user::UserId;

/// An invitation in the list.
#[derive(Clone, Serialize)]
pub struct InvitationRow {
    /// The row.
    pub id: InvitationId,
    /// The address.
    pub email: String,
    /// The groups that the account will belong to.
    pub groups: Vec<String>,
    /// Who invited; `None` for the command line.
    pub by: Option<String>,
    /// When the mail was written, the last time.
    pub sent_at: Timestamp,
    /// Until when the link works.
    pub expires_at: Timestamp,
    /// Its state.
    pub state: &'static str,
    /// Why its mail was given up, where it was.
    pub mail_failure: Option<String>,
    /// The account that it became.
    pub account: Option<UserId>,
    /// Whether it can be sent again.
    pub can_be_resent: bool,
    /// Whether there is something to take back.
    pub can_be_revoked: bool,
}

impl InvitationRow {
    /// An invitation of a person.
    pub fn new(invitation: &Invitation, by: Option<&str>) -> Self {
        let state = invitation.state;
        Self {
            id: invitation.id,
            email: invitation.email.as_str().to_owned(),
            groups: invitation
                .groups
                .iter()
                .map(|group: &GroupName| group.as_str().to_owned())
                .collect(),
            by: by.map(str::to_owned),
            sent_at: invitation.sent_at,
            expires_at: invitation.expires_at,
            state: invitation.shown_state(),
            mail_failure: invitation.mail_failure.clone(),
            account: invitation.account,
            can_be_resent: matches!(state, InvitationState::Open | InvitationState::Expired),
            can_be_revoked: state == InvitationState::Open,
        }
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        use keyward_core::domain::user::EmailAddress;
        let states = [
            InvitationState::Open,
            InvitationState::Expired,
            InvitationState::Accepted,
            InvitationState::Revoked,
            InvitationState::Open,
        ];
        let rows = states.into_iter().zip(1_u8..);
        rows.map(|(state, number)| {
            let email = format!("anna-{number}+b&i@example.org");
            let group = GroupName::parse("staff").expect("a name");
            let invitation = Invitation {
                id: id(number, InvitationId::parse),
                email: EmailAddress::parse(&email).expect("an address"),
                groups: vec![group; usize::from(number - 1)],
                sent_at: ago(i64::from(number) * 90_000),
                expires_at: ago(i64::from(number) * 90_000 - 604_800),
                state,
                mail_failure: (number == 5).then(|| "550 5.1.1 no such mailbox".to_owned()),
                account: (state == InvitationState::Accepted).then(|| id(number, UserId::parse)),
            };
            Self::new(&invitation, (number > 1).then_some("ben"))
        })
        .collect()
    }
}

/// `GET /console/invites?after=`.
#[derive(Clone, Serialize)]
pub struct InvitationsPage {
    /// A page of invitations, newest first.
    pub invites: Vec<InvitationRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
    /// Whether no mail leaves this machine.
    pub mail_stays: bool,
}

impl Page for InvitationsPage {
    const TEMPLATE: &'static str = "console/invitations.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [InvitationRow::samples(), Vec::new()]
            .map(|invites| Self {
                next: invites.first().map(|row| row.id.to_string()),
                is_first_page: invites.is_empty(),
                mail_stays: invites.is_empty(),
                invites,
            })
            .into()
    }
}

/// `GET /console/invites/new`, with what was typed before where something was refused.
#[derive(Clone, Default, Serialize)]
pub struct NewInvitationPage {
    /// The mail address.
    pub email: String,
    /// The groups.
    pub groups: GroupField,
    /// For how many days a link works, rounded up.
    pub days: u64,
    /// Whether no mail leaves this machine.
    pub mail_stays: bool,
}

impl Page for NewInvitationPage {
    const TEMPLATE: &'static str = "console/new-invitation.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            Self {
                days: 7,
                ..Self::default()
            },
            Self {
                email: "ben@example.org".to_owned(),
                groups: GroupField::sample(2),
                days: 1,
                mail_stays: true,
            },
        ]
    }
}

/// The answer to an invitation whose mail stays on this machine: this answer alone holds the link.
#[derive(Clone, Serialize)]
pub struct InvitationSentPage {
    /// The mail address.
    pub email: String,
    /// The address to hand over.
    pub address: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Page for InvitationSentPage {
    const TEMPLATE: &'static str = "console/invitation-sent.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            email: "anna+<b>@example.org".to_owned(),
            address: "https://login.example.org/invite/abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
                .to_owned(),
            expires_at: crate::views::tests::ago(-604_800),
        }]
    }
}
