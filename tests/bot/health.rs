//! What the bot tells about itself: alive, ready, figures; and the dashboard that shows them.
use crate::fake::{Failure, Place};
use crate::world::{ANNA, BERT, GUILD, World};
use glyffuse::measures::{ALL, Kind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

/// `glyffuse health` for the bot of this world.
async fn health(world: &World, arguments: &[&str]) -> Output {
    let address = world.http().await.to_string();
    Command::new(env!("CARGO_BIN_EXE_glyffuse"))
        .arg("health")
        .args(arguments)
        .env("GLYFFUSE_CONFIG", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/empty.toml"))
        .env("GLYFFUSE__HTTP__ADDRESS", address)
        .output()
        .expect("the program starts")
}

/// Waits until the bot says that it is ready.
pub async fn waits_for_ready(world: &World) {
    for _ in 0..100 {
        if world.get("/readyz").await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("never ready: {}", world.get("/readyz").await.body);
}

#[tokio::test]
async fn ready_means_that_it_can_draw() {
    let mut world = World::unconnected(&[]).await;
    world.discord.fail(Failure { status: 503, times: 2, path: "/oauth2/" });
    world.start();
    assert_eq!(world.get("/healthz").await.status, 200);
    world.logged("Discord cannot be reached").await;
    let answer = world.get("/readyz").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "not connected to Discord\n"));
    let asked = health(&world, &[]).await;
    assert_eq!(asked.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&asked.stderr), "glyffuse: not connected to Discord\n");
    assert!(health(&world, &["--alive"]).await.status.success());
    world.connected().await;
    waits_for_ready(&world).await;
    let asked = health(&world, &[]).await;
    assert!(asked.status.success());
    assert_eq!(asked.stdout, b"ready\n");

    // A database that somebody else holds.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.database());
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the database opens");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.expect("it is held");
    let answer = world.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("does not answer") || answer.body.contains("another program"));
    sqlx::query("ROLLBACK").execute(&mut connection).await.expect("it is let go");
    waits_for_ready(&world).await;

    assert_eq!(world.get("/").await.status, 404);
    let (id, address) = (world.process().id(), world.http().await);
    world.terminate();
    assert!(world.ended().await.success(), "{id}");
    assert!(glyffuse::health::ask(address, "/healthz").is_err());
}

#[tokio::test]
async fn an_address_that_is_taken_is_refused_and_off_is_off() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut world = World::unconnected(&[("GLYFFUSE__HTTP__ADDRESS", &address)]).await;
    world.start();
    assert_eq!(world.ended().await.code(), Some(2));
    assert!(world.log().contains("choose another address"), "{}", world.log());

    let world = World::with(&[("GLYFFUSE__HTTP__ADDRESS", "off")]).await;
    assert!(!world.log().contains("figures on"), "{}", world.log());
}

#[tokio::test]
async fn a_lost_connection_is_told_and_counted() {
    let mut world = World::new().await;
    world.logged("the connection to Discord stands").await;
    waits_for_ready(&world).await;
    world.discord.drop_connection();
    world.logged("was resumed").await;
    waits_for_ready(&world).await;
    let logins = "glyffuse_gateway_logins_total{kind=\"resumed\"}";
    assert_eq!(world.figure(logins).await, Some(1.0));
    assert!(world.process().try_wait().expect("it was started").is_none());
}

/// The figures of a bot that has seen a bit of everything.
async fn lively() -> World {
    let world = World::with(&[
        ("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "3"),
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "4"),
        ("GLYFFUSE__LIMITS__USER_PER_MINUTE", "1"),
    ])
    .await;
    world.discord.fail(Failure { status: 429, times: 1, path: "/messages/@original" });
    for text in ["ring", "ring", "bar", "bar"] {
        world.ascii(here(), text, json!([])).await;
    }
    // The member's budget, the guild's, the user's.
    world.ascii(here(), "cross", json!([])).await;
    for text in ["cross", "blob", "ring and bar"] {
        world.ascii(Place::member(GUILD, BERT), text, json!([])).await;
    }
    for text in ["ring of bars", "cross of bars"] {
        world.ascii(Place::direct(BERT), text, json!([])).await;
    }
    let typing = json!([{"name": "text", "type": 3, "value": "ri", "focused": true}]);
    world.ask(here().autocomplete("ascii", &typing)).await;
    waits_for_ready(&world).await;
    world
}

