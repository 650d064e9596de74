//! Names, addresses, numbers, headers and questions.

use keyward::views::Language;
use keyward::web::extract::client::{TrustedProxies, address};
use keyward_core::clock::Timestamp;
use keyward_core::domain::application::{
    Application, ApplicationId, ApplicationName, ApplicationSettings, HostPattern, Method, Request,
    RequestHost,
};
use keyward_core::domain::browser::BrowserNames;
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::phone_number::{PhoneNumber, Region};
use keyward_core::domain::user::{EmailAddress, UserName};
use keyward_core::flows::next_path::NextPath;
use keyward_core::protocols::yubico::{Question, Version};
use keyward_settings::ProxyHeader;

use super::{Input, measure as measure_one, texts};

/// What a body or a head may have.
const LONGEST: usize = 64 * 1024;

fn full(unit: &str) -> String {
    unit.repeat(LONGEST / unit.len())
}

fn names() -> Vec<Input<String>> {
    texts([
        ("letters", full("a")),
        ("what becomes eighteen", full("\u{fdfa}")),
        (
            "what becomes eighteen, of a name's length",
            "\u{fdfa}".repeat(600),
        ),
        ("marks out of order", full("\u{315}\u{300}\u{5ae}")),
        (
            "marks out of order, of a name's length",
            "a\u{315}\u{300}\u{5ae}".repeat(290),
        ),
        ("syllables", full("\u{1100}\u{1161}\u{11a8}")),
        ("spaces", full(" ")),
    ])
}

fn addresses() -> Vec<Input<String>> {
    let labels = |label: &str| format!("a@{}", format!("{label}.").repeat(250 / (label.len() + 1)));
    texts([
        ("letters", full("a")),
        ("dots", format!("{}@example.org", full("."))),
        ("at signs", full("@")),
        ("labels", labels("a")),
        (
            "punycode",
            labels("xn--0000000000000000000000000000000000000000000000000000000000"),
        ),
        ("long punycode", format!("a@xn--{}", "a".repeat(245))),
        ("letters of others", format!("a@{}", "例".repeat(80))),
        (
            "marks",
            format!("a@a{}", "\u{315}\u{300}\u{5ae}".repeat(35)),
        ),
        ("both directions", format!("a@{}", "\u{627}1.".repeat(60))),
    ])
}

fn numbers() -> Vec<Input<String>> {
    texts([
        ("digits", "1".repeat(32)),
        ("plus signs", "+".repeat(32)),
        ("a country of many regions", "+1 201 555 0123".to_owned()),
        ("brackets", "+(((((((((((((((((((1)2)3)4)5)".to_owned()),
        ("hyphens", "+1-2-3-4-5-6-7-8-9-0-1-2-3-4-5".to_owned()),
        ("zeros", "00000000000000000000000000000000".to_owned()),
        ("Germany", "+49 30 123456789012".to_owned()),
        ("too long", full("+1")),
    ])
}

fn headers() -> Vec<Input<String>> {
    texts([
        ("commas", full(",")),
        ("languages", full("en;q=0.1,")),
        ("a long weight", format!("en;q=0.{}", full("9"))),
        ("weights", full("en;q=0.0000000000000000001,")),
        ("addresses", full("192.0.2.1,")),
        ("elements", full("for=192.0.2.1,")),
        ("quoted", full("for=\"\\\"\\\\\",")),
        ("an open quote", format!("for=\"{}", full("\\"))),
        ("slashes", full("/")),
        ("percent signs", full("%2f")),
        ("browsers", full("Chrome/1 Firefox/1 Safari/1 ")),
    ])
}

fn questions() -> Vec<Input<String>> {
    texts([
        ("names", full("a=1&")),
        ("percent signs", "otp=%41%41%41&".repeat(290)),
        ("one long value", format!("otp={}", "c".repeat(4000))),
        ("too long", full("id=1&otp=c&")),
    ])
}

/// Paths of requests to applications, at the most that is compared with 256 rules.
fn paths() -> Vec<Input<String>> {
    let rest = "/a".repeat(240);
    texts([
        ("segments", format!("{rest}/x.jpg")),
        ("more segments than are compared", "/a".repeat(4_000)),
        ("readings", format!("{};%252e/x.jpg", "/a".repeat(30))),
        ("one long segment", format!("/a/{}.jpg", "x".repeat(8_000))),
        ("dots", format!("/a{}", "/..".repeat(2_700))),
        ("percent signs", format!("/a/{}", "%2541".repeat(1_600))),
        ("parameters", format!("/a{}", ";/".repeat(4_000))),
        (
            "readings of long segments",
            format!("{};%252e/x.jpg", "/abcdefghijklmno".repeat(500)),
        ),
        (
            "as many readings as are made",
            format!("/a{}%252e%253f/x.jpg", "/..;/a//".repeat(85)),
        ),
    ])
}

fn wiki() -> Application {
    let rule = |number: u32| {
        let text = format!("/**/{number}/*x*/**/*x*.png anyone");
        text.parse().expect("a rule")
    };
    let settings = ApplicationSettings {
        name: ApplicationName::parse("Wiki").expect("a name"),
        contact: String::new(),
        hosts: vec![HostPattern::parse("wiki.example.org").expect("a host")],
        rules: (0..256).map(rule).collect(),
    };
    Application {
        id: ApplicationId::from_stored("0190b7a0-0000-7000-8000-000000000001").expect("an id"),
        settings: settings.checked().expect("settings"),
        version: 0,
        created_at: Timestamp::from_seconds(0),
    }
}

pub fn measure() {
    let (wiki, now) = (wiki(), Timestamp::from_seconds(0));
    let host = RequestHost::parse("wiki.example.org").expect("a host");
    let method = Method::parse("GET").expect("a method");
    measure_one("path, with 256 rules", &paths(), |text: &String| {
        let request = Request {
            host: &host,
            path: text,
            method: &method,
        };
        wiki.judge(&request, None, now)
    });
    measure_one("host of an application", &headers(), |text: &String| {
        RequestHost::parse(text)
    });
    measure_one("user name", &names(), |text: &String| UserName::parse(text));
    measure_one("display name", &names(), |text: &String| {
        DisplayName::parse(text)
    });
    measure_one("mail address", &addresses(), |text: &String| {
        EmailAddress::parse(text)
    });
    let once = super::cost(|| {
        std::hint::black_box(PhoneNumber::parse("+31612345678", None));
    });
    super::print(
        "phone number, the first",
        once,
        "the plans are read once",
        12,
    );
    measure_one("phone number", &numbers(), |text: &String| {
        PhoneNumber::parse(text, Region::parse("US")).map(|number| number.dial_code())
    });
    measure_one("Accept-Language", &headers(), |text: &String| {
        Language::negotiate(text)
    });
    measure_one("User-Agent", &headers(), |text: &String| {
        BrowserNames::of(text)
    });
    measure_one("next", &headers(), |text: &String| NextPath::parse(text));
    for header in [ProxyHeader::XForwardedFor, ProxyHeader::Forwarded] {
        let proxies = TrustedProxies { hops: 1, header };
        let peer = std::net::Ipv4Addr::LOCALHOST.into();
        let name = match header {
            ProxyHeader::XForwardedFor => "X-Forwarded-For",
            ProxyHeader::Forwarded => "Forwarded",
        };
        measure_one(name, &headers(), |text: &String| {
            address(peer, proxies, Some(text))
        });
    }
    measure_one("validation question", &questions(), |text: &String| {
        Question::read(Version::Two, text.as_bytes()).is_ok()
    });
}
