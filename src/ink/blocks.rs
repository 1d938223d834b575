//! The dot styles: braille patterns and block elements, which show the map itself.
use super::plane::resize;
use crate::domain::{CanvasSize, InkMap};
use ndarray::Array2;

/// The dot numbers of a braille pattern by (row, column), as bits (Unicode 16, section 21.1).
const BRAILLE_BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// The quadrant characters, by the bits upper left 1, upper right 2, lower left 4, lower right 8.
const QUADRANTS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// Draws an ink map with braille patterns, 2×4 dots a cell: exactly the map where its side is twice
/// the columns.
pub fn braille(map: &InkMap, size: CanvasSize) -> Vec<char> {
    let dots = dots(map, (4 * size.rows(), 2 * size.columns()));
    cells(size, |row, column| {
        let mut pattern = 0x2800;
        for (y, bits) in BRAILLE_BITS.iter().enumerate() {
            for (x, bit) in bits.iter().enumerate() {
                if dots[(4 * row + y, 2 * column + x)] > 0.0 {
                    pattern |= bit;
                }
            }
        }
        char::from_u32(pattern).unwrap_or(' ')
    })
}

/// Draws an ink map with quadrants, 2×2 blocks a cell.
pub fn blocks(map: &InkMap, size: CanvasSize) -> Vec<char> {
    let dots = dots(map, (2 * size.rows(), 2 * size.columns()));
    cells(size, |row, column| {
        let mut bits = 0;
        for (bit, (y, x)) in [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().enumerate() {
            if dots[(2 * row + y, 2 * column + x)] > 0.0 {
                bits |= 1 << bit;
            }
        }
        QUADRANTS[bits]
    })
}

/// The map at the resolution of the dots; exactly the map where that is its own.
fn dots(map: &InkMap, shape: (usize, usize)) -> Array2<f32> {
    if map.view().dim() == shape { map.view().to_owned() } else { resize(map.view(), shape) }
}

fn cells(size: CanvasSize, mut at: impl FnMut(usize, usize) -> char) -> Vec<char> {
    let places =
        (0..size.rows()).flat_map(|row| (0..size.columns()).map(move |column| (row, column)));
    places.map(|(row, column)| at(row, column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(inked: impl Fn(usize, usize) -> bool) -> InkMap {
        InkMap::new(Array2::from_shape_fn((72, 72), |(y, x)| if inked(y, x) { 1.0 } else { -1.0 }))
            .expect("a square of finite values")
    }

    #[test]
    fn braille_is_the_map_dot_by_dot() {
        let drawn = braille(&map(|y, x| y == 3 && x == 0 || y == 4 && x == 3), CanvasSize::Phone);
        assert_eq!(drawn[0], '\u{2840}');
        assert_eq!(drawn[36 + 1], '\u{2808}');
        assert_eq!(drawn.iter().filter(|&&c| c != '\u{2800}').count(), 2);
    }

    #[test]
    fn blocks_show_the_quadrants() {
        let drawn =
            blocks(&map(|y, x| y < 2 && x < 1 || (2..4).contains(&y) && x < 2), CanvasSize::Phone);
        assert_eq!(drawn[0], '▙');
        assert_eq!(drawn[1], ' ');
    }
}
