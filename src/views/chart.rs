//! Charts as inline drawings.

use serde::Serialize;
use svg::node::Value;
use svg::node::element::path::Data;

/// How wide a chart is, in its own units.
const WIDTH: u32 = 640;
/// How high it is.
const HEIGHT: u32 = 200;
/// Half as long as the stroke that a single value is drawn as.
const SHORT: u32 = 8;

/// Shares over time, as paths of an SVG element. They have no colours of their own: the classes of the template
/// give them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineChart {
    width: u32,
    height: u32,
    /// Lines at each quarter.
    grid: String,
    /// One line each, in the order in which they were given.
    lines: Vec<String>,
}

impl LineChart {
    /// Draws lines: of each the moments, and the share at each of them as a part and its whole. Moments are in the
    /// order of time; `None` where there is none.
    pub fn of(lines: &[Vec<(i64, u64, u64)>]) -> Option<Self> {
        let moments = lines.iter().flatten().map(|(moment, _, _)| *moment);
        let (first, last) = (moments.clone().min()?, moments.max()?);
        let span = u64::try_from(last.saturating_sub(first)).unwrap_or_default();
        let quarters = (0..=4).fold(Data::new(), |data, quarter| {
            data.move_to((0, quarter * HEIGHT / 4))
                .horizontal_line_by(WIDTH)
        });
        let line = |points: &Vec<(i64, u64, u64)>| {
            let place = |(moment, part, whole): &(i64, u64, u64)| {
                let since = u64::try_from(moment.saturating_sub(first)).unwrap_or_default();
                let x = scaled(since, span, WIDTH);
                (x, HEIGHT - scaled(*part, *whole, HEIGHT))
            };
            match points.iter().map(place).collect::<Vec<_>>().as_slice() {
                [] => Data::new(),
                [(_, y)] => Data::new()
                    .move_to((WIDTH / 2 - SHORT, *y))
                    .horizontal_line_by(2 * SHORT),
                [start, rest @ ..] => rest
                    .iter()
                    .fold(Data::new().move_to(*start), |data, to| data.line_to(*to)),
            }
        };
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            grid: written(quarters),
            lines: lines.iter().map(|points| written(line(points))).collect(),
        })
    }
}

/// A part of a whole on a scale; nothing of nothing is at its beginning.
fn scaled(part: u64, whole: u64, scale: u32) -> u32 {
    let scaled = u128::from(part.min(whole)) * u128::from(scale);
    let scaled = scaled.checked_div(whole.into()).unwrap_or_default();
    u32::try_from(scaled).unwrap_or(scale)
}

fn written(data: Data) -> String {
    Value::from(data).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_drawn_from_the_bottom_to_the_top() {
        let lines = [
            vec![(0, 0, 10), (50, 5, 10), (100, 10, 10)],
            vec![(100, 1, 0)],
        ];
        let chart = LineChart::of(&lines).expect("a chart");
        assert_eq!(chart.lines[0], "M0,200 L320,100 L640,0");
        assert_eq!(chart.lines[1], "M312,200 h16");
        assert!(
            chart.grid.starts_with("M0,0 h640 M0,50 h640"),
            "{}",
            chart.grid
        );
        assert_eq!(LineChart::of(&[vec![], vec![]]), None);
    }
}
