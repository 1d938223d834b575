//! Connected regions of a mask, and the specks among them.
use super::distance::Mask;
use ndarray::Array2;

/// One connected region: its pixels as (row, column).
pub type Region = Vec<(usize, usize)>;

/// The connected regions of the `true` pixels; diagonal neighbours belong together when `diagonal`.
pub fn regions(mask: &Mask, diagonal: bool) -> Vec<Region> {
    let mut seen = Array2::from_elem(mask.raw_dim(), false);
    let mut found = Vec::new();
    for (start, &inside) in mask.indexed_iter() {
        if !inside || seen[start] {
            continue;
        }
        seen[start] = true;
        let mut region = vec![start];
        let mut next = 0;
        while next < region.len() {
            let (y, x) = region[next];
            next += 1;
            for (dy, dx) in NEIGHBOURS {
                if !diagonal && dy != 0 && dx != 0 {
                    continue;
                }
                let place = (y.wrapping_add_signed(dy), x.wrapping_add_signed(dx));
                if mask.get(place) == Some(&true) && !seen[place] {
                    seen[place] = true;
                    region.push(place);
                }
            }
        }
        found.push(region);
    }
    found
}

/// Removes ink specks and fills pinholes smaller than `smallest` pixels.
pub fn drop_specks(mask: &mut Mask, smallest: usize) {
    for ink in [true, false] {
        let wanted = mask.mapv(|inside| inside == ink);
        for region in regions(&wanted, ink) {
            if region.len() < smallest {
                for place in region {
                    mask[place] = !ink;
                }
            }
        }
    }
}

/// The eight neighbours as (row, column) steps, clockwise from above.
pub const NEIGHBOURS: [(isize, isize); 8] =
    [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)];

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(lines: &[&str]) -> Mask {
        let columns = lines[0].len();
        Mask::from_shape_fn((lines.len(), columns), |(y, x)| lines[y].as_bytes()[x] == b'#')
    }

    #[test]
    fn diagonals_join_only_when_asked() {
        let steps = mask(&["#..", ".#.", "..#"]);
        assert_eq!(regions(&steps, true).len(), 1);
        assert_eq!(regions(&steps, false).len(), 3);
    }

    #[test]
    fn specks_and_pinholes_go() {
        let mut dirty = mask(&["#.......", "..#####.", "..##.##.", "..#####.", "........"]);
        drop_specks(&mut dirty, 3);
        assert_eq!(dirty, mask(&["........", "..#####.", "..#####.", "..#####.", "........"]));
    }
}
