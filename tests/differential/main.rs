//! Three verifiers look at the same ceremonies: ours, webauthn-rs, and py_webauthn. Where they
//! differ, `docs/webauthn.md` says why, and these tests hold it to that.
#![allow(
    clippy::disallowed_methods,
    reason = "a test is a client like any other, by its own clock"
)]

mod ceremonies;
mod verifiers;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use ceremonies::{Case, authentications, registrations};
use keyward_test_support::soft_authenticator::{SoftAuthenticator, Tampering};
use verifiers::{Verdicts, Verifiers};

/// The rows of the table under a heading of the paper, by their first cell.
fn table(heading: &str) -> BTreeMap<String, Vec<String>> {
    let paper = include_str!("../../docs/webauthn.md");
    let (_, section) = paper.split_once(heading).expect("the heading is there");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| {
            let cells = row.trim_matches('|').split('|');
            let mut cells = cells.map(|cell| cell.trim().to_owned());
            (cells.next().unwrap_or_default(), cells.collect())
        })
        .collect()
}

fn compare(heading: &str, cases: Vec<Case>, judge: fn(&mut Verifiers, &Case) -> Verdicts) {
    let mut verifiers = Verifiers::start();
    let mut told = table(heading);
    let mut wrong = Vec::new();
    for case in cases {
        let verdicts = judge(&mut verifiers, &case);
        if verdicts.ours != case.accepted {
            wrong.push(format!("{}: ours says {}", case.name, verdicts.reason));
        }
        let row = told.remove(case.name);
        let seen = verdicts.cells();
        match row {
            None if verdicts.agree() => {}
            Some(row) if !verdicts.agree() && row[..3] == seen => {
                assert!(row.len() == 4 && row[3].len() > 10, "{}: no why", case.name);
            }
            row => wrong.push(format!("{}: seen {seen:?}, told {row:?}", case.name)),
        }
    }
    wrong.extend(told.into_keys().map(|name| format!("{name}: no such case")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_difference_about_registrations_is_explained() {
    compare(
        "## Where verifiers differ: registrations",
        registrations(),
        Verifiers::registration,
    );
}

#[test]
fn every_difference_about_authentications_is_explained() {
    compare(
        "## Where verifiers differ: authentications",
        authentications(),
        Verifiers::authentication,
    );
}

/// One to three bytes changed, added or cut off.
fn damage(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..6) {
            0 => bytes.insert(at, rng.random()),
            1 => bytes.truncate(at.max(1)),
            _ => bytes[at] ^= rng.random_range(1..=255_u8),
        }
    }
}

#[test]
fn no_verifier_accepts_what_was_damaged_after_it_was_signed() {
    let mut verifiers = Verifiers::start();
    let mut rng = StdRng::seed_from_u64(1);
    for round in 0..150 {
        let member = ["clientDataJSON", "authenticatorData", "signature"][round % 3];
        let mut case = Case::honest("damaged", SoftAuthenticator::passkey);
        case.accepted = false;
        let answer = verifiers.assertion(&case, Tampering::default(), |answer| {
            let text = answer["response"][member]
                .as_str()
                .expect("a member")
                .to_owned();
            let original = URL_SAFE_NO_PAD.decode(text).expect("base64url");
            let mut bytes = original.clone();
            while bytes == original {
                damage(&mut bytes, &mut rng);
            }
            answer["response"][member] = json!(URL_SAFE_NO_PAD.encode(bytes));
        });
        assert_eq!(answer.cells(), ["no", "no", "no"], "{round} {member}");
    }
}

#[test]
fn what_others_accept_of_rightly_signed_damage_is_refused_for_a_reason_that_is_told() {
    let told = table("## Where verifiers differ: rightly signed damage");
    let mut verifiers = Verifiers::start();
    let mut untold = BTreeMap::new();
    for round in 0..200 {
        let case = Case::honest("damaged", SoftAuthenticator::passkey);
        let rng = std::cell::RefCell::new(StdRng::seed_from_u64(round));
        // The first 37 bytes have a meaning each; damage behind them is a question of form.
        let change = |data: &mut Vec<u8>| {
            let mut rng = rng.borrow_mut();
            if round % 2 == 0 {
                data.extend((0..rng.random_range(1..6)).map(|_| rng.random::<u8>()));
                data[32] ^= [0, 0x40, 0x80, 0xc0][rng.random_range(0..4)];
            } else {
                data[32] ^= rng.random_range(1..=255_u8);
            }
        };
        let tampering = Tampering {
            authenticator_data: Some(&change),
            ..Tampering::default()
        };
        let verdicts = verifiers.assertion(&case, tampering, |_| ());
        if verdicts.agree() {
            continue;
        }
        assert!(
            !verdicts.ours,
            "{round}: ours alone accepts {:?}",
            verdicts.cells()
        );
        if !told.keys().any(|reason| verdicts.reason.contains(reason)) {
            untold.insert(verdicts.reason.clone(), verdicts.cells());
        }
    }
    assert!(untold.is_empty(), "{untold:#?}");
}
