"""Secrets and files of variables, read from files of this machine and given to a container only."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.control.sources import NO_SOURCES, LocalSources, resolve, without_values
from ecstui.engine.protocol import RegistryLogin
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import EnvironmentFile, LogConfiguration, Secret
from ecstui.plan.environment import variables_of
from ecstui.plan.spec import Unresolved
from ecstui.plan.translate import Setting, container_spec
from tests.factories import a_container, a_definition, a_task

DB = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
FIRST, SECOND = "arn:aws:s3:::config/first.env", "arn:aws:s3:::config/second.env"


@pytest.fixture
def sources(tmp_path: Path) -> LocalSources:
    folder = tmp_path / "secrets"
    (folder / "prod").mkdir(parents=True)
    (folder / "prod" / "token").write_text("t0ken\n")
    (folder / "db").write_text('{"user": "me", "port": 5432}')
    (folder / "db@old").write_text("0ld")
    bucket = tmp_path / "s3" / "config"
    bucket.mkdir(parents=True)
    first = '# one\nA=first\nB=first\n\nQUOTED="x y" \nEMPTY=\nnothing\n'
    (bucket / "first.env").write_text(first)
    (bucket / "second.env").write_text("B=second\r\nC=second=2\n")
    return LocalSources(secrets_directory=folder, buckets_directory=tmp_path / "s3")


def spec_of(container, **overrides):
    definition = a_definition(container)
    override = ContainerOverride(name=container.name, **overrides)
    task = a_task(definition, overrides=TaskOverride(container_overrides=(override,)))
    return container_spec(task, definition, container, Setting(owner="me"))


def refused(call, *arguments) -> str:
    with pytest.raises(EngineError) as caught:
        call(*arguments)
    assert caught.value.kind is EngineErrorKind.CANNOT_INITIALIZE
    assert not caught.value.retryable
    return str(caught.value)


@pytest.mark.parametrize(
    ("value_from", "value"),
    [
        ("prod/token", "t0ken"),
        ("/prod/token", "t0ken"),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/prod/token", "t0ken"),
        (DB, '{"user": "me", "port": 5432}'),
        (f"{DB}:user::", "me"),
        (f"{DB}:port::", "5432"),
        (f"{DB}::old:", "0ld"),
    ],
)
def test_a_secret_is_the_text_of_its_file(sources, value_from, value):
    assert sources.secret(value_from) == value


def test_a_file_that_is_named_wins_over_the_folder(sources, tmp_path):
    other = tmp_path / "other"
    other.write_text("named")
    named = replace(sources, secrets={"/prod/token": str(other)})
    assert named.secret("/prod/token") == "named"
    assert replace(named, secrets={DB: str(other)}).secret(DB) == "named"


def test_a_missing_secret_says_where_to_put_it(sources, tmp_path):
    words = refused(sources.secret, f"{DB[:-9]}api-QwErTy")
    assert words.startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth: there is no value"
    )
    assert f"Write it to {tmp_path}/secrets/api, or name its file under [secrets]" in words
    assert "Name its file under [secrets]" in refused(NO_SOURCES.secret, "x")


@pytest.mark.parametrize("name", ["../s3/config/first.env", "prod/../db", "prod//token", ""])
def test_no_name_leads_out_of_the_folder(sources, name):
    assert "there is no value for" in refused(sources.secret, name)


def test_what_is_no_plain_text_is_refused(sources):
    folder = sources.secrets_directory
    os.mkfifo(folder / "pipe")
    (folder / "binary").write_bytes(b"\xff\xfe")
    (folder / "nul").write_bytes(b"a\0b")
    (folder / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    assert "is not a file" in refused(sources.secret, "pipe")
    assert "is not a file" in refused(sources.secret, "prod")
    assert "is not a UTF-8 text" in refused(sources.secret, "binary")
    assert "holds a NUL" in refused(sources.secret, "nul")
    assert "is larger than" in refused(sources.secret, "large")
    assert "did not contain json key nobody" in refused(sources.secret, f"{DB}:nobody::")
    assert "is not a JSON object" in refused(sources.secret, f"{DB}:user:old:")


def test_lines_of_a_file_are_kept_literally():
    text = "\ufeffA=1\n#B=2\n # C=3\nD = 4\nE='5'\n=6\nF=\nA=7"
    assert variables_of(text) == (("A", "7"), (" # C", "3"), ("D ", " 4"), ("E", "'5'"))


def test_a_missing_file_says_where_to_put_it(sources, tmp_path):
    words = refused(sources.environment_file, "arn:aws:s3:::config/web/x.env")
    assert words == (
        "ResourceInitializationError: failed to download env files: arn:aws:s3:::config/web/x.env "
        f"is not here. Put it at {tmp_path}/s3/config/web/x.env"
    )
    assert "Name one under [buckets]" in refused(NO_SOURCES.environment_file, FIRST)


def test_a_bucket_may_have_a_folder_of_its_own(sources, tmp_path):
    (tmp_path / "first.env").write_text("A=own")
    named = replace(sources, buckets={"config": str(tmp_path)})
    assert named.environment_file(FIRST) == "A=own"
    assert "is not here" in refused(named.environment_file, "arn:aws:s3:::config/../x.env")


def test_the_last_wins_files_environment_secrets_overrides(sources):
    """ecs.md 2.7; of two files, the earlier wins."""
    container = a_container(
        environment=(KeyValuePair(name="A", value="own"), KeyValuePair(name="O", value="own")),
        environment_files=(EnvironmentFile(value=FIRST), EnvironmentFile(value=SECOND)),
        secrets=(
            Secret(name="C", value_from="prod/token"),
            Secret(name="S", value_from="missing"),
            Secret(name="AWS_REGION", value_from="prod/token"),
        ),
    )
    override = (KeyValuePair(name="O", value="run"), KeyValuePair(name="S", value="run"))
    spec = spec_of(container, environment=override)
    given = resolve(spec, sources)
    found = dict(given.environment)
    assert {name: found[name] for name in ("A", "B", "C", "O", "S", "QUOTED", "AWS_REGION")} == {
        "A": "own",
        "B": "first",
        "C": "t0ken",
        "O": "run",
        "S": "run",
        "QUOTED": '"x y" ',
        "AWS_REGION": "t0ken",
    }
    assert found["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"
    assert not {"EMPTY", "nothing"} & found.keys()
    assert given.unresolved == Unresolved()
    assert "t0ken" not in repr(spec)


def test_files_replace_what_ecs_adds(sources, tmp_path):
    (tmp_path / "s3" / "config" / "first.env").write_text("AWS_REGION=moon-1\n")
    container = a_container(environment_files=(EnvironmentFile(value=FIRST),))
    assert dict(resolve(spec_of(container), sources).environment)["AWS_REGION"] == "moon-1"


def test_files_of_run_task_replace_those_of_the_definition(sources):
    container = a_container(environment_files=(EnvironmentFile(value="arn:aws:s3:::no/no.env"),))
    spec = spec_of(container, environment_files=(EnvironmentFile(value=SECOND),))
    assert dict(resolve(spec, sources).environment)["C"] == "second=2"
    assert spec_of(container, environment_files=()).unresolved.environment_files == ()


def test_secret_options_go_to_the_log_driver_of_the_engine(sources):
    secret = (Secret(name="splunk-token", value_from="prod/token"),)
    splunk = LogConfiguration(
        log_driver="splunk", options={"splunk-url": "x"}, secret_options=secret
    )
    given = resolve(spec_of(a_container(log_configuration=splunk)), sources)
    assert dict(given.log_options) == {"splunk-url": "x", "splunk-token": "t0ken"}
    elsewhere = LogConfiguration(log_driver="awsfirelens", secret_options=secret)
    assert spec_of(a_container(log_configuration=elsewhere)).unresolved == replace(
        Unresolved(), added=("AWS_EXECUTION_ENV", "AWS_REGION", "AWS_DEFAULT_REGION")
    )


def test_complaints_of_an_engine_hide_the_values(sources):
    spec = spec_of(a_container(secrets=(Secret(name="S", value_from="prod/token"),)))
    given = resolve(spec, sources)
    error = EngineError(EngineErrorKind.CANNOT_CREATE, "bad variable S=t0ken", retryable=True)
    told = without_values(error, spec, given)
    assert (told.message, told.kind, told.retryable) == (
        "bad variable S=******",
        EngineErrorKind.CANNOT_CREATE,
        True,
    )


def test_a_login_for_a_registry_is_a_json_object(sources):
    folder = sources.secrets_directory
    (folder / "registry").write_text('{"username": "me", "password": "p"}')
    (folder / "half").write_text('{"username": "me"}')
    assert sources.login("registry") == RegistryLogin("me", "p")
    for name in ("half", "prod/token"):
        assert '{"username": "...", "password": "..."}' in refused(sources.login, name)
