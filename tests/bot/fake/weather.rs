//! Bad weather: seeded faults of the REST side about the answers to interactions. No request is hit so
//! often that a patient bot cannot get through.
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Numbers that look random, the same for the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    /// One of several.
    pub fn of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len() as u64) as usize]
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing bad.
    Fine,
    /// It waits.
    Slow(Duration),
    /// It is refused with a status.
    Refused(u16),
    /// It is done, and the answer says that it failed.
    DoneAndDenied,
}

/// The weather of the moment.
#[derive(Debug)]
pub struct Weather {
    random: Random,
    /// How often one request is refused at most; a patient bot gets through two.
    most: u32,
    /// Requests that were hit, by method and path.
    hits: HashMap<String, u32>,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
}

impl Weather {
    /// Weather of a seed, which refuses one request so often at most.
    pub fn new(seed: u64, most: u32) -> Self {
        Self { random: Random(seed), most, hits: HashMap::new(), counts: BTreeMap::new() }
    }

    /// What becomes of a request: three of ten have a hard time.
    pub fn fate(&mut self, method: &str, path: &str) -> Fate {
        let answers = path.contains("/callback") || path.contains("/webhooks/");
        if !answers {
            return Fate::Fine;
        }
        let hits = self.hits.entry(format!("{method} {path}")).or_default();
        // A further message that was sent and denied would be sent twice: nobody can know.
        let again_is_harmless = path.contains("/callback") || method == "PATCH";
        let (name, fate) = match self.random.below(20) {
            0 | 1 => {
                ("slow answers", Fate::Slow(Duration::from_millis(20 + self.random.below(230))))
            }
            2 if *hits < self.most => ("429", Fate::Refused(429)),
            3 if *hits < self.most => ("500", Fate::Refused(500)),
            4 if *hits < self.most => ("503", Fate::Refused(503)),
            5 if *hits < self.most && again_is_harmless => ("done, but 502", Fate::DoneAndDenied),
            _ => return Fate::Fine,
        };
        *hits += u32::from(!matches!(fate, Fate::Slow(_)));
        *self.counts.entry(name).or_default() += 1;
        fate
    }
}
