//! A rectangle of the page.

/// A rectangle of the square page, in shares of the page's side: 0 is the top or the left, 1 the bottom
/// or the right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Upper edge.
    pub top: f32,
    /// Left edge.
    pub left: f32,
    /// From the upper edge to the lower.
    pub height: f32,
    /// From the left edge to the right.
    pub width: f32,
}

impl Place {
    /// The whole page.
    pub const PAGE: Self = Self { top: 0.0, left: 0.0, height: 1.0, width: 1.0 };

    /// The part of this place that `inner` is of the page.
    pub fn part(self, inner: Self) -> Self {
        Self {
            top: self.top + inner.top * self.height,
            left: self.left + inner.left * self.width,
            height: inner.height * self.height,
            width: inner.width * self.width,
        }
    }

    /// How far a point lies from this place, 0 inside.
    pub fn distance(self, (down, right): (f32, f32)) -> f32 {
        let outside =
            |at: f32, start: f32, length: f32| (start - at).max(at - start - length).max(0.0);
        outside(down, self.top, self.height).hypot(outside(right, self.left, self.width))
    }

    /// This place cut into `count` cells, row by row, as large as they can be; the cells of a last row
    /// that is not full stand in its middle.
    pub fn cells(self, count: usize) -> Vec<Self> {
        let shape = |columns: usize| {
            let rows = count.div_ceil(columns);
            (self.width / columns as f32, self.height / rows as f32)
        };
        let best = (1..=count).max_by(|&few, &many| {
            let smaller = |columns| f32::min(shape(columns).0, shape(columns).1);
            smaller(few).total_cmp(&smaller(many))
        });
        let Some(columns) = best else { return Vec::new() };
        let (width, height) = shape(columns);
        let cell = |number: usize| {
            let (row, column) = (number / columns, number % columns);
            let in_row = columns.min(count - row * columns);
            let indent = (columns - in_row) as f32 * width / 2.0;
            Self {
                top: self.top + row as f32 * height,
                left: self.left + indent + column as f32 * width,
                height,
                width,
            }
        };
        (0..count).map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_the_place_as_large_as_they_can() {
        assert_eq!(Place::PAGE.cells(0), []);
        assert_eq!(Place::PAGE.cells(1), [Place::PAGE]);
        let two = Place::PAGE.cells(2);
        assert!(two.iter().all(|cell| cell.width == 0.5 && cell.height == 1.0), "{two:?}");
        let three = Place::PAGE.cells(3);
        assert!(three.iter().all(|cell| cell.width == 0.5 && cell.height == 0.5));
        assert_eq!((three[2].left, three[2].top), (0.25, 0.5));
        let wide = Place { height: 0.25, ..Place::PAGE }.cells(3);
        assert!(
            wide.iter().all(|cell| cell.height == 0.25 && (cell.width - 1.0 / 3.0).abs() < 1e-6)
        );
    }

    #[test]
    fn a_part_lies_inside() {
        let half = Place { top: 0.5, left: 0.0, height: 0.5, width: 1.0 };
        let quarter = Place { top: 0.0, left: 0.5, height: 1.0, width: 0.5 };
        let wanted = Place { top: 0.5, left: 0.5, height: 0.5, width: 0.5 };
        assert_eq!(half.part(quarter), wanted);
    }

    #[test]
    fn a_point_is_inside_or_so_far_away() {
        let place = Place { top: 0.25, left: 0.25, height: 0.5, width: 0.5 };
        assert_eq!((place.distance((0.5, 0.3)), place.distance((0.5, 1.0))), (0.0, 0.25));
        assert_eq!(place.distance((0.0, 0.0)), 0.25_f32.hypot(0.25));
    }
}
