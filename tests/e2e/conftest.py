"""A local cloud for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chime_endpoints_cli.cdk import Cdk
from chime_endpoints_cli.clients import Clients
from chime_endpoints_cli.local_cloud import LocalCloud
from support.deployment import ROOT, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A bootstrapped local cloud with the users alice and bob, two tokens in a secret and one in a parameter."""
    with LocalCloud(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        clients = Clients(local=cloud.addresses)
        created = clients.chime.create_app_instance(Name="app", ClientRequestToken="app")
        stage = Stage(
            cloud=cloud,
            clients=clients,
            app_instance=created["AppInstanceArn"],
            cdk=Cdk(app=ROOT, directory=cloud.directory, environment=cloud.environment),
        )
        for user_id in ("alice", "bob"):
            clients.chime.create_app_instance_user(
                AppInstanceArn=stage.app_instance, AppInstanceUserId=user_id, Name=user_id, ClientRequestToken=user_id
            )
        stage.cdk.bootstrap()
        yield stage
