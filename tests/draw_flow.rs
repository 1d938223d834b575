//! From words to characters, through the real networks of the tiny model.
mod common;

use common::{run, stderr_of, stdout, tiny, tiny_glyffuse};
use glyffuse::domain::{Prompt, Seed, Variation};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// The characters of one drawing, all lines 36 wide.
fn draw(arguments: &[&str]) -> Vec<Vec<char>> {
    let text = stdout(&mut tiny_glyffuse(&[&["draw", "--quiet"], arguments].concat()));
    let lines: Vec<Vec<char>> = text
        .lines()
        .map(|line| {
            let mut line: Vec<_> = line.chars().collect();
            line.resize(36, ' ');
            line
        })
        .collect();
    assert_eq!(lines.len(), 18);
    lines
}

fn with_stdin(command: &mut Command, input: &str) -> std::process::Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn shapes_are_what_their_names_say() {
    let blank = |rows: &[Vec<char>], columns: std::ops::Range<usize>| {
        rows.iter().all(|row| row[columns.clone()].iter().all(|&c| c == ' '))
    };
    let ring = draw(&["ring"]);
    assert!(blank(&ring[8..10], 14..22), "a ring is empty in the middle");
    assert!(!blank(&ring[8..10], 0..14) && !blank(&ring[8..10], 22..36));
    let bar = draw(&["bar"]);
    assert!(blank(&bar[0..4], 0..36) && blank(&bar[14..18], 0..36), "a bar lies flat");
    assert!(!blank(&bar[6..12], 4..32));
}

#[test]
fn words_mean_the_same_in_any_language_and_phrase() {
    let lines = |text: &str| draw(&[text, "--seed", "5"]);
    let ring = lines("ring");
    assert_eq!(ring, lines("circle"));
    assert_eq!(ring, lines("丸"));
    assert_eq!(ring, lines("A big RING, please"));
    assert_ne!(ring, lines("square"));
}

#[test]
fn the_same_words_give_the_same_drawing() {
    assert_eq!(draw(&["cross"]), draw(&["cross"]));
    assert_ne!(draw(&["cross"]), draw(&["cross", "--variation", "2"]));
    assert_eq!(
        draw(&["cross", "--seed", "8", "--variation", "2"]),
        draw(&["cross", "--seed", "9"])
    );
}

#[test]
fn every_sampler_style_and_size_draws() {
    for sampler in ["ddpm", "ddim", "dpm++"] {
        draw(&["ring", "--sampler", sampler, "--steps", "30"]);
    }
    for (style, allowed) in [("line", " .,'\"-_|/\\()"), ("blocks", " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")]
    {
        let lines = draw(&["ring", "--style", style]);
        assert!(lines.iter().flatten().all(|&c| allowed.contains(c)), "{style}");
    }
    let braille = draw(&["ring", "--style", "braille"]);
    assert!(braille.iter().flatten().all(|&c| c == ' ' || ('\u{2800}'..='\u{28FF}').contains(&c)));
    let large =
        stdout(&mut tiny_glyffuse(&["draw", "ring", "--size", "desktop", "--charset", "*o"]));
    assert_eq!(large.lines().count(), 30);
    assert!(large.chars().all(|c| " *o\n".contains(c)));
}

#[test]
fn a_recipe_redraws_the_same_characters() {
    let options = ["draw", "丸", "--sampler", "ddpm", "--steps", "12", "--style", "filled"];
    let json = stdout(tiny_glyffuse(&options).args(["--size", "desktop", "--format", "json"]));
    let record: serde_json::Value = serde_json::from_str(&json).expect("one line of JSON");
    assert_eq!(record["drawn_as"], "ring");
    let recipe = record["recipe"].to_string();
    for text in [recipe.as_str(), json.as_str()] {
        let again = stdout(&mut tiny_glyffuse(&["draw", "--recipe", text]));
        let lines: Vec<_> = again.lines().map(str::to_owned).collect();
        let wanted: Vec<_> = record["lines"].as_array().expect("lines").iter().collect();
        assert_eq!(lines.len(), wanted.len());
        assert!(lines.iter().zip(wanted).all(|(line, wanted)| line == wanted));
    }
    let other = recipe.replace("tiny@1", "small@9");
    let output = run(&mut tiny_glyffuse(&["draw", "--recipe", &other]));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr_of(&output).contains("small@9"));
}

