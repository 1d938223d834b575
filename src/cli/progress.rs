//! What a terminal shows while a drawing is made: a bar, or the denoising itself.
use crate::domain::DrawRequest;
use crate::service::Preview;
use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long every step of the animation stays at least.
const FRAME: Duration = Duration::from_millis(120);

/// Shows progress on stderr, where that is a terminal.
pub struct Reporter {
    bar: ProgressBar,
    animation: Option<Animation>,
}

/// The drawing on its way, redrawn in place on stderr.
struct Animation {
    term: Term,
    lines: usize,
}

impl Reporter {
    /// A reporter for some requests.
    pub fn new(requests: &[DrawRequest], quiet: bool, animate: bool) -> Self {
        let term = Term::stderr();
        let shown = !quiet && term.is_term();
        let steps: usize = requests.first().map_or(0, |request| request.steps.get());
        let drawings: usize = requests.iter().map(|request| request.candidates.get()).sum();
        let batches = drawings.div_ceil(crate::service::BATCH);
        let bar = if shown && !animate {
            ProgressBar::with_draw_target(
                Some((steps * batches) as u64),
                ProgressDrawTarget::stderr(),
            )
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("drawing {bar:24} {pos}/{len}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let animation = (shown && animate).then_some(Animation { term, lines: 0 });
        Self { bar, animation }
    }

    /// Whether the drawings on the way are wanted.
    pub fn wants_previews(&self) -> bool {
        self.animation.is_some()
    }

    /// Takes one step.
    pub fn step(&mut self, preview: &Preview) -> ControlFlow<()> {
        self.bar.inc(1);
        if let (Some(animation), Some(drawing)) = (&mut self.animation, preview.drawings.first()) {
            // A terminal that goes away only ends the show.
            let _ = animation.term.clear_last_lines(animation.lines);
            let text = format!(
                "{drawing}\nstep {} of {}",
                preview.steps_done, preview.num_inference_steps
            );
            animation.lines = text.lines().count();
            let _ = animation.term.write_line(&text);
            std::thread::sleep(FRAME);
        }
        ControlFlow::Continue(())
    }

    /// Clears what was shown.
    pub fn finish(&mut self) {
        self.bar.finish_and_clear();
        if let Some(animation) = &mut self.animation {
            let _ = animation.term.clear_last_lines(animation.lines);
            animation.lines = 0;
        }
    }
}

/// The width of the terminal on stdout, in columns.
pub fn terminal_width() -> Option<usize> {
    let term = Term::stdout();
    term.is_term().then(|| usize::from(term.size().1))
}
