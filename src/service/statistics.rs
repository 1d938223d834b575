//! How long drawings took lately.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many drawings are remembered.
const REMEMBERED: usize = 512;

/// The last drawings' durations.
#[derive(Debug, Default)]
pub struct Latencies(Mutex<VecDeque<Duration>>);

/// The median and the slow end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantiles {
    /// Drawings that are counted.
    pub count: usize,
    /// Half were quicker.
    pub p50: Duration,
    /// 95 of 100 were quicker.
    pub p95: Duration,
}

impl Latencies {
    /// Remembers a duration.
    pub fn record(&self, duration: Duration) {
        let mut durations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if durations.len() == REMEMBERED {
            durations.pop_front();
        }
        durations.push_back(duration);
    }

    /// The quantiles of what is remembered.
    pub fn quantiles(&self) -> Quantiles {
        let durations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = durations.iter().copied().collect();
        drop(durations);
        sorted.sort_unstable();
        let at = |share: f64| {
            let place = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
        };
        Quantiles { count: sorted.len(), p50: at(0.5), p95: at(0.95) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_last_drawings() {
        let latencies = Latencies::default();
        assert_eq!(latencies.quantiles(), Quantiles::default());
        for milliseconds in 1..=1_000 {
            latencies.record(Duration::from_millis(milliseconds));
        }
        let quantiles = latencies.quantiles();
        assert_eq!(quantiles.count, REMEMBERED);
        assert_eq!(quantiles.p50, Duration::from_millis(744));
        assert_eq!(quantiles.p95, Duration::from_millis(975));
    }
}
