//! QR codes as inline drawings.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;

use keyward_core::problem::{Problem, Result};

/// The light frame that readers need around a code, in modules (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: usize = 4;

/// A QR code as lines of an SVG element. It has no colours of its own: `.qr-paper` and `.qr-ink` give
/// them.
#[derive(Clone, Serialize)]
pub struct QrDrawing {
    /// How wide and high it is, in modules, the frame included.
    side: usize,
    /// What is dark, as a path.
    path: String,
}

impl QrDrawing {
    /// Draws a text. That takes up to fifteen milliseconds and belongs off the async threads.
    ///
    /// # Errors
    /// `internal` for a text of more than the 2331 bytes that fit.
    pub fn of(text: &str) -> Result<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M);
        let code = code.map_err(Problem::internal)?;
        let width = code.width();
        let mut path = String::new();
        for (row, modules) in code.to_colors().chunks(width).enumerate() {
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
        let side = width + 2 * QUIET_ZONE;
        Ok(Self { side, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_with_its_quiet_zone() {
        let drawn = QrDrawing::of("otpauth://totp/Keyward:anna?secret=GEZDGNBV").expect("fits");
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "{}", drawn.path);
        assert_eq!(drawn.side, 29 + 2 * QUIET_ZONE);
    }

    #[test]
    fn a_text_that_does_not_fit_is_a_problem() {
        assert!(QrDrawing::of(&"x".repeat(2331)).is_ok());
        assert!(QrDrawing::of(&"x".repeat(2332)).is_err());
    }
}