#[test]
fn the_candidate_that_the_ranker_likes_best_is_kept() {
    let json = |arguments: &[&str]| -> serde_json::Value {
        let arguments = [&["draw", "cross", "--format", "json"], arguments].concat();
        let text = stdout(&mut tiny_glyffuse(&arguments));
        serde_json::from_str(&text).expect("one line of JSON")
    };
    let kept = json(&["--candidates", "5", "--variation", "3"]);
    let prompt = Prompt::new("cross").expect("sound");
    let third = Variation::FIRST.next().next();
    let first = Seed::derive("tiny@1", &prompt, third);
    let rivals: Vec<_> = (0..5)
        .map(|number| json(&["--seed", &first.of_candidate(number).get().to_string()]))
        .collect();
    // The tiny model's ranker wants as many characters as can be.
    let inked = |drawing: &serde_json::Value| {
        let lines =
            drawing["lines"].as_array().expect("lines").iter().filter_map(|line| line.as_str());
        lines.flat_map(str::chars).filter(|c| *c != ' ').count()
    };
    let most = rivals.iter().rev().max_by_key(|rival| inked(rival)).expect("rivals");
    assert!(rivals.iter().any(|rival| inked(rival) < inked(most)), "they differ");
    assert_eq!(kept["lines"], most["lines"]);
    assert_eq!(kept["recipe"], most["recipe"]);
}

#[test]
fn a_picture_is_redrawn_toward_the_text() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, ground: &str, ink: &str| {
        let path = folder.path().join(name);
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'>\
             <rect width='90' height='90' fill='{ground}'/>\
             <rect x='5' y='40' width='80' height='12' fill='{ink}'/></svg>"
        );
        fs::write(&path, svg).expect("writable");
        path.to_str().expect("UTF-8").to_owned()
    };
    let picture = write("bar.svg", "white", "black");
    let inked = |rows: &[Vec<char>]| rows.iter().flatten().filter(|&&c| c != ' ').count();
    // What is not noised stays as it is: a bar leaves the upper rows empty, whatever is asked for.
    let kept = draw(&["ring", "--from", &picture, "--strength", "0"]);
    assert_eq!(inked(&kept[..6]), 0, "{kept:?}");
    assert!(inked(&kept[6..12]) > 0, "{kept:?}");
    let light = write("light.svg", "black", "white");
    assert_eq!(kept, draw(&["ring", "--from", &light, "--strength", "0", "--invert"]));
    // What is all noise is the drawing of the text.
    let forgotten = draw(&["ring", "--from", &picture, "--strength", "1"]);
    assert!(inked(&forgotten[..6]) > 0);
    // Recipe and code carry the picture.
    let options = ["draw", "ring", "--from", &picture, "--format", "json"];
    let json = stdout(&mut tiny_glyffuse(&options));
    let record: serde_json::Value = serde_json::from_str(&json).expect("one line of JSON");
    let code = record["recipe_code"].as_str().expect("a code");
    for recipe in [code, &record["recipe"].to_string()] {
        let again = stdout(&mut tiny_glyffuse(&["draw", "--recipe", recipe, "--format", "json"]));
        let again: serde_json::Value = serde_json::from_str(&again).expect("one line of JSON");
        assert_eq!(again["lines"], record["lines"]);
    }
}

