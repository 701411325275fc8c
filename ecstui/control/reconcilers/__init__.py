"""Reconcilers: gather the facts of one key, let a planner decide, put what it decided.

They never wait and decide nothing themselves.
"""
