//! `glyffuse draw`: words become ASCII art.
use super::output::{self, ColourWhen, Format};
use super::progress::Reporter;
use super::side_by_side::side_by_side;
use super::style::StyleArgs;
use crate::app::App;
use crate::domain::{
    Candidates, Dots, DrawRequest, GuidanceScale, Lettering, Origin, Prompt, Recipe, SamplerName,
    Seed, Steps, Strength, Style, Variation,
};
use crate::ink::fit;
use crate::picture::read;
use crate::service::{Answer, DrawService, Options};
use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

/// Draws what the words mean. The same words give the same drawing; --variation gives others.
#[derive(Debug, Args)]
pub struct DrawArgs {
    /// What to draw; read from stdin where it is left out.
    text: Vec<String>,
    #[command(flatten)]
    style: StyleArgs,
    /// Seed of the noise [default: follows from model, text and variation].
    #[arg(long, value_parser = str::parse::<Seed>, allow_negative_numbers = true)]
    seed: Option<Seed>,
    /// Which variation of the text, from 1.
    #[arg(long, value_parser = str::parse::<Variation>, default_value = "1", allow_negative_numbers = true)]
    variation: Variation,
    /// Denoising steps, 1 to 1000 [default: the model's].
    #[arg(long, value_parser = str::parse::<Steps>, allow_negative_numbers = true)]
    steps: Option<Steps>,
    /// How strongly the text guides, 0 to 10 [default: the model's].
    #[arg(long, value_parser = str::parse::<GuidanceScale>, allow_negative_numbers = true)]
    guidance: Option<GuidanceScale>,
    /// The stepping algorithm [default: the model's].
    #[arg(long, value_parser = PossibleValuesParser::new(
        SamplerName::ALL.map(SamplerName::name)).try_map(|name| name.parse::<SamplerName>()))]
    sampler: Option<SamplerName>,
    /// The kind of drawing, one of the model's [default: the model's].
    #[arg(long)]
    kind: Option<String>,
    /// Write the text in large letters, of a style where one is named (--letters=slant).
    #[arg(long, value_name = "STYLE", num_args = 0..=1, require_equals = true,
        default_missing_value = "", conflicts_with_all = ["kind", "from"])]
    letters: Option<String>,
    /// A small change of the drawing, by number: partly noised again and redrawn.
    #[arg(long, value_name = "N", default_value_t = 0)]
    change: u32,
    /// Start from this picture (PNG, JPEG or SVG) and redraw it toward the text.
    #[arg(long, value_name = "PICTURE")]
    from: Option<PathBuf>,
    /// How much of the picture is forgotten, 0 to 1 [default: 0.6].
    #[arg(long, value_parser = str::parse::<Strength>, requires = "from", allow_negative_numbers = true)]
    strength: Option<Strength>,
    /// The picture is light ink on a dark ground.
    #[arg(long, requires = "from")]
    invert: bool,
    /// Draw so many candidates, 1 to 16, and keep the most readable [default: the model's; 1 where a
    /// seed or a change is given].
    #[arg(long, value_name = "N", value_parser = str::parse::<Candidates>, allow_negative_numbers = true)]
    candidates: Option<Candidates>,
    /// Draw so many variations, side by side as far as the terminal is wide.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    count: u32,
    /// Follow a recipe, its short code or what --format json wrote, instead of a text.
    #[arg(long, value_name = "RECIPE", conflicts_with_all = ["text", "seed", "variation", "steps",
        "guidance", "sampler", "kind", "letters", "change", "candidates", "from", "count", "size", "style", "charset", "each_line"])]
    recipe: Option<String>,
    /// Take every line of stdin as a text of its own.
    #[arg(long, conflicts_with = "text")]
    each_line: bool,
    /// Format of the result; json writes one line a drawing, with its recipe.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write to this file instead of stdout.
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Print the colours that the text names ("a red car") with ANSI codes: text on stdout only; files,
    /// json, png and svg stay as they are [default: auto; without a value: always].
    #[arg(long, visible_alias = "color", value_enum, value_name = "WHEN", num_args = 0..=1,
        require_equals = true, default_value = "auto", default_missing_value = "always",
        hide_default_value = true)]
    colour: ColourWhen,
    /// Print the model's estimate after every step, one below the other, before the drawing.
    #[arg(long)]
    show_steps: bool,
    /// Show the noise becoming a drawing, in place; needs a terminal.
    #[arg(long, conflicts_with = "quiet")]
    animate: bool,
    /// Nothing on stderr but errors.
    #[arg(long, short)]
    quiet: bool,
}

/// Most characters that are read from stdin.
const MOST_INPUT: u64 = 1 << 20;

