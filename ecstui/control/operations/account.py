"""Account settings: kept and shown; `containerInsights` is what new clusters begin with.

The other settings change nothing here. A principal's own setting comes before the one of the
account's root user, and that before ECS's own default. Source: ecs.md 1.5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ecstui.control.context import Context
from ecstui.control.operations.checks import invalid
from ecstui.control.operations.events import say
from ecstui.control.operations.names import principal_of, shown
from ecstui.control.operations.paging import page
from ecstui.control.operations.table import changes, reads
from ecstui.model.account import AccountSettingRecord, Setting
from ecstui.model.requests.account import (
    DeleteAccountSettingRequest,
    DeleteAccountSettingResponse,
    ListAccountSettingsRequest,
    ListAccountSettingsResponse,
    PutAccountSettingDefaultRequest,
    PutAccountSettingDefaultResponse,
    PutAccountSettingRequest,
    PutAccountSettingResponse,
)
from ecstui.store.kinds import ACCOUNT_SETTINGS, account_setting_key
from ecstui.store.tables import Transaction, View

CONTAINER_INSIGHTS = "containerInsights"
MOST_LISTED = 10
_PRINCIPAL = re.compile(r"arn:[a-z-]+:(iam|sts)::[0-9]{12}:[!-~]{1,512}")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a setting may be, the first value being its default."""

    values: tuple[str, ...]
    is_read_only: bool = False


_ON = Choice(("enabled",))
_OFF = Choice(("disabled", "enabled"))
CHOICES: Mapping[str, Choice] = {
    "serviceLongArnFormat": _ON,
    "taskLongArnFormat": _ON,
    "containerInstanceLongArnFormat": _ON,
    "awsvpcTrunking": _OFF,
    CONTAINER_INSIGHTS: Choice(("disabled", "enabled", "enhanced")),
    "fargateFIPSMode": _OFF,
    "tagResourceAuthorization": Choice(("on", "off")),
    "fargateTaskRetirementWaitPeriod": Choice(("7", "0", "14")),
    "guardDutyActivate": Choice(("off", "on"), is_read_only=True),
    "defaultLogDriverMode": Choice(("non-blocking", "blocking")),
    "fargateEventWindows": _OFF,
}


def put_account_setting(
    tx: Transaction, request: PutAccountSettingRequest, context: Context
) -> PutAccountSettingResponse:
    """Set something for a principal (API PutAccountSetting)."""
    principal = _principal(request.principal_arn, context)
    return PutAccountSettingResponse(
        setting=_put(tx, request.name, request.value, principal, context)
    )


def put_account_setting_default(
    tx: Transaction, request: PutAccountSettingDefaultRequest, context: Context
) -> PutAccountSettingDefaultResponse:
    """Set something for all who have no setting of their own (API PutAccountSettingDefault)."""
    setting = _put(tx, request.name, request.value, root_of(context), context)
    return PutAccountSettingDefaultResponse(setting=setting)


def delete_account_setting(
    tx: Transaction, request: DeleteAccountSettingRequest, context: Context
) -> DeleteAccountSettingResponse:
    """Take a principal's own setting back; without one nothing changes."""
    choice = _choice(request.name)
    principal = _principal(request.principal_arn, context)
    own = tx.get(ACCOUNT_SETTINGS, account_setting_key(principal, request.name))
    if own is None:
        value = effective_value(tx, request.name, principal, context)
        return DeleteAccountSettingResponse(
            setting=_setting(request.name, value, principal, choice)
        )
    tx.delete(ACCOUNT_SETTINGS, account_setting_key(principal, request.name))
    say(tx, context, f"took account setting {request.name} back", subject_arn=principal)
    return DeleteAccountSettingResponse(
        setting=_setting(request.name, own.value, principal, choice)
    )


def list_account_settings(
    view: View, request: ListAccountSettingsRequest, context: Context
) -> ListAccountSettingsResponse:
    """Settings of a principal by name and value (API ListAccountSettings)."""
    if request.name is not None:
        _choice(request.name)
    if request.value is not None and request.name is None:
        raise invalid("value needs a name beside it.", "value")
    principal = _principal(request.principal_arn, context)
    settings = []
    for name in CHOICES if request.name is None else (request.name,):
        if request.effective_settings:
            value = effective_value(view, name, principal, context)
        else:
            own = view.get(ACCOUNT_SETTINGS, account_setting_key(principal, name))
            if own is None:
                continue
            value = own.value
        if request.value in {None, value}:
            settings.append(_setting(name, value, principal, CHOICES[name]))
    chosen = page(request, settings, key=lambda s: (s.name,), default=MOST_LISTED)
    return ListAccountSettingsResponse(settings=chosen.items, next_token=chosen.next_token)


def effective_value(view: View, name: str, principal: str, context: Context) -> str:
    """The value that holds for a principal: its own, the account's, or ECS's default."""
    for who in (principal, root_of(context)):
        record = view.get(ACCOUNT_SETTINGS, account_setting_key(who, name))
        if record is not None:
            return record.value
    return CHOICES[name].values[0]


def root_of(context: Context) -> str:
    """ARN of the root user, under whom the account's defaults are kept."""
    return f"arn:{context.names.partition}:iam::{context.names.account}:root"


def _principal(text: str | None, context: Context) -> str:
    if text is None:
        return principal_of(context)
    if not _PRINCIPAL.fullmatch(text):
        raise invalid(f"Invalid principal ARN: {shown(text)}", "principalArn")
    return text


def _choice(name: str) -> Choice:
    choice = CHOICES.get(name)
    if choice is None:
        raise invalid(f"name should be one of [{', '.join(CHOICES)}]", "name")
    return choice


def _setting(name: str, value: str, principal: str, choice: Choice) -> Setting:
    kind = "aws_managed" if choice.is_read_only else "user"
    return Setting.model_validate(
        {"name": name, "value": value, "principal_arn": principal, "type": kind}
    )


def _put(tx: Transaction, name: str, value: str, principal: str, context: Context) -> Setting:
    choice = _choice(name)
    if choice.is_read_only:
        raise invalid(f"{name} is managed by AWS and cannot be set.", "name")
    if value not in choice.values:
        raise invalid(f"{name} should be one of [{', '.join(choice.values)}]", "value")
    record = AccountSettingRecord(name=name, value=value, principal_arn=principal)
    if tx.get(ACCOUNT_SETTINGS, account_setting_key(principal, name)) != record:
        tx.put(record)
        whose = " for everybody" if principal == root_of(context) else ""
        say(tx, context, f"set account setting {name} to {value}{whose}", subject_arn=principal)
    return _setting(name, value, principal, choice)


ENTRIES = (
    changes(PutAccountSettingRequest, put_account_setting),
    changes(PutAccountSettingDefaultRequest, put_account_setting_default),
    changes(DeleteAccountSettingRequest, delete_account_setting),
    reads(ListAccountSettingsRequest, list_account_settings),
)
