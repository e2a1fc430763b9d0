"""Random deployments, and random changes of declarations, of the service, and of the sources of device tokens."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from chime_endpoints_emulator import ChannelType, push_backend
from chime_endpoints_emulator.exceptions import IdentityError
from plan.cloud import Cloud, Resources
from support.stage import APPLICATION, OTHER_APPLICATION

APP_INSTANCE = APPLICATION.replace("mobiletargeting", "chime").partition(":apps/")[0] + ":app-instance/0123"
USERS = [f"{APP_INSTANCE}/user/{name}" for name in ("alice", "bob")]
GHOST = f"{APP_INSTANCE}/user/ghost"
MISSING_APPLICATION = f"{APPLICATION[:-4]}0000"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:push-AbCdEf"
MISSING_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"
TOKENS = [f"canary-token-{letter}" for letter in "abcde"]
KEYS = [f"Phone{number}" for number in range(4)]
STACKS = ["Chat", "Later"]
NAMES = [None, "", "Phone", "Handset", "Ünïcode 📱"]


def _source(**members: str) -> dict[str, Any]:
    return {"DeviceTokenSource": members}


_tokens = st.one_of(
    st.sampled_from(TOKENS).map(lambda token: {"DeviceToken": token}),
    st.sampled_from(TOKENS).map(lambda token: {"DeviceToken": token}),
    st.sampled_from(
        [
            _source(SecretArn=SECRET, Field="one"),
            _source(SecretArn=SECRET, Field="two"),
            _source(SecretArn=SECRET, Field="one", VersionId="0" * 32),
            _source(ParameterName="/push/one"),
            _source(ParameterName="/push/two"),
        ]
    ),
    st.sampled_from(
        [
            _source(SecretArn=SECRET, Field="none"),
            _source(SecretArn=SECRET, Field="empty"),
            _source(SecretArn=MISSING_SECRET),
            _source(ParameterName="/push/none"),
            _source(SecretArn=SECRET),
        ]
    ),
)
_members: dict[str, st.SearchStrategy[Any]] = {
    "AppInstanceUserArn": st.sampled_from([*USERS * 4, GHOST]),
    "Type": st.sampled_from(["APNS", "APNS", "APNS_SANDBOX", "GCM", "WRONG"]),
    "ResourceArn": st.sampled_from([APPLICATION] * 5 + [OTHER_APPLICATION, MISSING_APPLICATION]),
    "EndpointAttributes": _tokens,
    "Name": st.sampled_from(NAMES),
    "AllowMessages": st.sampled_from([None, None, "ALL", "NONE"]),
    "AdoptExisting": st.sampled_from([None, None, "true"]),
    "RequireActive": st.sampled_from([None, None, "true"]),
    "ServiceTimeout": st.sampled_from(["600", "600", "900"]),
}
_changed = st.sampled_from(list(_members)).flatmap(lambda name: st.tuples(st.just(name), _members[name]))
_policies = st.sampled_from([{}, {}, {"DeletionPolicy": "Retain"}, {"UpdateReplacePolicy": "Retain"}])


@st.composite
def endpoints(draw: st.DrawFn) -> dict[str, Any]:
    """A resource for an endpoint; most are valid."""
    properties = {
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:handler",
        "ServiceTimeout": "600",
        "AppInstanceUserArn": draw(st.sampled_from(USERS)),
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": draw(_tokens),
        "Name": draw(_members["Name"]),
    }
    properties |= dict(draw(st.lists(_changed, max_size=1)))
    return {
        "Type": "Custom::ChimeAppInstanceUserEndpoint",
        "Properties": {name: value for name, value in properties.items() if value is not None},
        **draw(_policies),
    }


_tag_values = st.dictionaries(st.sampled_from(["team", "plan", "region"]), st.sampled_from(["x", "y"]), min_size=1)


@st.composite
def tags(draw: st.DrawFn) -> dict[str, Any]:
    """A resource for the tags of a user."""
    return {
        "Type": "Custom::ChimeIdentityTags",
        "Properties": {
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:handler",
            "ResourceARN": draw(st.sampled_from([*USERS, GHOST])),
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(draw(_tag_values).items())],
        },
    }


def _stack(most: int) -> st.SearchStrategy[Resources]:
    phones = st.dictionaries(st.sampled_from(KEYS), endpoints(), max_size=most)
    return st.builds(lambda ours, theirs: ours | theirs, phones, st.dictionaries(st.just("Tags"), tags(), max_size=1))


declarations = st.fixed_dictionaries({"Chat": _stack(4), "Later": _stack(2)})

Change = Callable[[dict[str, Resources]], None]


def _alter(stack: str, key: str, member: str, value: Any) -> Change:
    def change(stacks: dict[str, Resources]) -> None:
        resource = stacks[stack].get(key)
        if resource is not None:
            resource["Properties"].pop(member, None)
            if value is not None:
                resource["Properties"][member] = value

    return change


def _rename(source: str, key: str, target: str, new: str) -> Change:
    def change(stacks: dict[str, Resources]) -> None:
        if key in stacks[source] and new not in stacks[target]:
            stacks[target][new] = stacks[source].pop(key)

    return change


def _remove(stack: str, key: str) -> Change:
    def change(stacks: dict[str, Resources]) -> None:
        stacks[stack].pop(key, None)

    return change


def _put(stack: str, key: str, resource: dict[str, Any]) -> Change:
    return lambda stacks: stacks[stack].update({key: resource})


_where = st.tuples(st.sampled_from(STACKS), st.sampled_from(KEYS))
_changes = st.one_of(
    st.builds(lambda where, member: _alter(where[0], where[1], *member), _where, _changed),
    st.builds(lambda where, member: _alter(where[0], where[1], *member), _where, _changed),
    st.builds(lambda where, to: _rename(where[0], where[1], *to), _where, _where),
    st.builds(lambda where: _remove(where[0], where[1]), _where),
    st.builds(lambda where, resource: _put(where[0], where[1], resource), _where, endpoints()),
    st.builds(lambda stack, resource: _put(stack, "Tags", resource), st.sampled_from(STACKS), tags()),
)


@dataclass(frozen=True)
class Incident:
    """Something that happens behind the stacks' back."""

    kind: str
    number: int
    token: str

    def happen(self, cloud: Cloud) -> None:
        """Let it happen."""
        backend, user = cloud.stage.backend, USERS[self.number % len(USERS)]
        every = list(backend.endpoints)
        chosen = backend.endpoints[every[self.number % len(every)]] if every else None
        match self.kind:
            case "rotate":
                cloud.vault.secrets[SECRET] = cloud.vault.secrets[SECRET].replace(TOKENS[1], self.token)
                cloud.vault.parameters["/push/one"] = self.token
            case "vanish" if chosen is not None:
                del backend.endpoints[chosen.endpoint_id]
            case "rename" if chosen is not None:
                chosen.name, chosen.allow_messages = "renamed", "NONE"
            case "inactive" if chosen is not None:
                chosen.status, chosen.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
            case "stranger":
                register(cloud, user, self.token)
            case "crowd":
                for other in range(8 + self.number % 4):
                    register(cloud, user, f"canary-crowd-{other}")
            case "tags":
                backend.tags.setdefault(user, {})["team"] = "theirs"
            case "user" if user in backend.users:
                backend.delete_app_instance_user(app_instance_user_arn=user)
            case "channel":
                channel(APPLICATION, "APNS", enabled=False)


def register(cloud: Cloud, user: str, token: str) -> None:
    """Register an endpoint as the mobile app does, if the service accepts it."""
    with suppress(IdentityError):
        cloud.stage.stranger(token, app_instance_user_arn=user)


def channel(application: str, kind: str, *, enabled: bool) -> None:
    """Set a channel of an application."""
    push_backend().ensure_app(application_arn=application)
    push_backend().update_channel(
        application_id=application.rpartition("/")[2], channel_type=ChannelType(kind), enabled=enabled
    )


_KINDS = ["rotate", "vanish", "rename", "inactive", "stranger", "stranger", "crowd", "crowd", "tags", "user", "channel"]
incidents = st.lists(
    st.builds(Incident, st.sampled_from(_KINDS), st.integers(0, 7), st.sampled_from(TOKENS)), max_size=3
)


@st.composite
def changed(draw: st.DrawFn, stacks: dict[str, Resources]) -> dict[str, Resources]:
    """The declaration after some changes."""
    new = copy.deepcopy(stacks)
    for change in draw(st.lists(_changes, min_size=1, max_size=4)):
        change(new)
    return copy.deepcopy(new)
