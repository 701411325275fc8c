"""What was asked of ecstui and done: one record for each change that a caller made."""

from ecstui.model.shape import Shape, Timestamp


class CallRecord(Shape):
    """A change that was carried out, and who asked for it."""

    number: int
    """Counted from 1 since the state directory was made."""
    at: Timestamp
    caller: str
    """The user, and the program: `anna via aws-cli`."""
    operation: str
    request: str
    """Its members as JSON; empty where they were too long to keep."""
    arn: str = ""
    """What RegisterTaskDefinition made: its members are kept there."""
