"""The cost of one more endpoint, in the template and at synth, does not depend on the number of endpoints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from aws_cdk import Stack
from jsii._kernel.providers import process

from chime_endpoints import DeviceToken
from synth.stage import APP_INSTANCE, endpoint, stack_in, template_of

MOST_BYTES = 620
"""In short JSON, with a name and a user of its own; CDK's AwsCustomResource takes 2,000 and a second resource."""
MOST_CROSSINGS = 4
"""The construct, its resource, the resource's node, its dependencies."""


def declare(stack: Stack, numbers: range) -> None:
    """Declare endpoints, each with its own user."""
    for number in numbers:
        endpoint(
            stack,
            f"Phone{number:03}",
            app_instance_user=f"{APP_INSTANCE}/user/user-{number:03}",
            device_token=DeviceToken.unsafe_plain_text(f"token-{number:03}"),
            endpoint_name=f"Phone {number:03}",
        )


def size(count: int) -> tuple[int, int]:
    """The resources and characters of a template with this number of endpoints."""
    stack = stack_in()
    declare(stack, range(count))
    template = template_of(stack)
    return len(template["Resources"]), len(json.dumps(template, separators=(",", ":")))


@contextmanager
def counted() -> Iterator[list[Any]]:
    """The requests that are sent to CDK's Node process."""
    requests: list[Any] = []
    send = process._NodeProcess.send

    def keep(self: Any, request: Any, response_type: Any) -> Any:
        requests.append(request)
        return send(self, request, response_type)

    with patch.object(process._NodeProcess, "send", keep):
        yield requests


def test_one_more_endpoint_is_one_resource_of_few_bytes() -> None:
    """The template grows by the same amount from 2 to 3 endpoints as from 30 to 60."""
    (two, few), (three, more) = size(2), size(3)
    (thirty, many), (sixty, most) = size(30), size(60)
    assert (three - two, sixty - thirty) == (1, 30)
    assert more - few <= MOST_BYTES
    assert most - many == 30 * (more - few)


@pytest.mark.parametrize("others", [2, 40])
def test_one_more_endpoint_crosses_into_node_a_few_times(others: int) -> None:
    """Each call takes at least a third of a millisecond, so known values are not requested again."""
    stack = stack_in()
    declare(stack, range(others))
    with counted() as requests:
        declare(stack, range(others, others + 1))
    assert len(requests) <= MOST_CROSSINGS
