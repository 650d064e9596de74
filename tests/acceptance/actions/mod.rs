//! What more than one page does, and what holds for all of them.

mod adopted_keys;
mod duties;
mod inventory_rules;
mod key_races;
mod lockouts;
mod lost_keys;
mod meanwhile;
mod networks;
pub mod overtaken;
mod overtaken_groups;
pub mod policy;
mod races;
mod serial_numbers;
mod set_back;
mod trail_bounds;
mod typed_names;
mod unused_keys;
