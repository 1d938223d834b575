//! The two sizes of a drawing, in character cells.
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The size of a drawing in character cells. A cell is twice as high as wide, so 36×18 and 60×30
/// cells both cover a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CanvasSize {
    /// 36×18 cells: fits the narrowest code block of a phone.
    #[default]
    Phone,
    /// 60×30 cells: with fences 1,837 characters, inside Discord's 2,000.
    Desktop,
}

impl CanvasSize {
    /// Both sizes, smallest first.
    pub const ALL: [Self; 2] = [Self::Phone, Self::Desktop];

    /// Width in cells.
    pub const fn columns(self) -> usize {
        match self {
            Self::Phone => 36,
            Self::Desktop => 60,
        }
    }

    /// Height in cells.
    pub const fn rows(self) -> usize {
        match self {
            Self::Phone => 18,
            Self::Desktop => 30,
        }
    }

    /// The name used on the command line and in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }
}

impl fmt::Display for CanvasSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CanvasSize {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|size| size.name() == name)
            .ok_or_else(|| format!("unknown size \"{name}\": use phone (36×18) or desktop (60×30)"))
    }
}
