//! Drawings that take long, and the real model.
use crate::fake::Place;
use crate::world::{ANNA, GUILD, World, art, ascii};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

#[tokio::test]
async fn a_slow_drawing_is_acknowledged_and_shown_while_it_forms() {
    let world = World::with(&[
        ("GLYFFUSE__LIMITS__MOST_STEPS", "1000"),
        ("GLYFFUSE__DISCORD__PREVIEW_AFTER_MILLISECONDS", "200"),
        ("GLYFFUSE__DISCORD__PREVIEW_EVERY_MILLISECONDS", "200"),
    ])
    .await;
    let steps = json!([{"name": "steps", "type": 4, "value": 1000}]);
    let drawn = world.ascii(here(), "ring", steps).await;
    assert!(drawn.answered_in().expect("answered") < Duration::from_secs(1));
    let looks = drawn.edits.len() - 1;
    assert!(looks >= 1, "nothing was shown while it formed");
    for look in &drawn.edits[..looks] {
        let content = look["content"].as_str().expect("a text");
        assert!(content.contains("-# step ") && content.contains(" of 1000"), "{content}");
    }
    assert!(!drawn.content().contains("-# step"), "the last edit is the finished drawing");
}

#[tokio::test]
async fn a_quick_drawing_is_edited_once() {
    let world = World::new().await;
    let drawn = world.ascii(here(), "ring", json!([])).await;
    assert_eq!(drawn.edits.len(), 1);
}

#[tokio::test]
async fn stopping_in_the_middle_of_a_drawing_finishes_it() {
    let mut world = World::with(&[("GLYFFUSE__LIMITS__MOST_STEPS", "1000")]).await;
    let steps = json!([{"name": "steps", "type": 4, "value": 1000}]);
    let id = world.discord.interact(here().command("ascii", &ascii("ring", steps)));
    world.discord.wait(id, |exchange| exchange.answer.is_some()).await;
    world.terminate();
    assert!(world.ended().await.success());
    let exchange = world.discord.exchange(id);
    assert!(exchange.is_settled() && art(&exchange).len() == 18, "{exchange:?}");
    assert!(world.log().contains("stopped"));
}

#[tokio::test]
async fn what_is_not_finished_in_time_is_told_and_the_bot_leaves() {
    let mut world = World::with(&[
        ("GLYFFUSE__LIMITS__MOST_STEPS", "1000"),
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "100000"),
        ("GLYFFUSE__ENGINE__QUEUE", "200"),
        ("GLYFFUSE__ENGINE__BATCH", "1"),
        ("GLYFFUSE__DISCORD__STOP_WITHIN_SECONDS", "6"),
    ])
    .await;
    let ids: Vec<_> = (0..150_u64)
        .map(|number| {
            let options = json!([
                {"name": "steps", "type": 4, "value": 1_000},
                {"name": "seed", "type": 4, "value": number},
            ]);
            let place = Place::member(GUILD, 1_000 + number);
            world.discord.interact(place.command("ascii", &ascii("ring", options)))
        })
        .collect();
    for id in &ids {
        world.discord.wait(*id, |exchange| exchange.answer.is_some()).await;
    }
    world.terminate();
    assert!(world.ended().await.success());
    let (mut drawn, mut told) = (0, 0);
    for id in ids {
        let exchange = world.discord.exchange(id);
        assert!(exchange.is_settled(), "{exchange:?}");
        match exchange.told_privately() {
            Some(said) => {
                assert!(said.contains("being restarted"), "{said}");
                told += 1;
            }
            None => drawn += art(&exchange).len() / 18,
        }
    }
    assert!(told > 0 && drawn + told == 150, "{drawn} drawn, {told} told");
}

#[tokio::test]
async fn an_interaction_from_long_ago_is_not_drawn() {
    let world = World::new().await;
    let mut old = here().command("ascii", &ascii("ring", json!([])));
    // Its number says that it was made 15 minutes ago.
    let id: u64 = old["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
    old["id"] = (id - ((15 * 60 * 1_000) << 22)).to_string().into();
    let late = world.ask(old).await;
    assert!(late.told_privately().is_some_and(|said| said.contains("took too long")));
}

/// The model that people get, on the real runtime.
#[tokio::test]
async fn the_real_model_draws_a_cat() {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/small");
    let small = small.to_str().expect("UTF-8");
    let world =
        World::with(&[("GLYFFUSE__MODEL__NAME", small), ("GLYFFUSE__RUNTIME__THREADS", "0")]).await;
    let cat = world.ascii(here(), "cat", json!([])).await;
    let inked: usize =
        art(&cat).iter().map(|line| line.chars().filter(|c| *c != ' ').count()).sum();
    assert!((40..400).contains(&inked), "{inked} characters of ink:\n{}", cat.content());
    let told = std::time::Instant::now();
    let again = world.ascii(Place::member(GUILD, ANNA + 1), "cat", json!([])).await;
    assert_eq!(art(&again), art(&cat));
    assert!(told.elapsed() < Duration::from_secs(3));
}
