//! `keyward import pskc`

use clap::Args;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::Files;
use crate::cli::context::{Context, secret_line};
use crate::import::pskc;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::pskc::Unlocking;

/// Arguments of `import pskc`.
#[derive(Debug, Args)]
pub struct Pskc {
    #[command(flatten)]
    files: Files,
    /// Read the key under which the files are encrypted, in hexadecimal digits or base64, from
    /// standard input
    #[arg(long, conflicts_with = "password_stdin")]
    key_stdin: bool,
    /// Read the password under which the files are encrypted from standard input
    #[arg(long)]
    password_stdin: bool,
}

impl Pskc {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let unlocking = self.unlocking()?;
        let sources = self.files.open(None).await?;
        let app = context.open().await?;
        let (who, options) = (&context.administrator, self.files.options());
        let bar = super::bar(context);
        let report = pskc::import(&app, who, &sources, &unlocking, options, &|done, of| {
            bar.show(done, of);
        })
        .await?;
        drop(bar);
        super::tell(context, &report)
    }

    fn unlocking(&self) -> Result<Unlocking> {
        let input = |why: &str| Problem::new(codes::COMMAND_INPUT).detailed(why);
        let is_taken = self.files.files.iter().any(|file| file.as_os_str() == "-");
        if is_taken && (self.key_stdin || self.password_stdin) {
            return Err(input("standard input cannot be both a file and its key"));
        }
        if self.password_stdin {
            let password = secret_line("the password")?;
            let password = Zeroizing::new(password.expose_secret().to_owned());
            return Ok(Unlocking::Password(password));
        }
        if !self.key_stdin {
            return Ok(Unlocking::Nothing);
        }
        let typed = secret_line("the key")?;
        let typed = typed.expose_secret().trim().as_bytes();
        let key = HEXLOWER_PERMISSIVE
            .decode(typed)
            .or_else(|_| BASE64.decode(typed));
        let key = key.map(Zeroizing::new).ok();
        key.filter(|key| matches!(key.len(), 16 | 24 | 32))
            .map(Unlocking::Key)
            .ok_or_else(|| input("a key has 16, 24 or 32 bytes in hexadecimal digits or base64"))
    }
}
