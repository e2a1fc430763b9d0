"""What a new process imports and creates for an event; each import and client delays a cold start."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.regions import EndpointResolver
from botocore.session import Session

from chime_endpoints_handler.aws.clients import AwsClients, Clients, DirectLoader
from chime_endpoints_handler.cloudformation import responder
from support.stage import Stage

pytestmark = pytest.mark.slow

_CALLS: dict[str, tuple[str, dict[str, str]]] = {
    "chime-sdk-identity": ("describe_app_instance_user", {"AppInstanceUserArn": "arn:aws:chime:somewhere"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "token"}),
    "ssm": ("get_parameter", {"Name": "token"}),
    "cloudformation": ("describe_stack_resource", {"StackName": "chat", "LogicalResourceId": "Phone"}),
}
_REGIONS = ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "moon-dark-1"]
_TELL_WHAT_IS_IMPORTED = """
import json, sys
before = set(sys.modules)
import chime_endpoints_handler.index
print(json.dumps(sorted(set(sys.modules) - before)))
"""
_TELL_WHETHER_CERTIFICATES_ARE_READ = """
import threading
import chime_endpoints_handler.index
[thread.join() for thread in threading.enumerate() if thread is not threading.main_thread()]
print(chime_endpoints_handler.cloudformation.connections.read_certificates.cache_info().currsize)
"""


def test_a_cold_start_imports_neither_boto3_nor_what_is_for_synth_alone() -> None:
    """Apart from the standard library, the handler imports only crhelper and botocore with its dependencies."""
    imported = json.loads(_told_by_a_new_process(_TELL_WHAT_IS_IMPORTED))
    foreign = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    foreign -= {"certifi"}  # botocore uses it if it is installed
    assert foreign == {"botocore", "chime_endpoints_handler", "crhelper", "dateutil", "jmespath", "six", "urllib3"}
    for_others_than_create = {"delete", "identity_tags", "replacement", "update"}
    assert {f"chime_endpoints_handler.{module}" for module in for_others_than_create}.isdisjoint(imported)


def test_the_certificates_are_read_while_the_rest_is_imported() -> None:
    """The certificates are loaded by the time the first event arrives."""
    assert _told_by_a_new_process(_TELL_WHETHER_CERTIFICATES_ARE_READ) == "1\n"


def _told_by_a_new_process(text: str) -> str:
    return subprocess.run(  # noqa: S603 - this Python, with a text of ours
        [sys.executable, "-I", "-c", f"import sys; sys.path = {sys.path!r}{text}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_crhelper_keeps_its_own_boto3_where_that_is_imported_already() -> None:
    """A program that imported boto3 still has the real one after it imports the handler."""
    import boto3

    assert responder.Responder.__bases__[0].__module__ == "crhelper.resource_helper"
    assert sys.modules["boto3"] is boto3
    assert callable(boto3.client)


@pytest.mark.parametrize("service", _CALLS)
def test_a_client_calls_where_botocores_own_would(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every partition, with and without FIPS and IPv6, URL and signature equal those of botocore's own client."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for variable in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.delenv(variable)
    theirs = Session()
    for region, fips, ipv6 in product(_REGIONS, ("false", "true"), ("false", "true")):
        monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", fips)
        monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", ipv6)
        clients = AwsClients()
        make = {
            "chime-sdk-identity": lambda: clients.chime(region),  # noqa: B023 - called in this turn of the loop
            "secretsmanager": lambda: clients.secrets(region),  # noqa: B023
            "ssm": lambda: clients.parameters(region),  # noqa: B023
            "cloudformation": clients.stacks,
        }[service]
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        expected = _sent(lambda: theirs.create_client(service, region_name=region), service)  # noqa: B023
        assert _sent(make, service) == expected, (region, fips, ipv6)


@pytest.mark.parametrize(("fips", "ipv6"), list(product((False, True), repeat=2)))
def test_the_list_of_partitions_says_what_botocores_list_of_endpoints_says(*, fips: bool, ipv6: bool) -> None:
    """Both lists agree on an unlisted service in every public region and in a future one."""
    both = [EndpointResolver(loader.load_data("endpoints")) for loader in (Loader(), DirectLoader())]
    partitions = {each["partition"]: each["regions"] for each in Loader().load_data("endpoints")["partitions"]}
    regions = [region for name in ("aws", "aws-cn", "aws-us-gov") for region in partitions[name]]

    def places(resolver: Any) -> Iterator[dict[str, Any]]:
        for region in [*regions, "eu-future-9"]:
            place = resolver.construct_endpoint("anything", region, use_fips_endpoint=fips, use_dualstack_endpoint=ipv6)
            yield place | {"variants": sorted(place["variants"], key=lambda each: each["tags"])}

    theirs, ours = map(list, map(places, both))
    assert ours == theirs
    assert len(ours) > 30


@pytest.mark.parametrize("partitions", [None, [], {"partitions": [{"id": "aws"}]}], ids=["none", "list", "other"])
def test_a_botocore_with_another_list_of_partitions_gets_its_own_list(partitions: object, tmp_path: Path) -> None:
    """The runtime's botocore may be newer than any tested version."""
    (tmp_path / "endpoints.json").write_text('{"partitions": ["its own"]}')
    if partitions is not None:
        (tmp_path / "partitions.json").write_text(json.dumps(partitions))
    loader = DirectLoader(extra_search_paths=[str(tmp_path)], include_default_search_paths=False)
    assert loader.load_data_with_path("endpoints") == ({"partitions": ["its own"]}, str(tmp_path / "endpoints"))


