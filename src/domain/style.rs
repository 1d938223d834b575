//! The styles: which decoder turns ink into characters.
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How an ink map becomes characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Thin even strokes, matched with a stroke-only character set.
    #[default]
    Line,
    /// The ink itself, matched with the full printable ASCII set.
    Filled,
    /// One braille pattern a cell, 2×4 dots, exactly the ink map.
    Braille,
    /// Quadrant and half blocks.
    Blocks,
}

impl Style {
    /// All styles, the default first.
    pub const ALL: [Self; 4] = [Self::Line, Self::Filled, Self::Braille, Self::Blocks];

    /// The name used on the command line and in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Filled => "filled",
            Self::Braille => "braille",
            Self::Blocks => "blocks",
        }
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Style {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|style| style.name() == name)
            .ok_or_else(|| format!("unknown style \"{name}\": use line, filled, braille or blocks"))
    }
}
