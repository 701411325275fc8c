"""Decisions: pure functions from records, observations and `now` to records and actions.

Nothing here waits, reads a clock, draws random numbers or talks to an engine.
"""
