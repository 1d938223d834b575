//! Smooth image arithmetic on planes of ink: resizing and blurring.
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Slice, Zip};
use std::ops::Range;

/// The pixels of some rows and columns.
pub fn window<T>(
    plane: ArrayView2<'_, T>,
    rows: Range<usize>,
    columns: Range<usize>,
) -> ArrayView2<'_, T> {
    let mut view = plane;
    view.slice_axis_inplace(Axis(0), Slice::from(rows));
    view.slice_axis_inplace(Axis(1), Slice::from(columns));
    view
}

/// The pixels of some rows and columns, to be written.
pub fn window_mut<T>(
    plane: &mut Array2<T>,
    rows: Range<usize>,
    columns: Range<usize>,
) -> ArrayViewMut2<'_, T> {
    let mut view = plane.view_mut();
    view.slice_axis_inplace(Axis(0), Slice::from(rows));
    view.slice_axis_inplace(Axis(1), Slice::from(columns));
    view
}

/// Resizes a plane to `(rows, columns)` by Catmull-Rom interpolation where it grows and by area
/// averaging where it shrinks; values keep their unit. The borders are continued.
pub fn resize(plane: ArrayView2<'_, f32>, (rows, columns): (usize, usize)) -> Array2<f32> {
    let narrow = resize_rows(plane, rows);
    resize_rows(narrow.t(), columns).reversed_axes()
}

/// Blurs a plane with a Gaussian of standard deviation `sigma` pixels; the borders are continued.
pub fn blur(plane: ArrayView2<'_, f32>, sigma: f32) -> Array2<f32> {
    let kernel = gaussian(sigma);
    let down = convolve_rows(plane, &kernel);
    convolve_rows(down.t(), &kernel).reversed_axes()
}

/// Resizes along axis 0.
fn resize_rows(plane: ArrayView2<'_, f32>, rows: usize) -> Array2<f32> {
    let old = plane.nrows();
    let scale = old as f32 / rows as f32;
    let support = scale.max(1.0);
    let mut resized = Array2::zeros((rows, plane.ncols()));
    for (row, mut line) in resized.axis_iter_mut(Axis(0)).enumerate() {
        let centre = (row as f32 + 0.5) * scale - 0.5;
        let (low, high) = ((centre - 2.0 * support).floor(), (centre + 2.0 * support).ceil());
        let mut total = 0.0;
        for tap in low as isize..=high as isize {
            let weight = catmull_rom((tap as f32 - centre) / support);
            if weight != 0.0 {
                total += weight;
                line.scaled_add(weight, &plane.row(tap.clamp(0, old as isize - 1) as usize));
            }
        }
        line /= total;
    }
    resized
}

/// The Catmull-Rom kernel (Catmull & Rom 1974), support −2…2.
fn catmull_rom(x: f32) -> f32 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

/// A normalised Gaussian kernel that reaches 3 σ to both sides.
fn gaussian(sigma: f32) -> Array1<f32> {
    let reach = (3.0 * sigma).ceil() as isize;
    let kernel: Array1<f32> =
        (-reach..=reach).map(|x| (-0.5 * (x as f32 / sigma).powi(2)).exp()).collect();
    let total = kernel.sum();
    kernel / total
}

/// Convolves along axis 0 with a kernel of odd length.
fn convolve_rows(plane: ArrayView2<'_, f32>, kernel: &Array1<f32>) -> Array2<f32> {
    let reach = kernel.len() as isize / 2;
    let last = plane.nrows() as isize - 1;
    let mut blurred = Array2::zeros(plane.raw_dim());
    Zip::indexed(blurred.axis_iter_mut(Axis(0))).for_each(|row, mut line| {
        for (offset, &weight) in kernel.iter().enumerate() {
            let tap = (row as isize + offset as isize - reach).clamp(0, last);
            line.scaled_add(weight, &plane.row(tap as usize));
        }
    });
    blurred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_plane_stays_constant() {
        let plane = Array2::from_elem((9, 9), 0.25);
        for result in
            [resize(plane.view(), (31, 17)), resize(plane.view(), (4, 3)), blur(plane.view(), 1.5)]
        {
            assert!(result.iter().all(|v| (v - 0.25).abs() < 1e-5));
        }
    }

    #[test]
    fn a_ramp_is_enlarged_to_a_ramp() {
        let plane = Array2::from_shape_fn((16, 1), |(y, _)| y as f32);
        let large = resize(plane.view(), (64, 1));
        for y in 8..56 {
            assert!((large[(y, 0)] - ((y as f32 + 0.5) / 4.0 - 0.5)).abs() < 1e-4);
        }
    }

    #[test]
    fn blur_keeps_the_sum_away_from_the_border() {
        let mut plane = Array2::zeros((21, 21));
        plane[(10, 10)] = 1.0;
        let blurred = blur(plane.view(), 1.5);
        assert!((blurred.sum() - 1.0).abs() < 1e-5);
        assert!((blurred[(10, 10)] - 1.0 / (2.0 * std::f32::consts::PI * 1.5 * 1.5)).abs() < 2e-3);
    }
}
