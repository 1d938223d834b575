//! Finished drawings, kept within a bound of bytes. Requests for the same drawing at the same time
//! are drawn once.
use crate::domain::{DrawRequest, Drawing, Recipe, Seed};
use crate::measures;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What determines a drawing: the model's hash and every field of the request that changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The key of a request to a model. The prompt's case does not matter: no model hears it.
    pub fn new(model_hash: &str, request: &DrawRequest) -> Self {
        let recipe = Recipe::of(request, model_hash);
        let mut fields = serde_json::to_value(&recipe).expect("a recipe is plain data");
        fields["prompt"] = request.prompt.as_str().to_lowercase().into();
        let text = format!("{} {fields}", request.candidates.get());
        Self(Sha256::digest(text).into())
    }
}

/// A finished drawing with what was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedDrawing {
    /// The characters.
    pub drawing: Drawing,
    /// The concept that was drawn, where it is not what the text says.
    pub drawn_as: Option<String>,
    /// The seed of the candidate that was kept.
    pub seed: Seed,
}

/// The cache.
pub struct DrawingCache {
    drawings: Cache<CacheKey, Arc<CachedDrawing>>,
    lookups: AtomicU64,
    hits: AtomicU64,
}

impl DrawingCache {
    /// A cache of about `bytes` bytes.
    pub fn new(bytes: u64) -> Self {
        let weight = |_: &CacheKey, cached: &Arc<CachedDrawing>| {
            let name = cached.drawn_as.as_ref().map_or(0, String::len);
            let drawing = &cached.drawing;
            let cells = size_of_val(drawing.cells()) + size_of_val(drawing.colours());
            // Keys, pointers and the bookkeeping of an entry take some 300 bytes.
            u32::try_from(300 + name + cells).unwrap_or(u32::MAX)
        };
        let drawings = Cache::builder().max_capacity(bytes).weigher(weight).build();
        Self { drawings, lookups: AtomicU64::new(0), hits: AtomicU64::new(0) }
    }

    /// Whether a drawing is there, for the price of a request; counts as no lookup.
    pub fn holds(&self, key: &CacheKey) -> bool {
        self.drawings.contains_key(key)
    }

