//! Rate limits: the generic cell rate algorithm (ITU-T I.371) over a concurrent map. Time is an
//! argument, so that tests need no clock.
//!
//! A key has a budget of so many drawings a minute, all of which may be spent at once; it fills up
//! again evenly. Kept for a key is one instant, its theoretical arrival time: when its budget will be
//! full. Keys whose budget is full are forgotten.
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Whose budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// Everybody in a guild together.
    Guild(u64),
    /// One member of one guild.
    Member {
        /// The guild.
        guild: u64,
        /// The user.
        user: u64,
    },
    /// One user outside guilds.
    User(u64),
}

/// A budget: ordinary drawings a minute, at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub u32);

/// What a request takes from a budget, in tenths of an ordinary drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost(pub u32);

/// Too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Whose budget is spent.
    pub key: Key,
    /// When there will be enough of it.
    pub wait: Duration,
}

/// The budgets of everybody.
#[derive(Debug)]
pub struct Limits {
    /// When each budget will be full.
    full_at: DashMap<Key, Instant>,
    most: usize,
    sweep_at: AtomicUsize,
}

/// The window of a budget.
const MINUTE: Duration = Duration::from_secs(60);
/// Fewest keys at which the idle ones are looked for.
const SWEEP: usize = 1024;

impl Limits {
    /// Budgets of at most `most` keys at a time; beyond that the ones least spent are forgotten.
    pub fn new(most: usize) -> Self {
        Self { full_at: DashMap::new(), most: most.max(1), sweep_at: AtomicUsize::new(SWEEP) }
    }

    /// Takes `cost` from every budget named, or from none. The permit gives it back when it is
    /// dropped before [`Permit::commit`].
    ///
    /// # Errors
    /// [`Refused`] names the first budget that does not have enough.
    pub fn acquire(
        self: &Arc<Self>,
        budgets: &[(Key, Rate)],
        cost: Cost,
        now: Instant,
    ) -> Result<Permit, Refused> {
        let mut permit = Permit { limits: Arc::clone(self), taken: Vec::new() };
        for &(key, rate) in budgets {
            let price = price(rate, cost);
            self.take(key, price, now).map_err(|wait| Refused { key, wait })?;
            permit.taken.push((key, price));
        }
        if self.full_at.len() >= self.sweep_at.load(Ordering::Relaxed) {
            self.sweep(now);
        }
        Ok(permit)
    }

    fn take(&self, key: Key, price: Duration, now: Instant) -> Result<(), Duration> {
        match self.full_at.entry(key) {
            Entry::Occupied(mut entry) => {
                let full_at = (*entry.get()).max(now) + price;
                let over = full_at.saturating_duration_since(now + MINUTE);
                if over > Duration::ZERO {
                    return Err(over);
                }
                entry.insert(full_at);
            }
            Entry::Vacant(entry) => {
                entry.insert(now + price);
            }
        }
        Ok(())
    }

    /// Forgets whose budget is full; when there are still too many, whose budget is nearly full, until
    /// there is room for a quarter more: looking through all of them must not happen at every request.
    pub fn sweep(&self, now: Instant) {
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= self.most {
            let room = self.most - self.most.div_ceil(4);
            let mut surplus = self.full_at.len() - room;
            let mut slack = Duration::from_secs(1);
            while surplus > 0 && slack < 2 * MINUTE {
                let until = now + slack;
                self.full_at.retain(|_, full_at| {
                    let kept = surplus == 0 || *full_at > until;
                    surplus -= usize::from(!kept);
                    kept
                });
                slack *= 2;
            }
        }
        if self.full_at.capacity() > 4 * self.full_at.len() + SWEEP {
            self.full_at.shrink_to_fit();
        }
        let next = (2 * self.full_at.len()).clamp(SWEEP.min(self.most), self.most);
        self.sweep_at.store(next, Ordering::Relaxed);
    }

    /// Keys that are remembered.
    pub fn len(&self) -> usize {
        self.full_at.len()
    }

    /// Whether nobody is remembered.
    pub fn is_empty(&self) -> bool {
        self.full_at.is_empty()
    }
}

/// The time in which a budget refills what a request takes; never more than the whole budget.
fn price(rate: Rate, cost: Cost) -> Duration {
    (MINUTE * cost.0 / (10 * rate.0.max(1))).min(MINUTE)
}

/// Something taken from budgets. Given back on drop, unless committed.
#[derive(Debug)]
#[must_use = "a dropped permit gives its cost back"]
pub struct Permit {
    limits: Arc<Limits>,
    taken: Vec<(Key, Duration)>,
}

