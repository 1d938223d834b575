//! Several drawings side by side, as far as the terminal is wide.
use crate::domain::{Colour, Drawing, paint};

/// Columns between two drawings.
const GAP: usize = 3;
/// The width where there is no terminal.
const DEFAULT_WIDTH: usize = 80;

/// The drawings as text with a last newline; `width` is the terminal's in columns. In colour, every
/// line has its own ANSI codes.
pub fn side_by_side(drawings: &[&Drawing], width: Option<usize>, coloured: bool) -> String {
    let Some(first) = drawings.first() else { return String::new() };
    let columns = first.size().columns();
    let width = width.unwrap_or(DEFAULT_WIDTH);
    let abreast = ((width + GAP) / (columns + GAP)).clamp(1, drawings.len());
    let mut text = String::new();
    for (index, row) in drawings.chunks(abreast).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let drawings = row.iter().map(|drawing| drawing.coloured_lines().collect());
        let lines: Vec<Vec<_>> = drawings.collect();
        for line in 0..first.size().rows() {
            let line: Vec<_> = lines.iter().map(|drawing| drawing[line].as_slice()).collect();
            let characters = line.join(&[(' ', None); GAP][..]).into_iter();
            let shown = characters.map(|(c, colour)| (c, colour.filter(|_| coloured)));
            text.push_str(&paint(shown, code));
            text.push('\n');
        }
    }
    text
}

/// The number of a colour's code in a terminal, where 30 is black and 90 the grey.
fn code(colour: Colour) -> u8 {
    match colour {
        Colour::Grey => 90,
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CanvasSize, Place, Tint};

    fn drawing(character: char) -> Drawing {
        Drawing::new(CanvasSize::Phone, vec![character; 36 * 18]).expect("allowed")
    }

    #[test]
    fn as_many_as_fit_stand_abreast() {
        let (a, b, c) = (drawing('a'), drawing('b'), drawing('c'));
        let text = side_by_side(&[&a, &b, &c], Some(80), true);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 18 + 1 + 18);
        assert_eq!(lines[0], format!("{}   {}", "a".repeat(36), "b".repeat(36)));
        assert_eq!(lines[19], "c".repeat(36));
        assert_eq!(side_by_side(&[&a, &b], Some(20), false).lines().count(), 37);
    }

    #[test]
    fn every_line_has_its_own_colours() {
        let grey = Tint { place: Place::PAGE, colour: Some(Colour::Grey) };
        let (a, b) = (drawing('a').tinted(&[grey]), drawing('b'));
        let text = side_by_side(&[&a, &b], Some(80), true);
        let wanted = format!("\u{1b}[90m{}   \u{1b}[0m{}", "a".repeat(36), "b".repeat(36));
        assert!(text.lines().all(|line| line == wanted), "{text}");
        let plain = side_by_side(&[&drawing('a'), &b], Some(80), true);
        assert_eq!(side_by_side(&[&a, &b], Some(80), false), plain);
    }
}
