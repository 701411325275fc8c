"""Whole programs: the command line and the daemon as processes."""
