"""Properties of decisions, over generated input."""
