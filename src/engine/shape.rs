//! What requests must share to be drawn together.
use crate::domain::{DrawRequest, SamplerName, Steps};

/// What requests must share to be drawn in one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    sampler: SamplerName,
    steps: Steps,
    changed: bool,
    /// Bits of the strength with which a picture is redrawn.
    strength: Option<u32>,
}

impl Shape {
    /// The shape of a request.
    pub fn of(request: &DrawRequest) -> Self {
        let strength = request.origin.as_ref().map(|origin| origin.strength.get().to_bits());
        Self {
            sampler: request.sampler,
            steps: request.steps,
            changed: request.change > 0,
            strength,
        }
    }
}
