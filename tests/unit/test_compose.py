import json
from typing import Any

import pytest

from ecstui.cli import run
from ecstui.plan.compose import ComposeImport, import_compose
from ecstui.plan.definition import parse_definition_text
from ecstui.ui.editor_file import read_compose

SHOP = """\
name: shop
services:
  web:
    image: nginx:${TAG:-1.27}
    command: nginx -g 'daemon off;'
    entrypoint: ["/docker-entrypoint.sh"]
    environment:
      DEBUG: true
      LEVEL: 3
      EMPTY:
    ports:
      - "8080:80"
      - 22:22
      - target: 443
        published: "8443"
        protocol: tcp
        mode: host
      - "53:53/udp"
    volumes:
      - data:/var/lib/data:ro
      - ./site:/usr/share/nginx/html
      - /cache
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
    healthcheck:
      test: curl -f http://localhost/
      interval: 1m30s
      timeout: 500ms
      retries: 20
    restart: unless-stopped
    ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 65}
    user: 1000
    working_dir: /srv
    labels: ["a=b", "c"]
    mem_limit: 512m
    cpus: "0.5"
    cap_add: [CAP_NET_ADMIN]
    cap_drop: [ALL]
    read_only: true
    tmpfs: /run:size=16m,mode=755
    extra_hosts: ["db.local:10.0.0.1"]
    dns: 1.1.1.1
    logging: {driver: json-file, options: {max-size: 10m}}
    networks: [front]
  db:
    image: postgres:16
    environment: ["POSTGRES_PASSWORD=x=y"]
    healthcheck: {test: ["CMD", "pg_isready"]}
    privileged: true
    deploy:
      replicas: 3
      resources: {limits: {memory: 1g}, reservations: {memory: 256m}}
    volumes: [data:/var/lib/postgresql]
  migrate:
    build: .
    image: shop/migrate:1
    depends_on: [db]
volumes:
  data: {driver: local, driver_opts: {type: none}}
networks:
  front:
"""


def notes(found: ComposeImport) -> str:
    return "\n".join(str(note) for note in found.notes)


def container(found: ComposeImport, name: str) -> dict[str, Any]:
    document: Any = found.document
    return next(c for c in document["containerDefinitions"] if c["name"] == name)


def names(found: ComposeImport) -> list[str]:
    document: Any = found.document
    return [c["name"] for c in document["containerDefinitions"]]


def one(members: str, **options) -> ComposeImport:
    """A service `a` with the members, one a line."""
    lines = "".join(f"    {line}\n" for line in members.split("\n"))
    return import_compose(f"services:\n  a:\n    image: i\n{lines}", **options)


def of(members: str, **options):
    found = one(members, **options)
    return container(found, "a")


