"""Dialogs: a question is asked, one answer comes back through `dismiss`."""