/// Draws.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &DrawArgs, app: &App) -> Result<()> {
    let texts = texts(args)?;
    if args.show_steps && args.format != Format::Text {
        bail!("--show-steps prints text: leave --format out");
    }
    if texts.len().max(args.count as usize) > 1 && matches!(args.format, Format::Png | Format::Svg)
    {
        bail!(
            "one drawing at a time makes a PNG or SVG: leave --count out, or use --format text or json"
        );
    }
    let recipe = args.recipe.as_deref().map(Recipe::parse).transpose()?;
    let charset = args.style.charset()?;
    let mut service = app.draw_service(&mut |line| {
        if !args.quiet {
            eprintln!("glyffuse: {line}");
        }
    })?;
    if args.candidates.is_some_and(|number| number != Candidates::ONE) {
        let manifest = service.manifest();
        if manifest.ranker.is_none() {
            bail!(
                "the model {} has no ranker that could pick: leave --candidates out",
                manifest.id()
            );
        }
    }
    let options = Options {
        size: args.style.size,
        style: args.style.style.unwrap_or(usual_style(args, &texts)),
        charset,
        seed: args.seed,
        steps: args.steps,
        guidance_scale: args.guidance,
        sampler: args.sampler,
        kind: args.letters.as_deref().map(Lettering::kind_of).or_else(|| args.kind.clone()),
        change: args.change,
        origin: origin(args, service.manifest().denoiser.map_size)?,
        candidates: args.candidates,
    };
    let requests = match &recipe {
        Some(recipe) => vec![service.follow(recipe)?],
        None => requests(&service, texts, args, &options),
    };
    let answers = draw(&mut service, &requests, args)?;
    write(&answers, args)
}

/// The style when none is named: letters read best when they are filled.
fn usual_style(args: &DrawArgs, texts: &[Prompt]) -> Style {
    let quoted = !texts.is_empty() && texts.iter().all(Lettering::is_wanted);
    if args.letters.is_some() || quoted { Style::Filled } else { Style::Line }
}

/// The picture to start from, as dots of the model's map.
fn origin(args: &DrawArgs, side: usize) -> Result<Option<Origin>> {
    let Some(file) = &args.from else { return Ok(None) };
    let map = fit(&read(file, args.invert)?, side)?;
    if map.view().iter().all(|ink| *ink <= 0.0) {
        bail!(
            "{} holds no dark ink on light paper: use --invert if it is the other way round",
            file.display()
        );
    }
    let picture = Dots::of(&map).map_err(anyhow::Error::msg)?;
    Ok(Some(Origin { strength: args.strength.unwrap_or(Strength::USUAL), picture }))
}

/// The texts to draw, checked.
fn texts(args: &DrawArgs) -> Result<Vec<Prompt>> {
    if args.recipe.is_some() {
        return Ok(Vec::new());
    }
    if !args.text.is_empty() {
        return Ok(vec![Prompt::new(&args.text.join(" "))?]);
    }
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        bail!("there is no text to draw: give one or more words, for example `glyffuse draw cat`");
    }
    let mut input = String::new();
    stdin
        .by_ref()
        .take(MOST_INPUT)
        .read_to_string(&mut input)
        .context("cannot read text from stdin")?;
    if !args.each_line {
        return Ok(vec![Prompt::new(&input)?]);
    }
    let lines = input.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let prompts = lines.map(|(number, line)| {
        Prompt::new(line).with_context(|| format!("line {} of stdin", number + 1))
    });
    let prompts = prompts.collect::<Result<Vec<_>>>()?;
    if prompts.is_empty() { Ok(vec![Prompt::new("")?]) } else { Ok(prompts) }
}

/// Every variation of every text.
fn requests(
    service: &DrawService,
    texts: Vec<Prompt>,
    args: &DrawArgs,
    options: &Options,
) -> Vec<DrawRequest> {
    let mut requests = Vec::new();
    for text in texts {
        let mut variation = args.variation;
        for _ in 0..args.count {
            requests.push(service.request(text.clone(), variation, options));
            variation = variation.next();
        }
    }
    requests
}

fn draw(
    service: &mut DrawService,
    requests: &[DrawRequest],
    args: &DrawArgs,
) -> Result<Vec<Answer>> {
    let mut reporter = Reporter::new(requests, args.quiet, args.animate);
    let previews = args.show_steps || reporter.wants_previews();
    let mut steps = String::new();
    let answers = service.draw(requests, previews, &mut |preview| {
        if args.show_steps {
            let drawings: Vec<_> = preview.drawings.iter().collect();
            steps.push_str(&format!("step {}\n", preview.steps_done));
            steps.push_str(&side_by_side(&drawings, super::progress::terminal_width(), false));
        }
        reporter.step(&preview)
    });
    reporter.finish();
    let answers = answers?;
    if args.show_steps {
        output::write(steps.as_bytes(), None)?;
    }
    if !args.quiet && args.format != Format::Json {
        let mut told = Vec::new();
        for answer in &answers {
            if let Some(concept) = &answer.drawn_as
                && !told.contains(&concept)
            {
                eprintln!("drawn as: {concept}");
                told.push(concept);
            }
        }
    }
    Ok(answers)
}

fn write(answers: &[Answer], args: &DrawArgs) -> Result<()> {
    let bytes = match args.format {
        Format::Json => {
            let mut bytes = Vec::new();
            for answer in answers {
                let lines: Vec<_> = answer.drawing.trimmed_lines().collect();
                let record = serde_json::json!({
                    "text": answer.recipe.prompt,
                    "drawn_as": answer.drawn_as,
                    "lines": lines,
                    "recipe": answer.recipe,
                    "recipe_code": answer.recipe.code(),
                });
                serde_json::to_writer(&mut bytes, &record)?;
                bytes.push(b'\n');
            }
            bytes
        }
        Format::Text => {
            let drawings: Vec<_> = answers.iter().map(|answer| &answer.drawing).collect();
            let printed = args.output.is_none();
            let width = if printed { super::progress::terminal_width() } else { None };
            side_by_side(&drawings, width, printed && args.colour.now()).into_bytes()
        }
        Format::Png | Format::Svg => {
            let first = answers.first().context("nothing was drawn")?;
            output::encode(&first.drawing, args.format)
        }
    };
    output::write(&bytes, args.output.as_deref())
}
