"""How `validate` shows mistakes: with their line, without tokens, and in the formats of other programs."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from declared.writing import APPLICATION, ENTRY, SECRET, USER
from docs.blocks import ROOT
from docs.commands import problems
from support.terminal import on_terminal

CANARY = "canary0123456789abcdef0123456789"
COMMON = f"user: '{USER}', type: GCM, application: '{APPLICATION}'"


def _validated(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *options: str) -> str:
    """What is printed about a file with mistakes, without its directory."""
    path = tmp_path / ("endpoints.json" if text.startswith("{") else "endpoints.yaml")
    path.write_text(text, encoding="utf-8", newline="")
    assert run(["validate", str(path), *options]) == ExitCode.FOUND
    shown = capsys.readouterr()
    return (shown.out + shown.err).replace(f"{tmp_path}/", "")


def _excerpts(printed: str) -> list[str]:
    return re.findall(r"^ .*\n .*$", printed, re.MULTILINE)


def test_the_line_is_shown_with_a_mark_under_the_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A compiler shows it so."""
    text = f"endpoints:\n  phone:\n    user: {USER}\n    type: FCM\n    application: {APPLICATION}\n"
    printed = _validated(tmp_path, capsys, f"{text}    device_token: {{secret: '{SECRET}'}}\n")
    assert printed == (
        "endpoints.yaml:4:11: phone: type: 'FCM' must be one of APNS, APNS_SANDBOX, GCM; did you mean GCM? [CE-103]\n"
        "  4 |     type: FCM\n"
        "    |           ^\n"
        "1 mistake\n"
    )


def test_mistakes_of_one_place_share_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line follows the last message."""
    printed = _validated(tmp_path, capsys, "endpoints:\n  phone: {}\n")
    assert printed.count("is missing") == 4
    assert _excerpts(printed) == ["  2 |   phone: {}\n    |   ^"]


@pytest.mark.parametrize(
    "text",
    [
        f"endpoints: {{a: {{{COMMON}, device_token: {CANARY}}}}}",
        f"endpoints: {{a: {{{COMMON}, device_token: {{plain_text: '{CANARY} '}}}}}}",
        f"endpoints: {{a: {{{COMMON}, device_token: {{plain_text: {CANARY}, feild: x}}}}}}",
        f"endpoints: {{a: {{{COMMON}, device_token: {{{CANARY}: x}}}}}}",
        f"endpoints: {{a: {{{COMMON}, device_token: [{CANARY}]}}}}",
        f"endpoints: {{a: {{{COMMON}, tokn: {CANARY}, device_token: {{secret: '{SECRET}'}}}}}}",
        f"endpoints: {{a: {{type: FCM, device_token: {{plain_text: {CANARY}}}}}}}",
        f"endpoints: {{a: {{type: FCM}}}} # {CANARY}",
        f"endpoints:\n  a:\n    type: FCM\n    device_token: {{plain_text: '{CANARY}\n",
        f"endpoints:\n  a:\n    device_token:\n      plain_text: |\n        {CANARY}\n     b: c\n",
        f"endpoints:\n  a:\n    device_token:\n      plain_text: {CANARY}: x: y\n",
        f"endpoints:\n  a:\n    device_token: !{CANARY} x\n    type: FCM\n",
        f"endpoints:\n  a:\n    device_token: *{CANARY}\n",
        f"endpoints:\n  a:\n    device_token: {{plain_text: &x {CANARY}, voip: *x}}\n",
        f"endpoints:\n  a: {{adopt: '${{T:-{CANARY}}}', device_token: {{plain_text: '${{T}} {CANARY}'}}}}\n",
        f"endpoints:\n\ta: {{device_token: {{plain_text: {CANARY}}}}}\n",
        f"endpoints:\n  a: {{device_token: {{plain_text: {CANARY}\x00}}}}\n",
        f'{{"endpoints": {{"a": {{"type": "FCM", "device_token": {{"plain_text": "{CANARY}"}}}}}}}}',
        f'{{"endpoints": {{"a": {{"type": "FCM", "device_token": {{"plain_text": "{CANARY}",}}}}}}}}',
        f'{{"endpoints": {{"a": {{"device_token": {{"plain_text": "{CANARY}" "x"}}}}}}}}',
    ],
)
@pytest.mark.parametrize("form", ["text", "github", "json"])
def test_a_token_is_never_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, form: str) -> None:
    """Wherever it is on the line. No part of it that could be recognized is shown either."""
    printed = _validated(tmp_path, capsys, text, "--format", form)
    assert "canary"[:5] not in printed
    assert CANARY[-8:] not in printed


@pytest.mark.parametrize(("before", "after"), [(0, 0), (30, 3000), (3000, 0), (3000, 3000), (20_000, 20_000)])
def test_a_long_line_is_cut_around_the_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: int, after: int
) -> None:
    """The mark is under the mistake. Words are not shown in part, because they could be parts of a token."""
    text = f'{{"stacks": 1, {" " * before}"endpoints": {{"a": {{"type": "FCM"}}, "b": "{CANARY}{"b" * after}"}}}}'
    printed = _validated(tmp_path, capsys, text)
    for part in _excerpts(printed):
        line, mark = (each.partition(" | ")[2] for each in part.splitlines())
        assert len(line) <= 106
        assert line[mark.index("^")] != " "
    assert any('"FCM"' in part for part in _excerpts(printed))
    assert "canary"[:5] not in printed


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# 日本語\nendpoints: {a: {name: '日本語', type: FCM}}", "endpoints: {a: {name: '***', type: FCM}}"),
        ("endpoints: {a: {'日本語': '\u200b', type: FCM}}", "endpoints: {a: {'***': '\\u200b', type: FCM}}"),
        ("\ufeffendpoints: {a: {type: FCM}}\r\n", "endpoints: {a: {type: FCM}}"),
        ("# a\u2028endpoints: {a: {type: FCM}}\x85\n", "endpoints: {a: {type: FCM}}"),
        ('{\t"endpoints":\r\n\t{"a": {"type": "FCM"}}}', ' {"a": {"type": "FCM"}}}'),
    ],
)
def test_the_mark_is_under_the_value_in_any_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: str
) -> None:
    """Wide and invisible characters, tabs, and the line breaks of YAML and JSON do not move it."""
    printed = _validated(tmp_path, capsys, text)
    (found,) = (
        part for part in _excerpts(printed) if part.splitlines()[0].partition(" | ")[2] == line and _at_fcm(part)
    )
    assert "\t" not in found


def _at_fcm(part: str) -> bool:
    line, mark = (each.partition(" | ")[2] for each in part.splitlines())
    return re.match('"?FCM', line[mark.index("^") :]) is not None


def test_wide_characters_before_the_mark_count_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal shows them so."""
    printed = _validated(tmp_path, capsys, "endpoints: {日本語: {b: 5}}")
    assert (
        _excerpts(printed)[-1]
        == f"  1 | endpoints: {{日本語: {{b: *}}}}\n    | {'':{len('endpoints: {日本語: {') + 3}}^"
    )


