"""A customer goes while nobody knows whether the remote has made its contact."""

import pytest

TROUBLE = ["closed after the write", "later than the time-out", "half of the answer"]


@pytest.fixture
def uncertain(open_stage):
    """Return a function that opens a stage, creates customers under trouble, and returns both."""

    def create(mood):
        stage = open_stage()
        clerk = stage.clerk("clerk")
        stage.change_mood(mood, times=1)
        clerk.create_many(2)
        stage.hub.wait(unknown=2)
        return stage, clerk

    return create


@pytest.mark.parametrize("mood", TROUBLE)
def test_deleted(uncertain, mood):
    """The contact may be there, with personal data of somebody who asked to be forgotten."""
    stage, clerk = uncertain(mood)
    clerk.delete()
    stage.judge()
    assert sorted(contact["archived"] for contact in stage.sandbox.contacts()) == [False, True]
    assert stage.hub.attempts("a.natural_key IS NOT NULL").count((True,)) == 1


def test_merged(uncertain):
    """Both contacts may be there: the remote has to merge them too."""
    stage, clerk = uncertain("closed after the write")
    clerk.merge()
    stage.judge()
    assert [len(contact["mergedIds"]) for contact in stage.sandbox.contacts()] == [2]


def test_deleted_and_never_made(open_stage):
    """The remote failed before it did anything: there is nothing to archive, and nothing is made."""
    stage = open_stage()
    clerk = stage.clerk("clerk")
    stage.change_mood("500", times=1)
    clerk.create_many(1)
    stage.hub.wait(unknown=1)
    clerk.delete()
    stage.judge()
    assert stage.sandbox.contacts() == []
