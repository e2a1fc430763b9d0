"""What the policies in templates allow the role of a function, before they are deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.roles.policies import Decision, decide
from chime_endpoints_cli.account.stacks.stacks import OUR_TYPES
from chime_endpoints_cli.account.stacks.templates.intrinsic_functions import TemplateContext, is_known, value_of

_POLICIES = frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy"})


@dataclass(frozen=True, kw_only=True)
class Granted:
    """The policies that a template attaches to the function's role."""

    documents: tuple[Mapping[str, Any], ...] = ()
    unclear: tuple[Any, ...] = ()
    """Statements with values that only CloudFormation knows."""
    is_complete: bool = False
    """Whether the role is in the template, with no policy from elsewhere."""
    _simple: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    """Actions on resources that are allowed by name, if nothing is denied."""

    def decide(self, action: str, resource: str) -> bool | None:
        """Whether an action is allowed; None if the template does not decide that."""
        if (action, resource) in self._simple:
            return True
        decision = decide(self.documents, action=action, resource=resource)
        if decision is Decision.DENIED:
            return False
        unclear = {_effect(each) for each in self.unclear if _may_concern(each, action)}
        if decision is Decision.ALLOWED:
            return None if unclear - {"Allow"} else True
        return False if decision is Decision.NOT_ALLOWED and self.is_complete and not unclear else None


def granted_by(old: TemplateContext, new: TemplateContext) -> Granted:
    """Return what templates grant during a deployment.

    A changed policy applies as it is declared, because resources wait for it. A removed policy still applies, because
    CloudFormation deletes it at the end.
    """
    role = _role_in(new)
    found = dict(_documents(old, _role_in(old))) | dict(_documents(new, role))
    statements = [each for documents in found.values() for document in documents for each in _statements(document)]
    unclear = tuple(each for each in statements if not is_known(each))
    documents = ({"Statement": [*filter(is_known, statements), *filter(None, map(_known_part, unclear))]},)
    own = (new.template.get("Resources") or {}).get(role) or {}
    return Granted(
        documents=documents,
        unclear=unclear,
        is_complete=own.get("Type") == "AWS::IAM::Role" and not (own.get("Properties") or {}).get("ManagedPolicyArns"),
        _simple=frozenset(_simple(documents) if {*map(_effect, unclear)} <= {"Allow"} else ()),
    )


def _statements(document: Any) -> list[Any]:
    """Return the statements of a policy; of one that is not known, something unknown."""
    return _listed(document.get("Statement")) if isinstance(document, Mapping) else [document]


def _effect(statement: Any) -> str:
    """Return the effect of a statement; empty if it is not known."""
    return str(statement.get("Effect")) if isinstance(statement, Mapping) else ""


def _may_concern(statement: Any, action: str) -> bool:
    """Whether a statement whose resources are not known may apply to an action."""
    if not isinstance(statement, Mapping) or not is_known(statement.get("Action")) or "NotAction" in statement:
        return True
    everything = {"Effect": "Allow", "Action": statement.get("Action"), "Resource": "*"}
    return decide([{"Statement": everything}], action=action, resource="*") is Decision.ALLOWED


def _known_part(statement: Any) -> Mapping[str, Any] | None:
    """Return a statement for those of its resources that are known; None if only that cannot be said."""
    if _effect(statement) != "Allow" or not isinstance(statement.get("Resource"), list):
        return None
    known = {**statement, "Resource": [each for each in statement["Resource"] if is_known(each)]}
    return known if is_known(known) else None


def _role_in(context: TemplateContext) -> str:
    """Return the logical id of the role of the function that handles our resources; empty if it is elsewhere."""
    resources = context.template.get("Resources") or {}
    tokens = [(each.get("Properties") or {}).get("ServiceToken") for each in resources.values() if _is_ours(each)]
    functions = {_referred(token) for token in tokens}
    if len(functions) != 1:
        return ""
    function = resources.get(functions.pop()) or {}
    return _referred((function.get("Properties") or {}).get("Role"))


def _documents(context: TemplateContext, role: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield the policies of the role by resource; of a role elsewhere, those that our resources depend on."""
    resources: Mapping[str, Any] = context.template.get("Resources") or {}
    needed = {name for each in resources.values() if _is_ours(each) for name in _depends_on(each)}
    for name, resource in resources.items():
        properties = resource.get("Properties") or {}
        if resource.get("Type") in _POLICIES:
            roles = properties.get("Roles") or [properties.get("RoleName")]
            if (role and role in map(_referred, roles)) or (not role and name in needed):
                yield name, [value_of(properties.get("PolicyDocument"), context)]
        elif name == role:
            policies = properties.get("Policies") or []
            yield name, [value_of(each.get("PolicyDocument"), context) for each in policies]


def _simple(documents: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    statements = [each for document in documents for each in _listed(document.get("Statement"))]
    if any(each.get("Effect") != "Allow" for each in statements):
        return
    for each in statements:
        if "Condition" not in each:
            yield from ((a, r) for a in _listed(each.get("Action")) for r in _listed(each.get("Resource")))


def _is_ours(resource: Mapping[str, Any]) -> bool:
    return resource.get("Type") in OUR_TYPES


def _depends_on(resource: Mapping[str, Any]) -> list[str]:
    depends: Any = resource.get("DependsOn") or []
    return [depends] if isinstance(depends, str) else list(depends)


def _referred(value: Any) -> str:
    """Return the logical id that a reference names; empty for any other value."""
    if not isinstance(value, Mapping):
        return ""
    attribute = value.get("Fn::GetAtt")
    if isinstance(attribute, list):
        return str(attribute[0])
    return str(attribute).partition(".")[0] if attribute else str(value.get("Ref", ""))


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
