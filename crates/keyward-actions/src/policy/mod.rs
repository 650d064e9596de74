//! Policy: what is in force, what it makes of people's devices, and how it is changed.
//!
//! Whether a device counts is judged anew whenever it matters, at enrolment and at sign-in, by a
//! few point reads. Since when it does not count any more is remembered in a row, which gives it
//! its deadline; those rows are brought up to date for everybody after each change.

mod change;
mod dry_run;
mod duty;
mod inventory;
mod judge;
mod lease;
mod policy_set;
mod rejudge;
mod show;
mod trust;
mod verify_again;
pub use change::discard_draft;
pub use change::draft;
pub use change::draft_on;
pub use change::remove;
pub use change::switch_on;
pub use change::switch_on_and_tell;
pub use dry_run::begin_dry_run;
pub use dry_run::dry_run;
pub use dry_run::dry_run_so_far;
pub use dry_run::known_dry_run;
pub use duty::duty_of;
pub use duty::remind;
pub use judge::addable_kinds;
pub use judge::device_states;
pub use judge::may_have_backup_codes;
pub(crate) use rejudge::begin_to_judge_again;
pub use rejudge::judge_again;
pub use show::find;
pub use show::list;
pub use show::stopping_devices;

pub use change::Announcement;
pub(crate) use dry_run::DryRuns;
pub use dry_run::{Affected, AffectedDevice, DryRun, Scan};
pub use duty::SecondFactorDuty;
pub(crate) use duty::{must_enrol_at_once, note_duty, second_factor_duty};
pub(crate) use inventory::inventory_fact;
pub(crate) use judge::{
    Admitted, NewDeviceFacts, admit_new, admit_use, asks_for_second_factor, effective,
    for_everybody, kinds_for, policy_states,
};
pub use judge::{DevicePolicyState, DevicePolicyStates};
pub(crate) use rejudge::judge_users;
pub use show::PolicyOverview;
