//! `glyffuse bot`: the Discord bot.
use crate::app::App;
use crate::shutdown;
use crate::telemetry;
use anyhow::{Context, Result};

/// Threads for work that blocks: decoding, above all. Each keeps an allocator's arena for itself, so
/// that many of them cost memory and, on a few cores, save no time.
const BLOCKING_THREADS: usize = 4;

/// Runs the bot until SIGTERM or Ctrl-C.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(app: &App) -> Result<()> {
    telemetry::start(&app.settings().log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .context("the system gives no threads")?;
    runtime.block_on(async {
        let stop = shutdown::on_signal().context("the system gives no signals")?;
        let result = app.bot(stop, &mut |line| tracing::info!("{line}")).await;
        if result.is_ok() {
            tracing::info!("stopped");
        }
        result
    })
}
