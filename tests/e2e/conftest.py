"""A local cloud for tests that deploy to it. Each test leaves it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from demo.clients import Clients
from support.deployment import APPLICATION, ROOT, Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A bootstrapped local cloud with users alice and bob of one app instance, and carol of another."""
    with LocalCloud(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        clients = Clients(local=cloud.addresses)
        app_instance, other = (
            clients.chime.create_app_instance(Name=name, ClientRequestToken=name)["AppInstanceArn"]
            for name in ("app", "other")
        )
        for where, user_id in ((app_instance, "alice"), (app_instance, "bob"), (other, "carol")):
            clients.chime.create_app_instance_user(
                AppInstanceArn=where, AppInstanceUserId=user_id, Name=user_id, ClientRequestToken=user_id
            )
        stage = Stage(
            cloud=cloud,
            clients=clients,
            app_instance=app_instance,
            other_user=f"{other}/user/carol",
            cdk=Cdk(app=ROOT, directory=cloud.directory, environment=cloud.environment),
        )
        stage.make_application(APPLICATION)
        stage.cdk.bootstrap()
        yield stage
