//! Opens OpenPGP files with this machine's `gpg`, which owns keys, agent and passphrases.
//!
//! What comes back was decrypted whole. A signature is checked by `gpg` with the keys that it
//! has; a file whose signature does not hold is refused, one without any is not.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use keyward_core::problem::{Problem, Result, codes};

/// A decrypted file.
pub struct Decrypted {
    /// What was inside.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The fingerprint of the key that signed it; `None` where it is unsigned.
    pub signer: Option<String>,
}

/// Whether a file is an OpenPGP message, armoured or not (RFC 9580 §6.2 and §4.2).
pub fn is_openpgp(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"-----BEGIN PGP ") {
        return true;
    }
    // Encrypted session keys, encrypted and compressed data, and signatures may come first.
    const FIRST_PACKETS: [u8; 7] = [1, 2, 3, 4, 8, 9, 18];
    let Some(first) = bytes.first().filter(|first| **first & 0x80 != 0) else {
        return false;
    };
    let is_new_format = first & 0x40 != 0;
    let packet = if is_new_format {
        first & 0x3f
    } else {
        first >> 2 & 0x0f
    };
    // Some letters of UTF-8 begin like a packet, and no packet goes on like UTF-8 for long.
    FIRST_PACKETS.contains(&packet) && str::from_utf8(bytes).is_err()
}

/// Decrypts a file. `gpg` asks for a passphrase itself, through its agent.
///
/// # Errors
/// `import.gpg` where there is no `gpg`, no fitting key, or a signature that does not hold.
pub async fn decrypt(bytes: Zeroizing<Vec<u8>>) -> Result<Decrypted> {
    tokio::task::spawn_blocking(move || run(&bytes))
        .await
        .map_err(Problem::internal)?
}

fn run(bytes: &[u8]) -> Result<Decrypted> {
    let mut child = Command::new("gpg")
        .args(["--batch", "--no-verbose", "--status-fd", "2", "--decrypt"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => failed("gpg is not installed: decrypt the file yourself"),
            _ => failed("gpg cannot be started").caused_by(error),
        })?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // A pipe holds less than a file: writing must not wait for reading to begin.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(bytes)));
        child.wait_with_output()
    })
    .map_err(|error| failed("gpg cannot be read").caused_by(error))?;
    let decrypted = Zeroizing::new(output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    let signer = judge(&said)?;
    if !output.status.success() {
        return Err(failed(last_words(&said)));
    }
    Ok(Decrypted {
        bytes: decrypted,
        signer,
    })
}

/// Reads `gpg`'s status lines; a signature that does not hold ends the matter.
fn judge(said: &str) -> Result<Option<String>> {
    const BAD: [&str; 6] = [
        "BADSIG",
        "ERRSIG",
        "EXPSIG",
        "EXPKEYSIG",
        "REVKEYSIG",
        "DECRYPTION_FAILED",
    ];
    let mut signer = None;
    for line in said.lines() {
        let Some(status) = line.strip_prefix("[GNUPG:] ") else {
            continue;
        };
        let (word, rest) = status.split_once(' ').unwrap_or((status, ""));
        if BAD.contains(&word) {
            return Err(failed(format!("{word}: {}", last_words(said))));
        }
        if word == "VALIDSIG" {
            signer = rest.split(' ').next().map(str::to_owned);
        }
    }
    Ok(signer)
}

/// The last line that is meant for people.
fn last_words(said: &str) -> String {
    let mut lines = said.lines().rev();
    let last = lines.find(|line| !line.starts_with("[GNUPG:]") && !line.trim().is_empty());
    last.unwrap_or("gpg said nothing").to_owned()
}

fn failed(why: impl Into<String>) -> Problem {
    Problem::new(codes::IMPORT_GPG).detailed(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openpgp_message_is_told_from_text() {
        for message in [
            &b"-----BEGIN PGP MESSAGE-----\n\nhQ"[..],
            b"\r\n-----BEGIN PGP MESSAGE-----",
            b"\x85\x01\x0c\x03\xff\xff",
            b"\xc1\xc0\x4c\x03\xff",
            b"\x8c\x0d\x04\x09\xff",
        ] {
            assert!(is_openpgp(message), "{message:?}");
        }
        for text in [
            &b"# ykksm 1\n"[..],
            b"",
            b"\xef\xbb\xbf# ykksm 1\n",
            b"\xff\xfe#\0",
            "Über".as_bytes(),
            "é".as_bytes(),
        ] {
            assert!(!is_openpgp(text), "{text:?}");
        }
    }

    #[test]
    fn a_signature_that_does_not_hold_is_an_error() {
        let good = "[GNUPG:] DECRYPTION_OKAY\n[GNUPG:] VALIDSIG ABCD 2026 x\n";
        assert_eq!(judge(good).expect("fine").as_deref(), Some("ABCD"));
        assert_eq!(judge("[GNUPG:] DECRYPTION_OKAY\n").expect("fine"), None);
        for bad in ["BADSIG 1 anna", "ERRSIG 1 2 3", "DECRYPTION_FAILED"] {
            let said = format!("gpg: what is wrong\n[GNUPG:] {bad}\n");
            let problem = judge(&said).expect_err("bad");
            assert!(problem.to_string().contains("what is wrong"), "{problem}");
        }
    }
}
