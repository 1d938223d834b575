//! What a drawing looks like as a message: a code block, then one line. Pure text, no Discord.
use crate::domain::{CanvasSize, Colour, Drawing, Prompt, Recipe, paint, unpaint};
use crate::service::Finished;

/// Most characters of a message. Discord counts code points; counting UTF-16 units is never less.
pub const LONGEST: usize = 2_000;
/// Shortest piece of a prompt that is worth showing.
const SHORTEST_PROMPT: usize = 24;

/// The beginning of a code block whose ANSI codes Discord shows as colours, on desktop.
const ANSI_FENCE: &str = "```ansi\n";

/// A message with a drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The content.
    pub content: String,
    /// Text that did not fit whole, to be attached together with the art.
    pub overflow: Option<String>,
}

/// The message of a finished drawing. `notes` are said before it, one line each. `coloured` shows the
/// colours that the text names, where the codes fit besides all else.
pub fn finished(finished: &Finished, notes: &[String], coloured: bool) -> Rendered {
    let recipe = &finished.recipe;
    let size = recipe.size;
    let mut tail = format!(" · seed {} · {}×{}", recipe.seed.get(), size.columns(), size.rows());
    if recipe.origin.is_some() {
        tail.push_str(" · from a picture");
    }
    if recipe.change > 0 {
        tail.push_str(&format!(" · change {}", recipe.change));
    }
    if let Some(concept) = &finished.drawn_as {
        tail.push_str(&format!(" · drawn as “{}”", escape(concept)));
    }
    let fenced = fence(&finished.drawing.to_string());
    let mut notes = notes.iter().map(|note| format!("{note}\n")).collect::<String>();
    let prompt = recipe.prompt.as_str();
    if let Some(painted) = painted(&finished.drawing).filter(|_| coloured) {
        let content = format!("{notes}{painted}\n**{}**{tail}", escape(prompt));
        if length(&content) <= LONGEST {
            return Rendered { content, overflow: None };
        }
    }
    let used = |notes: &str| length(notes) + length(&fenced) + length(&tail) + "\n****".len();
    if used(&notes) + SHORTEST_PROMPT > LONGEST {
        notes.clear();
    }
    let room = LONGEST.saturating_sub(used(&notes));
    let (shown, cut) = shorten(prompt, room);
    let content = format!("{notes}{fenced}\n**{shown}**{tail}");
    let overflow =
        cut.then(|| format!("{}\n\n{prompt}\nseed {}\n", finished.drawing, recipe.seed.get()));
    Rendered { content, overflow }
}

/// How to draw a recipe again, and its code where that is too long for a message.
pub fn recipe_message(recipe: &Recipe) -> (String, Option<String>) {
    let (code, model) = (recipe.code(), &recipe.model);
    let same = format!("Draws the same in any server whose bot has the model `{model}`:");
    if code.len() <= Prompt::LONGEST {
        let content = format!(
            "{same} give this code to `/ascii`\n```\n{code}\n```in a terminal:\n\
             ```\nglyffuse draw --recipe {code}\n```"
        );
        return (content, None);
    }
    // The option of a command takes no more than a prompt; a message does.
    let there = "post its code as a message there, then choose Apps → **Draw as ASCII** on it";
    let content = format!(
        "{same} {there}; in a terminal it goes behind `glyffuse draw --recipe`\n```\n{code}\n```"
    );
    if length(&content) <= LONGEST {
        return (content, None);
    }
    let content = format!(
        "{same} the code is in `recipe.txt`. Where a message takes all of it, {there}; in a terminal:\n\
         ```\nglyffuse draw --recipe \"$(cat recipe.txt)\"\n```"
    );
    (content, Some(code))
}

/// A drawing on its way.
pub fn forming(drawing: &Drawing, steps_done: usize, steps: usize) -> String {
    format!("{}\n-# step {steps_done} of {steps}", fence(&drawing.to_string()))
}

/// Art in a code block. Drawings hold no backtick, so nothing can close it early.
pub fn fence(art: &str) -> String {
    format!("```\n{art}\n```")
}

