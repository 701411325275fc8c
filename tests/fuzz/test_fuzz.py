"""A little of the fuzz with every run of the tests, and that it would see what it looks for."""

import warnings

import pytest

from ecstui.control import operations
from ecstui.model.requests.clusters import ListClustersResponse
from ecstui.store.kinds import CLUSTERS
from tests.fuzz.over_tcp import run_over_tcp
from tests.fuzz.words import Author
from tests.fuzz.world import damage, run_world
from tests.support.town import Town


@pytest.mark.parametrize("seed", [1, 2])
def test_no_request_breaks_anything(seed: int):
    outcome = run_world(seed, 600)
    assert outcome.faults == []
    assert outcome.worked["RunTask"], "some requests come through"
    assert outcome.codes["InvalidParameterException"], "and some do not"


def test_no_request_breaks_the_door_on_tcp():
    outcome = run_over_tcp(5, 300)
    assert outcome.faults == []
    assert outcome.codes["200"] > 20
    assert outcome.worked["GetLogEvents"], "lines were there to be read"


def test_the_same_seed_writes_the_same():
    assert [Author(3).next() for _ in range(5)] == [Author(3).next() for _ in range(5)]


@pytest.mark.parametrize("kind", ["fault", "shape"])
def test_it_sees_a_fault_and_a_wrong_answer(monkeypatch: pytest.MonkeyPatch, kind: str):
    def broken(*_: object) -> object:
        if kind == "fault":
            raise ZeroDivisionError
        return ListClustersResponse.model_construct(cluster_arns=(1,))  # type: ignore[arg-type]

    monkeypatch.setitem(operations.OPERATIONS, "ListClusters", broken)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic warns of the wrong answer too
        outcome = run_world(1, 300)
    assert any("ListClusters" in words for words in outcome.faults)


@pytest.mark.sim
async def test_it_sees_a_record_that_a_restart_would_not_find():
    town = await Town().open()
    assert await damage(town) == []
    town.journal.documents.pop((CLUSTERS.name, "default"))
    assert any("cluster default" in words for words in await damage(town))
    await town.close()
