//! The medial axis of a mask as a line one pixel wide.
use super::distance::Mask;
use super::regions::NEIGHBOURS;

/// Thins a mask to its skeleton: connected, one pixel wide. Guo & Hall 1989, "Parallel thinning
/// with two-subiteration algorithms".
pub fn thin(mask: &Mask) -> Mask {
    let mut skeleton = mask.clone();
    let mut inked: Vec<(usize, usize)> =
        mask.indexed_iter().filter(|&(_, &inside)| inside).map(|(place, _)| place).collect();
    loop {
        let before = inked.len();
        for even in [false, true] {
            let (gone, kept) = inked
                .into_iter()
                .partition::<Vec<_>, _>(|&place| removable(&skeleton, place, even));
            for place in gone {
                skeleton[place] = false;
            }
            inked = kept;
        }
        if inked.len() == before {
            return skeleton;
        }
    }
}

/// Whether the Guo–Hall conditions allow the pixel to go in this subiteration.
fn removable(mask: &Mask, place: (usize, usize), even: bool) -> bool {
    let [n, ne, e, se, s, sw, w, nw] = neighbourhood(mask, place);
    let crossings = u8::from(!n && (ne || e))
        + u8::from(!e && (se || s))
        + u8::from(!s && (sw || w))
        + u8::from(!w && (nw || n));
    if crossings != 1 {
        return false;
    }
    let first = u8::from(nw || n) + u8::from(ne || e) + u8::from(se || s) + u8::from(sw || w);
    let second = u8::from(n || ne) + u8::from(e || se) + u8::from(s || sw) + u8::from(w || nw);
    if !(2..=3).contains(&first.min(second)) {
        return false;
    }
    if even { !((s || sw || !nw) && w) } else { !((n || ne || !se) && e) }
}

/// The eight neighbours, clockwise from above; beyond the border is empty.
pub fn neighbourhood(mask: &Mask, (y, x): (usize, usize)) -> [bool; 8] {
    NEIGHBOURS.map(|(dy, dx)| {
        mask.get((y.wrapping_add_signed(dy), x.wrapping_add_signed(dx))) == Some(&true)
    })
}

/// Removes side branches of a skeleton that end after fewer than `shortest(end)` pixels, where
/// `shortest` is asked at the branch's free end. Lines with two free ends stay.
pub fn prune(skeleton: &mut Mask, shortest: impl Fn((usize, usize)) -> usize) {
    let ends: Vec<_> = skeleton
        .indexed_iter()
        .filter(|&(place, &inside)| inside && degree(skeleton, place) == 1)
        .map(|(place, _)| place)
        .collect();
    for end in ends {
        let limit = shortest(end);
        let mut branch = vec![end];
        let mut current = end;
        let meets_junction = loop {
            let next = neighbours(skeleton, current).find(|place| !branch.contains(place));
            match next {
                None => break false,
                Some(place) if degree(skeleton, place) > 2 => break true,
                Some(_) if branch.len() >= limit => break false,
                Some(place) => {
                    branch.push(place);
                    current = place;
                }
            }
        };
        if meets_junction && branch.len() < limit {
            for place in branch {
                skeleton[place] = false;
            }
        }
    }
}

/// How many lines leave this pixel: the number of separate runs among its neighbours.
fn degree(mask: &Mask, place: (usize, usize)) -> usize {
    let around = neighbourhood(mask, place);
    (0..8).filter(|&i| around[i] && !around[(i + 7) % 8]).count()
}

/// The inked neighbours, those that share an edge first: a junction is met before it is passed.
fn neighbours(mask: &Mask, (y, x): (usize, usize)) -> impl Iterator<Item = (usize, usize)> + '_ {
    (0..8)
        .step_by(2)
        .chain((1..8).step_by(2))
        .map(move |index| NEIGHBOURS[index])
        .map(move |(dy, dx)| (y.wrapping_add_signed(dy), x.wrapping_add_signed(dx)))
        .filter(|&place| mask.get(place) == Some(&true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::regions::regions;

    #[test]
    fn a_bar_becomes_its_middle_line() {
        let bar =
            Mask::from_shape_fn((11, 40), |(y, x)| (3..8).contains(&y) && (2..38).contains(&x));
        let skeleton = thin(&bar);
        for x in 8..32 {
            let rows: Vec<_> = (0..11).filter(|&y| skeleton[(y, x)]).collect();
            assert_eq!(rows, [5], "column {x}");
        }
    }

    #[test]
    fn a_ring_stays_one_closed_line() {
        let ring = Mask::from_shape_fn((40, 40), |(y, x)| {
            (10.0..16.0).contains(&(y as f32 - 20.0).hypot(x as f32 - 20.0))
        });
        let skeleton = thin(&ring);
        assert_eq!(regions(&skeleton, true).len(), 1);
        assert_eq!(regions(&skeleton.mapv(|inside| !inside), false).len(), 2);
    }

    #[test]
    fn short_spurs_go_and_lines_stay() {
        let mut lines = Mask::from_elem((20, 40), false);
        for x in 2..38 {
            lines[(10, x)] = true;
        }
        for y in 7..10 {
            lines[(y, 20)] = true;
        }
        prune(&mut lines, |_| 6);
        assert!(!lines[(8, 20)]);
        assert!(lines[(10, 2)] && lines[(10, 37)]);
    }
}
