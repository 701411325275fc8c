"""Tests of the ground that the house stands on: sizes, imports, packaging, the test set-up."""
