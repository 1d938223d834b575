//! Pictures that strangers send: their bytes become dots to draw from, within limits of size and memory.
use super::read::{Unread, from_pixels};
use crate::domain::Dots;
use crate::ink::{Shadows, fit};
use thiserror::Error;

/// Longest side that is read, in pixels.
pub const LONGEST_SIDE: u32 = 4_096;
/// Most memory for the pixels, in bytes.
const MOST_MEMORY: u64 = 80 << 20;
/// Longest side that is worked on, in pixels: many for a dot of the finest map.
const ENOUGH: u32 = 1_024;

/// Why nothing can be drawn from a picture.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AttachedError {
    /// The bytes are no PNG and no JPEG, or damaged.
    #[error("the file is no PNG or JPEG picture that can be read")]
    NotAPicture,
    /// It has too many pixels.
    #[error("the picture has too many pixels")]
    TooLarge,
    /// Nothing in it stands out from the ground.
    #[error("nothing in the picture stands out from its ground")]
    Blank,
}

/// The dots of a PNG or JPEG picture, `side` along each side. Ink is what is darker than the ground;
/// where the ground is dark, what is lighter.
///
/// # Errors
/// [`AttachedError`].
pub fn dots(bytes: Vec<u8>, side: usize) -> Result<Dots, AttachedError> {
    let mut picture =
        from_pixels(bytes, LONGEST_SIDE, MOST_MEMORY).map_err(|unread| match unread {
            Unread::TooLarge => AttachedError::TooLarge,
            Unread::NotAPicture(_) => AttachedError::NotAPicture,
        })?;
    if picture.width().max(picture.height()) > ENOUGH {
        picture = picture.thumbnail(ENOUGH, ENOUGH);
    }
    let mut shadows = super::read::shadows(&picture.into_rgba8());
    if has_dark_ground(&shadows) {
        shadows.mapv_inplace(|ink| 1.0 - ink);
    }
    let map = fit(&shadows, side).map_err(|_| AttachedError::NotAPicture)?;
    if map.view().iter().all(|ink| *ink <= 0.0) {
        return Err(AttachedError::Blank);
    }
    Dots::of(&map).map_err(|_| AttachedError::TooLarge)
}

/// Whether most of the outermost pixels are dark.
fn has_dark_ground(shadows: &Shadows) -> bool {
    let (rows, columns) = shadows.dim();
    let edge = |(y, x): (usize, usize)| y == 0 || x == 0 || y + 1 == rows || x + 1 == columns;
    let border = shadows.indexed_iter().filter(|(place, _)| edge(*place)).map(|(_, ink)| *ink);
    let (sum, count) = border.fold((0.0, 0), |(sum, count), ink| (sum + ink, count + 1));
    sum > 0.5 * count as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, GrayImage, ImageFormat, Luma};
    use std::io::Cursor;

    /// A picture with a bar across its middle.
    fn bar((width, height): (u32, u32), [ground, ink]: [u8; 2], format: ImageFormat) -> Vec<u8> {
        let picture = GrayImage::from_fn(width, height, |x, y| {
            let inside = (width / 8..width * 7 / 8).contains(&x)
                && (height * 3 / 8..height * 5 / 8).contains(&y);
            Luma([if inside { ink } else { ground }])
        });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(picture).write_to(&mut bytes, format).expect("writable");
        bytes.into_inner()
    }

    #[test]
    fn ground_and_format_do_not_matter() {
        let size = (128, 128);
        let wanted = dots(bar(size, [255, 0], ImageFormat::Png), 24).expect("a picture");
        for (colours, format) in [
            ([255, 0], ImageFormat::Jpeg),
            ([0, 255], ImageFormat::Png),
            ([40, 200], ImageFormat::Png),
        ] {
            assert_eq!(dots(bar(size, colours, format), 24).as_ref(), Ok(&wanted), "{colours:?}");
        }
        let large = dots(bar((3_072, 3_072), [255, 0], ImageFormat::Png), 24);
        assert_eq!(large, Ok(wanted), "a large one is made smaller first");
    }

    #[test]
    fn what_cannot_be_drawn_from_is_named() {
        let sound = bar((90, 90), [255, 0], ImageFormat::Png);
        for (bytes, error) in [
            (Vec::new(), AttachedError::NotAPicture),
            (b"GIF89a no longer".to_vec(), AttachedError::NotAPicture),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), AttachedError::NotAPicture),
            (sound[..sound.len() / 2].to_vec(), AttachedError::NotAPicture),
            (bar((90, 90), [255, 255], ImageFormat::Png), AttachedError::Blank),
            (bar((90, 90), [0, 0], ImageFormat::Png), AttachedError::Blank),
            (bar((5_000, 2), [255, 0], ImageFormat::Png), AttachedError::TooLarge),
        ] {
            assert_eq!(dots(bytes, 72), Err(error));
        }
    }

    #[test]
    fn a_small_file_cannot_claim_the_memory() {
        // A header that promises 60,000 × 60,000 pixels, and nothing behind it.
        let mut bomb = bar((90, 90), [255, 0], ImageFormat::Png);
        bomb[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
        assert!(dots(bomb, 72).is_err());
    }
}
