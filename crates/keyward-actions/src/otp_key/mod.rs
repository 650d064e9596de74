//! Keys whose secrets are held here.

mod export;
mod generate;
mod import;
pub use export::begin_export;
pub use export::keys_after;
pub use export::secrets_after;
pub use generate::generate;
pub use import::import_counters;
pub use import::import_keys;
pub use import::judge_counters;
pub use import::judge_keys;
pub(crate) use import::{hold_key, judge_key};

pub use export::counter_record;
pub use generate::NewKeys;
pub use import::RowVerdict;
