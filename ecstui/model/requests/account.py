"""Requests for account settings."""

from typing import ClassVar

from ecstui.model.account import Setting
from ecstui.model.shape import Request, Shape


class PutAccountSettingResponse(Shape):
    """The setting that was made."""

    setting: Setting


class PutAccountSettingRequest(Request[PutAccountSettingResponse]):
    """Set something for one principal: the caller unless said otherwise."""

    response: ClassVar[type[Shape]] = PutAccountSettingResponse
    name: str
    value: str
    principal_arn: str | None = None


class PutAccountSettingDefaultResponse(Shape):
    """The setting that was made."""

    setting: Setting


class PutAccountSettingDefaultRequest(Request[PutAccountSettingDefaultResponse]):
    """Set something for every principal that has no setting of its own."""

    response: ClassVar[type[Shape]] = PutAccountSettingDefaultResponse
    name: str
    value: str


class DeleteAccountSettingResponse(Shape):
    """The setting that was deleted, or the one that holds anyway."""

    setting: Setting


class DeleteAccountSettingRequest(Request[DeleteAccountSettingResponse]):
    """Take a principal's own setting back."""

    response: ClassVar[type[Shape]] = DeleteAccountSettingResponse
    name: str
    principal_arn: str | None = None


class ListAccountSettingsResponse(Shape):
    """A page of settings."""

    settings: tuple[Setting, ...] = ()
    next_token: str | None = None


class ListAccountSettingsRequest(Request[ListAccountSettingsResponse]):
    """List a principal's own settings, or with `effectiveSettings` all that hold for it."""

    response: ClassVar[type[Shape]] = ListAccountSettingsResponse
    name: str | None = None
    value: str | None = None
    principal_arn: str | None = None
    effective_settings: bool = False
    next_token: str | None = None
    max_results: int | None = None


REQUESTS = (
    PutAccountSettingRequest,
    PutAccountSettingDefaultRequest,
    DeleteAccountSettingRequest,
    ListAccountSettingsRequest,
)
