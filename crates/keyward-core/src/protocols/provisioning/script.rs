//! Shell scripts that program new secrets into keys, one after another.
//!
//! What `ykman` and `ykpersonalize` are told secretly goes through their standard input: their
//! arguments are seen by everybody on the machine.

use super::{KeyRecord, ykksm};
use zeroize::Zeroizing;

/// The tool that a script calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `ykman` 4 or later.
    Ykman,
    /// `ykpersonalize` 1.20.
    Ykpersonalize,
}

/// Which of the two OTP slots of a key: 1 is the short touch, 2 the long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A short touch.
    One,
    /// A long touch.
    Two,
}

impl Slot {
    fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// A script that asks for each key in turn and programs it. The rows at its end are in the
/// "Yubico format".
pub fn print(tool: Tool, slot: Slot, records: &[KeyRecord]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(
        records.len().saturating_mul(128).saturating_add(2048),
    ));
    text.push_str(&opening(records.len(), slot));
    if tool == Tool::Ykman {
        text.push_str(YKMAN_ANSWERS);
    }
    text.push_str("program() {\n");
    text.push_str(&programming(tool, slot));
    text.push_str(ENDING);
    for record in records {
        text.push_str(&ykksm::yubico_row(record));
        text.push('\n');
    }
    text.push_str("KEYS\n");
    text
}

fn opening(count: usize, slot: Slot) -> String {
    let slot = slot.number();
    format!(
        "#!/bin/sh\n\
         # Programs slot {slot} of {count} YubiKeys. This file holds their secrets: erase it afterwards.\n\
         set -eu\n"
    )
}

/// What `ykman` asks after the secrets: version 4 whether it shall send them to Yubico's cloud, and
/// only then, as later versions do at once, whether it shall program the key.
const YKMAN_ANSWERS: &str = "case $(ykman --version) in
*'version: 4.'*)
    answers='n
y' ;;
*'version: '[5-9].* | *'version: '[1-9][0-9].*)
    answers=y ;;
*)
    echo 'ykman 4 or later is needed.' >&2
    exit 1 ;;
esac
";

/// The part that programs `$public_id`, `$private_id`, `$aes_key`, `$lock_code`.
fn programming(tool: Tool, slot: Slot) -> String {
    let number = slot.number();
    match tool {
        Tool::Ykman => format!(
            "    printf '%s\\n%s\\n%s\\n' \"$private_id\" \"$aes_key\" \"$answers\" |\n\
             \x20       ykman otp yubiotp {number} --public-id \"$public_id\"\n\
             \x20   if [ -n \"$lock_code\" ]; then\n\
             \x20       printf '%s\\n' \"$lock_code\" |\n\
             \x20           ykman otp settings {number} --new-access-code - --force\n\
             \x20   fi\n"
        ),
        Tool::Ykpersonalize => {
            // Slot 2 would be a static password otherwise.
            let flags = match slot {
                Slot::One => "",
                Slot::Two => " -o-static-ticket -o-strong-pw1 -o-strong-pw2 -o-man-update",
            };
            // It asks for what has no value here, in the order of its arguments; for the AES key last.
            format!(
                "    {{\n\
                 \x20       printf '%s\\n' \"$private_id\"\n\
                 \x20       [ -z \"$lock_code\" ] || printf '%s\\n' \"$lock_code\"\n\
                 \x20       printf '%s\\n' \"$aes_key\"\n\
                 \x20   }} |\n\
                 \x20       ykpersonalize -{number} -y -a -ofixed=\"$public_id\" -ouid{flags} \\\n\
                 \x20           ${{lock_code:+-oaccess}}\n"
            )
        }
    }
}

/// Reads the rows; the terminal stays on standard input for the answers.
const ENDING: &str = "}
while IFS=, read -r serial public_id private_id aes_key lock_code rest <&3; do
    printf 'Insert the key that becomes %s%s and press Enter: ' \"$public_id\" \"${serial:+ (serial number $serial)}\"
    read -r answer
    program
done 3<<'KEYS'
";
