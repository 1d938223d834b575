//! A drawing as an SVG document: one text element a line, in any monospace font.
use crate::domain::Drawing;
use std::fmt::Write;

/// Units of one cell.
const CELL: (usize, usize) = (10, 20);

/// Writes the characters as SVG text; `textLength` holds every line to the grid whatever the font.
pub fn svg(drawing: &Drawing) -> String {
    let (columns, rows) = (drawing.size().columns(), drawing.size().rows());
    let (width, height) = ((columns + 2) * CELL.0, (rows + 2) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <g font-family=\"'DejaVu Sans Mono',monospace\" font-size=\"16.6\" xml:space=\"preserve\" \
         style=\"white-space:pre\">\n"
    );
    for (row, line) in drawing.trimmed_lines().enumerate() {
        if line.is_empty() {
            continue;
        }
        let (x, y) = (CELL.0, (row + 2) * CELL.1 - 5);
        let length = line.chars().count() * CELL.0;
        let text = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\">{text}</text>");
    }
    out.push_str("</g>\n</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CanvasSize;
    use resvg::usvg;

    #[test]
    fn markup_in_a_drawing_stays_text() {
        let size = CanvasSize::Phone;
        let mut cells = vec![' '; size.columns() * size.rows()];
        (cells[0], cells[1], cells[2]) = ('<', '&', '>');
        let text = svg(&Drawing::new(size, cells).expect("allowed"));
        assert!(text.contains(">&lt;&amp;&gt;</text>"));
        assert!(usvg::Tree::from_str(&text, &usvg::Options::default()).is_ok());
    }
}
