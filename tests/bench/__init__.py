"""Benchmarks: each figure is a ratio of things measured in turns in one run on one engine.

`tests/bench/run` runs them all on a private Docker Engine; they are no part of `tests/run`.
"""
