//! A QR code as an inline drawing.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use super::escape::escape;
use keyward_core::problem::{Problem, Result};

/// The light frame that readers need around a code, in modules (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: usize = 4;

/// `text` as an SVG element without colours of its own: `.qr-paper` and `.qr-ink` give them.
pub(super) fn svg(text: &str, label: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Problem::internal)?;
    let width = code.width();
    let side = width + 2 * QUIET_ZONE;
    let colors = code.to_colors();
    let mut path = String::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut column = 0;
        while let Some(start) = modules[column..].iter().position(|m| *m == Color::Dark) {
            let start = column + start;
            let run = modules[start..].iter().take_while(|m| **m == Color::Dark);
            let length = run.count();
            let (x, y) = (start + QUIET_ZONE, row + QUIET_ZONE);
            // Writing to a string cannot fail.
            let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            column = start + length;
        }
    }
    Ok(format!(
        concat!(
            r#"<svg class="qr" role="img" aria-label="{label}" viewBox="0 0 {side} {side}" "#,
            r#"shape-rendering="crispEdges"><path class="qr-paper" d="M0 0h{side}v{side}H0z"/>"#,
            r#"<path class="qr-ink" d="{path}"/></svg>"#
        ),
        label = escape(label),
        side = side,
        path = path
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_its_quiet_zone_and_a_name() {
        let drawn = svg("otpauth://totp/Keyward:anna?secret=GEZDGNBV", "a \"code\"").expect("fits");
        assert!(drawn.contains("&quot;"));
        assert!(drawn.contains(r#"d="M4 4h7v1h-7z"#), "{drawn}");
        assert!(!drawn.contains("style"));
    }

    #[test]
    fn a_text_that_does_not_fit_is_a_problem() {
        assert!(svg(&"x".repeat(10_000), "code").is_err());
    }
}
