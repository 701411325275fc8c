"""Amazon ECS in a terminal, running for real on local Docker."""

__version__ = "0.1.0"
