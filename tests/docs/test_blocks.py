"""Every code block of the documentation is correct: it runs, synthesizes or loads, and refers only to what exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.validate import ParamValidator
from cfnlint.api import lint
from cfnlint.decode import decode_str

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.load import load
from chime_endpoints_emulator import Profile
from chime_endpoints_fleet.manifest.lines import LineError, Rules, read_line
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, TAGS_TYPE
from chime_endpoints_handler.model.rules.violations import violations
from docs.blocks import BLOCKS, PAGES, ROOT, Block, blocks_of
from docs.commands import problems, service_model

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent

VARIABLES = {
    "APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef",
    "APPLICATION_ARN": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef",
    "PUSH_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:chime/push-tokens-AbCdEf",
}
"""What the tutorial puts into the environment."""


def _wrong(block: Block, directory: Path) -> list[str]:
    """The mistakes in a block, by the rule for its language."""
    match block.language:
        case "sh":
            return problems(block.text, block.page_text)
        case "yaml" if re.search(r"^Resources:", block.text, re.MULTILINE):
            return list(_wrong_in_template(block.text))
        case "yaml" if re.search(r"^endpoints:", block.text, re.MULTILINE):
            return list(_wrong_in_declaration(block.text, directory))
        case "yaml" if block.text.startswith("repos:"):
            return list(_wrong_in_hooks(block.text))
        case "yaml" if re.search(r"^jobs:", block.text, re.MULTILINE):
            return list(_wrong_in_workflow(block))
        case "text" if block.page.parent.name == "errors" and block.page.stem in block.text:
            return []  # tests/handler/test_codes.py and tests/declared/test_codes.py, word for word
        case "text" if block.page.stem == "push-does-not-arrive":
            return []  # tests/commands/doctor/test_output.py compares it with what is printed
        case "text" if block.page.stem == "plan":
            return []  # tests/plan/test_file.py does
        case "text" if block.marker == ("message", "has_endpoint"):
            return []  # tests/synth/test_assertions.py, word for word
        case "text" if block.text.startswith("endpoints.yaml:"):
            return list(_wrong_in_validation(block, directory))
        case "json" if block.marker == ("lines", "a manifest"):
            return list(_wrong_in_manifest(block.text))
        case "json":
            return list(_wrong_in_json(block))
        case "python":
            return []  # test_the_programs_of_the_pages_run
        case "mermaid":
            return list(_wrong_in_diagram(block.text))
    return ["no rule checks such a block"]


def _wrong_in_manifest(text: str) -> Iterator[str]:
    defaults = {"AppInstance": VARIABLES["APP_INSTANCE_ARN"], "Application": VARIABLES["APPLICATION_ARN"]}
    for line in text.splitlines():
        try:
            read_line(line.encode(), Rules.of({**defaults, "Type": "GCM"}))
        except LineError as error:
            yield from map(str, error.problems)


def _wrong_in_template(text: str) -> Iterator[str]:
    yield from (str(found) for found in lint(text, regions=["us-east-1"]))
    template, _ = decode_str(text)
    for name, resource in (template or {}).get("Resources", {}).items():
        if resource["Type"] in (ENDPOINT_TYPE, TAGS_TYPE):
            wrong = violations(
                resource["Type"], resource["Properties"], unresolved=lambda value: isinstance(value, dict)
            )
            yield from (f"{name}: {each}" for each in wrong)


def _wrong_in_diagram(text: str) -> Iterator[str]:
    """A diagram is described for screen readers, and its arrows join what it declares."""
    for field in ("accTitle", "accDescr"):
        if not re.search(rf"^ +{field}: \S", text, re.MULTILINE):
            yield f"has no {field}"
    declared = set(re.findall(r"^ +(?:participant )?(\w+)(?:[\[(]| as )", text, re.MULTILINE))
    for line in re.findall(r"^ +(\w.*(?:-->|->>|--x).*)$", text, re.MULTILINE):
        ends = re.sub(r"--? .* -?-", "", line.partition(": ")[0])
        yield from (f"{end} is not declared" for end in re.findall(r"(?<![-\w])\w+", ends) if end not in declared)


def _is_intrinsic(value: object) -> bool:
    return isinstance(value, dict) and any(str(key).startswith(("Ref", "Fn::")) for key in value)


def _wrong_in_declaration(text: str, directory: Path) -> Iterator[str]:
    path = directory / "endpoints.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load(path, VARIABLES.get)
    except DeclaredFileError as error:
        yield str(error)
    for schema in re.findall(r"\$schema=(\S+)", text):
        if not (ROOT / schema).exists():
            yield f"there is no {schema}"


def _wrong_in_hooks(text: str) -> Iterator[str]:
    """The configuration of pre-commit names this repository and its hooks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    for repository in yaml.safe_load(text)["repos"]:
        if repository["repo"] != project["urls"]["Source"]:
            yield f"{repository['repo']} is not this project"
        yield from (f"there is no hook {hook['id']}" for hook in repository["hooks"] if hook["id"] not in hooks)


def _wrong_in_validation(block: Block, directory: Path) -> Iterator[str]:
    """The command prints this about the page's first declaration with FCM as a type."""
    declaration = next(
        each.text for each in blocks_of(block.page) if re.search(r"^endpoints:", each.text, re.MULTILINE)
    )
    (directory / "endpoints.yaml").write_text(declaration.replace("type: APNS", "type: FCM", 1), encoding="utf-8")
    command = [sys.executable, "-m", "chime_endpoints_cli.main", "validate"]
    printed = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True).stderr  # noqa: S603 - this command
    if printed != f"{block.text.rstrip()}\n1 mistake\n":
        yield f"validate prints: {printed}"


