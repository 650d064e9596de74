//! The console of verified superusers.
//!
//! Lists are read a page at a time: `next` is the `after` of the page that follows, and the
//! template carries it on together with the filter.

mod asking;
mod audit;
mod clients;
mod devices;
mod edit_user;
mod group_field;
mod groups;
mod invites;
mod judgements;
mod keys;
mod lockouts;
mod overview;
mod particulars;
mod passes;
mod password_links;
mod phones;
mod policies;
mod rules;
mod services;
mod users;

pub use asking::{AskPage, Consequence, Question};
pub use audit::{AuditPage, EventRow};
pub use clients::{ClientAddedPage, ClientForm, ClientPage, ClientRow, ClientsPage, NewClientPage};
pub use devices::{ConsoleDevicesPage, OwnedDeviceRow};
pub use edit_user::EditUserPage;
pub use group_field::GroupField;
pub use groups::{GroupPage, GroupRow, GroupsPage, MemberRow, RemoveGroupPage};
pub use invites::{InviteRow, InvitedPage, InvitesPage, NewInvitePage};
pub use judgements::{AffectedPage, AffectedRow, DryRunPage, StandingRow, StoppingRow};
pub use keys::{KeyRow, KeysPage};
pub use lockouts::{LockoutRow, LockoutsPage};
pub use overview::ConsoleOverviewPage;
pub use particulars::{Part, Particulars, Reason, Word};
pub use passes::{PassForm, PassIssuedPage, PassRow, PassesPage};
pub use password_links::{EndEverybodyPage, LinkIssuedPage, PasswordState};
pub use phones::{PhoneCountRow, PhonesPage};
pub use policies::{PoliciesPage, PolicyPage};
pub use rules::{HoldingRule, PolicyForm};
pub use services::{
    NewServicePage, RemoveServicePage, ServerRow, ServiceForm, ServicePage, ServiceRow,
    ServicesPage,
};
pub use users::{NewUserPage, NotCounting, UserPage, UserRow, UsersPage};
