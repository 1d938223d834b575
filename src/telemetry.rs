//! The log, on stderr. Rules: no secret and no prompt at any level; a request is known by its number;
//! what fails is said once, where it is handled.
use crate::config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

/// Starts the log. Libraries may only warn: what they say at lower levels can hold tokens and texts.
pub fn start(settings: &LogSettings) {
    let filter = EnvFilter::new(format!("warn,glyffuse={}", settings.level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(std::io::stderr);
    // A second start in one process changes nothing.
    let _ = match settings.format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
