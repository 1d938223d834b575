//! The finished drawing: a rectangle of characters.
use super::CanvasSize;
use std::fmt;
use thiserror::Error;

/// A finished drawing: `rows` lines of `columns` characters each, none a backtick or a control
/// character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    size: CanvasSize,
    cells: Vec<char>,
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
            None => Ok(Self { size, cells }),
        }
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
