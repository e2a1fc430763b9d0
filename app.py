"""The CDK app: it turns `endpoints.yaml` into stacks, without AWS calls or context lookups."""

from __future__ import annotations

import sys
from pathlib import Path

# Only in a clone: import its packages without installing them, so that requirements.txt is enough.
sys.path[:0] = [str(Path(__file__).resolve().parent / root) for root in ("constructs", "lambda_handlers")]


def main() -> None:
    """Write the cloud assembly. On failure, write none and explain on stderr what to do."""
    if sys.version_info < (3, 11):  # noqa: UP036 - cdk starts the first Python on the PATH
        sys.exit(f"{sys.executable} is Python {sys.version.split()[0]}; this app needs Python 3.11 or newer.")
    try:
        from chime_endpoints.declared import program
    except ImportError as error:
        sys.exit(
            f"{error.name} is not installed for {sys.executable}. Activate the virtual environment"
            " (source .venv/bin/activate; on Windows .venv\\Scripts\\activate), then:"
            " pip install -r requirements.txt"
        )
    except OSError as error:
        sys.unraisablehook = lambda _: None  # hides the errors of half-created jsii objects during garbage collection
        sys.exit(f"AWS CDK could not start Node.js ({error}). Install Node.js, and check that `node` is on the PATH.")
    program.main()


if __name__ == "__main__":
    main()
