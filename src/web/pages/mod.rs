//! The pages of people: about themselves, never about others.

pub mod account;
pub mod application;
pub mod authorize;
pub mod backup_codes;
pub mod code_fields;
pub mod delivered_code;
mod destination;
pub mod device_code;
pub mod devices;
pub mod end_session;
pub mod enrol;
pub mod invitation;
pub mod objection;
pub mod on_the_way;
pub mod pass;
pub mod password;
pub mod profile;
mod provider_buttons;
pub mod recovery;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
pub mod sign_out;
pub mod starting_over;
pub mod step_up;
pub mod trusted_browsers;
pub mod upstream;
