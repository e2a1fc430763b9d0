"""The role that Amazon Chime SDK messaging assumes to deliver pushes."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces.aws_pinpoint import IAppRef
from constructs import Construct, IConstruct

from chime_endpoints._cdk.identity import application_arn
from chime_endpoints._cdk.tree import child_path, root_of, stack_of
from chime_endpoints._validation.endpoint_problems import application_problems
from chime_endpoints._validation.option_types import check_options
from chime_endpoints.errors import InvalidDeclarationError


class PushDeliveryRole(iam.Role):
    """The role that Amazon Chime SDK messaging assumes to deliver pushes.

    You can register endpoints without this role, but pushes reach a device only if it exists. Amazon Chime SDK
    prescribes the role's name, so an account has one such role for all regions. A stack that creates it needs the
    capability `CAPABILITY_NAMED_IAM`, which the CDK CLI grants. If the account already has the role, do not use this
    construct: add the applications to the existing role instead.

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
        """Create the role.

        Args:
            scope: the stack or construct to create the role in.
            id: the construct id within the scope.
            applications: the applications that can receive pushes, in any region of the account: at least one ARN or
                Pinpoint `CfnApp`. A change updates the role in place.

        Raises:
            InvalidDeclarationError: `applications` is empty, a value is not an application, or another construct in
                this app already creates the role for the account.
        """
        checked = check_options(PushDeliveryRole.__init__, locals())
        arns = [application_arn(each) for each in checked.valid_or("applications", applications, ())]
        problems = checked.problems + [problem for arn in arns for problem in application_problems("applications", arn)]
        if not problems and not arns:
            problems.append("applications is empty, so the role would allow nothing; add at least one application.")
        stack = stack_of(scope)
        of_app = _made.setdefault(root_of(scope), {})
        account = stack.node.path if Token.is_unresolved(stack.account) else stack.account
        if account in of_app:
            problems.append(
                f"{of_app[account].node.path} already creates this role, and an account can have only one; add all"
                " applications there."
            )
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(
            scope,
            id,
            role_name=self.NAME,
            description="Lets Amazon Chime SDK messaging deliver pushes through applications",
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
