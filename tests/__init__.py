"""Tests of ecstui, laid out as the house is."""
