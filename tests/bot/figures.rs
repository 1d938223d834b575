//! What a request takes from end to end, with the model that people get. Measured, not judged:
//! `cargo test --test bot -- --ignored --nocapture figures`.
use crate::fake::{Exchange, Place};
use crate::world::{ANNA, GUILD, World, art, ascii};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Repeats of one cached drawing.
const REPEATS: usize = 100;

async fn real(settings: &[(&str, &str)]) -> World {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/small");
    let small = small.to_str().expect("UTF-8");
    let model = [("GLYFFUSE__MODEL__NAME", small), ("GLYFFUSE__RUNTIME__THREADS", "0")];
    World::with(&[&model[..], settings].concat()).await
}

#[tokio::test]
#[ignore = "a measurement"]
async fn figures_of_one_request() {
    let world = real(&[
        ("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "600"),
        ("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "600"),
    ])
    .await;
    for (text, size) in [("cat", "phone"), ("house", "phone"), ("tree", "desktop")] {
        let size_option = json!([{"name": "size", "type": 3, "value": size}]);
        let drawn = world.ascii(Place::member(GUILD, ANNA), text, size_option).await;
        let finished = drawn.told.elapsed();
        let answered = drawn.answered_in().expect("answered");
        println!("{text}, {size}: acknowledged in {answered:.1?}, drawn in {finished:.1?}");
        println!("{}", drawn.content());
    }
    let mut repeats = Vec::new();
    for number in 0..REPEATS {
        let place = Place::member(GUILD, ANNA + number as u64);
        let again = world.ascii(place, "cat", json!([])).await;
        assert_eq!(art(&again).len(), 18);
        repeats.push(again.told.elapsed());
    }
    repeats.sort();
    let (median, worst) = (repeats[REPEATS / 2], repeats[REPEATS - 1]);
    println!("cached, {REPEATS} repeats: median {median:.1?}, slowest {worst:.1?}");
}

#[tokio::test]
#[ignore = "a measurement"]
async fn figures_of_a_rush() {
    let mut world =
        real(&[("GLYFFUSE__LIMITS__GUILD_PER_MINUTE", "8"), ("GLYFFUSE__ENGINE__QUEUE", "300")])
            .await;
    let (before, started) = (world.resident_kilobytes(), Instant::now());
    let words = ["cat", "house", "tree", "fish", "umbrella"];
    let ids: Vec<_> = (0..200_u64)
        .map(|number| {
            let place = Place::member(GUILD + 100 * (number % 20), 1_000 + number);
            let seed = json!([{"name": "seed", "type": 4, "value": number}]);
            world.discord.interact(place.command("ascii", &ascii(words[number as usize % 5], seed)))
        })
        .collect();
    let (mut drawn, mut refused, mut slowest) = (0, 0, Duration::ZERO);
    let mut peak = before;
    while let Some(open) =
        ids.iter().find(|id| !Exchange::is_settled(&world.discord.exchange(**id)))
    {
        peak = peak.max(world.resident_kilobytes());
        assert!(started.elapsed() < Duration::from_secs(840), "{open} is lost");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let all = started.elapsed();
    for id in ids {
        let exchange = world.discord.exchange(id);
        slowest = slowest.max(exchange.answered_in().expect("answered"));
        match exchange.told_privately() {
            Some(_) => refused += 1,
            None => drawn += art(&exchange).len() / 18,
        }
    }
    assert_eq!(drawn + refused, 200, "nobody is lost");
    println!(
        "200 at once from 20 servers: {drawn} drawn, {refused} refused privately, in {all:.0?}; \
         slowest acknowledgement {slowest:.0?}; memory {before} kB before, {peak} kB at most"
    );
}
