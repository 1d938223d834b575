//! What the bot counts and times, under which names: the only file that knows the `metrics` crate.
//! Until [`install`] is called, as in `glyffuse draw`, recording costs next to nothing and keeps
//! nothing.
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a measure behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counted in buckets with these upper bounds.
    Histogram(&'static [f64]),
}

/// One measure, as `/metrics` shows it.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, in one phrase.
    pub meaning: &'static str,
}

const BATCH: &[f64] = &[1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0];
const STEP: &[f64] = &[0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
const DRAWING: &[f64] =
    &[0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0, 300.0];

const fn measure(
    name: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
    meaning: &'static str,
) -> Measure {
    Measure { name, kind, labels, meaning }
}

use Kind::{Counter, Gauge, Histogram};

/// Everything that is measured.
#[rustfmt::skip]
pub const ALL: [Measure; 18] = [
    measure("glyffuse_build_info", Gauge, &["version", "model"], "always 1; its labels say what runs"),
    measure("glyffuse_ready", Gauge, &[], "1 when /readyz answers 200, else 0"),
    measure("glyffuse_queue_requests", Gauge, &[], "requests that wait for the model"),
    measure("glyffuse_queue_refusals_total", Counter, &[], "requests turned away because the queue was full"),
    measure("glyffuse_running_drawings", Gauge, &[], "drawings in the batch at work, candidates counted"),
    measure("glyffuse_batch_drawings", Histogram(BATCH), &[], "drawings of one batch, candidates counted"),
    measure("glyffuse_step_seconds", Histogram(STEP), &[], "one denoising step of a batch; the first one reads the texts too"),
    measure("glyffuse_drawing_seconds", Histogram(DRAWING), &[], "a drawing from the queue to its characters; those from the cache are left out"),
    measure("glyffuse_cache_lookups_total", Counter, &["result"], "drawings looked for in the cache: hit or miss"),
    measure("glyffuse_limiter_refusals_total", Counter, &["budget"], "requests refused because a budget was spent: member, guild or user"),
    measure("glyffuse_interactions_total", Counter, &["kind"], "what came in from Discord: command, autocomplete, button or form"),
    measure("glyffuse_discord_errors_total", Counter, &["status", "code"], "tries that Discord did not take: HTTP status with Discord's code, or `none` with what the network did"),
    measure("glyffuse_gateway_connected", Gauge, &[], "1 when every shard is connected, else 0"),
    measure("glyffuse_gateway_logins_total", Counter, &["kind"], "sessions at the gateway: new or resumed"),
    measure("glyffuse_store_errors_total", Counter, &["fault"], "failures of the database: full, read_only, busy, damaged, disk, timeout or other"),
    measure("process_resident_memory_bytes", Gauge, &[], "memory in use"),
    measure("process_open_fds", Gauge, &[], "open files and connections"),
    measure("process_start_time_seconds", Gauge, &[], "when the bot was started, in seconds since 1970"),
];

/// Labels that are there from the start, so that a rate is known before the first event.
const FROM_THE_START: [(&str, &str, &[&str]); 5] = [
    ("glyffuse_cache_lookups_total", "result", &["hit", "miss"]),
    ("glyffuse_limiter_refusals_total", "budget", &["member", "guild", "user"]),
    ("glyffuse_interactions_total", "kind", &["command", "autocomplete", "button", "form"]),
    ("glyffuse_gateway_logins_total", "kind", &["new", "resumed"]),
    (
        "glyffuse_store_errors_total",
        "fault",
        &["full", "read_only", "busy", "damaged", "disk", "timeout", "other"],
    ),
];

/// Everything that was measured, to be shown.
#[derive(Debug, Clone)]
pub struct Figures(PrometheusHandle);

/// Starts to keep what is measured, for the whole process.
///
/// # Errors
/// When it was started before.
pub fn install() -> Result<Figures, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for measure in ALL {
        if let Kind::Histogram(bounds) = measure.kind {
            builder =
                builder.set_buckets_for_metric(Matcher::Full(measure.name.to_owned()), bounds)?;
        }
    }
    let figures = Figures(builder.install_recorder()?);
    for Measure { name, kind, labels, meaning } in ALL {
        match kind {
            Kind::Counter => describe_counter!(name, meaning),
            Kind::Gauge => describe_gauge!(name, meaning),
            Kind::Histogram(_) => describe_histogram!(name, meaning),
        }
        match kind {
            Kind::Counter if labels.is_empty() => counter!(name).absolute(0),
            Kind::Gauge if labels.is_empty() => gauge!(name).set(0.0),
            Kind::Histogram(_) => drop(histogram!(name)),
            _ => {}
        }
    }
    for (name, label, values) in FROM_THE_START {
        for value in values {
            counter!(name, label => *value).absolute(0);
        }
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge!("process_start_time_seconds").set(since.as_secs_f64());
    Ok(figures)
}

impl Figures {
    /// The text that Prometheus reads.
    pub fn render(&self) -> String {
        process();
        self.0.render()
    }

    /// Tidies up; to be called every few seconds, or what nobody asks for piles up.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// Memory and open files, where the system tells.
fn process() {
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(size) = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))
        && let Some(Ok(kilobytes)) = size.split_whitespace().next().map(str::parse::<f64>)
    {
        gauge!("process_resident_memory_bytes").set(kilobytes * 1024.0);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(open.count() as f64);
    }
}

