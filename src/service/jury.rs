//! Picks the most readable of several sketches of one text.
use crate::diffusion::{NetworkError, RANKED_SIZE, Ranker};
use crate::domain::{Drawing, InkMap, Style};
use crate::engine::Sketch;
use crate::ink::Decoder;
use std::num::NonZero;
use std::thread;

/// A ranker with the decoder whose drawings it reads.
pub struct Jury {
    ranker: Option<Box<dyn Ranker>>,
    decoder: Decoder,
}

impl Jury {
    /// A jury; without a ranker the first sketch is always the best.
    pub fn new(ranker: Option<Box<dyn Ranker>>) -> Self {
        Self { ranker, decoder: Decoder::new(Style::Line, None) }
    }

    /// The place of the sketch whose things read best as what they mean; the first of equals. Decodes
    /// every thing, some 30 ms of a core each.
    ///
    /// # Errors
    /// [`NetworkError`] when the ranker fails.
    pub fn best(&self, sketches: &[Sketch]) -> Result<usize, NetworkError> {
        let (Some(ranker), [first, _, ..]) = (&self.ranker, sketches) else { return Ok(0) };
        let mut scores = vec![0.0; sketches.len()];
        for (place, thing) in first.things.iter().enumerate() {
            let maps: Vec<_> = sketches.iter().map(|sketch| &sketch.things[place].map).collect();
            let of_thing = ranker.scores(&self.decode(&maps), thing.meaning.text_embeds.view())?;
            scores.iter_mut().zip(of_thing).for_each(|(score, more)| *score += more);
        }
        let mut best = 0;
        for (place, score) in scores.iter().enumerate() {
            if *score > scores[best] {
                best = place;
            }
        }
        Ok(best)
    }

    /// The maps as the ranker reads them, decoded on all cores.
    fn decode(&self, maps: &[&InkMap]) -> Vec<Drawing> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| {
            let parts = maps.chunks(maps.len().div_ceil(cores));
            let decode = |map: &&InkMap| self.decoder.decode(map, RANKED_SIZE);
            let threads: Vec<_> = parts
                .map(|part| scope.spawn(move || part.iter().map(decode).collect::<Vec<_>>()))
                .collect();
            let parts =
                threads.into_iter().map(|thread| thread.join().expect("decoding never panics"));
            parts.flatten().collect()
        })
    }
}
