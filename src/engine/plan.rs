//! What requests consist of: things and letters with their places on the page.
use super::EngineError;
use super::artist::{Sketch, Thing};
use super::letterer::{PAGE_SIDE, Writing};
use crate::diffusion::NetworkError;
use crate::domain::{Colour, DrawRequest, InkMap, InkMapError, Lettering, Place, Seed, Tint};
use crate::ink::{Layer, compose};
use crate::model::{Meaning, Part, Subject};
use ndarray::Array2;

/// Ink that is looked for among other ink, the other ink, and what lies between them: growing a map
/// makes its weak ink up to 0.4 where it is a few dots.
const STRONG: f32 = 1.0;
const WEAK: f32 = 0.1;
const BETWEEN: f32 = 0.5;

/// A thing that the denoiser draws.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Whose it is, by its place among the requests.
    pub request: usize,
    /// What it is.
    pub meaning: Meaning,
    /// Where its noise begins.
    pub seed: Seed,
}

/// All that a batch of requests consists of.
#[derive(Debug)]
pub struct Plans {
    /// The things of all requests, one request after the other.
    pub pieces: Vec<Piece>,
    /// The texts to be written, likewise.
    pub writings: Vec<Writing>,
    pages: Vec<Vec<Content>>,
    written: Vec<InkMap>,
}

/// A part of a page.
#[derive(Debug, Clone, Copy)]
struct Content {
    source: Source,
    place: Place,
    in_front: bool,
    colour: Option<Colour>,
}

/// Where the ink of a part comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// A place among the pieces.
    Thing(usize),
    /// A place among the writings.
    Letters(usize),
}

impl Plans {
    /// Lists the parts of requests; `parts` has those of each.
    pub fn new(requests: &[DrawRequest], parts: Vec<Vec<Part>>) -> Self {
        let (mut pieces, mut writings, mut pages) = (Vec::new(), Vec::new(), Vec::new());
        for (request, (order, parts)) in requests.iter().zip(parts).enumerate() {
            let mut things = 0;
            let page = parts.into_iter().map(|Part { subject, place, in_front, colour }| {
                let source = match subject {
                    Subject::Thing(meaning) => {
                        let seed = order.seed.of_part(things);
                        things += 1;
                        pieces.push(Piece { request, meaning, seed });
                        Source::Thing(pieces.len() - 1)
                    }
                    Subject::Letters(lettering) => {
                        let style = Lettering::style_of(&order.kind).unwrap_or_default().to_owned();
                        let seed = match order.change {
                            0 => order.seed,
                            change => order.seed.of_change(change),
                        };
                        writings.push(Writing { lettering, style, seed });
                        Source::Letters(writings.len() - 1)
                    }
                };
                Content { source, place, in_front, colour }
            });
            pages.push(page.collect());
        }
        Self { pieces, writings, pages, written: Vec::new() }
    }

    /// Takes in the texts, written in the order of `writings`.
    pub fn take_written(&mut self, written: Vec<InkMap>) {
        self.written = written;
    }

    /// How the pages look with these estimates of the things, in the order of `pieces`.
    ///
    /// # Errors
    /// [`NetworkError`] when an estimate is no ink map.
    pub fn estimates(&self, things: &[Array2<f32>]) -> Result<Vec<Array2<f32>>, NetworkError> {
        let maps = things.iter().map(|map| InkMap::new(map.clone()));
        let maps = maps.collect::<Result<Vec<_>, _>>().map_err(unsound)?;
        let pages = self.pages.iter().map(|page| self.page(page, &maps));
        let pages = pages.collect::<Result<Vec<_>, _>>().map_err(unsound)?;
        Ok(pages.iter().map(|page| page.view().to_owned()).collect())
    }

