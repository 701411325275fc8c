"""A private Docker Engine for the tests, and images for it that need no registry.

Needs root, Debian's packages and the standard library, so that it works before anything is
installed. It must never touch another engine: its dockerd has its own network and mount namespace.

    python -m tests.docker_engine run -- COMMAND...   with an engine, stopped when COMMAND ends
    python -m tests.docker_engine up DIR              start one that stays; prints its DOCKER_HOST
    python -m tests.docker_engine exec DIR -- COMMAND...  in its network, where ports are published
    python -m tests.docker_engine images              load the images into the engine at DOCKER_HOST
    python -m tests.docker_engine down DIR            stop it, remove DIR
"""
