"""The simulator: seeded worlds of faults and crashes, and an oracle that forgives nothing.

    python -m tests.sim --seeds 2000         many worlds; --first N goes on, --log FILE keeps score
    python -m tests.sim --seed 4711 --trace  one world, a line for each change
    python -m tests.sim --seed 4711 --shrink the fewest steps that still fail

`acts` is what may happen, `workload` and `themes` draw it from a seed, `stage` is where it happens,
`run` makes it happen, `oracle`, `promises`, `ground` and `rest` judge it, `mutants` and `planted`
are bugs that must be found.
"""
