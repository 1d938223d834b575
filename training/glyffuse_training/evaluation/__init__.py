"""Judges a released model by running the program that people run."""
