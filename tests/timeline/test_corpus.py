"""Task definitions of public repositories, posted as they are to the door that AWS's clients use.

What AWS's own answer would be is known or documented for each. 14 differs on purpose: ECS skips
the unknown member inside it, which hides typing errors.
"""

import json
from pathlib import Path

import pytest

from ecstui.base.ids import new_id
from ecstui.serve.aws_json import AwsJsonDoor
from tests.support.town import Town

pytestmark = pytest.mark.sim

FILES = sorted((Path(__file__).parents[1] / "corpus").glob("*.json"))
REGISTER = "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition"
CLIENT, SERIALIZATION = "ClientException", "SerializationException"

REFUSED = {
    "05": (CLIENT, "Container.image contains invalid characters."),
    "06": (CLIENT, "Family contains invalid characters."),
    "14": (CLIENT, "containerDefinitions[1].linuxParameters.privileged"),
    "21": (CLIENT, "Container.image contains invalid characters."),
    "22": (CLIENT, "Health check command"),
    "23": (CLIENT, "privileged"),
    "24": (SERIALIZATION, "object"),
    "26": (CLIENT, "Container.image should not be null or empty."),
    "28": (CLIENT, "Role is not valid"),
    "32": (CLIENT, "containerDefinitions[0].environment[3].name is missing"),
    "33": (
        CLIENT,
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    "34": (CLIENT, "Family should not be null or empty."),
    "37": (CLIENT, "CHOWN is not allowed on Fargate."),
    "39": (CLIENT, "Invalid 'cpu' setting for task."),
    "40": (SERIALIZATION, "containerDefinitions[0].memory"),
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_file_is_taken_or_refused_as_ecs_would(town: Town, file: Path) -> None:
    door = AwsJsonDoor(town.plane, new_id)
    reply = await door.reply(REGISTER, file.read_bytes(), "somebody", new_id())
    said = reply.body.decode()
    expected = REFUSED.get(file.name[:2])
    if expected is None:
        assert reply.status == 200, said
        given = json.loads(file.read_text())
        assert json.loads(said)["taskDefinition"]["family"] == given["family"]
        return
    code, words = expected
    assert (reply.status, reply.code) == (400, code), said
    assert words in said


async def test_all_forty_are_asked() -> None:
    assert len(FILES) == 40