def test_a_whole_file_can_be_registered_and_keeps_what_it_says():
    found = import_compose(SHOP, folder="/home/me/shop", variables={"EMPTY": "now"})
    assert found.problem == ""
    parsed = parse_definition_text(json.dumps(found.document))
    assert parsed.is_valid, parsed.problems
    web, db, migrate = (container(found, name) for name in ("web", "db", "migrate"))
    assert found.document["family"] == "shop"
    assert web["image"] == "nginx:1.27"
    assert web["command"] == ["nginx", "-g", "daemon off;"]
    assert web["environment"] == [
        {"name": "DEBUG", "value": "true"},
        {"name": "LEVEL", "value": "3"},
        {"name": "EMPTY", "value": "now"},
    ]
    assert web["portMappings"] == [
        {"containerPort": 80, "hostPort": 8080},
        {"containerPort": 22, "hostPort": 22},
        {"containerPort": 443, "hostPort": 8443},
        {"containerPort": 53, "hostPort": 53, "protocol": "udp"},
    ]
    assert web["dependsOn"] == [
        {"containerName": "db", "condition": "HEALTHY"},
        {"containerName": "migrate", "condition": "SUCCESS"},
    ]
    assert web["links"] == ["db", "migrate"]
    assert web["healthCheck"] == {
        "command": ["CMD-SHELL", "curl -f http://localhost/"],
        "interval": 90, "timeout": 2, "retries": 10,
    }  # fmt: skip
    assert web["restartPolicy"] == {"enabled": True}
    assert (web["user"], web["workingDirectory"]) == ("1000", "/srv")
    assert (web["memory"], web["cpu"], web["readonlyRootFilesystem"]) == (512, 512, True)
    assert web["dockerLabels"] == {"a": "b", "c": ""}
    assert web["linuxParameters"]["capabilities"] == {"add": ["NET_ADMIN"], "drop": ["ALL"]}
    assert web["linuxParameters"]["tmpfs"] == [
        {"containerPath": "/run", "size": 16, "mountOptions": ["mode=755"]}
    ]
    assert web["ulimits"][0] == {"name": "nofile", "softLimit": 1024, "hardLimit": 2048}
    assert web["extraHosts"] == [{"hostname": "db.local", "ipAddress": "10.0.0.1"}]
    assert web["mountPoints"] == [
        {"sourceVolume": "data", "containerPath": "/var/lib/data", "readOnly": True},
        {"sourceVolume": "home-me-shop-site", "containerPath": "/usr/share/nginx/html"},
        {"sourceVolume": "web-cache", "containerPath": "/cache"},
    ]
    volumes: Any = found.document["volumes"]
    assert {"name": "home-me-shop-site", "host": {"sourcePath": "/home/me/shop/site"}} in volumes
    assert (db["memory"], db["memoryReservation"], db["privileged"]) == (1024, 256, True)
    assert db["environment"] == [{"name": "POSTGRES_PASSWORD", "value": "x=y"}]
    assert migrate["essential"] is False
    assert web["essential"] is True


def test_what_is_not_carried_over_is_told_with_its_line():
    found = import_compose(SHOP, folder="/home/me/shop", variables={"EMPTY": ""})
    told = notes(found)
    lines = SHOP.split("\n")
    for note in found.notes:
        assert 1 <= note.line <= len(lines)
    networks = next(n for n in found.notes if n.where == "services.web.networks")
    assert "networks: [front]" in lines[networks.line - 1]
    for words in (
        "services.web.ports[2].mode: not carried over",
        "services.web.healthcheck.timeout: ECS takes 2 to 60: 1 became 2",
        "services.web.healthcheck.retries: ECS takes 1 to 10: 20 became 10",
        "services.db.deploy.replicas: a service's desiredCount says how many: 3",
        "services.migrate.build: images are not built here: build shop/migrate:1 first",
        "services.migrate: ECS wants memory to be set",
        "networks: a task has one network",
        "./site is /home/me/shop/site",
        "a link makes the name db known",
    ):
        assert words in told, told


@pytest.mark.parametrize(
    "member",
    ["container_name: x", "profiles: [a]", "stop_signal: SIGINT", "nonsense: 1", "configs: [a]",
     "secrets: [a]", "extends: b", "expose: [80]", "platform: linux/arm64", "pids_limit: 5"],
)  # fmt: skip
def test_every_member_without_a_place_is_told(member):
    name = member.partition(":")[0]
    assert f"services.a.{name}: " in notes(one(member))


def test_unknown_members_of_a_service_and_the_file_are_told_but_extensions_are_theirs():
    found = import_compose("x-a: 1\nfoo: 1\nservices:\n  a:\n    image: i\n    x-b: 2\n")
    assert "foo: not known" in notes(found)
    assert "x-" not in notes(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3000", [{"containerPort": 3000}]),
        ("'3000-3001:4000-4001'", [{"containerPort": 4000, "hostPort": 3000},
                                   {"containerPort": 4001, "hostPort": 3001}]),
        ("'127.0.0.1:80:8080'", [{"containerPort": 8080, "hostPort": 80}]),
        ("'127.0.0.1::8080'", [{"containerPort": 8080}]),
    ],
)  # fmt: skip
def test_short_ports(text, expected):
    assert of(f"ports: [{text}]")["portMappings"] == expected


