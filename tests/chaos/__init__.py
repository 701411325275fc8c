"""Chaos on a real Docker Engine: what must hold whatever is killed, counted over many rounds.

    python -m tests.docker_engine run -- .venv/bin/python -m tests.chaos SCENARIO --rounds 60

`kill`        SIGKILL for the daemon at random moments of rollouts
`containers`  containers killed at random
`engine`      dockerd stopped in the middle of rollouts, and started again
`disk`        the state directory's disk full
`clock`       the daemon's clock set forward and back (libfaketime)
`all`         one after another

Each compares what Docker holds with what the records say, and ends with a line of figures. Exit
code 1 and one line for each difference; nothing here is timed.
"""
