"""Who asks: the user at the other end of the socket, and the program as it names itself."""

import os
import pwd

import pytest

from ecstui.client.remote import RemoteClient
from ecstui.model.requests.clusters import CreateClusterRequest
from tests.doors.conftest import Served

ME = pwd.getpwuid(os.getuid()).pw_name


async def test_a_client_is_known_by_its_user_and_program(served: Served, remote: RemoteClient):
    await remote.call(CreateClusterRequest(cluster_name="blue"))
    assert served.plane.callers == [f"{ME} via ecstui"]


@pytest.mark.parametrize(
    ("agent", "caller"),
    [
        ("aws-cli/1.46 md/Botocore#1", f"{ME} via aws-cli"),
        ("", ME),
        ("<b>; rm", f"{ME} via b"),
        ("x" * 500, f"{ME} via {'x' * 40}"),
    ],
)
async def test_a_program_is_what_it_says_but_harmless(served: Served, agent: str, caller: str):
    await served.post("CreateCluster", b"{}", **{"User-Agent": agent})
    assert served.plane.callers == [caller]
