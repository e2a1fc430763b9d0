"""In every life of an endpoint, the policies allow what the handler calls, and nothing else."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, run_state_machine_as_test
from moto import mock_aws

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken
from chime_endpoints._iam.statements import TAG_ACTIONS
from lifecycle.history import machine
from lifecycle.labels import Labels
from lifecycle.strategies import switches
from lifecycle.vault import SECRET, VOIP_SECRET
from permissions.cloudformation import CloudFormation, put_user
from permissions.policies import Permission, granted, unused
from permissions.stacks import FIRST, TEXT, alice, chat, without_endpoints
from support.sink import Sink
from support.stage import APPLICATION, OTHER_APPLICATION
from synth.stage import endpoint

HISTORIES = 60


def from_secret(scope: Construct) -> AppInstanceUserEndpoint:
    """An endpoint with its device tokens in the secrets of the histories."""
    token, voip = (
        DeviceToken.from_secrets_manager(secretsmanager.Secret.from_secret_complete_arn(scope, name, arn))
        for name, arn in (("Secret", SECRET), ("VoipSecret", VOIP_SECRET))
    )
    return endpoint(
        scope,
        "Kept",
        app_instance_user=f"{FIRST}/user/alice",
        application=APPLICATION,
        device_token=token,
        voip_device_token=voip,
    )


def guarded(sink: Sink, clouds: list[CloudFormation]) -> type[RuleBasedStateMachine]:
    """The random histories of the lifecycle suite with a check of every call. Each history has its own cloud."""
    other = partial(
        endpoint, app_instance_user=f"{FIRST}/user/alice", application=OTHER_APPLICATION, device_token=TEXT("b")
    )
    template = without_endpoints(chat(partial(alice, tags={"team": "chat"}), other, from_secret))
    unguarded: Any = machine(sink)

    class Guarded(unguarded):  # type: ignore[misc]  # made at run time
        @initialize(drawn=switches)
        def begin(self, drawn: dict[str, Any]) -> None:
            unguarded.begin(self, drawn)
            stage = self.world.stage
            stage.user = put_user(stage.backend, FIRST, "alice")
            self.world.other_user = put_user(stage.backend, FIRST, "bob")
            self.labels = Labels(stage, self.world.deliveries)
            made = CloudFormation(stage)
            made.deploy("chat", template)
            made.guard.documents = made.documents()
            clouds.append(made)

    return Guarded


def test_random_histories_need_what_is_granted(sink: Sink) -> None:
    """No call is denied, and all histories together use every granted permission."""
    clouds: list[CloudFormation] = []
    with mock_aws():
        run_state_machine_as_test(
            seed(1)(guarded(sink, clouds)),
            settings=settings(
                max_examples=HISTORIES,
                stateful_step_count=8,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert [each.guard.refused for each in clouds if each.guard.refused] == []
    used: set[Permission] = set().union(*(each.guard.used for each in clouds))
    idle = unused(granted(clouds[0].guard.documents), used)
    # Few histories change tags; `test_both_ways` uses each of their permissions.
    assert {each.action for each in idle} - {*TAG_ACTIONS} == {"logs:CreateLogStream", "logs:PutLogEvents"}