def test_nothing_is_shown_of_an_empty_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of a file, for example."""
    assert _excerpts(_validated(tmp_path, capsys, "endpoints: [\n")) == []
    assert _excerpts(_validated(tmp_path, capsys, "\n")) == []


def test_more_than_50_mistakes_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--all prints them all, and so does JSON, which another program reads."""
    text = "endpoints:\n" + "".join(f"  k{number}: 5\n" for number in range(60))
    assert "--format" not in (printed := _validated(tmp_path, capsys, text))
    assert printed.count("must be a map") == len(_excerpts(printed)) == 50
    assert printed.endswith("60 mistakes, 10 not shown; use --all to show them\n")
    everything = _validated(tmp_path, capsys, text, "--all")
    assert everything.count("must be a map") == 60
    assert everything.endswith("60 mistakes\n")
    assert len(json.loads(_validated(tmp_path, capsys, text, "--json"))["mistakes"]) == 60
    assert _validated(tmp_path, capsys, text, "--format", "github").count("::error ") == 50
    assert _validated(tmp_path, capsys, text, "--format", "github", "--all").count("::error ") == 60


def test_github_marks_the_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that has a meaning in a workflow command is escaped: % in texts, and : and , in properties."""
    path = tmp_path / "a,b:c%.yaml"
    path.write_text(
        f"endpoints:\n  a: {{{COMMON.replace('GCM', '100%')}, device_token: {{secret: '{SECRET}'}}}}\n  a: 1\n"
    )
    assert run(["validate", str(path), "--format", "github"]) == ExitCode.FOUND
    shown = capsys.readouterr()
    name = f"{tmp_path}/a%2Cb%3Ac%25.yaml"
    assert shown.err == ""
    assert shown.out.splitlines() == [
        f"::error file={name},line=2,col=88,title=CE-103::a: type: '100%25' must be one of APNS, APNS_SANDBOX, GCM.",
        f"::error file={name},line=3,col=3::the key 'a' occurs twice; it is also on line 2.",
        "2 mistakes",
    ]


def test_a_valid_file_has_no_annotation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log of the workflow says that it is valid."""
    path = tmp_path / "endpoints.yaml"
    path.write_text(f"endpoints: {{a: {ENTRY}}}")
    assert run(["validate", str(path), "--format", "github"]) == ExitCode.DONE
    assert "1 endpoint in 1 stack" in capsys.readouterr().out


