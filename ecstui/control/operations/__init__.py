"""One synchronous function per ECS operation, each inside one transaction.

`OPERATIONS` maps operation names to functions; `ControlPlane.call` dispatches by it.
"""