    /// The finished sketches, with these maps of the things in the order of `pieces`.
    ///
    /// # Errors
    /// [`EngineError::Network`] when the network's answer is no ink map.
    pub fn sketches(&self, things: Vec<Array2<f32>>) -> Result<Vec<Sketch>, EngineError> {
        let maps = things.into_iter().map(InkMap::new);
        let maps = maps.collect::<Result<Vec<_>, _>>().map_err(unsound)?;
        let mut sketches = Vec::with_capacity(self.pages.len());
        for (request, page) in self.pages.iter().enumerate() {
            let own = self.pieces.iter().zip(&maps).filter(|(piece, _)| piece.request == request);
            let things =
                own.map(|(piece, map)| Thing { meaning: piece.meaning.clone(), map: map.clone() });
            let map = self.page(page, &maps).map_err(unsound)?;
            let tints = self.tints(page, &maps).map_err(unsound)?;
            sketches.push(Sketch { map, things: things.collect(), tints });
        }
        Ok(sketches)
    }

    /// A page: the map itself where it holds one part alone, else all parts in their places.
    fn page(&self, page: &[Content], things: &[InkMap]) -> Result<InkMap, InkMapError> {
        let map = |source| self.map(source, things);
        if let [Content { source, place: Place::PAGE, .. }] = page {
            return Ok(map(*source).clone());
        }
        let layers = page.iter().map(|content| Layer {
            map: map(content.source),
            place: content.place,
            in_front: content.in_front,
        });
        compose(&layers.collect::<Vec<_>>(), PAGE_SIDE)
    }

    /// The ink of a part.
    fn map<'a>(&'a self, source: Source, things: &'a [InkMap]) -> &'a InkMap {
        match source {
            Source::Thing(place) => &things[place],
            Source::Letters(place) => &self.written[place],
        }
    }

    /// The colours of a page's parts, each where its ink came to lie; none where no colour is named.
    fn tints(&self, page: &[Content], things: &[InkMap]) -> Result<Vec<Tint>, InkMapError> {
        if page.iter().all(|content| content.colour.is_none()) {
            return Ok(Vec::new());
        }
        if let [Content { place: Place::PAGE, colour, .. }] = page {
            return Ok(vec![Tint { place: Place::PAGE, colour: *colour }]);
        }
        let mut tints = Vec::with_capacity(page.len());
        for (own, content) in page.iter().enumerate() {
            // The page moves its parts; one that is stronger than the others is found again.
            let strengths = page.iter().enumerate().map(|(part, content)| {
                let strength = if part == own { STRONG } else { WEAK };
                let map = self.map(content.source, things).view();
                InkMap::new(map.mapv(|ink| if ink > 0.0 { strength } else { -1.0 }))
            });
            let maps = strengths.collect::<Result<Vec<_>, _>>()?;
            let layers = page.iter().zip(&maps).map(|(content, map)| Layer {
                map,
                place: content.place,
                in_front: content.in_front,
            });
            let page = compose(&layers.collect::<Vec<_>>(), PAGE_SIDE)?;
            let place = place_of(&page).unwrap_or(content.place);
            tints.push(Tint { place, colour: content.colour });
        }
        Ok(tints)
    }
}

/// Where the strong ink of a page lies.
fn place_of(page: &InkMap) -> Option<Place> {
    let page = page.view();
    let strong = page.indexed_iter().filter(|(_, ink)| **ink > BETWEEN).map(|(at, _)| at);
    let (first, last) = strong.fold(None, |found, (y, x)| {
        let ((top, left), (bottom, right)) = found.unwrap_or(((y, x), (y, x)));
        Some(((top.min(y), left.min(x)), (bottom.max(y), right.max(x))))
    })?;
    let share = |dots: usize| dots as f32 / PAGE_SIDE as f32;
    Some(Place {
        top: share(first.0),
        left: share(first.1),
        height: share(last.0 + 1 - first.0),
        width: share(last.1 + 1 - first.1),
    })
}

fn unsound(error: InkMapError) -> NetworkError {
    NetworkError(error.to_string())
}
