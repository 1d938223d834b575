//! The finished drawing: a rectangle of characters, and their colours where the text names some.
use super::{CanvasSize, Colour, Tint};
use std::fmt;
use thiserror::Error;

/// A finished drawing: `rows` lines of `columns` characters each, none a backtick or a control
/// character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    size: CanvasSize,
    cells: Vec<char>,
    /// Of each cell; empty where no colour is named.
    colours: Vec<Option<Colour>>,
}

/// A grid of characters that is no drawing: a fault of the decoder, never of the person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DrawingError {
    /// The number of cells does not fit the size.
    #[error("{found} cells do not make a drawing of {expected}")]
    WrongCellCount {
        /// Cells given.
        found: usize,
        /// Cells that the size wants.
        expected: usize,
    },
    /// A character that may not stand in a drawing.
    #[error("the character {0:?} may not stand in a drawing")]
    ForbiddenCharacter(char),
}

impl Drawing {
    /// Checks that `cells` (row by row) fill `size` and hold allowed characters only: printable
    /// ASCII without the backtick, braille patterns (U+2800–28FF) and block elements (U+2580–259F).
    ///
    /// # Errors
    /// [`DrawingError`] otherwise.
    pub fn new(size: CanvasSize, cells: Vec<char>) -> Result<Self, DrawingError> {
        let expected = size.columns() * size.rows();
        if cells.len() != expected {
            return Err(DrawingError::WrongCellCount { found: cells.len(), expected });
        }
        let allowed = |c: char| matches!(c, ' '..='_' | 'a'..='~' | '\u{2800}'..='\u{28FF}' | '\u{2580}'..='\u{259F}');
        match cells.iter().find(|&&c| !allowed(c)) {
            Some(&character) => Err(DrawingError::ForbiddenCharacter(character)),
            None => Ok(Self { size, cells, colours: Vec::new() }),
        }
    }

    /// The same drawing in colours: every cell takes that of the part that holds it, or is nearest to
    /// it; the later of two parts is in front.
    #[must_use]
    pub fn tinted(self, tints: &[Tint]) -> Self {
        if tints.iter().all(|tint| tint.colour.is_none()) {
            return Self { colours: Vec::new(), ..self };
        }
        let (columns, rows) = (self.size.columns(), self.size.rows());
        let colour = |cell: usize| {
            let share = |line: usize, lines: usize| (line as f32 + 0.5) / lines as f32;
            let middle = (share(cell / columns, rows), share(cell % columns, columns));
            let far = |tint: &&Tint| tint.place.distance(middle);
            let nearest = tints.iter().rev().min_by(|one, other| far(one).total_cmp(&far(other)));
            nearest.and_then(|tint| tint.colour)
        };
        Self { colours: (0..self.cells.len()).map(colour).collect(), ..self }
    }

    /// The colours of the cells, row by row; empty where the text names none.
    pub fn colours(&self) -> &[Option<Colour>] {
        &self.colours
    }

    /// The full lines with the colours of their characters.
    pub fn coloured_lines(&self) -> impl Iterator<Item = Vec<(char, Option<Colour>)>> + '_ {
        let colour = |cell: usize| self.colours.get(cell).copied().flatten();
        let cells = self.cells.iter().enumerate().map(move |(cell, c)| (*c, colour(cell)));
        let cells: Vec<_> = cells.collect();
        let columns = self.size.columns();
        (0..self.size.rows()).map(move |row| cells[row * columns..(row + 1) * columns].to_vec())
    }

    /// The size in cells.
    pub fn size(&self) -> CanvasSize {
        self.size
    }

    /// The full lines, `columns` characters each, top first.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.cells.chunks(self.size.columns()).map(|row| row.iter().collect())
    }

    /// The lines without trailing spaces, as they are posted.
    pub fn trimmed_lines(&self) -> impl Iterator<Item = String> + '_ {
        self.lines().map(|line| line.trim_end_matches([' ', '\u{2800}']).to_owned())
    }

    /// The share of cells that hold anything but blank, 0…1.
    pub fn ink_share(&self) -> f64 {
        let inked = self.cells.iter().filter(|&&c| c != ' ' && c != '\u{2800}').count();
        inked as f64 / self.cells.len() as f64
    }

    /// The characters, row by row.
    pub fn cells(&self) -> &[char] {
        &self.cells
    }
}

impl fmt::Display for Drawing {
    /// The trimmed lines joined by newlines, without a last newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.trimmed_lines().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&line)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Place, paint};

    #[test]
    fn cells_take_the_colour_of_the_nearest_part() {
        let plain = Drawing::new(CanvasSize::Phone, vec!['x'; 36 * 18]).expect("allowed");
        let tint = |left, colour| {
            let place = Place { top: 0.2, left, height: 0.6, width: 0.3 };
            Tint { place, colour }
        };
        let (red, none) = (tint(0.1, Some(Colour::Red)), tint(0.6, None));
        let pair = plain.clone().tinted(&[red, none]);
        let (left, right) = (pair.colours()[0], pair.colours()[35]);
        assert_eq!((left, right), (Some(Colour::Red), None));
        let first = pair.coloured_lines().next().expect("a line");
        let painted = paint(first, Colour::code);
        assert_eq!(painted, format!("\u{1b}[31m{}\u{1b}[0m{}", "x".repeat(18), "x".repeat(18)));
        assert_eq!(pair.to_string(), plain.to_string(), "the characters stay");
        // What is in front is told last.
        let page = Tint { place: Place::PAGE, colour: Some(Colour::Blue) };
        let inside = plain.clone().tinted(&[page, red]);
        assert_eq!(inside.colours()[9 * 36 + 8], Some(Colour::Red));
        assert_eq!(inside.colours()[9 * 36 + 20], Some(Colour::Blue));
        assert_eq!(plain.clone().tinted(&[none]), plain);
    }
}
