//! Policy: what is in force, what it makes of people's devices, and how it is changed.
//!
//! Whether a device counts is judged anew whenever it matters, at enrolment and at sign-in, by a
//! few point reads. Since when it does not count any more is remembered in a row, which gives it
//! its deadline; those rows are brought up to date for everybody after each change.

mod book;
mod change;
mod dry_run;
mod duty;
mod judge;
mod lease;
mod rejudge;
mod show;
mod trust;
mod verify_again;

pub use change::Announcement;
pub(crate) use dry_run::DryRuns;
pub use dry_run::{Affected, AffectedDevice, DryRun, Scan};
pub use duty::SecondFactorDuty;
pub(crate) use duty::{must_enrol_at_once, note_duty, second_factor_duty};
pub(crate) use judge::{
    Admitted, NewDeviceFacts, admit_new, admit_use, asks_for_second_factor, effective,
    for_everybody, kinds_for, standings,
};
pub use judge::{DevicePolicyState, DevicePolicyStates};
pub(crate) use rejudge::judge_users;
pub use show::PolicyOverview;
