"""Rows and columns of the lists: pure functions from records to cells, one file per list."""
