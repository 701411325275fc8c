"""Chaos on a real Docker Engine: what must hold whatever is killed, counted over many rounds.

    python -m tests.docker_engine run -- .venv/bin/python -m tests.chaos.kill_daemon --rounds 60

kills the daemon with SIGKILL at random moments of rollouts and compares what Docker holds with
what the records say. Exit code 1 and one line for each difference; nothing here is timed.
"""
