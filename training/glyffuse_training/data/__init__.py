"""Drawings with names: icon sets from a package registry become ink maps with captions."""
