"""The function's code, which is staged without Docker, pip or network."""

from __future__ import annotations

import ast
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from aws_cdk import App, FileSystem

from chime_endpoints._function import asset
from synth.stage import endpoint, stack_in, template_of

STAGED = asset.staged()


def source_of(package: str) -> Path:
    """The directory of an installed package."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def test_it_contains_the_modules_of_handler_and_crhelper_and_nothing_else() -> None:
    """There are no caches, tests, stubs or metadata, and no `__init__.py` of a subpackage, which has no code."""
    staged = {path.relative_to(STAGED) for path in STAGED.rglob("*") if path.is_file()}
    modules = {
        Path(package, path.relative_to(source_of(package)))
        for package in asset.PACKAGES
        for path in source_of(package).rglob("*.py")
        if "tests" not in path.parts
    }
    empty = {path for path in modules - staged if path.name == "__init__.py" and len(path.parts) > 2}
    assert staged == modules - empty
    assert {path.parts[0] for path in staged} == {"chime_endpoints_handler", "crhelper"}


def program(text: str) -> str:
    """The code of a module with its line numbers, without docstrings, annotations and imports."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            body[:] = [_plain(each) for each in body if not _is_for_readers(each) and not _is_for_writers(each)]
        for name in ("returns", "annotation", "end_lineno", "col_offset", "end_col_offset"):
            vars(node).pop(name, None)
    return ast.dump(tree, include_attributes=True)


def _plain(node: ast.stmt) -> ast.stmt:
    """An assignment without its annotation."""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.Assign([node.target], node.value, lineno=node.lineno)
    return node


def _is_for_readers(node: ast.stmt) -> bool:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    is_protocol = isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
    is_alias = isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"
    return is_text or is_protocol or is_alias or isinstance(node, ast.Assert | ast.Import | ast.ImportFrom)


def _is_for_writers(node: ast.stmt) -> bool:
    """Whether only constructs and commands use it, which write properties."""
    return isinstance(node, ast.FunctionDef) and node.name in ("to_properties", "_token_properties", "_write")


def test_it_is_the_same_program_without_texts() -> None:
    """Line numbers stay the same, so a traceback of the function matches the source."""
    for path in STAGED.rglob("*.py"):
        package, *rest = path.relative_to(STAGED).parts
        source = source_of(package).joinpath(*rest).read_text()
        assert program(path.read_text()) == program(source), path
        assert '"""' not in path.read_text()


def test_only_a_function_that_writes_properties_has_what_writes_them() -> None:
    """The provider's function reads them; a fleet's also writes them."""
    module = "chime_endpoints_handler/model/declaration.py"
    assert b"def to_properties(" not in asset.files()[module]
    assert b"def to_properties(" in asset.files(asset.Code(packages=("chime_endpoints_handler",)))[module]


def test_it_imports_what_it_uses() -> None:
    """No name is undefined, and in the handler's modules no import is unused."""
    for package, rules in (("chime_endpoints_handler", "F401,F821"), ("crhelper", "F821")):
        command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", rules, "--output-format", "concise"]
        done = subprocess.run([*command, STAGED / package], check=False, capture_output=True, text=True)  # noqa: S603 - ours
        assert done.returncode == 0, done.stdout


def test_every_user_can_read_it() -> None:
    """Lambda runs the code as another user."""
    for path in STAGED.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644)


def test_its_zip_is_small(tmp_path: Path) -> None:
    """The limit is 60 KB, because every cold start loads it; zipped as cdk does, without entries for directories."""
    with zipfile.ZipFile(tmp_path / "code.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in STAGED.rglob("*.py"):
            archive.write(path, path.relative_to(STAGED))
    assert (tmp_path / "code.zip").stat().st_size <= 60 * 1024


def test_lambdas_entry_is_in_it() -> None:
    """As in Lambda, the handler is imported from the staged directory alone, without CDK."""
    module, _, function = asset.HANDLER.rpartition(".")
    script = (
        f"import sys, {module} as m; assert callable(m.{function});"
        f"assert m.__file__.startswith({str(STAGED)!r}); assert 'aws_cdk' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(STAGED), "PYTHONDONTWRITEBYTECODE": "1"}
    # ... started elsewhere, so that the repository's own packages are not found by accident.
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=STAGED)  # noqa: S603 - our own


def test_the_hash_follows_from_names_and_contents_alone(tmp_path: Path) -> None:
    """A checkout, a wheel and every user get the same hash: dates, modes and paths do not matter."""
    copy = tmp_path / "elsewhere"
    shutil.copytree(STAGED, copy)
    for path in copy.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o700)
    assert FileSystem.fingerprint(str(copy)) == FileSystem.fingerprint(str(STAGED))


