//! A drawing as a PNG picture: dark characters on white, 16×32 pixels a cell.
use crate::domain::Drawing;
use crate::ink::font;
use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{GrayImage, ImageFormat, Luma};
use std::io::Cursor;

/// Pixels of one cell.
const CELL: (u32, u32) = (16, 32);
/// Size of the font in that cell.
const FONT_PIXELS: f32 = 26.0;
/// White border, in pixels.
const BORDER: u32 = 16;

/// Draws the characters; the bytes of a PNG file.
pub fn png(drawing: &Drawing) -> Vec<u8> {
    let (columns, rows) = (drawing.size().columns() as u32, drawing.size().rows() as u32);
    let (width, height) = (columns * CELL.0 + 2 * BORDER, rows * CELL.1 + 2 * BORDER);
    let mut picture = GrayImage::from_pixel(width, height, Luma([255]));
    let font = font();
    for (place, &character) in drawing.cells().iter().enumerate() {
        let place = place as u32;
        let corner = (BORDER + place % columns * CELL.0, BORDER + place / columns * CELL.1);
        match character {
            '\u{2800}'..='\u{28FF}' => draw_braille(&mut picture, corner, character),
            '\u{2580}'..='\u{259F}' => draw_quadrants(&mut picture, corner, character),
            _ => draw_glyph(&mut picture, &font, corner, character),
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("a grey picture in memory is writable");
    bytes.into_inner()
}

fn draw_glyph(picture: &mut GrayImage, font: &FontRef<'_>, corner: (u32, u32), character: char) {
    let per_em = font.height_unscaled() / font.units_per_em().unwrap_or(2048.0);
    let scale = PxScale::from(FONT_PIXELS * per_em);
    let scaled = font.as_scaled(scale);
    let top = corner.1 as f32 + (CELL.1 as f32 - scaled.height()) / 2.0;
    let start = point(corner.0 as f32, top + scaled.ascent());
    let glyph = font.glyph_id(character).with_scale_and_position(scale, start);
    if let Some(outline) = font.outline_glyph(glyph) {
        let origin = outline.px_bounds().min;
        outline.draw(|x, y, coverage| {
            let (x, y) = (origin.x as i64 + i64::from(x), origin.y as i64 + i64::from(y));
            if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
                && let Some(pixel) = picture.get_pixel_mut_checked(x, y)
            {
                let shade = 255.0 * (1.0 - coverage.clamp(0.0, 1.0));
                *pixel = Luma([pixel.0[0].min(shade as u8)]);
            }
        });
    }
}

fn draw_braille(picture: &mut GrayImage, corner: (u32, u32), character: char) {
    // (column, row) of the eight dots, in the order of their bits.
    const DOTS: [(u32, u32); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let bits = character as u32 - 0x2800;
    for (bit, (column, row)) in DOTS.into_iter().enumerate() {
        if bits & (1 << bit) != 0 {
            fill(picture, (corner.0 + column * 8 + 1, corner.1 + row * 8 + 1), (6, 6));
        }
    }
}

fn draw_quadrants(picture: &mut GrayImage, corner: (u32, u32), character: char) {
    // The bits of U+2596–259F, and of the halves and the full block: upper left 1, upper right 2,
    // lower left 4, lower right 8.
    let bits = match character {
        '▀' => 3,
        '▄' => 12,
        '▌' => 5,
        '▐' => 10,
        '█' => 15,
        '▖' => 4,
        '▗' => 8,
        '▘' => 1,
        '▙' => 13,
        '▚' => 9,
        '▛' => 7,
        '▜' => 11,
        '▝' => 2,
        '▞' => 6,
        '▟' => 14,
        _ => 0,
    };
    for bit in 0..4 {
        if bits & (1 << bit) != 0 {
            fill(picture, (corner.0 + bit % 2 * 8, corner.1 + bit / 2 * 16), (8, 16));
        }
    }
}

fn fill(picture: &mut GrayImage, (left, top): (u32, u32), (width, height): (u32, u32)) {
    for y in top..top + height {
        for x in left..left + width {
            picture.put_pixel(x, y, Luma([0]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CanvasSize;

    fn dark_share(character: char) -> f64 {
        let size = CanvasSize::Phone;
        let cells = vec![character; size.columns() * size.rows()];
        let bytes = png(&Drawing::new(size, cells).expect("allowed"));
        let picture = image::load_from_memory(&bytes).expect("a PNG").into_luma8();
        assert_eq!(picture.dimensions(), (36 * 16 + 32, 18 * 32 + 32));
        let inner = (36 * 16 * 18 * 32) as f64;
        picture.pixels().map(|p| f64::from(255 - p.0[0]) / 255.0).sum::<f64>() / inner
    }

    #[test]
    fn every_kind_of_character_leaves_its_ink() {
        assert_eq!(dark_share(' '), 0.0);
        assert!((0.02..0.10).contains(&dark_share('.')));
        assert!((0.15..0.6).contains(&dark_share('@')));
        assert!((dark_share('\u{28FF}') - 8.0 * 36.0 / 512.0).abs() < 1e-9);
        assert!((dark_share('▙') - 0.75).abs() < 1e-9);
    }
}
