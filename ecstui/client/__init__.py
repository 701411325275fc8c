"""What a front end holds: the same verb and the same view, in process or over the socket."""
