//! Fuzzing without a fuzzer: a bounded number of damaged inputs for each target, the same ones in
//! every run. `KEYWARD_FUZZ_ROUNDS` asks for more, `KEYWARD_FUZZ_SEED` for others.
//!
//! `tests/fuzz/libfuzzer` has the same targets for `cargo fuzz`, which looks for inputs that reach
//! new code and needs a nightly compiler for its sanitizers.

mod targets;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};

const QUESTIONS: &[&str] = &[
    "id=1&otp=ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj&nonce=abcdefghijklmnop",
    "id=1&otp=CCCCCCBCHVTHLIVUITRIUJJIFIVBVTRJKJFIRLLLUURJ&nonce=abcdefghijklmnop&timestamp=1&sl=100&timeout=8&h=QUJDREVGR0hJSktMTU5PUFFSU1Q%3D",
    "nonce=0123456789012345678901234567890123456789&id=9223372036854775807&otp=cknhfjbrjnlnldnhcujvddbikngjrtgh1&sl=secure",
    "otp=jjjjjjxj.kyd%2C&id=01&nonce=%0d%0astatus%3dOK&sl=fast&id=2",
];

const OTPS: &[&str] = &[
    "ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj",
    " CCCCCCBCHVTHLIVUITRIUJJIFIVBVTRJKJFIRLLLUURJ\r\n",
    "jjjjjjxjidykpcgcy.gpcghhcucgxkypnhnucpnnngpna",
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH",
];

const FILES: &[&str] = &[
    "# ykksm 1\n4711,dlcfffckrcde,ca62baca62ba,ecde18dbe76fbd0c33330f1c354871db,be70aeca62ba,2009-01-22 00:25:11,\n",
    "1234567,cccccccccccb,000000000001,ecde18dbe76fbd0c33330f1c354871db,,2026-11-22T03:57:15,\r\n1,,0,0123456789abcdef0123456789abcdef01234567,,,\n",
    "LOGGING START,1/3/15 10:48 PM\nYubico OTP,1/3/15 10:48 PM,1,vvgutbiedkvi,ab86c04de6a3,ecde18dbe76fbd0c33330f1c354871db,,,0,0,0,0,0,0,0,0,0,0\n",
    "1,1359470658,1359470659,cccccccccccb,2,1,32729,4,aoincuhfuahs,\"ben's, \"\"old\"\"\"\n0\t1\t1\tcccccccccccd\t-1\t-1\t-1\t-1\t0000000000000000\t\n",
    "\u{feff}# comment\n\n",
];

/// Pieces that readers look for.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\0",
    b"%0d%0a",
    b"%00",
    b"%",
    b"&",
    b"=",
    b",",
    b"#",
    b"\t",
    b"\"",
    b"-1",
    b"+1",
    b"65536",
    b"9223372036854775808",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\xd1\x81",
    b"otp=",
    b"id=",
    b"nonce=",
    b"h=",
    b"sl=",
    b"0000-00-00",
    b"Z",
    b"Yubico OTP,",
    b"# ykksm 1\n",
];

/// A generator (xorshift64*): what it gives follows from the seed.
struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Does one damage.
fn damage(rng: &mut Xorshift, input: &mut Vec<u8>, seeds: &[&str]) {
    let at = rng.below(input.len() + 1);
    let until = at + rng.below(input.len() - at + 1).min(64);
    match rng.below(8) {
        0 if at < input.len() => input[at] ^= 1 << rng.below(8),
        1 if at < input.len() => input[at] = rng.next() as u8,
        2 => input.insert(at, rng.next() as u8),
        3 => drop(input.drain(at..until)),
        4 => {
            let again = input[at..until].to_vec();
            input.splice(at..at, again);
        }
        5 => {
            let piece = PIECES[rng.below(PIECES.len())];
            input.splice(at..at, piece.iter().copied());
        }
        6 => {
            let other = seeds[rng.below(seeds.len())].as_bytes();
            input.splice(at..until, other[rng.below(other.len())..].iter().copied());
        }
        _ => input.truncate(at),
    }
    input.truncate(8192);
}

fn number(name: &str, usual: u64) -> u64 {
    env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

fn fuzz(target: fn(&[u8]), seeds: &[&str]) {
    let seed = number("KEYWARD_FUZZ_SEED", 0x6b65_7977_6172_6421);
    let mut rng = Xorshift(seed | 1);
    for seed in seeds {
        target(seed.as_bytes());
    }
    for round in 0..number("KEYWARD_FUZZ_ROUNDS", 20_000) {
        let mut input = if rng.below(4) == 0 {
            (0..rng.below(96)).map(|_| rng.next() as u8).collect()
        } else {
            seeds[rng.below(seeds.len())].as_bytes().to_vec()
        };
        for _ in 0..=rng.below(5) {
            damage(&mut rng, &mut input, seeds);
        }
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            panic!(
                "round {round} of seed {seed}: {:?}",
                input.escape_ascii().to_string()
            );
        }
    }
}

#[test]
fn no_request_breaks_the_validation_servers_reader() {
    fuzz(targets::question, QUESTIONS);
}

#[test]
fn no_bytes_break_the_decoder_of_otps() {
    fuzz(targets::otp, OTPS);
}

#[test]
fn no_file_breaks_the_readers_of_imports() {
    fuzz(targets::files, FILES);
}
