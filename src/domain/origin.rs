//! A picture that a drawing starts from, small enough to stand in a recipe.
use super::{InkMap, InkMapError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::str::FromStr;
use std::sync::Arc;

/// How much of a picture is noised before it is drawn anew: 0 leaves it, 1 forgets it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Strength(f32);

impl Strength {
    /// Keeps the outline and lets the text decide the rest.
    pub const USUAL: Self = Self(0.6);

    /// The number, 0…1.
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for Strength {
    type Error = String;

    fn try_from(strength: f32) -> Result<Self, Self::Error> {
        match (0.0..=1.0).contains(&strength) {
            true => Ok(Self(strength)),
            false => Err(format!("a strength of {strength} is out of range: use 0 to 1")),
        }
    }
}

impl From<Strength> for f32 {
    fn from(strength: Strength) -> Self {
        strength.0
    }
}

impl FromStr for Strength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<f32>().map_err(|_| "a strength is a number, 0 to 1".to_owned())?.try_into()
    }
}

/// Ink or paper, one bit a dot, and how much of it is noised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// How much of the picture is noised.
    pub strength: Strength,
    /// The dots.
    pub picture: Dots,
}

/// A square of dots, ink or paper; written as base64 of its deflated bits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dots {
    side: u8,
    /// Row by row, eight dots a byte, the first in the highest bit.
    bits: Arc<[u8]>,
}

impl Dots {
    /// The dots of an ink map: ink above 0.
    ///
    /// # Errors
    /// A sentence when the map is larger than 255 dots.
    pub fn of(map: &InkMap) -> Result<Self, String> {
        let side = u8::try_from(map.side()).map_err(|_| "the picture is too large".to_owned())?;
        let mut bits = vec![0_u8; length(side)];
        for (place, ink) in map.view().iter().enumerate() {
            bits[place / 8] |= u8::from(*ink > 0.0) << (7 - place % 8);
        }
        Ok(Self { side, bits: bits.into() })
    }

    /// The ink map again, −1 or 1.
    ///
    /// # Errors
    /// [`InkMapError`] for a side of nothing.
    pub fn map(&self) -> Result<InkMap, InkMapError> {
        let side = self.side();
        InkMap::new(Array2::from_shape_fn((side, side), |(y, x)| {
            let place = y * side + x;
            if self.bits[place / 8] >> (7 - place % 8) & 1 == 1 { 1.0 } else { -1.0 }
        }))
    }

    /// Dots along a side.
    pub fn side(&self) -> usize {
        usize::from(self.side)
    }

    /// Side and deflated bits.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(vec![self.side], Compression::best());
        encoder.write_all(&self.bits).and_then(|()| encoder.finish()).expect("memory takes all")
    }

    /// What [`Dots::bytes`] wrote.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let (&side, packed) = bytes.split_first().ok_or("the picture is missing")?;
        let wanted = length(side);
        let mut bits = Vec::with_capacity(wanted);
        let read = DeflateDecoder::new(packed).take(wanted as u64 + 1).read_to_end(&mut bits);
        match read {
            Ok(found) if found == wanted && side > 0 => {
                // The bits behind the last dot mean nothing.
                let dots = usize::from(side) * usize::from(side);
                if let Some(last) = bits.last_mut() {
                    *last &= 0xFF << (8 * wanted - dots);
                }
                Ok(Self { side, bits: bits.into() })
            }
            _ => Err("its picture is damaged".to_owned()),
        }
    }
}

fn length(side: u8) -> usize {
    (usize::from(side) * usize::from(side)).div_ceil(8)
}

impl std::fmt::Debug for Dots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dots({0}×{0})", self.side)
    }
}

impl TryFrom<String> for Dots {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text);
        Self::read(&bytes.map_err(|_| "its picture is no base64".to_owned())?)
    }
}

impl From<Dots> for String {
    fn from(dots: Dots) -> Self {
        URL_SAFE_NO_PAD.encode(dots.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc(side: usize) -> InkMap {
        let middle = (side as f32 - 1.0) / 2.0;
        let ink = |(y, x): (usize, usize)| (y as f32 - middle).hypot(x as f32 - middle);
        let map =
            Array2::from_shape_fn((side, side), |p| if ink(p) < middle / 2.0 { 1.0 } else { -1.0 });
        InkMap::new(map).expect("square")
    }

    #[test]
    fn dots_come_back_and_are_short() {
        for side in [1, 23, 72, 255] {
            let dots = Dots::of(&disc(side)).expect("small enough");
            assert_eq!(dots.map().expect("square"), disc(side));
            let text = String::from(dots.clone());
            assert_eq!(Dots::try_from(text), Ok(dots));
        }
        let text = String::from(Dots::of(&disc(72)).expect("small enough"));
        assert!(text.len() < 300, "{}", text.len());
        assert!(Dots::of(&disc(256)).is_err());
    }

    #[test]
    fn damaged_dots_are_refused() {
        let text = String::from(Dots::of(&disc(24)).expect("small enough"));
        for wrong in ["", "AA", "§", &text[..text.len() / 2], &format!("_{}", &text[1..])] {
            assert!(Dots::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strengths_out_of_range_are_refused() {
        for text in ["-0.1", "1.1", "NaN", "much"] {
            assert!(
                text.parse::<Strength>().is_err_and(|error| error.contains("0 to 1")),
                "{text}"
            );
        }
    }
}
