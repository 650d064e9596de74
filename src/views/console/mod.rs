//! The console of verified superusers.
//!
//! Lists are read a page at a time: `next` is the `after` of the page that follows, and the
//! template carries it on together with the filter.

mod api_tokens;
mod applications;
mod confirmations;
mod devices;
mod edit_user;
mod enrolments;
mod events;
mod found_reports;
mod group_field;
mod groups;
mod invitations;
mod judgements;
mod key_import;
mod key_losses;
mod key_proposals;
mod keys;
mod lockouts;
mod openid_clients;
mod otp_keys;
mod overview;
mod particulars;
mod passes;
mod password_links;
mod phones;
mod policies;
mod reports;
mod rules;
mod users;
mod validation_clients;
mod validation_services;
mod webhooks;

pub use api_tokens::{ApiTokenAddedPage, ApiTokenRow, ApiTokensPage, NewApiTokenPage};
pub use applications::{
    ApplicationForm, ApplicationPage, ApplicationRow, ApplicationsPage, ExplainPage, Explained,
    NewApplicationPage, RemoveApplicationPage,
};
pub use confirmations::{ConfirmationPage, Consequence, Question};
pub use devices::{ConsoleDevicesPage, OwnedDeviceRow};
pub use edit_user::EditUserPage;
pub use enrolments::{ActivationCodePage, EnrolKeyPage};
pub use events::{EventRow, EventsFilter, EventsPage};
pub use found_reports::{FoundReportRow, FoundReportsPage};
pub use group_field::GroupField;
pub use groups::{GroupPage, GroupRole, GroupRow, GroupsPage, MemberRow, RemoveGroupPage};
pub use invitations::{InvitationRow, InvitationSentPage, InvitationsPage, NewInvitationPage};
pub use judgements::{AffectedPage, AffectedRow, DryRunPage, PolicyStateRow, StoppingRow};
pub use key_import::{BadRow, ImportedRows, KeyImportPage};
pub use key_losses::{KeyCaseRow, KeyCasesPage, KeyLossPage};
pub use key_proposals::{KeyProposalRow, KeyProposalsPage};
pub use keys::{
    KeyDeviceRow, KeyForm, KeyMovePage, KeyPage, KeyRow, KeySlotRow, KeysPage, NewKeyPage,
    OpenCase, states,
};
pub use lockouts::{LockoutRow, LockoutsPage};
pub use openid_clients::{
    Chosen, ClientAddresses, ClientSecretRow, NewOpenidClientPage, OpenidClientForm,
    OpenidClientPage, OpenidClientRow, OpenidClientSecretPage, OpenidClientsPage,
};
pub use otp_keys::{OtpKeyRow, OtpKeysPage};
pub use overview::ConsoleOverviewPage;
pub use particulars::{Part, Particulars, Reason, Word};
pub use passes::{PassForm, PassIssuedPage, PassRow, PassesPage};
pub use password_links::{EndEverybodyPage, LinkIssuedPage, PasswordState};
pub use phones::{PhoneCountRow, PhonesPage};
pub use policies::{PoliciesPage, PolicyPage};
pub use reports::ReportsPage;
pub use rules::{HoldingRule, PolicyForm};
pub use users::{NewUserPage, NoncompliantDevice, UserPage, UserRow, UserUpstreamRow, UsersPage};
pub use validation_clients::{
    NewValidationClientPage, ValidationClientAddedPage, ValidationClientForm, ValidationClientPage,
    ValidationClientRow, ValidationClientsPage,
};
pub use validation_services::{
    NewValidationServicePage, RemoveValidationServicePage, ServerRow, ValidationServiceForm,
    ValidationServicePage, ValidationServiceRow, ValidationServicesPage,
};
pub use webhooks::{
    DeadRow, NewWebhookPage, TestAnswer, WebhookForm, WebhookPage, WebhookRow, WebhookSecretPage,
    WebhooksPage,
};
