//! The short code of a recipe: bytes in base64 without padding, behind `gly1-`.
//!
//! Bytes: flags (bits 0–1 sampler, 2–3 style, 4 desktop, 5 own characters, 6 a change, 7 a
//! picture) · seed u32 ·
//! steps u16 · guidance f32, all little endian · change u32 where flagged · strength f32, a length
//! u16 and the deflated dots where flagged · model, kind, characters
//! where flagged: one length byte and UTF-8 · the prompt's UTF-8 · two bytes of SHA-256 over the rest.
use super::{
    CanvasSize, Charset, Dots, GuidanceScale, Origin, Prompt, Recipe, SamplerName, Seed, Steps,
    Strength, Style, check_name,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What every code begins with.
const PREFIX: &str = "gly1-";
/// Longest code that is read: the longest prompt, character set and picture with room to spare.
const LONGEST: usize = 16_000;

/// Whether a text claims to be a code.
pub(super) fn is_code(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Writes a recipe as a code.
pub(super) fn write(recipe: &Recipe) -> String {
    let place = |found: Option<usize>| found.unwrap_or(0) as u8;
    let mut flags = place(SamplerName::ALL.iter().position(|name| *name == recipe.sampler));
    flags |= place(Style::ALL.iter().position(|style| *style == recipe.style)) << 2;
    flags |= u8::from(recipe.size == CanvasSize::Desktop) << 4;
    flags |= u8::from(recipe.charset.is_some()) << 5;
    flags |= u8::from(recipe.change > 0) << 6;
    flags |= u8::from(recipe.origin.is_some()) << 7;
    let mut bytes = vec![flags];
    bytes.extend(recipe.seed.get().to_le_bytes());
    bytes.extend((recipe.steps.get() as u16).to_le_bytes());
    bytes.extend(recipe.guidance_scale.get().to_le_bytes());
    if recipe.change > 0 {
        bytes.extend(recipe.change.to_le_bytes());
    }
    if let Some(origin) = &recipe.origin {
        bytes.extend(origin.strength.get().to_le_bytes());
        let picture = origin.picture.bytes();
        bytes.extend((picture.len() as u16).to_le_bytes());
        bytes.extend(picture);
    }
    let charset = recipe.charset.clone().map(String::from);
    let texts = [Some(recipe.model.as_str()), Some(&recipe.kind), charset.as_deref()];
    // Names and character sets are shorter than a byte can count.
    for text in texts.into_iter().flatten() {
        bytes.push(text.len().min(255) as u8);
        bytes.extend(&text.as_bytes()[..text.len().min(255)]);
    }
    bytes.extend(recipe.prompt.as_str().as_bytes());
    let sum = checksum(&bytes);
    bytes.extend(sum);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a code; the error says what is wrong with it.
pub(super) fn read(code: &str) -> Result<Recipe, String> {
    if code.len() > LONGEST {
        return Err("the code is too long".to_owned());
    }
    let bytes = code.strip_prefix(PREFIX).and_then(|body| URL_SAFE_NO_PAD.decode(body).ok());
    let bytes = bytes.ok_or("the code holds characters that no code has, or was cut")?;
    let (body, sum) = bytes.split_last_chunk::<2>().ok_or_else(|| "the code was cut".to_owned())?;
    if checksum(body) != *sum {
        return Err("the code was changed or cut".to_owned());
    }
    let mut rest = body;
    let [flags] = take(&mut rest)?;
    let seed = Seed::new(u32::from_le_bytes(take(&mut rest)?));
    let steps = Steps::try_from(usize::from(u16::from_le_bytes(take(&mut rest)?)))?;
    let guidance_scale = GuidanceScale::try_from(f32::from_le_bytes(take(&mut rest)?))?;
    let change = if flags & 64 > 0 { u32::from_le_bytes(take(&mut rest)?) } else { 0 };
    let origin = if flags & 128 > 0 { Some(origin(&mut rest)?) } else { None };
    let model = text(&mut rest)?;
    let kind = text(&mut rest)?;
    [&model, &kind].into_iter().try_for_each(|name| check_name(name))?;
    let charset = if flags & 32 > 0 {
        Some(Charset::new(&text(&mut rest)?).map_err(|error| error.to_string())?)
    } else {
        None
    };
    let prompt = std::str::from_utf8(rest).map_err(|_| "its text is not UTF-8".to_owned())?;
    let sampler = SamplerName::ALL.get(usize::from(flags & 3)).copied();
    Ok(Recipe {
        model,
        prompt: Prompt::new(prompt).map_err(|error| error.to_string())?,
        seed,
        size: if flags & 16 > 0 { CanvasSize::Desktop } else { CanvasSize::Phone },
        style: Style::ALL[usize::from(flags >> 2 & 3)],
        charset,
        steps,
        guidance_scale,
        sampler: sampler.ok_or("it names a sampler that is not known")?,
        kind,
        change,
        origin,
    })
}

fn origin(rest: &mut &[u8]) -> Result<Origin, String> {
    let strength = Strength::try_from(f32::from_le_bytes(take(rest)?))?;
    let length = usize::from(u16::from_le_bytes(take(rest)?));
    let (picture, tail) = rest.split_at_checked(length).ok_or("the code was cut")?;
    *rest = tail;
    Ok(Origin { strength, picture: Dots::read(picture)? })
}

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let digest = Sha256::digest(bytes);
    [digest[0], digest[1]]
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], String> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or("the code was cut")?;
    *rest = tail;
    Ok(*head)
}

fn text(rest: &mut &[u8]) -> Result<String, String> {
    let [length] = take(rest)?;
    let (head, tail) = rest.split_at_checked(usize::from(length)).ok_or("the code was cut")?;
    *rest = tail;
    String::from_utf8(head.to_vec()).map_err(|_| "its text is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        Recipe {
            model: "small@1".to_owned(),
            prompt: Prompt::new("a 猫 & \"dog\"").expect("sound"),
            seed: Seed::new(u32::MAX),
            size: CanvasSize::Desktop,
            style: Style::Blocks,
            charset: None,
            steps: Steps::try_from(1000).expect("in range"),
            guidance_scale: GuidanceScale::try_from(2.3).expect("in range"),
            sampler: SamplerName::DpmSolver,
            kind: "stroke".to_owned(),
            change: 0,
            origin: None,
        }
    }

    #[test]
    fn a_code_gives_back_the_recipe() {
        for (change, charset) in [(0, None), (7, Some(Charset::strokes()))] {
            let recipe = Recipe { change, charset, ..recipe() };
            let code = write(&recipe);
            assert!(code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
            assert_eq!(read(&code), Ok(recipe));
        }
        let map = ndarray::Array2::from_shape_fn((24, 24), |(y, x)| if x > y { 1.0 } else { -1.0 });
        let picture = Dots::of(&crate::domain::InkMap::new(map).expect("square")).expect("small");
        let drawn_from =
            Recipe { origin: Some(Origin { strength: Strength::USUAL, picture }), ..recipe() };
        assert_eq!(read(&write(&drawn_from)), Ok(drawn_from));
        let plain = Recipe { prompt: Prompt::new("cat").expect("sound"), ..recipe() };
        assert!(write(&plain).len() < 50, "{}", write(&plain));
    }

    #[test]
    fn a_changed_code_is_refused() {
        let code = write(&recipe());
        for place in PREFIX.len()..code.len() {
            let other = if &code[place..=place] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &code[..place], &code[place + 1..]);
            // The last character holds bits that are not used: those may differ.
            assert!(read(&changed).is_err() || changed[..place] == code[..code.len() - 1]);
            assert!(read(&code[..place]).is_err());
        }
        assert!(read("gly1-").is_err() && read("gly1-€").is_err() && read("cat").is_err());
    }
}
