//! What breaks: Discord, the network, the database.
use crate::fake::{Exchange, Failure, Place};
use crate::world::{ANNA, GUILD, World, art, ascii};
use serde_json::json;
use std::time::Duration;

fn here() -> Place {
    Place::member(GUILD, ANNA)
}

#[tokio::test]
async fn a_dropped_connection_is_resumed_and_nothing_is_lost() {
    let world = World::new().await;
    world.ascii(here(), "ring", json!([])).await;
    world.discord.drop_connection();
    // Sent while nobody listens.
    let id = world.discord.interact(here().command("ascii", &ascii("bar", json!([]))));
    let told = world.discord.wait(id, |exchange| exchange.answer.is_some()).await;
    assert!(told.answered_in().expect("answered") < Duration::from_secs(3));
    assert_eq!(art(&world.discord.wait(id, Exchange::is_settled).await).len(), 18);
    let (identifies, resumes) = world.discord.logins();
    assert_eq!((identifies, resumes), (1, 1));
}

#[tokio::test]
async fn refusals_for_haste_are_waited_out() {
    let world = World::new().await;
    world.discord.fail(Failure { status: 429, times: 1, path: "/messages/@original" });
    let drawn = world.ascii(here(), "ring", json!([])).await;
    assert_eq!(art(&drawn).len(), 18);
    // The first answer is in time all the same.
    world.discord.fail(Failure { status: 429, times: 2, path: "/callback" });
    let drawn = world.ascii(here(), "bar", json!([])).await;
    assert!(drawn.answered_in().expect("answered") < Duration::from_secs(3));
    assert_eq!(art(&drawn).len(), 18);
    // So are those told who are told alone.
    world.discord.fail(Failure { status: 429, times: 1, path: "/webhooks/" });
    let mut old = here().command("ascii", &ascii("cross", json!([])));
    let id: u64 = old["id"].as_str().and_then(|id| id.parse().ok()).expect("a number");
    old["id"] = (id - ((15 * 60 * 1_000) << 22)).to_string().into();
    assert!(world.ask(old).await.told_privately().is_some_and(|said| said.contains("too long")));
}

#[tokio::test]
async fn refusals_for_haste_and_faults_at_the_start_are_waited_out() {
    let mut world = World::unconnected(&[]).await;
    for (status, path) in [(429, "/oauth2/"), (503, "/commands"), (429, "/commands"), (500, "/bot")]
    {
        world.discord.fail(Failure { status, times: 1, path });
    }
    world.start();
    world.connected().await;
    assert_eq!(world.discord.registrations().len(), 1);
    assert_eq!(art(&world.ascii(here(), "ring", json!([])).await).len(), 18);
}

#[tokio::test]
async fn commands_that_discord_refuses_end_the_start_with_a_sentence() {
    let mut world = World::unconnected(&[]).await;
    world.discord.fail(Failure { status: 400, times: 9, path: "/commands" });
    world.start();
    assert_eq!(world.ended().await.code(), Some(2));
    assert!(world.log().contains("refuses the bot (status 400"), "{}", world.log());
    assert_eq!(world.discord.logins().0, 0);
}

#[tokio::test]
async fn who_has_hardly_any_logins_left_waits_for_new_ones() {
    let mut world = World::unconnected(&[]).await;
    world.discord.leave_logins(5);
    world.start();
    world.logged("nearly all of the day's logins are used up").await;
    assert_eq!(world.discord.logins().0, 0, "it does not log in meanwhile");
    world.connected().await;
    assert_eq!(world.discord.logins().0, 1);
}

#[tokio::test]
async fn discords_wish_to_reconnect_is_followed() {
    let world = World::new().await;
    // Opcode 7: reconnect and resume.
    world.discord.tell(7, json!(null));
    world.discord.until("the resume", || (world.discord.logins() == (1, 1)).then_some(())).await;
    assert_eq!(art(&world.ascii(here(), "ring", json!([])).await).len(), 18);
    // Opcode 9: the session is no more; a new one begins.
    world.discord.tell(9, json!(false));
    world.discord.until("the login", || (world.discord.logins().0 == 2).then_some(())).await;
    assert_eq!(art(&world.ascii(here(), "bar", json!([])).await).len(), 18);
}

#[tokio::test]
async fn a_payload_that_breaks_the_reader_costs_a_login_and_no_more() {
    let world = World::new().await;
    // Serenity cuts the hash of a picture by bytes, which panics inside this character.
    let mut poison = here().command("help", &json!([]));
    poison["member"]["user"]["avatar"] = "09abcdef01€9abcdef0123456789ab".into();
    world.discord.dispatch("INTERACTION_CREATE", poison);
    world.discord.until("a new login", || (world.discord.logins().0 == 2).then_some(())).await;
    assert_eq!(art(&world.ascii(here(), "ring", json!([])).await).len(), 18);
}

#[tokio::test]
async fn a_gateway_that_lets_nobody_in_is_tried_again() {
    let world = World::new().await;
    world.discord.turn_away(3);
    world.discord.drop_connection();
    let back = || {
        let (identifies, resumes) = world.discord.logins();
        (identifies + resumes == 2).then_some(())
    };
    world.discord.until("the bot to come back", back).await;
    assert_eq!(art(&world.ascii(here(), "ring", json!([])).await).len(), 18);
}

