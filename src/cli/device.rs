//! `keyward device` and `keyward credential`

use clap::Subcommand;

use super::context::Context;
use super::list::List;
use crate::lists::{Credentials, Devices};
use keyward_core::problem::Result;

/// Devices.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// List everybody's devices, the longest unused first
    List(List<Devices>),
}

/// Credentials.
#[derive(Debug, Subcommand)]
pub enum CredentialCommand {
    /// List what is known of passkeys and security keys; nothing in it is secret
    List(List<Credentials>),
}

impl DeviceCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
        }
    }
}

impl CredentialCommand {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
        }
    }
}
