//! What a drawing costs: `cargo bench`. Times are the machine's own; docs/PERFORMANCE.md keeps some.
use divan::Bencher;
use glyffuse::app::{App, Overrides};
use glyffuse::domain::{CanvasSize, InkMap, Prompt, Style, Variation};
use glyffuse::ink::Decoder;
use glyffuse::service::Options;
use ndarray::Array2;
use std::ops::ControlFlow;
use std::process::Command;

fn main() {
    divan::main();
}

/// The whole program as a person runs it: start, load, draw, print.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn draw_cat_end_to_end(bencher: Bencher) {
    bencher.bench(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_glyffuse"))
            .args(["draw", "cat", "--quiet"])
            .output()
            .expect("the program starts");
        assert!(output.status.success());
        output.stdout
    });
}

/// Loading model and networks.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn load(bencher: Bencher) {
    let app = App::new(Overrides::default()).expect("sound settings");
    bencher.bench(|| app.draw_service(&mut |_| ()).map(|_| ()).expect("the model loads"));
}

/// Drawings once the model is loaded, at default steps, so many in one batch.
#[divan::bench(args = [1, 4], sample_count = 5, sample_size = 1)]
fn draw_warm(bencher: Bencher, count: u32) {
    let app = App::new(Overrides::default()).expect("sound settings");
    let mut service = app.draw_service(&mut |_| ()).expect("the model loads");
    let mut variation = Variation::FIRST;
    let requests: Vec<_> = (0..count)
        .map(|_| {
            variation = variation.next();
            let prompt = Prompt::new("cat").expect("sound");
            service.request(prompt, variation, &Options::default())
        })
        .collect();
    bencher.bench_local(|| {
        service.draw(&requests, false, &mut |_| ControlFlow::Continue(())).expect("it draws")
    });
}

/// The decoder alone, by style and size.
#[divan::bench(args = [
    (Style::Line, CanvasSize::Phone), (Style::Line, CanvasSize::Desktop),
    (Style::Filled, CanvasSize::Phone), (Style::Braille, CanvasSize::Phone),
    (Style::Blocks, CanvasSize::Phone),
])]
fn decode(bencher: Bencher, (style, size): (Style, CanvasSize)) {
    let map = flower();
    let decoder = Decoder::new(style, None);
    bencher.bench(|| decoder.decode(&map, size));
}

/// The decoder as it shows a step on the way.
#[divan::bench]
fn preview(bencher: Bencher) {
    let map = flower();
    let decoder = Decoder::new(Style::Line, None);
    bencher.bench(|| decoder.preview(&map, CanvasSize::Phone));
}

/// A map with curves, blobs and holes.
fn flower() -> InkMap {
    InkMap::new(Array2::from_shape_fn((72, 72), |(y, x)| {
        let (dy, dx) = (y as f32 - 35.5, x as f32 - 35.5);
        let petal = 22.0 + 9.0 * (5.0 * dy.atan2(dx)).cos();
        let radius = dy.hypot(dx);
        ((petal - radius).min(radius - 8.0) / 2.0).clamp(-1.0, 1.0)
    }))
    .expect("a square of finite values")
}