@pytest.mark.parametrize(
    "text", ["'a:b'", "'99999'", "'1-500:1-500'", "'80:80/sctp'", "{a: 1}", "[1]", "1.5"]
)
def test_odd_ports_are_told(text):
    found = one(f"ports: [{text}]")
    assert "portMappings" not in container(found, "a")
    assert "services.a.ports[0]" in notes(found)


@pytest.mark.parametrize(
    ("restart", "policy"),
    [("'no'", None), ("no", None), ("always", {"enabled": True}),
     ("on-failure:3", {"enabled": True, "ignoredExitCodes": [0]})],
)  # fmt: skip
def test_restart(restart, policy):
    assert of(f"restart: {restart}").get("restartPolicy") == policy


def test_an_env_file_is_read_and_the_environment_wins():
    files = {"a.env": "# note\nexport A=1\nB='two words'\nC=3 # three\n"}
    members = "env_file: [a.env, gone.env]\nenvironment: {A: own, D: null}"
    found = one(members, read_file=files.get)
    pairs = {p["name"]: p["value"] for p in container(found, "a")["environment"]}
    assert pairs == {"A": "own", "B": "two words", "C": "3"}
    assert "gone.env cannot be read" in notes(found)
    assert "a.env was read now: its 3 variables" in notes(found)
    assert "D has no value here: left out" in notes(found)


def test_variables():
    members = "user: ${A}${B:-b}$$C${D}\nhostname: ${E:+e}"
    found = one(members, variables={"A": "a", "E": "x"})
    assert container(found, "a")["user"] == "ab$C${D}"
    assert container(found, "a")["hostname"] == "e"
    assert "services.a.user: ${D} has no value here and stays as it is written" in notes(found)


def test_a_dependency_on_the_health_of_what_has_no_check_is_weakened_and_told():
    waits = "{b: {condition: service_healthy}, c: {}}"
    text = f"services:\n  a: {{image: i, depends_on: {waits}}}\n  b: {{image: i}}\n"
    found = import_compose(text)
    assert container(found, "a")["dependsOn"] == [{"containerName": "b", "condition": "START"}]
    assert "b has no healthcheck here" in notes(found)
    assert "there is no such other service" in notes(found)


def test_names_that_ecs_does_not_take():
    found = import_compose("services:\n  a.b: {image: i}\n  a_b: {image: i, depends_on: [a.b]}\n")
    assert names(found) == ["a-b", "a_b"]
    assert "the container is called a-b" in notes(found)
    assert container(found, "a_b")["dependsOn"][0]["containerName"] == "a-b"


def test_anchors_and_merges():
    text = "x-b: &b {image: i, user: u}\nservices:\n  a: {<<: *b, user: own}\n  c: *b\n"
    found = import_compose(text)
    assert container(found, "a")["user"] == "own"
    assert container(found, "c")["user"] == "u"


