"""Settings: three sources, the later wins, and each value says where it came from."""

import pwd
from pathlib import Path

import pytest

from ecstui.base.errors import SettingsError
from ecstui.model.enums import RolloutOrder
from ecstui.plan.pace import PaceName
from ecstui.settings import DEFAULT, Settings, bare_settings, load_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def configured(home: Path, text: str) -> dict[str, str]:
    """An environment whose config.toml has this text."""
    file = home / ".config" / "ecstui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return {"HOME": str(home)}


def test_without_sources_everything_is_default(home: Path):
    settings = load_settings({"HOME": str(home)})
    assert settings.state_directory == home / ".local" / "state" / "ecstui"
    assert (settings.pace, settings.rollout_order) == (PaceName.LOCAL, RolloutOrder.SURGE_FIRST)
    assert settings.origin("pace") == DEFAULT
    assert settings.zones == ("us-east-1a", "us-east-1b", "us-east-1c")


def test_the_folders_of_the_desktop_standard_are_used(tmp_path: Path):
    environ = {
        "HOME": "/nowhere",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    settings = load_settings(environ)
    assert settings.state_directory == tmp_path / "state" / "ecstui"
    assert settings.config_file == tmp_path / "config" / "ecstui" / "config.toml"


def test_the_later_source_wins_and_is_remembered(home: Path):
    environ = configured(home, 'pace = "aws"\nregion = "eu-west-1"\naccount = "123456789012"\n')
    file = str(home / ".config" / "ecstui" / "config.toml")
    settings = load_settings(environ)
    assert (settings.pace, settings.origin("pace")) == (PaceName.AWS, file)
    settings = load_settings({**environ, "ECSTUI_PACE": "local"})
    assert (settings.pace, settings.origin("pace")) == (PaceName.LOCAL, "$ECSTUI_PACE")
    settings = load_settings({**environ, "ECSTUI_PACE": "local"}, {"pace": "aws"})
    assert (settings.pace, settings.origin("pace")) == (PaceName.AWS, "--pace")
    assert (settings.region, settings.account) == ("eu-west-1", "123456789012")


def test_a_flag_that_was_not_given_changes_nothing(home: Path):
    settings = load_settings({"HOME": str(home)}, {"pace": None, "state_directory": None})
    assert settings.origins == {}


def test_an_empty_variable_counts_as_not_set(home: Path):
    settings = load_settings({"HOME": str(home), "ECSTUI_STATE": "", "ECSTUI_PACE": ""})
    assert settings.origins == {}


def test_the_state_directory_is_made_absolute(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(home))
    environ = {"HOME": str(home)}
    assert load_settings(environ, {"state_directory": "try"}).state_directory == tmp_path / "try"
    assert load_settings(environ, {"state_directory": "~/try"}).state_directory == home / "try"


def test_the_state_of_a_user_who_is_not_there_is_refused(home: Path):
    environ = {"HOME": str(home)}
    with pytest.raises(SettingsError, match="there is no user no-such-user"):
        load_settings(environ, {"state_directory": "~no-such-user/x"})
    with pytest.raises(SettingsError, match="there is no user no-such-user"):
        load_settings(environ | {"ECSTUI_STATE": "~no-such-user/x"})
    bare = bare_settings(environ, "~no-such-user/x")
    assert bare.state_directory == home / ".local" / "state" / "ecstui"


def test_every_file_of_the_state_is_in_its_directory(home: Path):
    paths = load_settings({"HOME": str(home)}).paths
    assert {path.parent for path in paths.all()} == {paths.root}
    assert len({path.name for path in paths.all()}) == len(paths.all())


def test_docker_host_is_ours_then_dockers(home: Path):
    environ = configured(home, '[docker]\nhost = "tcp://1.2.3.4:2375"\n')
    assert load_settings(environ).docker_host == "tcp://1.2.3.4:2375"
    environ["DOCKER_HOST"] = "unix:///a"
    assert load_settings(environ).docker_host == "unix:///a"
    environ["ECSTUI_DOCKER_HOST"] = "unix:///b"
    settings = load_settings(environ)
    assert (settings.docker_host, settings.origin("docker_host")) == (
        "unix:///b",
        "$ECSTUI_DOCKER_HOST",
    )


def test_instances_get_names_and_zones_where_they_have_none(home: Path):
    environ = configured(
        home,
        'region = "eu-west-1"\n'
        "[[instances]]\ncpu_units = 1024\nmemory_mib = 512\n"
        '[[instances]]\ncpu_units = 2048\nmemory_mib = 1024\nname = "big"\nip = "127.0.9.1"\n'
        '[[instances]]\ncpu_units = 128\nmemory_mib = 64\nzone = "moon-1a"\ncluster = "far"\n',
    )
    first, second, third = load_settings(environ).instances
    assert (first.name, first.zone, first.ip, first.cluster) == (
        "local-1",
        "eu-west-1a",
        "",
        "default",
    )
    assert (second.name, second.zone, second.ip) == ("big", "eu-west-1b", "127.0.9.1")
    assert (third.zone, third.cluster) == ("moon-1a", "far")


def test_the_table_of_the_screens_is_handed_on_whole(home: Path):
    environ = configured(home, '[ui]\ntheme = "x"\n[ui.keys]\nquit = "Q"\n')
    assert load_settings(environ).screen == {"theme": "x", "keys": {"quit": "Q"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pace = ", "not valid TOML"),
        ('pace = "fast"', "'fast' is not one of local or aws"),
        ("pace = 3", "is not one of local or aws"),
        ('pase = "aws"', "there is no setting pase; there are account, auto_scaling_groups, "),
        ("[docker]\nsocket = 1", "there is no setting docker.socket"),
        ('rollout_order = "FAST"', "SURGE_FIRST or CONCURRENT"),
        ('region = "Europe"', "a region such as us-east-1"),
        ('account = "12"', "an account of 12 digits"),
        ("account = 123456789012", "an account of 12 digits"),
        ("instance_count = 0", "1 to 100"),
        ("instance_count = true", "1 to 100"),
        ("instances = 3", "must be written as [[instances]]"),
        ("instances = [3]", "must be written as [[instances]]"),
        ("[[instances]]\ncpu_units = 1024", "instance 1 needs memory_mib"),
        ("[[instances]]\ncpu_units = 1\nmemory_mib = 64", "instance 1 needs cpu_units"),
        ("[[instances]]\ncpu_units = 1024\nmemory_mib = 64\nram = 1", "no member ram"),
        (
            "[[instances]]\ncpu_units = 1024\nmemory_mib = 64\nname = 1",
            "instance 1 needs name to be a text",
        ),
        ('[[instances]]\ncpu_units = 1024\nmemory_mib = 64\nip = "::1"', "needs ip to be"),
        (
            "[[instances]]\nname='a'\ncpu_units = 1024\nmemory_mib = 64\n"
            "[[instances]]\nname='a'\ncpu_units = 1024\nmemory_mib = 64",
            "two instances of one cluster are named a",
        ),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_file(home: Path, text, words):
    with pytest.raises(SettingsError) as caught:
        load_settings(configured(home, text))
    assert words in str(caught.value)
    assert "config.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ECSTUI_PACE": "fast"}, "$ECSTUI_PACE: 'fast' is not one of"),
        ({"ECSTUI_INSTANCE_COUNT": "many"}, "$ECSTUI_INSTANCE_COUNT: 'many' is not"),
    ],
)
def test_a_wrong_variable_is_named(home: Path, environ, words):
    with pytest.raises(SettingsError) as caught:
        load_settings({"HOME": str(home), **environ})
    assert words in str(caught.value)