#[tokio::test]
async fn what_happens_is_counted_and_every_figure_is_there() {
    let world = lively().await;
    let answer = world.get("/metrics").await;
    let count = async |name: &str| {
        let value = world.figure(name).await;
        value.unwrap_or_else(|| panic!("no {name} in\n{}", answer.body))
    };
    assert_eq!(count("glyffuse_cache_lookups_total{result=\"hit\"}").await, 2.0);
    let drawn = count("glyffuse_cache_lookups_total{result=\"miss\"}").await;
    assert_eq!(count("glyffuse_drawing_seconds_count").await, drawn);
    assert_eq!(count("glyffuse_drawing_seconds_bucket{le=\"+Inf\"}").await, drawn);
    assert!(count("glyffuse_drawing_seconds_sum").await > 0.0);
    let batches = count("glyffuse_batch_drawings_count").await;
    assert!(batches >= 1.0 && batches <= drawn);
    assert!(count("glyffuse_step_seconds_count").await >= batches);
    for budget in ["member", "guild", "user"] {
        let name = format!("glyffuse_limiter_refusals_total{{budget=\"{budget}\"}}");
        assert!(count(&name).await >= 1.0, "{budget}");
    }
    assert_eq!(count("glyffuse_interactions_total{kind=\"command\"}").await, 10.0);
    assert_eq!(count("glyffuse_interactions_total{kind=\"autocomplete\"}").await, 1.0);
    assert_eq!(count("glyffuse_discord_errors_total{status=\"429\",code=\"none\"}").await, 1.0);
    assert_eq!(count("glyffuse_gateway_logins_total{kind=\"new\"}").await, 1.0);
    for (name, value) in [
        ("glyffuse_ready", 1.0),
        ("glyffuse_gateway_connected", 1.0),
        ("glyffuse_queue_requests", 0.0),
        ("glyffuse_running_drawings", 0.0),
        ("glyffuse_queue_refusals_total", 0.0),
        ("glyffuse_store_errors_total{fault=\"full\"}", 0.0),
    ] {
        assert_eq!(count(name).await, value, "{name}");
    }
    assert!(count("process_resident_memory_bytes").await > 1e6);
    assert!(count("process_open_fds").await > 3.0);
    assert!(answer.body.contains("glyffuse_build_info{version=\"0.1.0\",model=\"tiny@1"));

    for measure in ALL {
        let kind = match measure.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        for line in [
            format!("# TYPE {} {kind}\n", measure.name),
            format!("# HELP {} {}\n", measure.name, measure.meaning),
        ] {
            assert!(answer.body.contains(&line), "no {line} in\n{}", answer.body);
        }
        for sample in samples(&answer.body, measure.name) {
            let labels: Vec<_> = measure.labels.iter().filter(|l| sample.contains(**l)).collect();
            assert_eq!(labels.len(), measure.labels.len(), "{sample}");
        }
    }
    let names: BTreeSet<_> = ALL.iter().map(|measure| measure.name).collect();
    let told = answer.body.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let told: BTreeSet<_> = told.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(told, names, "what is told and what is named differ");
}

/// The lines of a measure.
fn samples<'a>(figures: &'a str, name: &str) -> Vec<&'a str> {
    let lines = figures.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ', '_']))
    });
    lines.collect()
}

#[test]
fn the_dashboard_shows_what_there_is_and_all_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("deploy/grafana/glyffuse.json")).expect("there");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let mut expressions = Vec::new();
    gather(&dashboard, &mut expressions);
    assert!(expressions.len() > 10, "the panels were not found");
    let mut named = BTreeSet::new();
    for expression in &expressions {
        let words = expression.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        named.extend(words.filter(|w| w.starts_with("glyffuse_") || w.starts_with("process_")));
    }
    let mut exposed = BTreeSet::new();
    for measure in ALL {
        match measure.kind {
            Kind::Histogram(_) => exposed.extend(
                ["_bucket", "_sum", "_count"].map(|part| format!("{}{part}", measure.name)),
            ),
            _ => drop(exposed.insert(measure.name.to_owned())),
        }
    }
    for name in &named {
        assert!(exposed.contains(*name), "the dashboard shows {name}, which there is not");
    }
    for measure in ALL {
        let shown = named.iter().any(|name| name.starts_with(measure.name));
        assert!(shown, "the dashboard does not show {}", measure.name);
    }
}

/// The queries of all panels.
fn gather(value: &Value, expressions: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(text) if name == "expr" => expressions.push(text.to_owned()),
                    _ => gather(field, expressions),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, expressions)),
        _ => {}
    }
}

#[test]
fn the_document_lists_every_figure() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/MONITORING.md")).expect("there");
    for measure in ALL {
        let kind = match measure.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let labels: Vec<_> = measure.labels.iter().map(|label| format!("`{label}`")).collect();
        let row = format!(
            "| `{}` | {kind} | {} | {} |",
            measure.name,
            labels.join(", "),
            measure.meaning
        );
        assert!(text.contains(&row), "docs/MONITORING.md lacks\n{row}");
    }
}