    /// The drawing of `key`, made by `draw` where it is not there. Callers that ask for it meanwhile
    /// wait for the one that draws; a failure is not kept.
    ///
    /// # Errors
    /// What `draw` answers.
    pub async fn get_or_draw<E, F>(&self, key: CacheKey, draw: F) -> Result<Arc<CachedDrawing>, E>
    where
        F: Future<Output = Result<CachedDrawing, E>>,
        E: Clone + Send + Sync + 'static,
    {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let mut drawn = false;
        let result = self
            .drawings
            .try_get_with(key, async {
                drawn = true;
                draw.await.map(Arc::new)
            })
            .await;
        let hit = !drawn && result.is_ok();
        measures::lookup(hit);
        if hit {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        result.map_err(|error| (*error).clone())
    }

    /// Lookups and those of them that needed no drawing.
    pub fn counts(&self) -> (u64, u64) {
        (self.lookups.load(Ordering::Relaxed), self.hits.load(Ordering::Relaxed))
    }

    /// Bytes in use, about.
    pub async fn bytes(&self) -> u64 {
        self.drawings.run_pending_tasks().await;
        self.drawings.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Candidates, CanvasSize, Charset, Dots, GuidanceScale, InkMap, Origin, Prompt, SamplerName,
        Steps, Strength, Style,
    };

    fn request() -> DrawRequest {
        DrawRequest {
            prompt: Prompt::new("cat").expect("sound"),
            size: CanvasSize::Phone,
            style: Style::Line,
            charset: None,
            seed: Seed::new(1),
            steps: Steps::try_from(12).expect("in range"),
            guidance_scale: GuidanceScale::try_from(2.0).expect("in range"),
            sampler: SamplerName::DpmSolver,
            kind: "any".to_owned(),
            change: 0,
            origin: None,
            candidates: Candidates::ONE,
        }
    }

    fn origin(strength: f32, ink: f32) -> Origin {
        let map = InkMap::new(ndarray::Array2::from_elem((8, 8), ink)).expect("square");
        let strength = Strength::try_from(strength).expect("in range");
        Origin { strength, picture: Dots::of(&map).expect("small") }
    }

    fn drawing() -> CachedDrawing {
        let drawing = Drawing::new(CanvasSize::Phone, vec![' '; 36 * 18]).expect("sound");
        CachedDrawing { drawing, drawn_as: None, seed: Seed::new(1) }
    }

    #[test]
    fn every_field_that_changes_a_drawing_changes_its_key() {
        let key = CacheKey::new("m", &request());
        let steps = Steps::try_from(13).expect("in range");
        let guidance_scale = GuidanceScale::try_from(2.1).expect("in range");
        let candidates = Candidates::try_from(2).expect("in range");
        let others = [
            DrawRequest { prompt: Prompt::new("dog").expect("sound"), ..request() },
            DrawRequest { size: CanvasSize::Desktop, ..request() },
            DrawRequest { style: Style::Filled, ..request() },
            DrawRequest { charset: Some(Charset::strokes()), ..request() },
            DrawRequest { seed: Seed::new(2), ..request() },
            DrawRequest { steps, ..request() },
            DrawRequest { guidance_scale, ..request() },
            DrawRequest { sampler: SamplerName::Ddim, ..request() },
            DrawRequest { kind: "stroke".to_owned(), ..request() },
            DrawRequest { change: 1, ..request() },
            DrawRequest { candidates, ..request() },
            DrawRequest { origin: Some(origin(0.5, 1.0)), ..request() },
            DrawRequest { origin: Some(origin(0.6, 1.0)), ..request() },
            DrawRequest { origin: Some(origin(0.5, -1.0)), ..request() },
        ];
        let mut keys: Vec<_> = others.iter().map(|other| CacheKey::new("m", other).0).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), others.len(), "and each in its own way");
        for other in &others {
            assert_ne!(key, CacheKey::new("m", other), "{other:?}");
        }
        assert_ne!(key, CacheKey::new("n", &request()));
        let shouted = DrawRequest { prompt: Prompt::new("CAT").expect("sound"), ..request() };
        assert_eq!(key, CacheKey::new("m", &shouted));
    }

    #[tokio::test]
    async fn the_same_drawing_is_made_once() {
        let cache = Arc::new(DrawingCache::new(1 << 20));
        let key = CacheKey::new("m", &request());
        let drawn = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (cache, drawn) = (Arc::clone(&cache), Arc::clone(&drawn));
                tokio::spawn(async move {
                    let draw = async {
                        drawn.fetch_add(1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                        Ok::<_, String>(drawing())
                    };
                    cache.get_or_draw(key, draw).await.is_ok()
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.expect("no panic"));
        }
        assert_eq!(drawn.load(Ordering::Relaxed), 1);
        assert_eq!(cache.counts(), (8, 7));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = DrawingCache::new(1 << 20);
        let key = CacheKey::new("m", &request());
        let failed = cache.get_or_draw(key, async { Err("broken".to_owned()) }).await;
        assert_eq!(failed, Err("broken".to_owned()));
        assert!(!cache.holds(&key));
        assert!(cache.get_or_draw(key, async { Ok::<_, String>(drawing()) }).await.is_ok());
        assert!(cache.holds(&key));
    }

    #[tokio::test]
    async fn bytes_are_bounded() {
        let cache = DrawingCache::new(100_000);
        for seed in 0..500 {
            let key = CacheKey::new("m", &DrawRequest { seed: Seed::new(seed), ..request() });
            assert!(cache.get_or_draw(key, async { Ok::<_, String>(drawing()) }).await.is_ok());
        }
        assert!(cache.bytes().await <= 100_000);
    }
}
