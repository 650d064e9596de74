//! Keys whose secrets are held here.

mod export;
mod generate;
mod import;

pub use export::{ExportContents, counter_record};
pub use generate::NewKeys;
pub use import::RowVerdict;