/// Runs of ink and paper along a row: how many separate strokes or shapes it crosses.
fn groups(row: &[char]) -> usize {
    let ink: Vec<_> = row.iter().map(|&c| c != ' ').collect();
    usize::from(ink[0]) + ink.windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

#[test]
fn several_things_are_drawn_in_their_places() {
    let pair = draw(&["a ring and a square", "--steps", "8"]);
    let blank = |column: &usize| pair.iter().all(|row| row[*column] == ' ');
    assert!((15..21).any(|column| blank(&column)), "paper between the two");
    for half in [0..17, 19..36] {
        let ink = pair.iter().flat_map(|row| &row[half.clone()]).filter(|&&c| c != ' ').count();
        assert!(ink > 10, "something in columns {half:?}");
    }
    let stacked = draw(&["a ring over a bar"]);
    let inked: Vec<_> = (0..18).filter(|&y| stacked[y].iter().any(|&c| c != ' ')).collect();
    assert!(inked.len() > 8, "{inked:?}");
    assert_eq!(
        pair,
        draw(&["a circle and a box", "--steps", "8", "--seed", &seed_of("a ring and a square")])
    );
}

/// The seed with which a text's first variation was drawn.
fn seed_of(text: &str) -> String {
    let mut command = tiny_glyffuse(&["draw", "--quiet", "--format", "json", "--steps", "8", text]);
    let record: serde_json::Value = serde_json::from_str(&stdout(&mut command)).expect("JSON");
    record["recipe"]["seed"].to_string()
}

#[test]
fn words_are_written_in_letters() {
    let upright = draw(&["OHIO", "--letters=print", "--style", "line"]);
    let fullest = upright.iter().map(|row| groups(row)).max().expect("rows");
    assert!(fullest >= 5, "O, H, I and O cross a row at least five times, not {fullest}");
    assert_ne!(upright, draw(&["OHIO", "--letters=slant", "--style", "line"]));
    assert_eq!(draw(&["\"OHIO\""]), draw(&["OHIO", "--letters", "--seed", &seed_of("\"OHIO\"")]));
    let arguments = ["draw", "--quiet", "--format", "json", "--letters=slant", "OHIO"];
    let record: serde_json::Value =
        serde_json::from_str(&stdout(&mut tiny_glyffuse(&arguments))).expect("JSON");
    let code = record["recipe_code"].as_str().expect("a code");
    let again = stdout(&mut tiny_glyffuse(&["draw", "--quiet", "--recipe", code]));
    let lines: Vec<_> = again.lines().map(str::to_owned).collect();
    assert_eq!(serde_json::json!(lines), record["lines"]);
}

/// Characters of ink with the number of the code before them, 0 without one.
fn coloured(text: &str) -> Vec<(char, u8)> {
    let (mut ink, mut code) = (Vec::new(), 0);
    for line in text.lines() {
        for (place, part) in line.split("\u{1b}[").enumerate() {
            let number = part.split_once('m').filter(|_| place > 0);
            let characters = number.map_or(part, |(number, characters)| {
                code = number.parse().expect("a number");
                characters
            });
            ink.extend(characters.chars().filter(|c| *c != ' ').map(|c| (c, code)));
        }
        assert_eq!(code, 0, "every line takes its colour back: {line:?}");
    }
    ink
}

#[test]
fn colours_that_the_text_names_are_printed_when_wanted() {
    let draw = |text: &str, more: &[&str]| {
        stdout(&mut tiny_glyffuse(&[&["draw", text, "--quiet"], more].concat()))
    };
    let plain = draw("a red ring", &[]);
    assert!(!plain.contains('\u{1b}'), "stdout is no terminal");
    assert_eq!(draw("a red ring", &["--colour=never"]), plain);
    let red = draw("a red ring", &["--colour=always"]);
    assert_eq!(red, draw("a red ring", &["--color"]));
    assert_eq!(red.replace("\u{1b}[31m", "").replace("\u{1b}[0m", ""), plain);
    assert!(coloured(&red).len() > 20 && coloured(&red).iter().all(|(_, code)| *code == 31));
    assert_eq!(draw("a ring", &["--colour"]), draw("a ring", &[]), "no colour is named");
    // Each thing has its own.
    let arguments = ["--colour", "--size", "desktop"];
    let pair = draw("a blue square over a green bar", &arguments);
    let ink = coloured(&pair);
    let first_green = ink.iter().position(|(_, code)| *code == 32).expect("something green");
    assert!(first_green > 20 && first_green + 20 < ink.len(), "{pair}");
    assert!(ink[..first_green].iter().all(|(_, code)| *code == 34), "{pair}");
    assert!(ink[first_green..].iter().all(|(_, code)| *code == 32), "{pair}");
    let beside = draw("a square and a pink ring", &arguments);
    let codes: Vec<_> = coloured(&beside).iter().map(|(_, code)| *code).collect();
    assert!(codes.contains(&0) && codes.contains(&35), "{beside}");
    // Files and other formats stay as they are, and a recipe gives the same colours.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ring.txt");
    draw("a red ring", &["--colour", "--output", file.to_str().expect("UTF-8")]);
    assert_eq!(fs::read_to_string(&file).expect("written"), plain);
    let json = draw("a red ring", &["--colour", "--format", "json"]);
    let record: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(record["lines"][9], plain.lines().nth(9).expect("a line"));
    let code = record["recipe_code"].as_str().expect("a code");
    assert_eq!(stdout(&mut tiny_glyffuse(&["draw", "--recipe", code, "--colour"])), red);
}

#[test]
fn what_cannot_be_written_is_refused() {
    for (arguments, wanted) in [
        (&["draw", "naïve", "--letters"][..], "the letter 'ï'"),
        (&["draw", "OHIO", "--letters=gothic"], "letters-print"),
        (&["draw", "OHIO", "--letters", "--kind", "stroke"], "--kind"),
    ] {
        let output = run(&mut tiny_glyffuse(arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr_of(&output).contains(wanted), "{}", stderr_of(&output));
    }
}

#[test]
fn neighbours_in_a_batch_do_not_change_a_drawing() {
    let prompts = "ring\nsquare\n\ncross\nbar\nring\n";
    let output =
        with_stdin(&mut tiny_glyffuse(&["draw", "--each-line", "--format", "json"]), prompts);
    assert!(output.status.success(), "{}", stderr_of(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let rows: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0]["lines"], rows[4]["lines"]);
    for row in &rows[..4] {
        let name = row["text"].as_str().expect("a text");
        let alone = stdout(&mut tiny_glyffuse(&["draw", name, "--format", "json"]));
        let alone: serde_json::Value = serde_json::from_str(&alone).expect("JSON");
        assert_eq!(row["lines"], alone["lines"], "{name}");
    }
}

#[test]
fn stdout_holds_nothing_but_the_art() {
    let output = run(&mut tiny_glyffuse(&["draw", "zzz qqq"]));
    assert!(output.status.success());
    assert!(stderr_of(&output).starts_with("drawn as: "), "{}", stderr_of(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 18);
    let quiet = run(&mut tiny_glyffuse(&["draw", "zzz qqq", "--quiet"]));
    assert!(quiet.stderr.is_empty());
    assert_eq!(quiet.stdout, output.stdout);
    let piped = with_stdin(&mut tiny_glyffuse(&["draw"]), "zzz\nqqq\n");
    assert_eq!(piped.stdout, output.stdout);
}

#[test]
fn pictures_and_files_are_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let png = folder.path().join("ring.png");
    let name = png.to_str().expect("UTF-8");
    stdout(&mut tiny_glyffuse(&["draw", "ring", "--format", "png", "--output", name]));
    assert!(fs::read(&png).expect("written").starts_with(b"\x89PNG"));
    // The picture of a drawing can be traced again.
    let traced = stdout(common::glyffuse().args(["trace", name]));
    assert_eq!(traced.lines().count(), 18);
    let svg = stdout(&mut tiny_glyffuse(&["draw", "ring", "--format", "svg"]));
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    let several = stdout(&mut tiny_glyffuse(&["draw", "ring", "--count", "3"]));
    assert_eq!(several.lines().count(), 18 + 1 + 18);
}

#[test]
fn wrong_input_gets_one_sentence_and_exit_code_2() {
    let long = "x".repeat(201);
    let tiny_model = tiny();
    let missing = tiny_model.join("missing/out.txt");
    let missing = missing.to_str().expect("UTF-8");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blank = folder.path().join("blank.svg");
    fs::write(&blank, "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
        .expect("writable");
    let blank = blank.to_str().expect("UTF-8");
    let cases: &[(&[&str], &str)] = &[
        (&["draw", " "], "no text"),
        (&["draw", &long], "201 characters"),
        (&["draw", "a\u{1b}b"], "control character"),
        (&["draw", "ring", "--steps", "0"], "1 to 1000"),
        (&["draw", "ring", "--guidance", "-1"], "0 to 10"),
        (&["draw", "ring", "--guidance", "NaN"], "0 to 10"),
        (&["draw", "ring", "--size", "huge"], "phone"),
        (&["draw", "ring", "--style", "oil"], "braille"),
        (&["draw", "ring", "--sampler", "magic"], "dpm++"),
        (&["draw", "ring", "--charset", "`"], "backtick"),
        (&["draw", "ring", "--charset", "é"], "ASCII"),
        (&["draw", "ring", "--style", "braille", "--charset", "x"], "fixed characters"),
        (&["draw", "ring", "--kind", "oil"], "any"),
        (&["draw", "ring", "--seed", "-1"], "whole number"),
        (&["draw", "ring", "--candidates", "17"], "1 to 16"),
        (&["draw", "ring", "--from", "/nowhere.png"], "/nowhere.png"),
        (&["draw", "ring", "--from", blank], "--invert"),
        (&["draw", "ring", "--from", blank, "--strength", "2"], "0 to 1"),
        (&["draw", "ring", "--strength", "0.5"], "--from"),
        (&["draw", "ring", "--frobnicate"], "--frobnicate"),
        (&["draw", "ring", "--output", missing], "cannot write"),
        (&["draw", "ring", "--count", "2", "--format", "png"], "--count"),
        (&["draw", "--recipe", "{}"], "recipe"),
        (&["draw"], "no text"),
        (&["trace", "/nowhere.png"], "/nowhere.png"),
    ];
    for (arguments, words) in cases {
        let output = run(&mut tiny_glyffuse(arguments));
        let said = stderr_of(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains("panicked") && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
}

#[test]
fn noise_takes_a_drawing_apart() {
    let text = stdout(&mut tiny_glyffuse(&["noise", "ring", "--style", "blocks"]));
    assert_eq!(text.lines().filter(|line| line.starts_with("t = ")).count(), 5);
    let drawn = stdout(&mut tiny_glyffuse(&["draw", "ring", "--style", "blocks"]));
    let rows =
        |text: &str| text.lines().take(18).map(|row| format!("{row:36}")).collect::<String>();
    let clean = rows(&text.lines().skip(1).collect::<Vec<_>>().join("\n"));
    let changed = clean.chars().zip(rows(&drawn).chars()).filter(|(a, b)| a != b).count();
    assert!(changed < 13, "at t = 0 the drawing is whole but for {changed} of 648 characters");
    let output = run(&mut tiny_glyffuse(&["noise", "ring", "--timesteps", "1000"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr_of(&output).contains("0 to 999"));
}

#[test]
fn steps_are_shown_when_asked_for() {
    let text = stdout(&mut tiny_glyffuse(&["draw", "ring", "--show-steps", "--steps", "3"]));
    let steps: Vec<_> = text.lines().filter(|line| line.starts_with("step ")).collect();
    assert_eq!(steps, ["step 1", "step 2", "step 3"]);
    assert_eq!(text.lines().count(), 3 * 19 + 18);
}