def test_the_list_of_all_services_is_not_read() -> None:
    """The client does not read this list of 1.2 MB, because the list of partitions is enough."""
    _, path = DirectLoader().load_data_with_path("endpoints")
    assert Path(path).name == "partitions"


def test_the_clients_read_what_they_need_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore's own loader creates the same clients in three times the time."""
    read: list[str] = []

    def load(loader: DirectLoader, name: str) -> Any:
        read.append(name)
        return original(loader, name)

    original = DirectLoader.load_data_with_path
    monkeypatch.setattr(DirectLoader, "load_data_with_path", load)
    AwsClients().chime("us-east-1")
    assert {"endpoints", "partitions"} & set(read)
    assert any("chime-sdk-identity" in name for name in read)


def test_the_calls_name_this_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudTrail shows which calls come from this project."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients = AwsClients()
    for service, client in zip(
        _CALLS,
        (clients.chime("us-east-1"), clients.secrets(None), clients.parameters(None), clients.stacks()),
        strict=True,
    ):
        (request,) = _requests(client, service)
        assert request.headers["User-Agent"].decode().split("/")[0] == "cdk-chime-endpoints Botocore"


def _sent(make: Callable[[], Any], service: str) -> tuple[str, str]:
    """Return the URL of a call and the scope of its signature, or the error if there is no such endpoint."""
    try:
        (request,) = _requests(make(), service)
    except BotoCoreError as error:
        return type(error).__name__, ""
    return request.url, request.headers["Authorization"].decode().split(",")[0].split("/", 2)[2]


def _requests(client: Any, service: str) -> list[Any]:
    """Return the requests that a call would send."""
    operation, members = _CALLS[service]
    requests = []

    def keep(request: Any, **_: object) -> None:
        requests.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", keep)
    with suppress(InterruptedError):
        getattr(client, operation)(**members)
    return requests


class _Asked:
    """Pass clients on and record which services were requested."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self.services: list[str] = []

    def __getattr__(self, service: str) -> Any:
        self.services.append(service)
        return getattr(self._clients, service)


def test_an_event_makes_no_client_that_it_does_not_need(stage: Stage) -> None:
    """A token in the template needs only the Chime client; an unchanged declaration needs no client."""
    asked = _Asked(stage.clients)
    stage.clients = asked  # type: ignore[assignment] # it wraps the stage's own
    properties = stage.properties()
    made = stage.create(properties)["PhysicalResourceId"]
    stage.update(made, {**properties, "Name": "another"}, properties)
    assert set(asked.services) == {"chime"}
    asked.services.clear()
    stage.update(made, {**properties, "Name": "another"}, {**properties, "Name": "another"})
    assert asked.services == []
    stage.delete(made)
    assert (set(asked.services), stage.registered) == ({"chime"}, [])


def test_the_stand_in_for_boto3_is_gone_once_crhelper_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later import of boto3 returns the real one, and one that was already imported stays."""
    for is_there in (True, False):
        if not is_there:
            monkeypatch.delitem(sys.modules, "boto3")
        there = sys.modules.get("boto3")
        spec = importlib.util.spec_from_file_location(f"{responder.__package__}.again", responder.__file__)
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        assert sys.modules.get("boto3") is there
