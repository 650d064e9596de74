//! The pages of people.

mod attacks;
mod backup_codes;
mod client_logo;
mod devices;
mod enrol;
mod found_keys;
mod invitations;
mod objections;
mod passes;
mod passwords;
mod people;
mod recovery;
mod sessions;
mod set_up;
mod sign_in;
mod step_up;
pub mod trusted_browsers;
pub mod upstream;
mod upstream_accounts;
mod upstream_attacks;
mod upstream_provider;
mod weight;
