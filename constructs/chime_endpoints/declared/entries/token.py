"""Reading of a device token's location from the file."""

from __future__ import annotations

from chime_endpoints.declared.document.parsing import MapNode, Node
from chime_endpoints.declared.document.values import UNKNOWN, Reader, is_unknown
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import ParameterSource, PlainToken, SecretSource, TokenSource

from .fields import KEY_ARN, PARAMETER_FIELDS, SECRET_FIELDS, TOKEN_FIELDS

_HOW = (
    "write {secret: ARN, field: NAME} or {parameter: NAME};"
    " {plain_text: TOKEN} would put the token into the template in plain text."
)
_KINDS = {"secret": SECRET_FIELDS, "parameter": PARAMETER_FIELDS, "plain_text": ("plain_text",)}


def read_token(reader: Reader, node: Node, field: str) -> tuple[TokenSource, str | None]:
    """Read a token's location and, if declared, the ARN of its KMS key."""
    if not isinstance(node, MapNode):
        reader.wrong(node.place, field, f"must be the location of the token: {_HOW}", Code.WRONG_KIND)
        return PlainToken(UNKNOWN), None
    reader.map(node, field, TOKEN_FIELDS)
    kinds = [kind for kind in _KINDS if kind in node.values]
    if len(kinds) != 1:
        given = f"{' and '.join(kinds)} are set; set only one" if kinds else "has no location"
        reader.wrong(node.place, field, f"{given}: {_HOW}", Code.CONTRADICTION if kinds else Code.MISSING)
        return PlainToken(UNKNOWN), None
    fitting = (*_KINDS[kinds[0]], *(() if kinds[0] == "plain_text" else ("kms_key",)))
    for name, place in node.keys.items():
        if name in TOKEN_FIELDS and name not in fitting:
            sentence = f"cannot be combined with {kinds[0]}, which allows {', '.join(fitting)}."
            reader.wrong(place, f"{field}.{name}", sentence, Code.CONTRADICTION)
    return _source(reader, node, field, kinds[0]), _key(reader, node, field)


def _source(reader: Reader, node: MapNode, field: str, kind: str) -> TokenSource:
    def text(name: str) -> str | None:
        return reader.text(node.values[name], f"{field}.{name}") if name in node.values else None

    if kind == "secret":
        return SecretSource(
            secret_arn=text("secret") or "",
            field=text("field"),
            version_id=text("version_id"),
            version_stage=text("version_stage"),
        )
    if kind == "parameter":
        version = node.values.get("version")
        return ParameterSource(
            parameter_name=text("parameter") or "",
            version=None if version is None else reader.number(version, f"{field}.version"),
        )
    return PlainToken(text("plain_text") or "")


def _key(reader: Reader, node: MapNode, field: str) -> str | None:
    if "kms_key" not in node.values:
        return None
    arn = reader.text(node.values["kms_key"], f"{field}.kms_key")
    if not is_unknown(arn) and not KEY_ARN.fullmatch(arn):
        reader.wrong(
            node.values["kms_key"].place,
            f"{field}.kms_key",
            "is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID).",
            Code.MALFORMED,
        )
    return arn
