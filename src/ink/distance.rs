//! Exact Euclidean distances on masks.
use super::plane::window;
use ndarray::{Array2, ArrayViewMut1, Axis};

/// A mask of pixels.
pub type Mask = Array2<bool>;

/// The Euclidean distance in pixels from every pixel to the nearest `true` pixel of `mask`
/// (0 on it; a large finite value where the mask is empty). Two passes of lower envelopes of
/// parabolas: Felzenszwalb & Huttenlocher 2012, "Distance Transforms of Sampled Functions".
pub fn distance_to(mask: &Mask) -> Array2<f32> {
    const FAR: f32 = 1e10;
    let mut squared = mask.mapv(|inside| if inside { 0.0 } else { FAR });
    let longest = squared.nrows().max(squared.ncols());
    let mut envelope = Envelope::new(longest);
    for axis in [Axis(0), Axis(1)] {
        for line in squared.lanes_mut(axis) {
            envelope.transform(line);
        }
    }
    squared.mapv_into(f32::sqrt)
}

/// The distance in pixels from every `true` pixel to the nearest `false` one; beyond the border
/// counts as `false`.
pub fn distance_inside(mask: &Mask) -> Array2<f32> {
    let (rows, columns) = mask.dim();
    let outside = Mask::from_shape_fn((rows + 2, columns + 2), |(y, x)| {
        !(1..=rows).contains(&y) || !(1..=columns).contains(&x) || !mask[(y - 1, x - 1)]
    });
    window(distance_to(&outside).view(), 1..rows + 1, 1..columns + 1).to_owned()
}

/// Scratch space of the one-dimensional transform.
struct Envelope {
    values: Vec<f32>,
    vertices: Vec<usize>,
    borders: Vec<f32>,
}

impl Envelope {
    fn new(longest: usize) -> Self {
        Self {
            values: vec![0.0; longest],
            vertices: vec![0; longest],
            borders: vec![0.0; longest + 1],
        }
    }

    fn transform(&mut self, mut line: ArrayViewMut1<'_, f32>) {
        let length = line.len();
        for (value, &old) in self.values.iter_mut().zip(line.iter()) {
            *value = old;
        }
        let mut last = 0;
        self.vertices[0] = 0;
        (self.borders[0], self.borders[1]) = (f32::NEG_INFINITY, f32::INFINITY);
        for q in 1..length {
            let mut border = self.crossing(q, self.vertices[last]);
            while border <= self.borders[last] {
                last -= 1;
                border = self.crossing(q, self.vertices[last]);
            }
            last += 1;
            self.vertices[last] = q;
            (self.borders[last], self.borders[last + 1]) = (border, f32::INFINITY);
        }
        let mut current = 0;
        for (q, value) in line.iter_mut().enumerate() {
            while self.borders[current + 1] < q as f32 {
                current += 1;
            }
            let vertex = self.vertices[current];
            *value = (q as f32 - vertex as f32).powi(2) + self.values[vertex];
        }
    }

    /// Where the parabolas with vertices at `q` and `p` cross.
    fn crossing(&self, q: usize, p: usize) -> f32 {
        let (qf, pf) = (q as f32, p as f32);
        ((self.values[q] + qf * qf) - (self.values[p] + pf * pf)) / (2.0 * (qf - pf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_equal_the_brute_force() {
        let mask = Mask::from_shape_fn((13, 17), |(y, x)| (y * 7 + x * 5) % 23 == 0);
        let found = distance_to(&mask);
        for ((y, x), &distance) in found.indexed_iter() {
            let nearest = mask
                .indexed_iter()
                .filter(|&(_, &inside)| inside)
                .map(|((v, u), _)| (y as f32 - v as f32).hypot(x as f32 - u as f32))
                .fold(f32::INFINITY, f32::min);
            assert!((distance - nearest).abs() < 1e-3, "at {y},{x}: {distance} is not {nearest}");
        }
    }

    #[test]
    fn beyond_the_border_is_outside() {
        let found = distance_inside(&Mask::from_elem((5, 5), true));
        assert_eq!(found[(0, 3)], 1.0);
        assert_eq!(found[(2, 2)], 3.0);
    }
}
