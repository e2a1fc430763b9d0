"""Random deployments, and random changes of declarations, of the service, and of the sources of device tokens."""

from __future__ import annotations

import copy
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
NAMES = [None, "", "Phone", "Ünïcode 📱", "Ünícøde 📱"]


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

_MEMBERS = [*_members, "Name", "Name", "AllowMessages", "EndpointAttributes"]
_places = st.tuples(st.sampled_from(STACKS), st.sampled_from(KEYS))


@st.composite
def changed(draw: st.DrawFn, stacks: dict[str, Resources]) -> dict[str, Resources]:
    """The declaration after some changes: of a member, a key or a stack, and added and removed resources."""
    new = copy.deepcopy(stacks)
    for _ in range(draw(st.integers(1, 4))):
        existing = [(stack, key) for stack, resources in new.items() for key in resources if key in KEYS]
        stack, key = draw(st.sampled_from(existing) if existing else _places)
        match draw(st.sampled_from(["alter"] * 5 + ["move", "remove", "add", "tag"])):
            case "alter" if existing:
                _alter(new[stack][key]["Properties"], draw)
            case "move" if existing:
                to, name = draw(_places)
                new[to].setdefault(name, new[stack].pop(key))
            case "remove":
                new[stack].pop(key, None)
            case "tag":
                new[stack]["Tags"] = draw(tags())
            case _:
                to, name = draw(_places)
                new[to][name] = draw(endpoints())
    return new


def _alter(properties: dict[str, Any], draw: st.DrawFn) -> None:
    member = draw(st.sampled_from(_MEMBERS))
    value = draw(_members[member])
    properties.pop(member, None)
    if value is not None:
        properties[member] = value


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
