//! A file, decrypted and read as text, with the format that it turned out to have.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::provisioning::{self, Format};
use keyward_gateways::gpg;

/// The largest file, in bytes: some two million rows.
const LARGEST: u64 = 256 * 1024 * 1024;

/// One file on its way in.
pub struct Source {
    /// What it is called in reports.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// The fingerprint of the OpenPGP key that signed it.
    pub signer: Option<String>,
    /// What it says.
    pub text: Zeroizing<String>,
}

/// Opens a file, or standard input where the path is `-`. The format is found out unless it is
/// given.
///
/// # Errors
/// `import.unreadable`, `import.gpg`, and `import.format` where no line is typical of a format.
pub async fn open(path: &Path, format: Option<Format>) -> Result<Source> {
    let name = path.display().to_string();
    let mut bytes = read(path, &name)?;
    let mut signer = None;
    if gpg::is_openpgp(&bytes) {
        let decrypted = gpg::decrypt(bytes).await?;
        (bytes, signer) = (decrypted.bytes, decrypted.signer);
    }
    let text = provisioning::text(&bytes);
    let Some(format) = format.or_else(|| provisioning::detect(&text)) else {
        return Err(Problem::new(codes::IMPORT_FORMAT).detailed(name));
    };
    Ok(Source {
        name,
        format,
        signer,
        text,
    })
}

fn read(path: &Path, name: &str) -> Result<Zeroizing<Vec<u8>>> {
    let unreadable =
        |why: String| Problem::new(codes::IMPORT_UNREADABLE).detailed(format!("{name}: {why}"));
    let mut bytes = Zeroizing::new(Vec::new());
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| unreadable(error.to_string()))?)
    };
    reader
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(unreadable("it is larger than 256 MiB".to_owned()));
    }
    Ok(bytes)
}
