"""Settings of the suite that compares the synthesized permissions with the handler's calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from permissions.cloudformation import CloudFormation, put_user
from permissions.stacks import FIRST, KEY, PARAMETER, SECOND, SECRET, SECURE_PARAMETER
from support.stage import REGION, Stage
from synth.conftest import pytest_ignore_collect  # noqa: F401 - for pytest; aws-cdk-lib's settings come with it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.cdk)


@pytest.fixture
def cloud(stage: Stage) -> CloudFormation:
    """An account without stacks, with the users, the secret and the parameters that the stacks refer to."""
    for app_instance, user in ((FIRST, "alice"), (FIRST, "bob"), (SECOND, "alice"), (SECOND, "carol")):
        put_user(stage.backend, app_instance, user)
    stage.clients.secrets(REGION).create_secret(Name=SECRET, SecretString='{"bob": "canary-bob"}')
    parameters = stage.clients.parameters(REGION)
    parameters.put_parameter(Name=SECURE_PARAMETER, Value="canary-carol", Type="SecureString", KeyId=KEY)
    parameters.put_parameter(Name=PARAMETER, Value="canary-carol-voip", Type="String")
    return CloudFormation(stage)
