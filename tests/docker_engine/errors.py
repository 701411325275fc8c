"""Why there is no private engine, as one exception."""


class EngineUnavailable(Exception):
    """A private engine cannot be had on this machine; the message is the end of a sentence."""