/// Which model runs.
pub fn model(id: &str) {
    let version = env!("CARGO_PKG_VERSION");
    gauge!("glyffuse_build_info", "version" => version, "model" => id.to_owned()).set(1.0);
}

/// Whether the bot is ready.
pub fn ready(ready: bool) {
    gauge!("glyffuse_ready").set(f64::from(u8::from(ready)));
}

/// Requests that wait, and drawings in the batch at work.
pub fn queue(waiting: usize, running: usize) {
    gauge!("glyffuse_queue_requests").set(waiting as f64);
    gauge!("glyffuse_running_drawings").set(running as f64);
}

/// A request found the queue full.
pub fn queue_refused() {
    counter!("glyffuse_queue_refusals_total").increment(1);
}

/// A batch of so many drawings begins.
pub fn batch(drawings: usize) {
    histogram!("glyffuse_batch_drawings").record(drawings as f64);
}

/// A step of a batch is done.
pub fn step(took: Duration) {
    histogram!("glyffuse_step_seconds").record(took);
}

/// A drawing is done.
pub fn drawing(took: Duration) {
    histogram!("glyffuse_drawing_seconds").record(took);
}

/// A drawing was looked for in the cache.
pub fn lookup(hit: bool) {
    let result = if hit { "hit" } else { "miss" };
    counter!("glyffuse_cache_lookups_total", "result" => result).increment(1);
}

/// A request was refused for the budget `member`, `guild` or `user`.
pub fn limited(budget: &'static str) {
    counter!("glyffuse_limiter_refusals_total", "budget" => budget).increment(1);
}

/// A `command`, `autocomplete`, `button` or `form` came in.
pub fn interaction(kind: &'static str) {
    counter!("glyffuse_interactions_total", "kind" => kind).increment(1);
}

/// Discord did not take something.
pub fn discord_error(status: String, code: String) {
    counter!("glyffuse_discord_errors_total", "status" => status, "code" => code).increment(1);
}

/// Whether every shard is connected.
pub fn connected(connected: bool) {
    gauge!("glyffuse_gateway_connected").set(f64::from(u8::from(connected)));
}

/// A session at the gateway is `new` or `resumed`.
pub fn login(kind: &'static str) {
    counter!("glyffuse_gateway_logins_total", "kind" => kind).increment(1);
}

/// The database failed.
pub fn store_error(fault: &'static str) {
    counter!("glyffuse_store_errors_total", "fault" => fault).increment(1);
}
