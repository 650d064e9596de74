//! The pages of people: set-up, sign-in, account, devices, problems.

mod account;
mod activate;
mod application;
mod backup_codes;
mod delivered_code;
mod devices;
mod enrol;
mod found_key;
mod invitation;
mod lost_key;
mod objection;
mod openid;
mod pass;
mod passkeys;
mod password;
mod problem;
mod profile;
mod recovery;
mod set_up;
mod sign_in;
mod step_up;
mod upstream;

pub use account::AccountPage;
pub use activate::{ActivateKeyPage, ActivatePage};
pub use application::{
    ApplicationDeniedPage, ApplicationEnrolPage, ApplicationLeadPage, ApplicationRefusedPage,
};
pub use backup_codes::{BackupCodesPage, NewBackupCodesPage};
pub use delivered_code::{DeliveredCodePage, DeliveryDevice};
pub use devices::{
    Advice, DeviceRow, DevicesPage, OnTheWay, RemoveDevicePage, SuspicionRow, names,
};
pub use enrol::{
    AddDevicePage, AddEmailPage, AddPhonePage, AddTotpPage, AddWebauthnPage, AddYubikeyPage,
    ConfirmDeliveryAddressPage, EnrolReason,
};
pub use found_key::FoundKeyPage;
pub use invitation::InvitationPage;
pub use lost_key::{LostKeyPage, OwnKeyRow};
pub use objection::ObjectionPage;
pub use openid::{
    ConsentPage, Destination, DeviceCodePage, DeviceConsentPage, DeviceDonePage, EndSessionPage,
    FormPostPage, OwnApplication, OwnApplicationsPage,
};
pub use pass::{ChoosePasswordPage, PassPage};
pub use passkeys::AcceptedPasskeys;
pub use password::PasswordChangePage;
pub use problem::ProblemPage;
pub use profile::{ConfirmEmailPage, NewEmailPage, ProfilePage};
pub use recovery::{RecoverPage, ResetPage};
pub use set_up::SetUpPage;
pub use sign_in::{
    BackupCodePage, ChooseMethodPage, ConfirmPage, DeviceInHand, MethodChoice, PasswordPage,
    RememberOffer, TotpPage, Way, WebauthnPage, YubikeyPage,
};
pub use step_up::PasswordAgainPage;
pub use upstream::{OwnProvider, OwnProvidersPage, ProviderButton, SignOutTherePage};
