"""Lettering: a small denoiser that draws single letters in many hands; the program sets them in lines,
so that the spelling is never wrong.
"""
