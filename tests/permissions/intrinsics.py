"""CloudFormation's intrinsic functions, as far as CDK uses them in these templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol


class Names(Protocol):
    """The values of the names in a template."""

    def ref(self, name: str) -> str:
        """A resource, a parameter, or a CloudFormation pseudo parameter."""

    def attribute(self, name: str, attribute: str) -> str:
        """An attribute of a resource."""

    def imported(self, export: str) -> str:
        """The value of another stack's export."""


def resolve(value: Any, names: Names) -> Any:
    """Resolve a value of a template as CloudFormation does."""
    match value:
        case {"Ref": str(name)}:
            return names.ref(name)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return names.attribute(name, attribute)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: names.ref(found[1]), text)
        case {"Fn::ImportValue": export}:
            return names.imported(resolve(export, names))
        case {"Fn::Join": [str(separator), parts]}:
            return separator.join(resolve(parts, names))
        case {"Fn::Split": [str(separator), text]}:
            return resolve(text, names).split(separator)
        case {"Fn::Select": [index, values]}:
            return resolve(values, names)[int(index)]
        case dict():
            unknown = [key for key in value if key.startswith("Fn::")]
            assert not unknown, unknown
            return {key: resolve(each, names) for key, each in value.items()}
        case list():
            return [resolve(each, names) for each in value]
    return value


def dependencies(resource: Mapping[str, Any]) -> set[str]:
    """The names that a resource refers to or depends on."""
    said = resource.get("DependsOn", [])
    return {*([said] if isinstance(said, str) else said), *_referred(resource.get("Properties", {}))}


def _referred(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            yield name
        case dict():
            for each in value.values():
                yield from _referred(each)
        case list():
            for each in value:
                yield from _referred(each)
