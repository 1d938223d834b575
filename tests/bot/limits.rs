//! Budgets, the cache, the queue: who waits, who is refused, and that nobody is lost.
use crate::fake::{Exchange, Place};
use crate::world::{ANNA, BERT, GUILD, OTHER_GUILD, World, art};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_spent_budget_is_told_privately_with_the_seconds() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "2")]).await;
    let here = Place::member(GUILD, ANNA);
    for text in ["ring", "bar"] {
        assert_eq!(art(&world.ascii(here, text, json!([])).await).len(), 18);
    }
    let refused = world.ascii(here, "cross", json!([])).await;
    let said = refused.told_privately().expect("private").to_owned();
    assert!(said.contains("try again in") && said.contains("seconds"), "{said}");
    assert_eq!(refused.answer.as_ref().map(|answer| answer.0), Some(4), "at once, nothing public");
    // Others, other servers, and messages to the bot have their own.
    for place in [Place::member(GUILD, BERT), Place::member(OTHER_GUILD, ANNA), Place::direct(ANNA)]
    {
        assert_eq!(art(&world.ascii(place, "cross", json!([])).await).len(), 18);
    }
}

#[tokio::test]
async fn a_guilds_budget_is_its_own() {
    let world = World::with(&[("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "1")]).await;
    world.ascii(Place::member(GUILD, ANNA), "ring", json!([])).await;
    let refused = world.ascii(Place::member(GUILD, BERT), "bar", json!([])).await;
    assert!(refused.told_privately().is_some_and(|said| said.contains("This server")));
    let there = world.ascii(Place::member(OTHER_GUILD, BERT), "bar", json!([])).await;
    assert_eq!(art(&there).len(), 18);
}

#[tokio::test]
async fn a_drawing_from_memory_costs_a_tenth_and_comes_at_once() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "1")]).await;
    let first = world.ascii(Place::member(GUILD, ANNA), "ring", json!([])).await;
    for _ in 0..8 {
        let again = world.ascii(Place::member(GUILD, BERT), "ring", json!([])).await;
        assert_eq!(art(&again), art(&first));
    }
}

#[tokio::test]
async fn the_same_drawing_for_many_is_drawn_once() {
    let world = World::new().await;
    let steps = json!([{"name": "steps", "type": 4, "value": 50}]);
    let ids: Vec<_> = (0..6)
        .map(|user| {
            let options = crate::world::ascii("cross", steps.clone());
            world.discord.interact(Place::member(GUILD, user + 1).command("ascii", &options))
        })
        .collect();
    let mut drawings = Vec::new();
    for id in ids {
        drawings.push(art(&world.discord.wait(id, Exchange::is_settled).await));
    }
    drawings.dedup();
    assert_eq!(drawings.len(), 1);
    let status = json!([{"name": "status", "type": 1, "options": []}]);
    let status = world.ask(Place::admin(GUILD, ANNA).command("glyffuse", &status)).await;
    assert!(status.content().contains("drawings: 1 since the start"), "{}", status.content());
}

#[tokio::test]
async fn a_full_queue_is_told_privately_and_costs_nothing() {
    let world = World::with(&[
        ("GLYFFUSE__ENGINE__QUEUE", "1"),
        ("GLYFFUSE__ENGINE__BATCH", "1"),
        ("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "1"),
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "100000"),
        ("GLYFFUSE__LIMITS__MOST_STEPS", "1000"),
    ])
    .await;
    let ids: Vec<_> = (0..12_u64)
        .map(|user| {
            let steps = json!([{"name": "steps", "type": 4, "value": 500 + user}]);
            let options = crate::world::ascii("ring", steps);
            (
                user,
                world.discord.interact(Place::member(GUILD, user + 1).command("ascii", &options)),
            )
        })
        .collect();
    let mut refused = Vec::new();
    for (user, id) in ids {
        let exchange = world.discord.wait(id, Exchange::is_settled).await;
        match exchange.told_privately() {
            Some(said) => {
                assert!(said.contains("Too many drawings are waiting"), "{said}");
                assert!(exchange.deleted, "the public answer is taken away");
                refused.push(user);
            }
            None => assert_eq!(art(&exchange).len(), 18),
        }
    }
    assert!(!refused.is_empty() && refused.len() < 12, "{refused:?}");
    // What was refused was given back: the whole budget of one drawing is there.
    let place = Place::member(GUILD, refused[0] + 1);
    assert_eq!(art(&world.ascii(place, "bar", json!([])).await).len(), 18);
}

