"""A push set-up for the tests of the doctor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.conftest import Account, AccountServices
from commands.doctor.set_up import PushSetUp, working
from support.cloudformation import FakeCloudFormation


@pytest.fixture(scope="module")
def services() -> AccountServices:
    """Clients for all tests, because creating them takes longer than the tests."""
    return AccountServices(FakeCloudFormation())


@pytest.fixture
def set_up(account: Account, services: AccountServices) -> Iterator[PushSetUp]:
    """A push set-up in which every link is in order."""
    services.cloudformation, account.services = account.cloudformation, services
    made = working(account)
    yield made
    made.undo.close()
