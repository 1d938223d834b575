//! From a mask of ink to thin even strokes: the medial axis where the shape is locally thin, the
//! outline where it is a blob.
use super::distance::{Mask, distance_inside, distance_to};
use super::regions::regions;
use super::skeleton::{prune, thin};
use ndarray::{Array2, Zip};

/// Widths of the redrawn picture, in pixels of the enlarged map.
#[derive(Debug, Clone, Copy)]
pub struct StrokeWidths {
    /// What is wider than this is a blob and gets an outline.
    pub thin_limit: f32,
    /// The even width of every redrawn stroke.
    pub stroke: f32,
}

/// A thin part this many times longer than wide is a stroke; a shorter one is a corner of the blob
/// it sits on, and gets an outline with it.
const STROKE_ELONGATION: f32 = 2.0;

/// Draws curves one pixel wide with a stroke of even width; 0 paper … 1 ink, anti-aliased.
pub fn ink(curves: &Mask, width: f32) -> Array2<f32> {
    let half = width / 2.0;
    distance_to(curves).mapv_into(|distance| (half + 0.5 - distance).clamp(0.0, 1.0))
}

/// The curves that stand for the mask, one pixel wide.
pub fn curves(mask: &Mask, widths: StrokeWidths) -> Mask {
    let inside = distance_inside(mask);
    let strokes = stroke_parts(mask, &inside, widths.thin_limit / 2.0);
    let blobs = Zip::from(mask).and(&strokes).map_collect(|&ink, &stroke| ink && !stroke);

    let mut curves = thin(mask);
    prune(&mut curves, |end| (1.5 * inside[end]) as usize + 3);
    // A line may run a little into its blob, so that it meets the outline.
    let near_stroke = distance_to(&strokes);
    Zip::from(&mut curves).and(&near_stroke).for_each(|curve, &near| *curve &= near <= 2.0);

    // The outline runs inside the blob's edge, where edge and paper meet; not where a stroke leaves.
    let to_edge = distance_inside(&blobs);
    let edge = (0.5 * widths.stroke).max(1.0);
    Zip::from(&mut curves).and(&to_edge).and(&inside).for_each(|curve, &depth, &true_depth| {
        *curve |= depth > edge - 0.5 && depth <= edge + 0.5 && true_depth <= edge + 1.0;
    });
    curves
}

/// The part of the mask that is drawn by its medial axis: what an opening by a disc of `radius`
/// removes, but for the corners of blobs.
fn stroke_parts(mask: &Mask, inside: &Array2<f32>, radius: f32) -> Mask {
    let core = inside.mapv(|depth| depth > radius);
    let mut strokes = mask.clone();
    if !core.iter().any(|&deep| deep) {
        return strokes;
    }
    // One pixel more than the radius, so that rounding leaves no slivers along a blob's edge.
    let opened = distance_to(&core).mapv(|distance| distance <= radius + 1.5);
    Zip::from(&mut strokes).and(&opened).for_each(|stroke, &blob| *stroke &= !blob);
    for region in regions(&strokes, false) {
        let half_width = region.iter().map(|&place| inside[place]).fold(0.0, f32::max);
        let width = 2.0 * half_width;
        let touches_blob = region.iter().any(|&(y, x)| {
            opened[(y.saturating_sub(1), x)]
                || opened[(y, x.saturating_sub(1))]
                || opened.get((y + 1, x)) == Some(&true)
                || opened.get((y, x + 1)) == Some(&true)
        });
        let elongation = region.len() as f32 / (width * width);
        if touches_blob && elongation < STROKE_ELONGATION {
            for place in region {
                strokes[place] = false;
            }
        }
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redraw(mask: &Mask, widths: StrokeWidths) -> Array2<f32> {
        ink(&curves(mask, widths), widths.stroke)
    }

    const WIDTHS: StrokeWidths = StrokeWidths { thin_limit: 24.0, stroke: 1.6 };

    fn disc(radius: f32) -> Mask {
        Mask::from_shape_fn((120, 120), |(y, x)| (y as f32 - 60.0).hypot(x as f32 - 60.0) <= radius)
    }

    #[test]
    fn a_blob_becomes_its_outline() {
        let drawn = redraw(&disc(40.0), WIDTHS);
        assert_eq!(drawn[(60, 60)], 0.0);
        assert!((96..102).any(|x| drawn[(60, x)] > 0.9));
        assert_eq!(drawn[(60, 104)], 0.0);
    }

    #[test]
    fn a_bar_becomes_one_line() {
        let bar = Mask::from_shape_fn((60, 120), |(y, x)| {
            (24..38).contains(&y) && (10..110).contains(&x)
        });
        let drawn = redraw(&bar, WIDTHS);
        let column: f32 = drawn.column(60).sum();
        assert!((1.0..2.7).contains(&column), "one stroke of about 1.6 px, not {column}");
    }

    #[test]
    fn a_corner_keeps_its_outline() {
        let triangle = Mask::from_shape_fn((140, 140), |(y, x)| {
            (20..120).contains(&y) && (x as f32 - 70.0).abs() <= (y as f32 - 20.0) * 0.5
        });
        let drawn = redraw(&triangle, WIDTHS);
        // Near the tip both flanks are there and the middle is empty.
        assert_eq!(drawn[(50, 70)], 0.0);
        assert!((54..62).any(|x| drawn[(50, x)] > 0.5) && (78..87).any(|x| drawn[(50, x)] > 0.5));
    }

    #[test]
    fn nothing_stays_nothing() {
        let drawn = redraw(&Mask::from_elem((40, 40), false), WIDTHS);
        assert!(drawn.iter().all(|&ink| ink == 0.0));
    }
}
