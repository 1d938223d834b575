//! Reads PNG, JPEG and SVG files as shadows: how dark every pixel is.
use crate::ink::Shadows;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbaImage};
use resvg::{tiny_skia, usvg};
use std::{fs, io, path::Path};
use thiserror::Error;

/// Longest side of a picture that is read, in pixels.
const LONGEST_SIDE: u32 = 8192;
/// Most memory for the pixels of a file, in bytes.
const MOST_MEMORY: u64 = 512 << 20;
/// Longest side at which SVG is drawn, in pixels: four for a dot of the finest map.
const SVG_SIDE: f32 = 480.0;
/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 32 << 20;

/// Why a picture cannot be read.
#[derive(Debug, Error)]
pub enum PictureError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The contents are no picture.
    #[error("{path} is not a picture that can be traced (PNG, JPEG or SVG): {reason}")]
    NotAPicture {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads a picture; 0 is white or transparent, 1 is black. `invert` is for light ink on dark.
///
/// # Errors
/// [`PictureError`] when the file cannot be read or holds no PNG, JPEG or SVG.
pub fn read(path: &Path, invert: bool) -> Result<Shadows, PictureError> {
    let shown = path.display().to_string();
    let unreadable = |source| PictureError::Unreadable { path: shown.clone(), source };
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        let source = io::Error::other(format!("{size} bytes are more than {LARGEST_FILE}"));
        return Err(unreadable(source));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let is_svg = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("svg"));
    let found = match is_svg {
        true => from_svg(&bytes),
        false => from_pixels(bytes, LONGEST_SIDE, MOST_MEMORY)
            .map(|picture| shadows(&picture.into_rgba8()))
            .map_err(|unread| match unread {
                Unread::TooLarge => format!("it has more than {LONGEST_SIDE} pixels along a side"),
                Unread::NotAPicture(reason) => reason,
            }),
    };
    let found = found.map_err(|reason| PictureError::NotAPicture { path: shown, reason })?;
    Ok(if invert { found.mapv_into(|ink| 1.0 - ink) } else { found })
}

/// Why bytes were not read as a picture.
pub(super) enum Unread {
    /// Too many pixels, or too much memory for them.
    TooLarge,
    /// What is wrong with them.
    NotAPicture(String),
}

impl From<ImageError> for Unread {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            other => Self::NotAPicture(other.to_string()),
        }
    }
}

/// Reads PNG or JPEG, upright, of at most `longest` pixels along a side and `memory` bytes of pixels.
pub(super) fn from_pixels(
    bytes: Vec<u8>,
    longest: u32,
    memory: u64,
) -> Result<DynamicImage, Unread> {
    let mut reader = ImageReader::new(io::Cursor::new(bytes));
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(longest), Some(longest));
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    let reader = reader.with_guessed_format().map_err(|e| Unread::NotAPicture(e.to_string()))?;
    let mut decoder = reader.into_decoder()?;
    if decoder.total_bytes() > memory {
        return Err(Unread::TooLarge);
    }
    // Cameras write down how they were held.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// How dark every pixel is.
pub(super) fn shadows(picture: &RgbaImage) -> Shadows {
    let shape = (picture.height() as usize, picture.width() as usize);
    Shadows::from_shape_fn(shape, |(y, x)| shadow(picture.get_pixel(x as u32, y as u32).0))
}

fn from_svg(bytes: &[u8]) -> Result<Shadows, String> {
    let tree = usvg::Tree::from_data(bytes, &usvg::Options::default());
    let tree = tree.map_err(|error| error.to_string())?;
    let size = tree.size();
    let scale = SVG_SIDE / size.width().max(size.height());
    let pixels = |length: f32| (length * scale).ceil().clamp(1.0, SVG_SIDE) as u32;
    let mut canvas = tiny_skia::Pixmap::new(pixels(size.width()), pixels(size.height()))
        .ok_or("it has no size")?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut canvas.as_mut());
    let shape = (canvas.height() as usize, canvas.width() as usize);
    Ok(Shadows::from_shape_fn(shape, |(y, x)| {
        let colour = canvas.pixels()[y * shape.1 + x].demultiply();
        shadow([colour.red(), colour.green(), colour.blue(), colour.alpha()])
    }))
}

/// Darkness of a colour on white paper, by the luma of ITU-R BT.601.
fn shadow([red, green, blue, alpha]: [u8; 4]) -> f32 {
    let luma = 0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue);
    (1.0 - luma / 255.0) * f32::from(alpha) / 255.0
}
