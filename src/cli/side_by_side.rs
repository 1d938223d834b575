//! Several drawings side by side, as far as the terminal is wide.
use crate::domain::Drawing;

/// Columns between two drawings.
const GAP: usize = 3;
/// The width where there is no terminal.
const DEFAULT_WIDTH: usize = 80;

/// The drawings as text with a last newline; `width` is the terminal's in columns.
pub fn side_by_side(drawings: &[&Drawing], width: Option<usize>) -> String {
    let Some(first) = drawings.first() else { return String::new() };
    let columns = first.size().columns();
    let width = width.unwrap_or(DEFAULT_WIDTH);
    let abreast = ((width + GAP) / (columns + GAP)).clamp(1, drawings.len());
    let mut text = String::new();
    for (index, row) in drawings.chunks(abreast).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let lines: Vec<Vec<String>> = row.iter().map(|drawing| drawing.lines().collect()).collect();
        for line in 0..first.size().rows() {
            let joined: Vec<_> = lines.iter().map(|drawing| drawing[line].as_str()).collect();
            text.push_str(joined.join(&" ".repeat(GAP)).trim_end_matches([' ', '\u{2800}']));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CanvasSize;

    fn drawing(character: char) -> Drawing {
        Drawing::new(CanvasSize::Phone, vec![character; 36 * 18]).expect("allowed")
    }

    #[test]
    fn as_many_as_fit_stand_abreast() {
        let (a, b, c) = (drawing('a'), drawing('b'), drawing('c'));
        let text = side_by_side(&[&a, &b, &c], Some(80));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 18 + 1 + 18);
        assert_eq!(lines[0], format!("{}   {}", "a".repeat(36), "b".repeat(36)));
        assert_eq!(lines[19], "c".repeat(36));
        assert_eq!(side_by_side(&[&a, &b], Some(20)).lines().count(), 37);
    }
}
