"""The template that `plan` derives from a declaration file without CDK, against the synthesized one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from chime_endpoints.declared.stack_assignment.resources import STACK, resources_of
from chime_endpoints.declared.stacks import declare
from declared.writing import loaded

FILE = """
defaults: {type: APNS, application: <APPLICATION>, tags: {team: chat}}
stacks: 2
endpoints:
  plain: {user: <USER>, device_token: {plain_text: canary}, voip_device_token: {parameter: /a/b, version: 3}}
  Default: {user: <USER>, device_token: {secret: <SECRET>, field: a}, name: Ünïcode, allow_messages: NONE}
  Resource: {user: <USER>, device_token: {parameter: name}, adopt_existing: true, removal_policy: retain}
  Endpoints: {user: <USER>2, device_token: {parameter: name2}, removal_policy: destroy, tags: {}}
  a.b-c_d: {id: former, user: <USER>3, device_token: {parameter: c},
    removal_policy: retain, update_replace_policy: destroy}
  replaced: {user: <USER>3, device_token: {parameter: d}, update_replace_policy: retain, tags: {one: x, two: y}}
"""


def test_the_template_without_cdk_has_the_custom_resources_of_the_synthesized_one(tmp_path: Path) -> None:
    """Logical IDs, properties and policies are the same, so the plan is about what CDK deploys."""
    declarations = loaded(tmp_path, FILE)
    derived = {each.name: each.resources for each in resources_of(declarations)}
    assert derived == {
        stack.stack_name: _custom(Template.from_stack(stack)) for stack in list(declare(App(), STACK, declarations))
    }
    assert len(derived) == 2


def _custom(template: Template) -> dict[str, Any]:
    found = {}
    for name, resource in template.to_json()["Resources"].items():
        if resource["Type"].startswith("Custom::"):
            del resource["Properties"]["ServiceToken"]
            resource.pop("DependsOn", None)
            found[name] = resource
    return found
