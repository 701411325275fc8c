"""Account settings: ECS's shape, and the record of the store."""

from typing import Literal

from ecstui.model.shape import Shape


class Setting(Shape):
    """An account setting as it holds for one principal."""

    name: str
    value: str
    principal_arn: str
    type: Literal["user", "aws_managed"] = "user"


class AccountSettingRecord(Shape):
    """A setting that somebody made; those of the root user hold for everybody else."""

    name: str
    value: str
    principal_arn: str
