//! How many drawings compete for one answer.
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Drawings that are made for one answer, 1…16, of which the most readable is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "usize", into = "usize")]
pub struct Candidates(usize);

impl Candidates {
    /// No competition.
    pub const ONE: Self = Self(1);
    /// Most candidates.
    pub const MOST: usize = 16;

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for Candidates {
    type Error = String;

    fn try_from(number: usize) -> Result<Self, Self::Error> {
        match number {
            1..=Self::MOST => Ok(Self(number)),
            _ => Err(format!("{number} candidates cannot be drawn: use 1 to {}", Self::MOST)),
        }
    }
}

impl From<Candidates> for usize {
    fn from(candidates: Candidates) -> Self {
        candidates.0
    }
}

impl FromStr for Candidates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<usize>();
        let wrong = |_| format!("candidates are a whole number, 1 to {}", Self::MOST);
        number.map_err(wrong)?.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        for text in ["0", "17", "-1", "some"] {
            let refused = text.parse::<Candidates>();
            assert!(refused.is_err_and(|error| error.contains("1 to 16")), "{text}");
        }
        assert_eq!("16".parse::<Candidates>().map(Candidates::get), Ok(16));
    }
}
