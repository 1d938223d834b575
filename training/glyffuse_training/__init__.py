"""Trains Glyffuse's denoising diffusion model: data, model, training, export, evaluation."""