def _wrong_in_workflow(block: Block) -> Iterator[str]:
    """Every command of a hosted workflow exists."""
    for job in yaml.safe_load(block.text)["jobs"].values():
        for step in job["steps"]:
            if "run" in step:
                yield from problems(step["run"], block.page_text)
            elif not re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", step["uses"]):
                yield f"{step['uses']} is no action of a major version"


def _wrong_in_json(block: Block) -> Iterator[str]:
    value = json.loads(block.text)
    match block.marker:
        case ("shape", "a map of text"):
            if not all(isinstance(each, str) for each in value.values()):
                yield "is not a map of text"
        case ("shape", "emulator profile"):
            Profile.from_dict(value)
        case ("shape", shape):
            service, name = shape.split(" ")
            report = _said_by_botocore(service, name, value)
            if report:
                yield report
        case _ if "Statement" in value:
            yield from _wrong_in_policy(value)
        case _:
            yield "no rule checks such JSON"


def _said_by_botocore(service: str, name: str, value: dict[str, Any]) -> str:
    """What botocore reports for a value of a service's shape."""
    shape = service_model(service).shape_for(name)
    return str(ParamValidator().validate(value, shape).generate_report())


def _wrong_in_policy(policy: dict[str, Any]) -> Iterator[str]:
    statements = [dict(each) for each in policy["Statement"]]
    for statement in statements:
        if statement.pop("Principal", None):
            statement["Resource"] = "arn:aws:iam::111122223333:role/any"  # a trust policy does not name its own role
    run = subprocess.run(  # noqa: S603 - of this environment
        [str(BIN / "parliament"), "--string", json.dumps(policy | {"Statement": statements}), "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    yield from run.stdout.splitlines()


@pytest.mark.parametrize("block", BLOCKS, ids=[block.place for block in BLOCKS])
def test_a_block_is_what_it_says(block: Block, tmp_path: Path) -> None:
    """Its language has a rule, and the rule finds no mistake."""
    assert _wrong(block, tmp_path) == [], block.place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_block_is_overlooked(page: Path) -> None:
    """This includes an indented block in a note, and a block without a closing fence."""
    text = page.read_text(encoding="utf-8")
    fences = len(re.findall(r"^\s*(?:```|~~~)", text, re.MULTILINE))
    assert fences == 2 * len(list(blocks_of(page)))


@pytest.mark.cdk
def test_the_programs_of_the_pages_run(tmp_path: Path) -> None:
    """The Python blocks of a page are one program. Its apps synthesize, and its tests pass."""
    programs: dict[str, str] = defaultdict(str)
    for block in BLOCKS:
        if block.language == "python":
            programs[block.page.relative_to(ROOT).as_posix()] += block.text + "\n"
    path = tmp_path / "programs.json"
    path.write_text(json.dumps(programs), encoding="utf-8")
    run = subprocess.run(  # noqa: S603 - this Python, our own documentation
        [sys.executable, "-W", "error", str(HERE / "run_programs.py"), str(path)],
        env=os.environ | {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("\n") == len(programs) > 5


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("sh", "make tea", "no target tea"),
        ("sh", "make demo TEA=1", "no variable TEA"),
        ("sh", "chime-endpoints lst", "No such command"),
        ("sh", "chime-endpoints list --usr x", "No such option"),
        ("sh", "chime-endpoints local deploy --contxt a=b", "no option --contxt"),
        ("sh", "cdk deplo", "no command deplo"),
        ("sh", "cdk deploy --contxt a=b", "no option --contxt"),
        ("sh", "aws chime-sdk-identity create-app-instances --name x", "no operation"),
        ("sh", "aws chime-sdk-identity create-app-instance --nam x", "no parameter --nam"),
        ("sh", "aws chime-sdk-identity create-app-instance", "requires --name"),
        ("sh", "export X=$(aws pinpoint create-app --create-application-request Nam=x)", "no member Nam"),
        ("sh", "aws ssm put-parameter --name a --value file://b", "does not say what is in b"),
        ("sh", "pip install cdk-chime-endpoint", "is not this project"),
        ("sh", "pip install 'cdk-chime-endpoints[tea]'", "no extra tea"),
        ("sh", "python -m chime_endpoints_emulator --prt 1", "not understood"),
        ("sh", "curl x", "no rule checks curl"),
        ("yaml", "Resources:\n  A:\n    Type: AWS::S3::Buckt\n", "AWS::S3::Buckt"),
        (
            "yaml",
            f"Resources:\n  A:\n    Type: {ENDPOINT_TYPE}\n    Properties:\n      ServiceToken: a\n      Nam: b\n",
            "did you mean Name?",
        ),
        ("yaml", "endpoints:\n  a: {usr: b}\n", "usr"),
        ("yaml", "anything: else\n", "no rule"),
        ("json", '{"a": 1}', "no rule checks such JSON"),
        (
            "json",
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Gt", "Resource": "*"}]}',
            "s3",
        ),
        ("text", "anything", "no rule"),
        ("", "anything", "no rule"),
    ],
)
def test_a_mistake_is_found(language: str, text: str, said: str, tmp_path: Path) -> None:
    """The rules report a mistake for each wrong block."""
    block = Block(ROOT / "README.md", 1, language, text)
    found = _wrong(block, tmp_path)
    assert any(said in each for each in found), found


@pytest.mark.slow
def test_an_apps_missing_synth_is_found(tmp_path: Path) -> None:
    """A program must synthesize every app that it creates."""
    path = tmp_path / "programs.json"
    path.write_text(json.dumps({"a": "from aws_cdk import App\nApp()\n"}), encoding="utf-8")
    run = subprocess.run(  # noqa: S603 - this Python, two lines
        [sys.executable, str(HERE / "run_programs.py"), str(path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "an app is not synthesized" in run.stderr