def test_the_formats_do_not_contradict_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` is the same as `--format json`."""
    text = "endpoints: {a: 5}"
    assert _validated(tmp_path, capsys, text, "--json") == _validated(tmp_path, capsys, text, "--format", "json")
    assert run(["validate", "--json", "--format", "github"]) == ExitCode.FAILED
    assert "cannot be used together" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"endpoints: {{a: {ENTRY}}}", ExitCode.DONE),
        ('{\t"stacks": 1,\n\t"endpoints": {"a": {}}}', ExitCode.FOUND),
        ("{endpoints: {a: {}}}", ExitCode.FOUND),
        ("", ExitCode.FOUND),
        ("endpoints: \xe9", ExitCode.FOUND),
    ],
)
def test_the_standard_input_can_be_checked(
    text: str, code: ExitCode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is YAML or JSON, and its mistakes have lines as well."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode("latin-1"))))
    assert run(["validate", "-"]) == code
    shown = capsys.readouterr()
    assert "<stdin>" in shown.out + shown.err
    assert "not valid YAML" not in shown.err
    assert bool(_excerpts(shown.err)) is (code is ExitCode.FOUND and text != "")


def test_a_closed_standard_input_is_empty(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A program can be started without one."""
    monkeypatch.setattr(sys, "stdin", None)
    assert run(["validate", "-"]) == ExitCode.FOUND
    assert "is empty" in capsys.readouterr().err


def test_several_files_are_checked_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As pre-commit names them. One result is for all of them."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(f"endpoints: {{a: {ENTRY}}}")
    bad.write_text("endpoints: {a: 5}")
    assert run(["validate", str(good), str(bad)]) == ExitCode.FOUND
    shown = capsys.readouterr()
    assert f"{good} is valid" in shown.out
    assert f"{bad}:1:16: " in shown.err
    assert run(["validate", str(good), str(bad), "--json"]) == ExitCode.FOUND
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(each["file"], each["valid"]) for each in files] == [(str(good), True), (str(bad), False)]
    assert run(["validate", str(good), str(good)]) == ExitCode.DONE
    assert run(["validate", str(bad), str(tmp_path / "none.yaml")]) == ExitCode.FAILED
    assert "is valid" not in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    """It does not have a mistake. A superuser may read everything, so the system call itself fails here."""
    done = subprocess.run(
        [sys.executable, "-m", "chime_endpoints_cli.main", "validate", "/proc/self/mem"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "[CE-612]" in done.stderr) == (ExitCode.FAILED, True)


def test_the_codes_of_the_mistakes_are_explained_once(tmp_path: Path) -> None:
    """On a terminal, below the mistakes."""
    path = tmp_path / "endpoints.yaml"
    path.write_text("endpoints: {a: {type: FCM, device_token: x}, b: 5}")
    with on_terminal() as terminal:
        assert run(["validate", str(path)]) == ExitCode.FOUND
    assert terminal.shown.splitlines()[-1] == "For details, run: chime-endpoints explain CE-101 CE-103 CE-104"


def test_the_hook_for_pre_commit_runs_the_command() -> None:
    """It installs what the command needs: pre-commit installs the package without an extra."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert hook["additional_dependencies"] == project["optional-dependencies"]["cli"]
    assert problems(f"{hook['entry']} endpoints.yaml push/endpoints.yaml", "") == []
    files = re.compile(hook["files"])
    assert all(files.search(path) for path in ("endpoints.yaml", "push/endpoints.yml", "endpoints.json"))
    assert not any(files.search(path) for path in ("my-endpoints.yaml", "endpoints.yaml.bak", "endpoints.schema.json"))
    assert f"id: {hook['id']}" in (ROOT / "docs" / "howto" / "ci-cd.md").read_text()
