//! What must be there before the bot can draw for people.
use crate::store::{Store, StoreError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why the bot is not ready: one line for whoever asks.
#[derive(Debug, Error)]
pub enum NotReady {
    /// It was told to stop.
    #[error("the bot is stopping")]
    Stopping,
    /// The database is being opened.
    #[error("the database is being opened")]
    Opening,
    /// The database fails.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The database takes too long.
    #[error("the database does not answer within {} s", PATIENCE.as_secs())]
    StoreSilent,
    /// The model is being loaded.
    #[error("the model is being loaded")]
    Loading,
    /// There is no connection to Discord.
    #[error("not connected to Discord")]
    Unconnected,
}

/// The parts of a bot, told by the composition root as they come up.
pub struct Readiness {
    stop: CancellationToken,
    store: OnceLock<Arc<Store>>,
    model: OnceLock<()>,
    connected: OnceLock<watch::Receiver<bool>>,
}

impl Readiness {
    /// Nothing is ready yet; once `stop` is told nothing is ready any more.
    pub fn new(stop: CancellationToken) -> Self {
        Self { stop, store: OnceLock::new(), model: OnceLock::new(), connected: OnceLock::new() }
    }

    /// The database is open.
    pub fn opened(&self, store: Arc<Store>) {
        // Said once; a second time would change nothing.
        let _ = self.store.set(store);
    }

    /// The model has drawn.
    pub fn warmed(&self) {
        let _ = self.model.set(());
    }

    /// Where the state of the connection can be seen from now on.
    pub fn connecting(&self, connected: watch::Receiver<bool>) {
        let _ = self.connected.set(connected);
    }

    /// Looks at everything; writes a note into the database, because one that can only be read
    /// remembers no drawing.
    ///
    /// # Errors
    /// [`NotReady`] with the first thing that is missing.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.stop.is_cancelled() {
            return Err(NotReady::Stopping);
        }
        let store = self.store.get().ok_or(NotReady::Opening)?;
        match tokio::time::timeout(PATIENCE, store.probe()).await {
            Ok(answer) => answer?,
            Err(_) => return Err(NotReady::StoreSilent),
        }
        self.model.get().ok_or(NotReady::Loading)?;
        match self.connected.get() {
            Some(connected) if *connected.borrow() => Ok(()),
            _ => Err(NotReady::Unconnected),
        }
    }
}