#[tokio::test]
async fn two_hundred_at_once_from_twenty_guilds_are_all_answered() {
    let mut world = World::with(&[
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "8"),
        ("GLYFFUSE__ENGINE__QUEUE", "300"),
    ])
    .await;
    let before = world.resident_kilobytes();
    let words = ["ring", "bar", "cross", "square"];
    let ids: Vec<_> = (0..200_u64)
        .map(|number| {
            let place = Place::member(GUILD + 100 * (number % 20), 1_000 + number);
            let seed = json!([{"name": "seed", "type": 4, "value": number % 50}]);
            let options = crate::world::ascii(words[number as usize % 4], seed);
            world.discord.interact(place.command("ascii", &options))
        })
        .collect();
    let (mut drawn, mut refused) = (0, 0);
    for id in ids {
        let exchange = world.discord.wait(id, Exchange::is_settled).await;
        assert!(exchange.answered_in().expect("answered") < Duration::from_secs(3));
        match exchange.told_privately() {
            Some(said) => {
                assert!(said.contains("try again"), "{said}");
                refused += 1;
            }
            None => {
                assert_eq!(art(&exchange).len(), 18);
                drawn += 1;
            }
        }
    }
    // Eight of ten are in each guild's budget, and a few more where it fills up meanwhile.
    assert_eq!(drawn + refused, 200, "nobody is lost");
    assert!(drawn >= 160 && refused >= 1, "{drawn} drawn, {refused} refused");
    let after = world.resident_kilobytes();
    assert!(after < before + 80_000, "memory grew from {before} kB to {after} kB");
}

#[tokio::test]
async fn outside_guilds_the_person_is_limited_wherever_that_is() {
    let world = World::with(&[("GLYFFUSE__LIMITS__USER_PER_MINUTE", "2")]).await;
    let here = Place::member(GUILD, ANNA);
    let brought = |text: &str| {
        let command = here.command("ascii", &crate::world::ascii(text, json!([])));
        here.brought(command)
    };
    assert_eq!(art(&world.ascii(Place::direct(ANNA), "ring", json!([])).await).len(), 18);
    let drawn = world.ask(brought("bar")).await;
    assert_eq!(art(&drawn).len(), 18);
    let spent = |told: &Exchange| {
        told.told_privately().is_some_and(|said| said.contains("You have drawn a lot"))
    };
    assert!(spent(&world.ask(brought("cross")).await));
    assert!(spent(&world.ascii(Place::direct(ANNA), "cross", json!([])).await));
    // Neither does a form lead around it.
    let edit = drawn.button("Edit").expect("a button");
    let form = world.ask(here.brought(here.button(&edit, drawn.message()))).await;
    let custom_id = form.message()["custom_id"].as_str().expect("a custom id").to_owned();
    let sent = here.brought(here.form(&custom_id, "cross", drawn.message()));
    assert!(spent(&world.ask(sent).await));
    // What the guild allows its members is another matter.
    assert_eq!(art(&world.ascii(here, "cross", json!([])).await).len(), 18);
}

#[tokio::test]
async fn a_cached_repeat_comes_within_fifty_milliseconds() {
    let world = World::new().await;
    let first = world.ascii(Place::member(GUILD, ANNA), "ring", json!([])).await;
    let mut quickest = Duration::MAX;
    for user in 0..30 {
        let again = world.ascii(Place::member(GUILD, 1_000 + user), "ring", json!([])).await;
        assert_eq!(again.answer.as_ref().map(|answer| answer.0), Some(4), "at once");
        assert!(again.edits.is_empty() && art(&again) == art(&first));
        quickest = quickest.min(again.answered_in().expect("answered"));
    }
    // The quickest of many: a busy machine may keep any one of them waiting.
    assert!(quickest < Duration::from_millis(50), "{quickest:?}");
    let status = json!([{"name": "status", "type": 1, "options": []}]);
    let status = world.ask(Place::admin(GUILD, ANNA).command("glyffuse", &status)).await;
    for part in ["drawings: 1 since the start", "30 of 31 requests were there already (96 %)"] {
        assert!(status.content().contains(part), "{part}: {}", status.content());
    }
}

#[tokio::test]
async fn neighbours_in_a_batch_do_not_change_a_drawing() {
    let settings = [
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "600"),
        ("GLYFFUSE__ENGINE__BATCH", "8"),
        ("GLYFFUSE__ENGINE__GATHER_MILLISECONDS", "100"),
    ];
    let asked = ["ring", "bar", "cross", "square", "a ring", "a bar"];
    let place = |number: usize| Place::member(GUILD, 1_000 + number as u64);
    let world = World::with(&settings).await;
    let mut alone = Vec::new();
    for (number, text) in asked.iter().enumerate() {
        alone.push(art(&world.ascii(place(number), text, json!([])).await));
    }
    let world = World::with(&settings).await;
    let ids: Vec<_> = asked
        .iter()
        .enumerate()
        .map(|(number, text)| {
            let options = crate::world::ascii(text, json!([]));
            world.discord.interact(place(number).command("ascii", &options))
        })
        .collect();
    for (id, alone) in ids.into_iter().zip(alone) {
        assert_eq!(art(&world.discord.wait(id, Exchange::is_settled).await), alone);
    }
}
