"""Assertions about the endpoints in a stack's template, for your own tests, in the style of `aws_cdk.assertions`.

`import chime_endpoints` does not import this module.
"""

from .expected import ExpectedEndpoint
from .template import EndpointTemplate

__all__ = ["EndpointTemplate", "ExpectedEndpoint"]