#[tokio::test]
async fn a_bot_that_cannot_draw_tells_discord_nothing() {
    for (name, value, word) in [
        ("GLYFFUSE__MODEL__NAME", "no such model", "no such model"),
        ("GLYFFUSE__DISCORD__API_BASE", "http://192.0.2.1:80", "not on this machine"),
    ] {
        let mut world = World::unconnected(&[(name, value)]).await;
        world.start();
        assert_eq!(world.ended().await.code(), Some(2));
        assert!(world.log().contains(word), "{}", world.log());
        assert_eq!((world.discord.registrations().len(), world.discord.logins().0), (0, 0));
    }
}

#[tokio::test]
async fn whoever_waits_for_the_database_is_told_within_three_seconds() {
    let world = World::with(&[("GLYFFUSE__LIMITS__MEMBER_PER_MINUTE", "60")]).await;
    let drawn = world.ascii(here(), "ring", json!([])).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.database());
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the database opens");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.expect("it is held");
    // More than there are connections to it, so that some wait twice.
    let again = drawn.button("Again").expect("a button");
    let asked: Vec<_> = (0..8)
        .flat_map(|number| {
            let save = json!([{"name": "save", "type": 1, "options": [
                {"name": "name", "type": 3, "value": format!("name {number}")},
                {"name": "text", "type": 3, "value": "b"}]}]);
            [here().command("prompts", &save), here().button(&again, drawn.message())]
        })
        .collect();
    let ids: Vec<_> = asked.into_iter().map(|asked| world.discord.interact(asked)).collect();
    for id in ids {
        let told = world.discord.wait(id, Exchange::is_settled).await;
        assert!(told.answered_in().expect("answered") < Duration::from_secs(3));
        let said = told.told_privately().expect("private");
        assert!(said.contains("memory does not answer"), "{said}");
    }
    sqlx::query("ROLLBACK").execute(&mut connection).await.expect("it is let go");
    assert_eq!(art(&world.press(here(), &drawn, "Again").await).len(), 18);
}

#[tokio::test]
async fn a_wrong_token_and_refused_intents_say_what_to_do() {
    let mut world = World::unconnected(&[("DISCORD_TOKEN", "aaaa.bbbb.cccc")]).await;
    world.start();
    assert_eq!(world.ended().await.code(), Some(2));
    assert!(world.log().contains("Reset Token"), "{}", world.log());

    let mut world = World::unconnected(&[("DISCORD_TOKEN", "no token at all")]).await;
    world.start();
    assert_eq!(world.ended().await.code(), Some(2));
    assert!(world.log().contains("copy the whole token"), "{}", world.log());

    for (code, words) in [(4004, "Reset Token"), (4014, "intents"), (4013, "intents")] {
        let mut world = World::unconnected(&[]).await;
        world.discord.refuse_identify(code);
        world.start();
        assert_eq!(world.ended().await.code(), Some(2), "{code}: {}", world.log());
        assert!(world.log().contains(words), "{code}: {}", world.log());
        assert_eq!(world.discord.logins().0, 1, "it does not try again");
    }
}

#[tokio::test]
async fn an_unreachable_discord_is_waited_for() {
    let mut world = World::unconnected(&[]).await;
    world.discord.fail(Failure { status: 503, times: 2, path: "/oauth2/" });
    world.start();
    world.logged("Discord cannot be reached").await;
    world.connected().await;
    assert_eq!(art(&world.ascii(here(), "ring", json!([])).await).len(), 18);
    // And nobody has to wait for it when told to stop.
    let mut world = World::unconnected(&[]).await;
    world.discord.fail(Failure { status: 503, times: 1_000, path: "/oauth2/" });
    world.start();
    world.logged("Discord cannot be reached").await;
    world.terminate();
    assert!(world.ended().await.success());
}

#[tokio::test]
async fn a_broken_database_never_costs_the_drawing() {
    let world = World::new().await;
    world.ascii(here(), "ring", json!([])).await;
    // Another process holds the database for longer than anybody waits.
    let database = world.database();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.expect("the database opens");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.expect("it is held");
    let drawn = world.ascii(here(), "bar", json!([])).await;
    assert_eq!(art(&drawn).len(), 18);
    assert!(drawn.button("Delete").is_some(), "what needs no memory is there");
    assert!(drawn.button("Again").is_none());
    let save = json!([{"name": "save", "type": 1, "options": [
        {"name": "name", "type": 3, "value": "a"}, {"name": "text", "type": 3, "value": "b"}]}]);
    let told = world.ask(here().command("prompts", &save)).await;
    assert!(told.told_privately().is_some_and(|said| said.contains("memory does not answer")));
    let typing = json!([{"name": "text", "type": 3, "value": "ri", "focused": true}]);
    let offered = world.ask(here().autocomplete("ascii", &typing)).await;
    assert!(!offered.message()["choices"].as_array().expect("choices").is_empty());
    sqlx::query("ROLLBACK").execute(&mut connection).await.expect("it is let go");
    let drawn = world.ascii(here(), "cross", json!([])).await;
    assert!(drawn.button("Again").is_some());
}

#[tokio::test]
async fn a_database_that_is_none_is_refused_with_its_name() {
    let mut world = World::unconnected(&[]).await;
    std::fs::write(world.database(), "no database at all, but long enough to be one".repeat(99))
        .expect("writable");
    world.start();
    assert_eq!(world.ended().await.code(), Some(2));
    assert!(world.log().contains("glyffuse.db"), "{}", world.log());
}

#[tokio::test]
async fn slow_answers_of_discord_do_no_harm() {
    let world = World::new().await;
    world.discord.slow_down(Duration::from_millis(700));
    let drawn = world.ascii(here(), "ring", json!([])).await;
    assert_eq!(art(&drawn).len(), 18);
}
