//! The shards: whether their connections stand, and whether what reads them still lives.
use super::Bot;
use super::handler::Handler;
use crate::measures;
use serenity::all::{ConnectionStage, ShardManager};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long a shard may take to hang up.
const HANGING_UP: Duration = Duration::from_secs(2);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// Looks in a row that miss a reader before it counts as gone: a shard that starts anew has none for a
/// moment.
const MISSED: u32 = 4;

/// Counts the tasks that read from Discord. Each holds the handler as long as it lives; Serenity does
/// not tell when one of them ends by a panic over a payload, and keeps calling its shard connected.
pub struct Readers {
    handler: Weak<Handler>,
    /// Who else holds the handler.
    others: usize,
}

impl Readers {
    /// Before the first shard is started.
    pub fn of(handler: &Arc<Handler>) -> Self {
        Self { handler: Arc::downgrade(handler), others: Arc::strong_count(handler) }
    }

    /// Whether fewer than so many shards are read. Events under way hold the handler too, so the answer
    /// may come late, never wrongly.
    fn miss_one_of(&self, shards: usize) -> bool {
        self.handler.strong_count() < self.others + shards
    }
}

/// Looks at the connections every so often and tells when they are lost and there again: Serenity says
/// so only of some of the ways in which a connection ends. Ends when a shard has lost its reader.
pub async fn watch(bot: &Bot, shards: &ShardManager, readers: &Readers) {
    let mut ticks = tokio::time::interval(LOOK);
    let (mut most, mut missed) = (1, 0);
    while missed < MISSED {
        ticks.tick().await;
        let runners = shards.runners.lock().await;
        let up = runners.values().filter(|shard| shard.stage == ConnectionStage::Connected);
        let (up, all) = (up.count(), runners.len());
        most = most.max(all);
        drop(runners);
        missed = if readers.miss_one_of(all) { missed + 1 } else { 0 };
        let connected = up == most && missed == 0;
        measures::connected(connected);
        let before = bot.connected.send_replace(connected);
        match (before, connected) {
            (true, false) => tracing::warn!(up, of = most, "the connection to Discord is lost"),
            (false, true) => tracing::info!(shards = most, "the connection to Discord stands"),
            _ => {}
        }
    }
    tracing::error!("what came from Discord could not be read, and a shard ended over it");
}

/// Says goodbye to Discord, which may not answer.
pub async fn hang_up(shards: Arc<ShardManager>) {
    if tokio::time::timeout(HANGING_UP, shards.shutdown_all()).await.is_err() {
        tracing::debug!("Discord did not say goodbye");
    }
}
