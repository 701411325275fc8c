"""The doors of the daemon, and the clients that come through them."""
