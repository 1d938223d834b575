//! Noise schedule and schedulers against an independent float64 reference
//! (`python -m glyffuse_training golden`).
use glyffuse::diffusion::NoiseSchedule;
use glyffuse::diffusion::scheduler::{Step, pred_original_sample, step};
use glyffuse::domain::SamplerName;
use ndarray::Array2;
use serde::Deserialize;
use std::fs;
use std::path::Path;

fn read<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = fs::read_to_string(path).expect("the golden vectors are there");
    let rows: Vec<T> = serde_json::from_str(&text).expect("the golden vectors are JSON");
    assert!(!rows.is_empty());
    rows
}

#[derive(Deserialize)]
struct ScheduleRow {
    num_train_timesteps: usize,
    signal_scale: f64,
    timestep: usize,
    alpha_cumprod: f64,
    beta: f64,
}

#[test]
fn the_noise_schedule_is_the_papers() {
    for row in read::<ScheduleRow>("noise_schedule.json") {
        let schedule = NoiseSchedule::shifted_cosine(row.num_train_timesteps, row.signal_scale);
        let schedule = schedule.expect("sound parameters");
        let alpha = schedule.alpha_cumprod(Some(row.timestep));
        assert!((alpha - row.alpha_cumprod).abs() < 1e-12, "ᾱ at {}", row.timestep);
        assert!((schedule.beta(row.timestep) - row.beta).abs() < 1e-9, "β at {}", row.timestep);
    }
}

#[derive(Deserialize)]
struct StepRow {
    sampler: SamplerName,
    timestep: usize,
    prev_timestep: Option<usize>,
    last_timestep: Option<usize>,
    sample: Vec<f32>,
    v: Vec<f32>,
    pred_original_sample: Vec<f32>,
    last_original_sample: Option<Vec<f32>>,
    noise: Option<Vec<f32>>,
    prev_sample: Vec<f32>,
}

fn square(values: &[f32]) -> Array2<f32> {
    Array2::from_shape_vec((2, 2), values.to_vec()).expect("two by two")
}

#[test]
fn every_step_of_every_scheduler_is_the_papers() {
    let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound parameters");
    let rows = read::<StepRow>("schedulers.json");
    assert_eq!(rows.len(), 15);
    assert_eq!(schedule.timesteps(5), rows[..5].iter().map(|r| r.timestep).collect::<Vec<_>>());
    for row in rows {
        let (sample, v) = (square(&row.sample), square(&row.v));
        let original = pred_original_sample(&schedule, row.timestep, sample.view(), v.view());
        let wanted = square(&row.pred_original_sample);
        assert!((&original - &wanted).iter().all(|d| d.abs() < 1e-5));
        let (last, noise) =
            (row.last_original_sample.as_deref().map(square), row.noise.as_deref().map(square));
        let found = step(
            row.sampler,
            &schedule,
            &Step {
                timestep: row.timestep,
                prev_timestep: row.prev_timestep,
                last_timestep: row.last_timestep,
                sample: sample.view(),
                pred_original_sample: wanted.view(),
                last_original_sample: last.as_ref().map(|map| map.view()),
                noise: noise.as_ref().map(|map| map.view()),
            },
        );
        let difference = &found - &square(&row.prev_sample);
        assert!(
            difference.iter().all(|d| d.abs() < 1e-5),
            "{} {} → {:?}: off by {difference}",
            row.sampler,
            row.timestep,
            row.prev_timestep
        );
    }
}
