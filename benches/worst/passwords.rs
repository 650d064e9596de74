//! The estimate of a password's strength: known bad families, and a search that goes on from them.

use std::time::Duration;

use keyward_core::domain::password::{NewPassword, Strength};
use keyward_core::domain::user::UserName;

use super::{Input, cost, measure as measure_one, print};

/// As many characters as are looked at.
const LOOKED_AT: usize = 48;
/// How often the search changes a text.
const ROUNDS: usize = 400;

const NAME: &str = "anna.keller";
const SERVICE: &str = "Acme Portal";

/// What a password may be made of, so that the estimate finds much in it.
const PIECES: &[&str] = &[
    "a", "1", "4", "@", "8", "(", "{", "[", "<", "3", "6", "9", "!", "|", "0", "$", "5", "+", "7",
    "%", "2", "-", "/", ".", " ", "qwerty", "zxcvbn", "password", "19", "2026", "1-1-1",
    "11/11/11", "abc", "cba", "aaa", "e", "s", "o", "i", "l", "monkey", "love", "p@ss", "keyward",
    "anna",
];

fn families() -> Vec<String> {
    let fill = |unit: &str| unit.chars().cycle().take(LOOKED_AT).collect::<String>();
    let units = [
        "4@8({[<369!1|0$5+7%2",
        "a",
        "ab",
        "aab",
        "abcabd",
        "1",
        "12",
        "1-",
        "1/1/1",
        "111111",
        "19991231",
        "qwerty",
        "1qaz2wsx",
        "password",
        "p@ssw0rd",
        "love",
        "e",
        "se",
        "aaaaaaaaaaaaaaaaaaaaaaab",
        "keyward",
        "anna.keller",
        "ﷺ",
        "İ",
        "ẞ",
        "雨",
    ];
    units.map(fill).to_vec()
}

fn estimate(text: &str) -> Duration {
    let once = || {
        cost(|| {
            std::hint::black_box(Strength::of_at(text, NAME, SERVICE));
        })
    };
    once().min(once())
}

/// A number from 0 to `below`, the same ones in each run.
fn next(seed: &mut u64, below: usize) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    usize::try_from(*seed % below as u64).expect("a small number")
}

fn changed(text: &str, seed: &mut u64) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let piece = PIECES[next(seed, PIECES.len())];
    let at = next(seed, characters.len().max(1));
    for (place, character) in piece.chars().enumerate() {
        match characters.get_mut(at + place) {
            Some(old) => *old = character,
            None => characters.push(character),
        }
    }
    characters.truncate(LOOKED_AT);
    characters.into_iter().collect()
}

/// Goes on from the worst of the families, and keeps what is worse.
fn search() -> (Duration, String) {
    let mut found: Vec<(Duration, String)> = families()
        .into_iter()
        .map(|text| (estimate(&text), text))
        .collect();
    found.sort();
    let mut worst = found.pop().expect("families");
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    for (_, start) in found.into_iter().rev().take(3).chain([worst.clone()]) {
        let mut best = (estimate(&start), start);
        for _ in 0..ROUNDS {
            let text = changed(&best.1, &mut seed);
            let cost = estimate(&text);
            if cost > best.0 {
                best = (cost, text);
            }
        }
        worst = worst.max((estimate(&best.1), best.1));
    }
    worst
}

pub fn measure() {
    let (cost, text) = search();
    print("strength of a password", cost, &text, text.len());
    let name = UserName::parse(NAME).expect("a name");
    let inputs = [Input::new(text.clone(), text.len(), text)];
    measure_one("taking a new password", &inputs, |text: &String| {
        NewPassword::parse(text.clone().into(), &name).and_then(|new| new.for_service(SERVICE))
    });
}
