//! Logins to Discord's gateway are counted: a thousand a day, then the token is reset. A loop of crashes,
//! or of sessions that end at once, must not use them up.
use super::Bot;
use super::gateway::{BotError, ask};
use crate::store::now;
use serenity::all::Http;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How many of the day's logins are left for emergencies.
const RESERVE: u64 = 20;
/// Starts within an hour after which the next one waits.
const MOST_STARTS: usize = 5;
/// Logins of one shard within an hour after which it is better to pause.
const MOST_LOGINS: usize = 10;
const HOUR: Duration = Duration::from_secs(3600);

/// The logins of this process.
#[derive(Debug, Default)]
pub struct Logins {
    lately: Mutex<VecDeque<Instant>>,
    often: Notify,
}

impl Logins {
    /// Notes a login of one of so many shards.
    pub fn note(&self, now: Instant, shards: u32) {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        lately.push_back(now);
        while lately.front().is_some_and(|login| now.duration_since(*login) > HOUR) {
            lately.pop_front();
        }
        let shards = usize::try_from(shards).unwrap_or(usize::MAX);
        if lately.len() > MOST_LOGINS.saturating_mul(shards) {
            self.often.notify_one();
        }
    }

    /// Waits until there were too many lately.
    pub async fn too_often(&self) {
        self.often.notified().await;
    }
}

/// Waits where the bot connected often lately; then the gateway's address, or `None` when told to
/// stop.
///
/// # Errors
/// [`BotError`].
pub async fn pause(
    bot: &Bot,
    http: &Http,
    stop: &CancellationToken,
) -> Result<Option<String>, BotError> {
    let starts = bot.store.note("starts").await.ok().flatten().unwrap_or_default();
    let mut starts: Vec<i64> = starts.split(' ').filter_map(|time| time.parse().ok()).collect();
    starts.retain(|start| now() - start < 3600);
    let mut pause = crash_pause(starts.len());
    starts.push(now());
    let text: Vec<_> = starts.iter().map(i64::to_string).collect();
    if let Err(error) = bot.store.set_note("starts", &text.join(" ")).await {
        tracing::warn!(%error, "this start is not counted");
    }
    let Some(gateway) = ask(stop, || http.get_bot_gateway()).await? else { return Ok(None) };
    let limit = gateway.session_start_limit;
    if limit.remaining < RESERVE.min(limit.total / 2) {
        pause = pause.max(Duration::from_millis(limit.reset_after));
        tracing::error!(left = limit.remaining, "nearly all of the day's logins are used up");
    }
    if !pause.is_zero() {
        let seconds = pause.as_secs();
        tracing::warn!("the bot connected often lately: waiting {seconds} s before it does again");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(None),
        }
    }
    Ok(Some(gateway.url))
}

/// How long a start waits that follows so many others within an hour.
fn crash_pause(starts: usize) -> Duration {
    match starts.checked_sub(MOST_STARTS) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(15 << more.min(5)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_of_crashes_cannot_use_up_a_days_identifies() {
        // A supervisor that starts the bot anew at once, for a whole day.
        let mut starts: Vec<u64> = Vec::new();
        let mut time = 0;
        while time < 86_400 {
            let lately = starts.iter().filter(|start| time - **start < 3600).count();
            starts.push(time);
            time += crash_pause(lately).as_secs() + 1;
        }
        assert!(starts.len() < 500, "{} identifies", starts.len());
    }

    #[test]
    fn sessions_that_end_at_once_cannot_either() {
        let logins = Logins::default();
        let begin = Instant::now();
        let (mut time, mut count, mut starts) = (0, 0, Vec::new());
        while time < 86_400 {
            logins.note(begin + Duration::from_secs(time), 1);
            count += 1;
            // Serenity logs in again after five seconds, unless it is called off.
            time += 5;
            let often = logins.too_often();
            let mut often = std::pin::pin!(often);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if often.as_mut().poll(&mut context).is_ready() {
                let lately = starts.iter().filter(|start| time - **start < 3600).count();
                starts.push(time);
                time += crash_pause(lately).as_secs();
            }
        }
        assert!(count < 900, "{count} identifies");
    }

    #[test]
    fn a_start_now_and_then_does_not_wait() {
        assert_eq!(crash_pause(0), Duration::ZERO);
        assert_eq!(crash_pause(4), Duration::ZERO);
        assert!(crash_pause(5) > Duration::ZERO);
    }
}