/// A large drawing in a code block with its colours, where it has some.
fn painted(drawing: &Drawing) -> Option<String> {
    if drawing.size() != CanvasSize::Desktop || drawing.colours().iter().all(Option::is_none) {
        return None;
    }
    let lines: Vec<_> = drawing.coloured_lines().collect();
    let art = paint(lines.join(&('\n', None)), Colour::code);
    Some(format!("{ANSI_FENCE}{art}\n```"))
}

/// Whether the first code block of a message of ours has colours.
pub fn is_coloured(content: &str) -> bool {
    content
        .split_once("```")
        .is_some_and(|(notes, _)| content[notes.len()..].starts_with(ANSI_FENCE))
}

/// The art in the first code block of a message of ours, without colours.
pub fn art_of(content: &str) -> Option<String> {
    let fence = if is_coloured(content) { ANSI_FENCE } else { "```\n" };
    let (_, rest) = content.split_once(fence)?;
    Some(unpaint(rest.split_once("\n```")?.0))
}

/// Text that shows as it is: no markup, no mention, no link, no emoji code.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_punctuation() && !",.'!?\"".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// UTF-16 units.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// As much of a prompt as fits into `room` when escaped, and whether that is not all of it.
fn shorten(prompt: &str, room: usize) -> (String, bool) {
    let whole = escape(prompt);
    if length(&whole) <= room {
        return (whole, false);
    }
    let mut shown = String::new();
    for character in prompt.chars() {
        let next = escape(character.encode_utf8(&mut [0; 4]));
        if length(&shown) + length(&next) + 1 > room {
            break;
        }
        shown.push_str(&next);
    }
    (shown.trim_end().to_owned() + "…", true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        CanvasSize, Dots, GuidanceScale, InkMap, Origin, Place, SamplerName, Seed, Steps, Strength,
        Style, Tint,
    };

    fn drawing(size: CanvasSize, fill: char) -> Drawing {
        Drawing::new(size, vec![fill; size.columns() * size.rows()]).expect("sound")
    }

    fn made(prompt: &str, size: CanvasSize, fill: char) -> Finished {
        Finished {
            drawing: drawing(size, fill),
            recipe: Recipe {
                model: "small@1".to_owned(),
                prompt: Prompt::new(prompt).expect("sound"),
                seed: Seed::new(u32::MAX),
                size,
                style: Style::Line,
                charset: None,
                steps: Steps::try_from(12).expect("in range"),
                guidance_scale: GuidanceScale::try_from(2.0).expect("in range"),
                sampler: SamplerName::DpmSolver,
                kind: "any".to_owned(),
                change: 0,
                origin: None,
            },
            drawn_as: None,
        }
    }

    #[test]
    fn a_drawing_is_a_block_and_one_line() {
        let rendered = finished(&made("a cat", CanvasSize::Phone, '/'), &[], false);
        let lines: Vec<_> = rendered.content.lines().collect();
        assert_eq!(lines.len(), 21);
        assert_eq!((lines[0], lines[19]), ("```", "```"));
        assert_eq!(lines[20], "**a cat** · seed 4294967295 · 36×18");
        assert_eq!(rendered.overflow, None);
        assert_eq!(art_of(&rendered.content).expect("a block").lines().count(), 18);
    }

    #[test]
    fn colours_are_shown_on_desktop_where_they_fit() {
        let place = |left| Place { left, width: 0.5, ..Place::PAGE };
        let tint = |place, colour| Tint { place, colour: Some(colour) };
        let tinted = |size, fill, tints: &[Tint]| {
            let plain = made("a car", size, fill);
            Finished { drawing: plain.drawing.tinted(tints), ..plain }
        };
        let red = [tint(Place::PAGE, Colour::Red)];
        let car = tinted(CanvasSize::Desktop, '/', &red);
        let coloured = finished(&car, &[], true).content;
        let plain = finished(&car, &[], false).content;
        assert!(coloured.starts_with("```ansi\n\u{1b}[31m////"), "{coloured}");
        assert!(coloured.contains("/\u{1b}[0m\n```\n**a car** · seed"), "{coloured}");
        assert_eq!(length(&coloured), length(&plain) + "ansi".len() + 5 + 4);
        assert_eq!(art_of(&coloured), art_of(&plain));
        assert!(is_coloured(&coloured) && !is_coloured(&plain));
        assert!(is_coloured(&format!("A note.\n{coloured}")));
        // Phones show codes as text, and two colours a line make the message too long.
        let phone = finished(&tinted(CanvasSize::Phone, '/', &red), &[], true);
        assert!(phone.content.starts_with("```\n"));
        let two = [tint(place(0.0), Colour::Red), tint(place(0.5), Colour::Blue)];
        let pair = tinted(CanvasSize::Desktop, '/', &two);
        assert_eq!(finished(&pair, &[], true), finished(&pair, &[], false));
        let blank = tinted(CanvasSize::Desktop, ' ', &two);
        assert_eq!(art_of(&finished(&blank, &[], true).content), Some("\n".repeat(29)));
    }

    #[test]
    fn no_message_is_too_long_and_what_is_cut_is_attached() {
        let note = "A note that says something about lettering.".to_owned();
        for fill in ['/', '\u{28FF}', ' '] {
            for prompt in ["cat", &"😀".repeat(200), &"*".repeat(200), &"猫".repeat(200)] {
                for size in CanvasSize::ALL {
                    let finished = super::finished(
                        &made(prompt, size, fill),
                        std::slice::from_ref(&note),
                        true,
                    );
                    assert!(length(&finished.content) <= LONGEST, "{prompt} {size}");
                    assert!(art_of(&finished.content).is_some());
                    if let Some(overflow) = finished.overflow {
                        assert!(overflow.contains(prompt));
                    }
                }
            }
        }
        let long = finished(&made(&"*".repeat(200), CanvasSize::Desktop, '/'), &[], true);
        assert!(long.content.contains('…') && long.overflow.is_some());
    }

    #[test]
    fn a_recipe_of_any_length_has_a_message() {
        // No two rows alike: such a picture does not pack.
        let noise = ndarray::Array2::from_shape_fn((72, 72), |(y, x)| {
            let mixed = ((y * 72 + x) as u32).wrapping_mul(2_654_435_761);
            if mixed.wrapping_mul(mixed >> 7) >> 30 & 1 == 1 { 1.0 } else { -1.0 }
        });
        let picture = Dots::of(&InkMap::new(noise).expect("square")).expect("small enough");
        let origin = Some(Origin { strength: Strength::USUAL, picture });
        let longest = "👩\u{200D}".repeat(100);
        for (prompt, origin, ways) in [
            ("cat", None, ["to `/ascii`", "draw --recipe gly1-"]),
            (longest.as_str(), None, ["as a message", "behind `glyffuse draw --recipe`"]),
            (longest.as_str(), origin, ["recipe.txt", "draw --recipe \"$("]),
        ] {
            let recipe = Recipe { origin, ..made(prompt, CanvasSize::Desktop, ' ').recipe };
            let (content, code) = recipe_message(&recipe);
            assert!(length(&content) <= LONGEST, "{content}");
            assert!(ways.iter().all(|way| content.contains(way)), "{content}");
            let whole = content.contains(&recipe.code()) || code == Some(recipe.code());
            assert!(whole, "{content}");
        }
    }

    #[test]
    fn markup_shows_as_it_is() {
        let hostile = "<@1> @everyone **b** `c` ```d``` [e](http://f) <:g:1> ||h|| # i\\";
        let shown = escape(hostile);
        for live in ["<@", "**", "`c", "```", "](", "://", "<:", "||", "# "] {
            assert!(
                !shown.contains(live) || shown.contains(&format!("\\{live}")),
                "{live}: {shown}"
            );
        }
        assert!(!shown.contains("http:/"), "{shown}");
        let rendered = finished(&made(hostile, CanvasSize::Phone, '/'), &[], false);
        assert_eq!(rendered.content.matches("```").count(), 2, "only our own block");
    }
}