# ---------------------------------------------------------------- hostile

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing in it"),
        ("services:", "no services"),
        ("services: {}", "no services"),
        ("[1, 2]", "must be a mapping"),
        ("services: [a]", "no services"),
        ("a: [", "this is not YAML"),
        ("a: \x00", "this is not YAML"),
        ("a: b\n---\nc: d", "this is not YAML"),
        ("a: *b", "this is not YAML"),
        ("a: !!python/object/apply:os.system [id]", "tag"),
        ("services: {a: {ports: !reset []}}", "tag"),
        ("? [a]\n: b", "a name must be plain text"),
        ("a: 1\na: 2", "given twice"),
        ("a: &a [*a]", "nested too deeply"),
        ("a: &a {b: *a}", "nested too deeply"),
        ("[" * 5000, ""),
        ("a: " + "[" * 500 + "]" * 500, "nested too deeply"),
        (BOMB, "unfolds to more than"),
        ("a: {<<: 1}", "only mappings"),
        ("x" * 300_000, "longer than"),
        ("services:\n" + "".join(f"  s{i}: {{image: i}}\n" for i in range(60)), "more than 50"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_in_words(text, words):
    found = import_compose(text)
    assert found.problem
    assert words in found.problem
    assert found.document == {}


MEMBERS = [
    "command", "entrypoint", "environment", "env_file", "ports", "volumes", "depends_on",
    "healthcheck", "restart", "ulimits", "user", "working_dir", "labels", "mem_limit",
    "mem_reservation", "deploy", "cap_add", "cap_drop", "privileged", "read_only", "tmpfs",
    "extra_hosts", "dns", "dns_search", "links", "logging", "network_mode", "hostname",
    "stdin_open", "tty", "security_opt", "sysctls", "init", "shm_size", "devices", "pid", "ipc",
    "stop_grace_period", "cpus", "cpu_shares", "image", "build", "networks",
]  # fmt: skip
VALUES = ["true", "-1", "1e400", ".nan", "99999999999999999999999", "''", "[]", "{}", "[[1]]",
          "{a: {b: [c]}}", "[{a: 1}]", "'\\x1b[2J'", '"\\e[31m\\u202e\\u200b"', "[null]", "~",
          "{test: 5, driver: [1], resources: {limits: 3, reservations: {memory: []}}}",
          "{test: [CMD], interval: [], retries: x}", "'" + "y" * 70_000 + "'",
          "{limits: [1]}", "[1.5, yes]", "'a:b:c:d'", "\":\"", "['=', '=x', ':']"]  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("value", VALUES)
def test_wrong_types_never_raise_and_are_told_or_kept(member, value):
    found = one(f"{member}: {value}")
    assert found.problem in ("", "line 4: 'image' is given twice")
    json.dumps(found.document)


@pytest.mark.parametrize("value", ["5", "[a]", "text", "null"])
def test_a_service_that_is_no_mapping(value):
    found = import_compose(f"services:\n  a: {value}\n  b: {{image: i}}\n")
    assert names(found) == ["b"]
    assert "services.a: this service is no mapping" in notes(found)


# ---------------------------------------------------------------- files


def test_the_command_prints_the_request_and_tells_the_rest(tmp_path, capsys):
    path = tmp_path / "docker-compose.yml"
    path.write_text("services:\n  a:\n    image: i:${V}\n    env_file: e.env\n    networks: [n]\n")
    (tmp_path / ".env").write_text("V=7\n")
    (tmp_path / "e.env").write_text("K=v\n")
    assert run(["import", "compose", str(path), "--family", "f"], {"HOME": str(tmp_path)}) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["family"] == "f"
    assert document["containerDefinitions"][0]["image"] == "i:7"
    assert document["containerDefinitions"][0]["environment"] == [{"name": "K", "value": "v"}]
    assert "line 5: services.a.networks" in err


def test_the_command_says_why_a_file_cannot_be_read(tmp_path, capsys):
    path = tmp_path / "docker-compose.yml"
    path.write_text("a: [\x1b")
    assert run(["import", "compose", str(path)], {"HOME": str(tmp_path)}) == 65
    out, err = capsys.readouterr()
    assert out == ""
    assert "this is not YAML" in err
    assert "\x1b" not in err
    assert run(["import", "compose", str(tmp_path / "gone.yml")], {"HOME": str(tmp_path)}) == 65


def test_without_a_name_the_folder_gives_it(tmp_path):
    path = tmp_path / "my shop" / "compose.yaml"
    path.parent.mkdir()
    path.write_text("services: {a: {image: i}}")
    assert read_compose(str(path)).document["family"] == "my-shop"
