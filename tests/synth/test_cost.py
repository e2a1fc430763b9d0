"""What one more endpoint costs in the template and at synth: the same, however many there are."""

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
    """Endpoints of as many users."""
    for number in numbers:
        endpoint(
            stack,
            f"Phone{number:03}",
            app_instance_user=f"{APP_INSTANCE}/user/user-{number:03}",
            device_token=DeviceToken.unsafe_plain_text(f"token-{number:03}"),
            endpoint_name=f"Phone {number:03}",
        )


def size(count: int) -> tuple[int, int]:
    """Resources and characters of a template with so many endpoints."""
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
    """From the second to the third, and from the thirtieth to the sixtieth, the template grows by the same."""
    (two, few), (three, more) = size(2), size(3)
    (thirty, many), (sixty, most) = size(30), size(60)
    assert (three - two, sixty - thirty) == (1, 30)
    assert more - few <= MOST_BYTES
    assert most - many == 30 * (more - few)


@pytest.mark.parametrize("others", [2, 40])
def test_one_more_endpoint_crosses_into_node_a_few_times(others: int) -> None:
    """Each crossing costs a third of a millisecond and more: nothing is asked of CDK that is known."""
    stack = stack_in()
    declare(stack, range(others))
    with counted() as requests:
        declare(stack, range(others, others + 1))
    assert len(requests) <= MOST_CROSSINGS
