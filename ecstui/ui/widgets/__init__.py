"""Widgets that know nothing of ECS: they draw what they are given and report what was pressed."""
