"""Tests of ecstui by their kind; the README says what stands where."""
