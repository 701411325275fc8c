"""Foundation: time, names, errors. Knows nothing of ECS behaviour and imports nothing above it."""
