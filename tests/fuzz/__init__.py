"""Requests of every operation, made from botocore's shapes: valid, nearly valid and hostile ones.

    python -m tests.fuzz --requests 100000            in worlds of 2,500 requests, time jumps
    python -m tests.fuzz --seed 7 --trace             one world, a line for each request
    python -m tests.fuzz --tcp --requests 5000        signed, through the door on TCP, in real time

What must hold: no answer of status 500, every answer of the shape that ECS declares, no fault in
the log, every record valid, and the same view after a restart from the journal.
"""
