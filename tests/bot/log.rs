//! The log of a bot that goes through everything, at the most verbose level: no token, no prompt.
use crate::fake::{Exchange, Failure, Place, TOKEN};
use crate::world::{ANNA, BERT, GUILD, World};
use glyffuse::domain::{
    CanvasSize, GuidanceScale, Prompt, Recipe, SamplerName, Seed, Steps, Style,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Words that stand in no source, no document, no model and no library.
const WORDS: [&str; 9] = [
    "quibbleflorp",
    "zanthrowick",
    "mumblewhistle",
    "grondlefax",
    "plimsorrel",
    "vexiboodle",
    "tharnpickle",
    "oskuddle",
    "brantiquill",
];

fn save(name: &str, text: &str) -> Value {
    json!([{"name": "save", "type": 1, "options": [
        {"name": "name", "type": 3, "value": name}, {"name": "text", "type": 3, "value": text}]}])
}

/// A recipe for the tiny model.
fn recipe(prompt: &str) -> Recipe {
    Recipe {
        model: "tiny@1".to_owned(),
        prompt: Prompt::new(prompt).expect("sound"),
        seed: Seed::new(1),
        size: CanvasSize::Phone,
        style: Style::Line,
        charset: None,
        steps: Steps::try_from(4).expect("in range"),
        guidance_scale: GuidanceScale::try_from(1.0).expect("in range"),
        sampler: SamplerName::Ddim,
        kind: "any".to_owned(),
        change: 0,
        origin: None,
    }
}

/// Everything that people can do with words, and everything that can go wrong with them.
async fn a_full_round(world: &World) {
    let [drawn, edited, saved, typed, seen, odd, name, lost, held] = WORDS;
    let here = Place::member(GUILD, ANNA);
    let there = Place::member(GUILD, BERT);
    let message = world.ascii(here, &format!("a {drawn}"), json!([])).await;
    for label in ["Again", "Vary", "Recipe", "Share"] {
        world.press(here, &message, label).await;
    }
    let form = world.press(here, &message, "Edit").await;
    let custom_id = form.message()["custom_id"].as_str().expect("a form").to_owned();
    let sent = here.form(&custom_id, &format!("an {edited}"), message.message());
    world.ask(sent).await;
    let hung = json!([{"name": "new", "type": 1, "options": []}]);
    let gallery = world.ask(there.command("gallery", &hung)).await;
    assert!(gallery.content().contains("```"), "nothing hangs there: {}", gallery.content());
    world.ask(here.command("prompts", &save(name, saved))).await;
    let list = json!([{"name": "list", "type": 1, "options": []}]);
    assert!(world.ask(here.command("prompts", &list)).await.content().contains(saved));
    let wrong = json!([{"name": "use", "type": 1, "options": [
        {"name": "name", "type": 3, "value": typed}]}]);
    world.ask(here.command("prompts", &wrong)).await;
    let typing = json!([{"name": "text", "type": 3, "value": typed, "focused": true}]);
    world.ask(here.autocomplete("ascii", &typing)).await;
    world.ask(here.message_command("Draw as ASCII", seen)).await;
    world.ask(here.command("letters", &json!([{"name": "text", "type": 3, "value": seen}]))).await;
    // What is refused: too long, a control character, no recipe, no size.
    let strange = Recipe { kind: odd.to_owned(), ..recipe(odd) };
    let foreign = Recipe { model: odd.to_owned(), ..recipe(odd) };
    let texts = [odd.repeat(30), format!("{odd}\u{1b}"), format!("gly1-{odd}")];
    for text in texts.into_iter().chain([strange.code(), foreign.code()]) {
        assert!(world.ascii(here, &text, json!([])).await.told_privately().is_some(), "{text}");
    }
    world.ascii(here, odd, json!([{"name": "size", "type": 3, "value": odd}])).await;
    world.ask(here.command(odd, &json!([]))).await;
    world.ask(here.button(&format!("1:again:{odd}"), message.message())).await;
    // Discord fails while words are on their way.
    for (status, path) in [(500, "/messages/@original"), (403, "/messages/@original")] {
        world.discord.fail(Failure { status, times: 1_000, path });
        let id = world.discord.interact(here.command(
            "ascii",
            &json!([{"name": "text", "type": 3, "value": format!("{lost} {status}")}]),
        ));
        world.discord.wait(id, |exchange| exchange.answer.is_some()).await;
        let told = |line: &str| line.contains("did not take") && line.contains(&id.to_string());
        world
            .discord
            .until("the failure to be told", || world.log().lines().any(told).then_some(()))
            .await;
        world.discord.heal();
    }
    // Messages that nobody understands, with words in them.
    let mut broken = here.command("ascii", &json!([{"name": "text", "type": 3, "value": lost}]));
    broken["member"] = lost.into();
    world.discord.dispatch("INTERACTION_CREATE", broken.clone());
    world.discord.dispatch(lost, broken.clone());
    world.discord.send_text(&format!("{{\"op\": \"{lost}\", \"d\": {broken}"));
    world.discord.send_text(&format!("{{\"op\": 77, \"s\": null, \"t\": null, \"d\": {broken}}}"));
    world.discord.send_text(&broken.to_string());
    // The database is held, then free again.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.database());
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the database opens");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.expect("it is held");
    world.ascii(there, held, json!([])).await;
    world.ask(there.command("prompts", &save(held, held))).await;
    sqlx::query("ROLLBACK").execute(&mut connection).await.expect("it is let go");
    // And the connection breaks.
    world.discord.drop_connection();
    world.logged("was resumed").await;
    let after = world.ascii(there, &format!("{drawn} {held}"), json!([])).await;
    assert!(Exchange::is_settled(&after));
}

#[tokio::test]
async fn neither_token_nor_prompt_is_ever_in_the_log() {
    for format in ["text", "json"] {
        let mut world = World::with(&[
            ("GLYFFUSE__LOG__FORMAT", format),
            // Nobody's variable opens the log further.
            ("RUST_LOG", "trace"),
            ("GLYFFUSE__DISCORD__PREVIEW_AFTER_MILLISECONDS", "0"),
            ("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "100"),
        ])
        .await;
        a_full_round(&world).await;
        let figures = world.get("/metrics").await.body;
        world.terminate();
        assert!(world.ended().await.success());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let log = world.log();
        // The round left its traces, so the log was the verbose one.
        for trace in ["DEBUG", "let in", "not remembered", "Discord did not take", "characters, #"]
        {
            assert!(log.contains(trace), "{format}: no {trace} in\n{log}");
        }
        let secrets = TOKEN.split('.').chain(["token-of-"]).chain(WORDS);
        for secret in secrets {
            for text in [&log, &figures] {
                let line =
                    text.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
                assert_eq!(line, None, "{format}: {secret} is told");
            }
        }
        if format == "json" {
            for line in log.lines() {
                let read: Value = serde_json::from_str(line).expect("one JSON object a line");
                assert!(read["level"].is_string() && read["timestamp"].is_string(), "{line}");
            }
        }
    }
}
