"""Writes entries and stores device tokens; a failure leaves nothing half done, or reports what was done.

The new text is created, checked and written to a draft before the first token is stored, with placeholder ARNs as long
as the ARNs of the secrets. After that, only Secrets Manager and the final rename of the file can fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints.declared.entries.entry import Declarations
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import region_of_arn
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint
from chime_endpoints_cli.output.console.terminal import complain, counted

from .endpoints.entries import declared_as, entry_for, tokens_of
from .endpoints.keys import keys_for
from .file.declaration_file import DeclarationFile, loaded
from .file.destination import FileOutput, Output
from .file.size import stacks_for
from .file.variables import Variables
from .file.writing import Form
from .token_store import Part, expected_arns, plan, store

VARIABLE = "PUSH_SECRET_ARN"
_REFERENCE = f"${{{VARIABLE}}}"
_ANY_SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:filled-by-hand-AbCdEf"  # noqa: S105 - not a real secret

Plans = Mapping[str, Sequence[Part]]
"""The secrets of each region."""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What was written."""

    entries: Mapping[str, Any] = field(default_factory=dict)
    stacks: int | None = None
    """The number of stacks, if it was written to the file."""
    secrets: tuple[tuple[str, int], ...] = ()
    """The ARN of each secret, with the number of tokens in it for the entries."""


def add(
    services: Services,
    endpoints: Sequence[DescribedEndpoint],
    out: Output,
    *,
    form: Form,
    secret: str | None,
    variables: Variables,
) -> Addition:
    """Write the entries and, if a secret is named, store their tokens.

    Raises:
        CommandError: nothing was written; the secrets of tokens that were already stored have been printed.
    """
    file = form.into
    declared = Declarations(path="the file", entries=()) if file is None else file.declared
    taken = [name for entry in declared.entries for name in {entry.key, entry.identity}]
    keyed = dict(zip(keys_for(endpoints, taken), endpoints, strict=True))

    def entries(places: Mapping[str, str]) -> dict[str, Any]:
        return {key: _entry(key, each, places, file) for key, each in keyed.items()}

    plans = {} if secret is None else dict(_plans(services, keyed, secret))
    places = dict.fromkeys(_fields(keyed), _REFERENCE) if secret is None else _expected(plans, keyed)
    lookup = variables.with_default(VARIABLE, _ANY_SECRET)
    arns = {name: lookup(VARIABLE) or "" if place == _REFERENCE else place for name, place in places.items()}
    added = [declared_as(key, each, arns) for key, each in keyed.items()]
    stacks = stacks_for(declared, added, declares_stacks=file is not None and file.declares_stacks)
    out.reserve(form.text(entries(places), stacks))
    if isinstance(out, FileOutput):
        if file is None:
            loaded(out.draft, out.path, lookup)
        else:
            file.check(out.draft, added, lookup)
    stored: list[tuple[Part, str]] = []
    try:
        for region, parts in plans.items():
            for part in parts:
                arn = store(services.secrets(region), part)
                stored.append((part, arn))
        places |= {name: arn for part, arn in stored for name in part.fields}
        out.finish(form.text(entries(places), stacks))
    except BaseException:
        for part, arn in stored:
            if part.new:
                complain(f"stored before the failure: {counted(len(part.new), 'device token')} in {arn}")
        raise
    return Addition(
        entries=entries(places), stacks=stacks, secrets=tuple((arn, len(part.fields)) for part, arn in stored)
    )


def _entry(
    key: str, endpoint: DescribedEndpoint, places: Mapping[str, str], file: DeclarationFile | None
) -> dict[str, Any]:
    if file is None:
        return entry_for(key, endpoint, places)
    return entry_for(key, endpoint, places, file.defaults, tags=file.tags_for(endpoint.user_arn))


def _fields(keyed: Mapping[str, DescribedEndpoint]) -> list[str]:
    return [name for key, endpoint in keyed.items() for name in tokens_of(key, endpoint)]


def _plans(services: Services, keyed: Mapping[str, DescribedEndpoint], secret: str) -> Iterator[tuple[str, list[Part]]]:
    """Yield the planned secrets of each region that has users."""
    tokens: dict[str, dict[str, str]] = {}
    for key, endpoint in keyed.items():
        tokens.setdefault(region_of_arn(endpoint.user_arn), {}).update(tokens_of(key, endpoint))
    for region, of_region in tokens.items():
        yield region, plan(services.secrets(region), secret, of_region)


def _expected(plans: Plans, keyed: Mapping[str, DescribedEndpoint]) -> dict[str, str]:
    """Return the ARN of the secret of each field, with a placeholder suffix if the secret does not exist yet."""
    partition, _, _, account = next(iter(keyed.values())).user_arn.split(":")[1:5] if keyed else [""] * 4
    return {
        name: arn
        for region, parts in plans.items()
        for name, arn in expected_arns(
            parts, beginning=f"arn:{partition}:secretsmanager:{region}:{account}:secret:"
        ).items()
    }
