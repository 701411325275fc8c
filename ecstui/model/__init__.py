"""ECS nouns as frozen pydantic records. No I/O, no clock, no decisions."""
