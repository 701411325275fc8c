"""Stories of services in a simulated town, told as timelines that people can read."""