def test_a_second_staging_is_the_same() -> None:
    """Nothing depends on the time."""
    asset.staged.cache_clear()
    again = asset.staged()
    assert again != STAGED
    assert FileSystem.fingerprint(str(again)) == FileSystem.fingerprint(str(STAGED))


def test_two_apps_have_the_same_asset(tmp_path: Path) -> None:
    """The assembly contains it as a readable directory."""
    keys = []
    for name in ("one", "two"):
        stack = stack_in(App(outdir=str(tmp_path / name)))
        endpoint(stack)
        (function,) = (
            each for each in template_of(stack)["Resources"].values() if each["Type"] == "AWS::Lambda::Function"
        )
        keys.append(function["Properties"]["Code"]["S3Key"])
        assert (
            tmp_path / name / f"asset.{keys[0].partition('.')[0]}" / "chime_endpoints_handler" / "index.py"
        ).exists()
    assert keys[0] == keys[1]


def test_a_missing_package_is_named() -> None:
    """The error is not a traceback of a failed copy."""
    with pytest.raises(ModuleNotFoundError, match="no_such_package is not installed"):
        asset.files(asset.Code(packages=("no_such_package",)))


def test_every_line_ends_as_on_linux() -> None:
    """Python on Windows writes other line endings, but the asset is the same."""
    assert not any(b"\r" in path.read_bytes() for path in STAGED.rglob("*.py"))


APP = """
import sys
from aws_cdk import App, Stack, Stage
from chime_endpoints import EndpointProvider
app = App(outdir=sys.argv[1])
EndpointProvider(Stack(app, "One"), "Provider")
EndpointProvider(Stack(app, "Two"), "Provider")
EndpointProvider(Stack(Stage(app, "Beta"), "Three"), "Provider")
app.synth()
"""


def published(assembly: Path, name: str) -> dict[str, Path]:
    """The directories that the CLI would zip for a stack after the app has ended, by upload key."""
    (manifest,) = assembly.rglob(f"*{name}*.assets.json")
    directories = {}
    for each in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
        if each["source"]["packaging"] == "zip":
            (destination,) = each["destinations"].values()
            directories[destination["objectKey"]] = manifest.parent / each["source"]["path"]
    return directories


@pytest.mark.slow
@pytest.mark.parametrize("no_staging", [False, True])
def test_the_code_is_there_when_the_cli_publishes_it(tmp_path: Path, no_staging: bool) -> None:  # noqa: FBT001 - a parametrized case
    """This works after the app has ended, for every stack and stage, with and without `--no-staging`, and twice."""
    context = json.dumps({"aws:cdk:disable-asset-staging": no_staging})
    environment = {**os.environ, "CDK_CONTEXT_JSON": context, "TMPDIR": str(tmp_path)}
    assembly = tmp_path / "assembly"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", APP, assembly], check=True, env=environment)  # noqa: S603 - our own
    uploads = [published(assembly, name) for name in ("One", "Two", "Three")]
    keys = [key for upload in uploads for key in upload]
    assert keys == [f"{FileSystem.fingerprint(str(STAGED))}.zip"] * 3
    for upload in uploads:
        for directory in upload.values():
            files = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
            assert files == set(asset.files())
    assert [path.name for path in tmp_path.iterdir()] == ["assembly"]
    assert len(list(assembly.rglob("chime_endpoints_handler"))) == 1


def test_what_is_in_an_assembly_is_kept_or_made_good(tmp_path: Path) -> None:
    """With other content in the directory, the function would get different code."""
    directory = asset.in_assembly(tmp_path)
    before = directory.stat().st_ino
    assert asset.in_assembly(tmp_path) == directory
    assert directory.stat().st_ino == before
    (directory / "crhelper" / "__pycache__").mkdir()
    (directory / "crhelper" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (directory / "chime_endpoints_handler" / "index.py").unlink()
    assert asset.in_assembly(tmp_path) == directory
    assert FileSystem.fingerprint(str(directory)) == FileSystem.fingerprint(str(STAGED))
    assert list(tmp_path.iterdir()) == [directory]