def test_a_wrong_flag_is_named(home: Path):
    with pytest.raises(SettingsError, match=r"^--pace: 'fast'"):
        load_settings({"HOME": str(home)}, {"pace": "fast"})


def test_a_config_file_that_cannot_be_read_is_an_error(home: Path):
    environ = configured(home, "")
    file = home / ".config" / "ecstui" / "config.toml"
    file.unlink()
    file.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(environ)


def test_settings_hold_still(home: Path):
    settings = Settings(state_directory=home, config_file=home)
    with pytest.raises(AttributeError):
        settings.pace = PaceName.AWS  # type: ignore[misc]


# -- other engines --------------------------------------------------------------------------------


def with_config(tmp_path: Path, text: str) -> Settings:
    folder = tmp_path / "ecstui"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)
    return load_settings({"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})


ENGINES = """
[[engines]]
name = "shed"
address = "tcp://10.0.0.5:2376"
ca_file = "/c/ca.pem"
certificate_file = "/c/cert.pem"
key_file = "/c/key.pem"
zone = "shed-a"
cpu_units = 2048
memory_mib = 4096
reserved_ports = [8080]
attributes = {rack = "7"}

[[engines]]
name = "barn"
address = "ssh://me@barn"
"""


def test_engines_of_the_config_file(tmp_path: Path) -> None:
    shed, barn = with_config(tmp_path, ENGINES).engines
    assert (shed.address, shed.ca_file, shed.zone) == ("tcp://10.0.0.5:2376", "/c/ca.pem", "shed-a")
    assert (shed.cpu_units, shed.memory_mib) == (2048, 4096)
    assert (shed.reserved_ports, shed.attributes) == ((8080,), {"rack": "7"})
    assert (barn.name, barn.zone, barn.cluster) == ("barn", "us-east-1b", "default")


def test_engines_of_the_environment(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "ECSTUI_ENGINES": "barn=ssh://me@barn, shed=tcp://s:2375"}
    found = load_settings(environ).engines
    assert [(e.name, e.address) for e in found] == [
        ("barn", "ssh://me@barn"),
        ("shed", "tcp://s:2375"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = 'x'", "needs an address"),
        ("name = 'x'\naddress = 'host:1'", "which is not an address"),
        ("name = 'docker'\naddress = 'tcp://h:1'", "not a name for another engine"),
        ("name = 'x'\naddress = 'tcp://h:1'\nsize = 3", "has no member size"),
        ("name = 'x'\naddress = 'tcp://h:1'\nreserved_ports = [0]", "between 1 and 65535"),
        ("name = 'x'\naddress = 'tcp://h:1'\nattributes = {a = 1}", "attributes to be texts"),
        ("name = 'x'\naddress = 'tcp://h:1'\ncpu_units = 1", "engine 1 needs cpu_units, a whole"),
        ("name = 'x'\naddress = 'tcp://h:1'\nreserved_ports = 1", "engine 1 needs .* to be a list"),
        ("name = 'x'\naddress = 'tcp://h:1'\nzone = true", "engine 1 needs zone to be a text"),
        (
            "name = 'x'\naddress = 'tcp://h:1'\n[[engines]]\nname = 'x'\naddress = 'tcp://i:1'",
            "two",
        ),
    ],
)
def test_engines_that_cannot_be_meant(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        with_config(tmp_path, f"[[engines]]\n{text}\n")


def test_secrets_buckets_and_file_systems_are_tables_of_paths(home: Path):
    text = """
secrets_directory = "~/mine"
[secrets]
"arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf" = "/run/secrets/db"
"/prod/token" = "/run/secrets/token"
[buckets]
"my.config" = "/srv/config"
[file_systems]
fs-1 = "/srv/one"
"""
    settings = load_settings(configured(home, text))
    assert settings.secrets["/prod/token"] == "/run/secrets/token"
    assert len(settings.secrets) == 2
    assert settings.buckets == {"my.config": "/srv/config"}
    assert settings.file_systems == {"fs-1": "/srv/one"}
    assert settings.secrets_directory == Path("~/mine").expanduser()


@pytest.mark.parametrize("text", ["secrets = 3", "[secrets]\nx = 3", '[buckets]\nx = "here"'])
def test_a_table_of_paths_holds_absolute_paths(home: Path, text):
    with pytest.raises(SettingsError):
        load_settings(configured(home, text))


# -- companions -----------------------------------------------------------------------------------


def test_logs_and_roles_are_read(tmp_path: Path):
    text = """
[logs]
keep = "all"
stream_mib = 2
[roles]
web = {profile = "dev"}
"arn:aws:iam::1:role/api" = {file = "/k/keys"}
"""
    settings = with_config(tmp_path, text)
    assert (settings.logs.keep, settings.logs.all_mib, settings.logs.stream_mib) == ("all", 256, 2)
    assert settings.roles["web"].words == "profile dev"
    assert settings.roles["arn:aws:iam::1:role/api"].words == "profile default of /k/keys"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('logs = "all"', "must be a table"),
        ('[logs]\nkeep = "some"', "keep must be one of awslogs, all, none"),
        ("[logs]\nall_mib = 0", "all_mib must be a number of MiB"),
        ("[logs]\ndays = 1", "has no member days"),
        ('[roles]\nweb = "dev"', "web must be written as"),
        ("[roles]\nweb = {}", "web needs a profile, a file or both"),
        ('[roles]\nweb = {key = "AKIA"}', "web has no member key"),
        ('[roles]\nweb = {file = "keys"}', "the file of web must be an absolute path"),
        ('[roles]\nweb = {file = "~nobody-here/keys"}', "no user nobody-here"),
        ('[secrets]\nkey = "~nobody-here/key"', "no user nobody-here"),
    ],
)
def test_wrong_logs_and_roles_are_told(tmp_path: Path, text: str, words: str):
    with pytest.raises(SettingsError, match=words):
        with_config(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = false", "False is not a port"),
        ("port = true", "True is not a port"),
        (
            "[[engines]]\nname = 'x'\naddress = 'tcp://h:1'\nreserved_ports = [true]",
            "between 1 and 65535",
        ),
    ],
)
def test_a_truth_is_no_number(tmp_path: Path, text: str, words: str):
    with pytest.raises(SettingsError, match=words):
        with_config(tmp_path, text)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HOME", raising=False)

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(SettingsError, match="set HOME"):
        load_settings({})
