"""Over random declarations, changes and mishaps: the plan says exactly what the deployment then does."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chime_endpoints_cli.commands.plan.declared.templates import Declared, DeclaredStack
from chime_endpoints_cli.commands.plan.planning import Simulation, plan_of, simulate
from chime_endpoints_cli.commands.plan.result.entries import Action, Entry, Plan
from plan.cloud import Answered, Cloud, Resources, Vault, as_planned, as_registered
from plan.histories import APP_INSTANCE, SECRET, TOKENS, changed, channel, declarations, incidents
from support.sink import Sink
from support.stage import APPLICATION, OTHER_APPLICATION, stage_for


@pytest.mark.long
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_the_plan_says_what_the_deployment_does(sink: Sink, data: st.DataObject) -> None:
    """Created, changed in place, replaced, deregistered, or failed with which code; and what is registered then."""
    cloud = _cloud(sink)
    first = data.draw(declarations, "deployed")
    _deploy_what_can_be(cloud, first)
    deployed = {stack.name: stack.template["Resources"] for stack in cloud.cloudformation.stacks}
    new = data.draw(changed({"Chat": {}, "Later": {}} | deployed), "declared")
    cloud.stage.clock.sleep(4 * 3600)
    for incident in data.draw(incidents, "behind the stacks' back"):
        incident.happen(cloud)
    cloud.quotas.value = cloud.stage.backend.switches.endpoints_per_user = data.draw(st.sampled_from([10, 10, 12]))

    state = cloud.state
    simulation = simulate(cloud.services, _declared(new), now=cloud.stage.clock.now())
    plan = plan_of(cloud.services, simulation)
    assert cloud.state == state, "a plan changes nothing"
    done = cloud.deploy({name: resources for name, resources in new.items() if resources})
    _compare(plan, done)
    if not plan.fails and not plan.is_unsure:
        _compare_service(cloud, simulation)


def _cloud(sink: Sink) -> Cloud:
    sink.forget()
    stage = stage_for(sink, is_direct=True)
    backend = stage.backend
    backend.switches.unusable_application = "bad_request"
    backend.create_app_instance(name="chat")
    for name in ("alice", "bob"):
        backend.ensure_app_instance_user(app_instance_user_arn=f"{APP_INSTANCE}/user/{name}")
    for application, kind in ((APPLICATION, "APNS"), (APPLICATION, "GCM"), (OTHER_APPLICATION, "APNS")):
        channel(application, kind, enabled=True)
    content = json.dumps({"one": TOKENS[1], "two": TOKENS[2], "empty": ""})
    parameters = {"/push/one": TOKENS[3], "/push/two": TOKENS[4]}
    return Cloud(stage, Vault({SECRET: content}, parameters))


def _deploy_what_can_be(cloud: Cloud, stacks: dict[str, Resources]) -> None:
    """Deploy the resources one after the other, and leave out those that fail."""
    for name, resources in stacks.items():
        kept: Resources = {}
        for key, resource in resources.items():
            answer = cloud.deploy({name: kept | {key: resource}})[name, key]
            if not answer.code:
                kept[key] = resource


def _declared(stacks: dict[str, Resources]) -> Declared:
    declared = tuple(
        DeclaredStack(name=name, template={"Resources": resources}) for name, resources in stacks.items() if resources
    )
    return Declared(source="cdk.out", stacks=declared, is_file=False)


def _compare(plan: Plan, done: dict[tuple[str, str], Answered]) -> None:
    """Compare each row with what happened, up to the first stack that failed."""
    failed = [name for (name, _), answer in done.items() if answer.code]
    rows = {(entry.stack.name, entry.logical_id): entry for entry in plan.entries}
    reached = {name for name, _ in done}
    for place, answer in done.items():
        if place not in rows:  # the former resource of a move
            assert answer.event == "Delete"
            continue
        if not rows[place].not_known:
            assert _said(rows[place]) == _happened(answer), (rows[place], answer)
    if failed:
        assert plan.fails or plan.is_unsure
        return
    for place, entry in rows.items():
        if place not in done and entry.stack.name in reached:
            assert entry.action is Action.NONE or not entry.goes or entry.not_known, entry


def _said(entry: Entry) -> tuple[str, str]:
    code = "" if entry.problem is None else entry.problem.code
    kind = "create" if entry.action is Action.MOVE else entry.action.word
    return ("fail", code) if code else (kind, "")


def _happened(answer: Answered) -> tuple[str, str]:
    if answer.code:
        return "fail", answer.code
    if answer.event == "Update":
        is_replaced = answer.physical_id != answer.before
        return ("replace" if is_replaced else "update" if answer.has_changed else "unchanged"), ""
    return answer.event.lower(), ""


def _compare_service(cloud: Cloud, simulation: Simulation) -> None:
    """Compare what is registered in the end with what was simulated."""
    backend = cloud.stage.backend
    for user, endpoints in simulation.identity.users.items():
        own = [as_registered(each) for each in backend.endpoints.values() if each.app_instance_user_arn == user]
        looked_at = [simulation.identity.look(user, endpoint_id) for endpoint_id in list(endpoints)]
        planned = [as_planned(dict(each)) for each in looked_at if each is not None]
        assert sorted(own) == sorted(planned)
    for identity, tags in simulation.identity.tags.items():
        assert backend.tags.get(identity, {}) == tags
