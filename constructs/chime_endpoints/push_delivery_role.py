"""The role with which Amazon Chime SDK messaging hands pushes to applications."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces.aws_pinpoint import IAppRef
from constructs import Construct, IConstruct

from .checks import application_problems
from .errors import InvalidDeclarationError
from .identity import application_arn
from .kinds import check
from .tree import child_path, root_of, stack_of


class PushDeliveryRole(iam.Role):
    """The role that Amazon Chime SDK messaging takes on to deliver pushes: one for an account, of a fixed name.

    Endpoints are registered without it; pushes reach them only with it. The name is the service's, so an account
    has it once for all its regions, and a stack that makes it needs the capability `CAPABILITY_NAMED_IAM` (the CDK
    CLI gives it). Where the account has the role already, leave this out and allow it the applications there.

    Source: Amazon Chime SDK Developer Guide, "Create a service role for Amazon Chime SDK messaging".
    """

    NAME = "ServiceRoleForAmazonChimePushNotification"

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        applications: Sequence[str | IAppRef],
    ) -> None:
        """Makes the role.

        Args:
            scope: the stack or construct that holds it.
            id: its id in there.
            applications: those that may be handed pushes, in any region of the account: ARNs, or Pinpoint `CfnApp`s.
                At least one. A change is made in place.

        Raises:
            InvalidDeclarationError: there is no application, one is not an application, or the account has the role
                from another construct of the app.
        """
        kinds = check(PushDeliveryRole.__init__, locals())
        arns = [application_arn(each) for each in kinds.right("applications", applications, ())]
        problems = kinds.problems + [problem for arn in arns for problem in application_problems("applications", arn)]
        if not problems and not arns:
            problems.append("applications is empty; name at least one, since without one the role allows nothing.")
        stack = stack_of(scope)
        of_app = _made.setdefault(root_of(scope), {})
        account = stack.node.path if Token.is_unresolved(stack.account) else stack.account
        if account in of_app:
            problems.append(
                f"{of_app[account].node.path} makes this role, which an account has once; name all applications there."
            )
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(
            scope,
            id,
            role_name=self.NAME,
            description="Amazon Chime SDK messaging hands pushes to applications with it",
            assumed_by=iam.ServicePrincipal("messaging.chime.amazonaws.com"),
            inline_policies={
                "Send": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["mobiletargeting:SendMessages"], resources=[f"{arn}/messages" for arn in arns]
                        )
                    ]
                )
            },
        )
        of_app[account] = self


_made: WeakKeyDictionary[IConstruct, dict[str, PushDeliveryRole]] = WeakKeyDictionary()