impl Permit {
    /// The drawing was made: what was taken stays taken.
    pub fn commit(mut self) {
        self.taken.clear();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        for (key, price) in self.taken.drain(..) {
            if let Some(mut full_at) = self.limits.full_at.get_mut(&key) {
                *full_at -= price;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Cost = Cost(10);

    fn member(user: u64) -> Key {
        Key::Member { guild: 1, user }
    }

    fn limits() -> (Arc<Limits>, Instant) {
        (Arc::new(Limits::new(1_000_000)), Instant::now())
    }

    #[test]
    fn a_minutes_budget_may_be_spent_at_once_and_fills_evenly() {
        let (limits, now) = limits();
        let budget = [(member(7), Rate(3))];
        for _ in 0..3 {
            limits.acquire(&budget, ONE, now).expect("in the budget").commit();
        }
        let refused = limits.acquire(&budget, ONE, now).expect_err("spent");
        assert_eq!(refused, Refused { key: member(7), wait: Duration::from_secs(20) });
        let later = now + refused.wait;
        limits.acquire(&budget, ONE, later).expect("refilled").commit();
        assert!(limits.acquire(&budget, ONE, later).is_err());
    }

    #[test]
    fn a_tenth_costs_a_tenth_and_nothing_costs_more_than_all() {
        let (limits, now) = limits();
        let budget = [(member(7), Rate(1))];
        for _ in 0..10 {
            limits.acquire(&budget, Cost(1), now).expect("in the budget").commit();
        }
        assert!(limits.acquire(&budget, Cost(1), now).is_err());
        let dear = [(member(8), Rate(1))];
        limits.acquire(&dear, Cost(1000), now).expect("the whole budget").commit();
        assert!(limits.acquire(&dear, Cost(1), now).is_err());
    }

    #[test]
    fn a_dropped_permit_gives_back_and_a_refusal_takes_nothing() {
        let (limits, now) = limits();
        let mine = (member(7), Rate(1));
        drop(limits.acquire(&[mine], ONE, now).expect("in the budget"));
        let guild = (Key::Guild(1), Rate(1));
        limits.acquire(&[guild], ONE, now).expect("in the budget").commit();
        let refused = limits.acquire(&[mine, guild], ONE, now).expect_err("the guild's is spent");
        assert_eq!(refused.key, Key::Guild(1));
        limits.acquire(&[mine], ONE, now).expect("nothing was taken").commit();
    }

    #[test]
    fn guilds_do_not_share() {
        let (limits, now) = limits();
        for guild in 1..=2 {
            let budget = [(Key::Member { guild, user: 7 }, Rate(1)), (Key::Guild(guild), Rate(1))];
            limits.acquire(&budget, ONE, now).expect("its own budget").commit();
        }
        limits.acquire(&[(Key::User(7), Rate(1))], ONE, now).expect("its own").commit();
    }

    #[test]
    fn the_idle_are_forgotten() {
        let (limits, now) = limits();
        for user in 0..3_000 {
            limits.acquire(&[(member(user), Rate(6))], ONE, now).expect("fresh").commit();
        }
        assert_eq!(limits.len(), 3_000);
        limits.sweep(now + Duration::from_secs(11));
        assert!(limits.is_empty());
    }

    #[test]
    fn a_million_users_stay_within_bounds_and_the_spent_are_not_forgotten() {
        let limits = Arc::new(Limits::new(100_000));
        let start = Instant::now();
        let spent = [(member(u64::MAX), Rate(1))];
        limits.acquire(&spent, ONE, start).expect("fresh").commit();
        let mut most = 0;
        for user in 0..1_000_000 {
            let now = start + Duration::from_micros(user);
            limits.acquire(&[(member(user), Rate(6))], ONE, now).expect("fresh").commit();
            most = most.max(limits.len());
        }
        assert!(most <= 100_000, "{most} keys");
        assert!(limits.full_at.capacity() < 1_000_000, "{} places", limits.full_at.capacity());
        assert!(limits.acquire(&spent, ONE, start + Duration::from_secs(1)).is_err());
    }

    #[test]
    fn a_full_memory_makes_room_for_many_at_once() {
        let limits = Arc::new(Limits::new(10_000));
        let start = Instant::now();
        for user in 0..10_000 {
            // Budgets that fill up again one after the other.
            let now = start + Duration::from_micros(500 * user);
            limits.acquire(&[(member(user), Rate(6))], ONE, now).expect("fresh").commit();
        }
        limits.sweep(start + Duration::from_secs(5));
        assert_eq!(limits.len(), 7_500, "else the next request would look through all again");
    }
}
