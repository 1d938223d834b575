//! The gallery.
use crate::fake::{Exchange, Place};
use crate::world::{ANNA, BERT, GUILD, OTHER_GUILD, World, art};
use serde_json::json;

async fn gallery(world: &World, place: Place, view: &str) -> Exchange {
    world.ask(place.command("gallery", &json!([{"name": view, "type": 1, "options": []}]))).await
}

#[tokio::test]
async fn drawings_are_shared_voted_for_remixed_and_taken_down() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    let (anna, bert) = (Place::member(GUILD, ANNA), Place::member(GUILD, BERT));
    let empty = gallery(&world, anna, "new").await;
    assert!(empty.told_privately().is_some_and(|said| said.contains("empty")));
    let ring = world.ascii(anna, "ring", json!([])).await;
    let refused = world.press(bert, &ring, "Share").await;
    assert!(refused.told_privately().is_some_and(|said| said.contains("Only the one who asked")));
    assert!(world.press(anna, &ring, "Share").await.content().contains("hangs in the gallery now"));
    assert!(world.press(anna, &ring, "Share").await.content().contains("already"));
    let bar = world.ascii(bert, "bar", json!([])).await;
    world.press(bert, &bar, "Share").await;

    let newest = gallery(&world, anna, "new").await;
    assert!(newest.content().contains("**bar**") && newest.content().contains("1 of 2"));
    assert_eq!(art(&newest), art(&bar));
    let next = world.press(anna, &newest, "Next").await;
    assert_eq!(next.answer.as_ref().map(|answer| answer.0), Some(7), "the page is turned in place");
    assert!(next.content().contains("**ring**") && next.content().contains("2 of 2"));
    let other = world.press(bert, &newest, "Next").await;
    assert!(other.told_privately().is_some_and(|said| said.contains("opened the gallery")));

    // One vote a member; voting again takes it back.
    let vote = next.button("0").expect("a button with the votes");
    for (place, votes) in [(anna, "1 now"), (bert, "2 now"), (bert, "1 now")] {
        let told = world.ask(place.button(&vote, next.message())).await;
        assert!(told.told_privately().is_some_and(|said| said.contains(votes)), "{votes}");
    }
    assert!(gallery(&world, bert, "top").await.content().contains("**ring**"));
    assert!(gallery(&world, bert, "mine").await.content().contains("**bar**"));
    assert!(gallery(&world, bert, "random").await.content().contains("2 in all"));

    let form = world.press(bert, &next, "Remix").await;
    let custom_id = form.message()["custom_id"].as_str().expect("a custom id").to_owned();
    let remix = world.ask(bert.form(&custom_id, "a square ring", next.message())).await;
    assert!(remix.content().contains("**a square ring**"));

    let refused = world.press(bert, &next, "Take down").await;
    assert!(refused.told_privately().is_some_and(|said| said.contains("moderator")));
    let gone = world.press(Place::admin(GUILD, BERT), &next, "Take down").await;
    assert!(gone.content().contains("taken down"));
    let missing = world.ask(anna.button(&vote, next.message())).await;
    assert!(missing.told_privately().is_some_and(|said| said.contains("taken down")));
    let own = gallery(&world, bert, "mine").await;
    assert!(world.press(bert, &own, "Take down").await.content().contains("taken down"));
    assert!(gallery(&world, bert, "mine").await.content().contains("not shared a drawing"));
}

#[tokio::test]
async fn galleries_of_servers_are_apart() {
    let world = World::new().await;
    let here = Place::member(GUILD, ANNA);
    let ring = world.ascii(here, "ring", json!([])).await;
    world.press(here, &ring, "Share").await;
    let there = Place::member(OTHER_GUILD, ANNA);
    assert!(gallery(&world, there, "new").await.content().contains("empty"));
    let stolen = world.ask(there.button("1:vote:1", ring.message())).await;
    assert!(stolen.told_privately().is_some_and(|said| said.contains("taken down")));
    let unavailable = json!({"id": GUILD.to_string(), "unavailable": true});
    world.discord.dispatch("GUILD_DELETE", unavailable);
    assert!(gallery(&world, here, "new").await.content().contains("**ring**"), "only an outage");
    world.discord.dispatch("GUILD_DELETE", json!({"id": GUILD.to_string()}));
    world.logged("everything of the guild is deleted").await;
    assert!(gallery(&world, here, "new").await.content().contains("empty"));
}
