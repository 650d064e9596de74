//! The last lines: what was measured, against what, and the aim.

/// Numerators, what each is compared with, and the ratio that is aimed at.
const RATIOS: &[(&str, &[&str], Option<f64>)] = &[
    // Four fifths of ring's rate, and twice py_webauthn's.
    ("assertion/verify", &["assertion/ring"], Some(1.25)),
    ("assertion/verify", &["assertion/py_webauthn"], Some(0.5)),
    (
        "passkey/sign-in",
        &["passkey/signature", "passkey/commit"],
        Some(2.0),
    ),
    (
        "passkey/passwordless",
        &["passkey/signature", "passkey/commit"],
        Some(2.0),
    ),
    ("totp/sign-in", &["totp/argon2id"], Some(1.1)),
    ("page/session", &["page/bare"], Some(1.5)),
    ("page/session", &["page/actix-session"], None),
    ("page/actix-session", &["page/bare"], None),
    ("page/stack", &["page/bare"], None),
    ("page/account", &["page/bare"], None),
];

/// What is also told as a rate: so many a second, on one core.
const RATES: &[&str] = &[
    "assertion/verify",
    "assertion/ring",
    "assertion/py_webauthn",
];

/// Names and the seconds of each.
#[derive(Default)]
pub struct Table(Vec<(String, f64)>);

impl Table {
    pub fn add(&mut self, name: &str, seconds: f64) {
        self.0.push((name.to_owned(), seconds));
    }

    fn get(&self, name: &str) -> Option<f64> {
        let row = self.0.iter().find(|(known, _)| known == name);
        row.map(|(_, seconds)| *seconds)
    }

    /// Prints the ratios whose parts were all measured, and rates.
    pub fn print(&self) {
        println!(
            "\n{:<20} {:>11}   {:<36} {:>11} {:>7} {:>5}",
            "processor time of", "", "against", "", "ratio", "aim"
        );
        for (name, against, aim) in RATIOS {
            let parts: Option<Vec<f64>> = against.iter().map(|part| self.get(part)).collect();
            let (Some(seconds), Some(parts)) = (self.get(name), parts) else {
                continue;
            };
            let whole: f64 = parts.iter().sum();
            let aim = aim.map(|aim| format!("{aim}")).unwrap_or_default();
            println!(
                "{name:<20} {:>8.1} µs   {:<36} {:>8.1} µs {:>7.2} {aim:>5}",
                seconds * 1e6,
                against.join(" + "),
                whole * 1e6,
                seconds / whole,
            );
        }
        for name in RATES {
            if let Some(seconds) = self.get(name) {
                println!("{name:<22} {:>9.0} a second and core", seconds.recip());
            }
        }
    }
}
