"""The state machine of a run: split the manifest, plan each shard, apply the shards, and review what is left.

The states carry the fleet, the run and numbers. Everything else, such as tokens, is in the state bucket, because an
execution's history keeps all inputs and outputs for 90 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

RANGES_AT_ONCE = 4
SHARDS_PLANNED_AT_ONCE = 16
_TASK_TIMEOUT = Duration.minutes(16)  # longer than any function runs
_RUN_TIMEOUT = Duration.days(14)
_RETRIES = 3
_NUMBER = sfn.JsonPath.number_at
_TEXT = sfn.JsonPath.string_at


class FleetMachine(sfn.StateMachine):
    """The state machine of a run. The same machine also runs the clock that answers CloudFormation in time."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        worker: lambda_.IFunction,
        role: iam.IRole,
        at_once: int,
    ) -> None:
        """Create the machine.

        Args:
            scope: the construct to create the machine in.
            id: the construct id within the scope.
            worker: the function that does the work of each state.
            role: the machine's role, whose permissions the caller grants.
            at_once: how many shards are applied at the same time.
        """
        super().__init__(
            scope,
            id,
            comment="A run of a fleet of Amazon Chime SDK push endpoints",
            definition_body=sfn.DefinitionBody.from_chainable(_States(scope, worker, at_once).start()),
            # Otherwise, CDK would also allow all versions and aliases of the function.
            role=role.without_policy_updates() if isinstance(role, iam.Role) else role,
            timeout=_RUN_TIMEOUT,
        )
        self.node.try_remove_child("DistributedMapPolicy")  # it is attached to no role, because ours does not change


class _States:
    """The states of the machine, in a scope of their own."""

    def __init__(self, scope: Construct, worker: lambda_.IFunction, at_once: int) -> None:
        self._scope = Construct(scope, "States")
        self._worker = worker
        self._at_once = at_once
        self._finish = self._task(
            "Finish", "finish", into="$.end", error=_TEXT("$.error.Error"), execution=_TEXT("$$.Execution.Id")
        )

    def start(self) -> sfn.IChainable:
        """Return the first state."""
        ended = sfn.Choice(self._scope, "Converged?")
        ended.when(sfn.Condition.boolean_equals("$.end.ok", True), sfn.Succeed(self._scope, "Converged"))  # noqa: FBT003 - CDK's signature
        ended.otherwise(sfn.Fail(self._scope, "Not converged", error="NotConverged"))
        self._finish.next(ended)
        run = sfn.Pass(self._scope, "Begin", result=sfn.Result.from_object({"Error": ""}), result_path="$.error")
        decide = self._caught("Decide", "decide", into="$.round", level=_NUMBER("$.prepared.level"))
        decide.next(self._apply())
        # A map is never given an empty list: a run without a manifest has no ranges, and a refused one has no shards.
        plan = self._if_any("Shards?", "$.prepared.shards", self._plan(), decide)
        split = self._if_any("Ranges?", "$.prepared.ranges", self._split(), plan)
        run.next(self._caught("Prepare", "prepare", into="$.prepared")).next(split)
        clock = sfn.Wait(self._scope, "Clock", time=sfn.WaitTime.seconds_path("$.clock"))
        clock.next(self._task("Answer in time", "answer", into="DISCARD", clock=True)).next(
            sfn.Succeed(self._scope, "Answered")
        )
        return sfn.Choice(self._scope, "Clock?").when(sfn.Condition.is_present("$.clock"), clock).otherwise(run)

    def _if_any(self, name: str, items: str, each: sfn.DistributedMap, afterwards: sfn.IChainable) -> sfn.Choice:
        """Return the choice to do something for each item first, if there are any."""
        each.next(afterwards)
        is_any = sfn.Condition.is_present(f"{items}[0]")
        return sfn.Choice(self._scope, name).when(is_any, each).otherwise(afterwards)

    def _split(self) -> sfn.DistributedMap:
        item = {"level.$": "$.prepared.level", "range.$": "$$.Map.Item.Value"}
        split = self._map("Split", "$.prepared.ranges", at_once=RANGES_AT_ONCE, item=item)
        read = self._task("Read range", "split", into="DISCARD", level=_NUMBER("$.level"), range=_list("$.range"))
        read.next(self._end("Range read", "$.range[0]"))
        split.item_processor(read)
        return split

    def _plan(self) -> sfn.DistributedMap:
        item = {"level.$": "$.prepared.level", "shard.$": "$$.Map.Item.Value"}
        plan = self._map("Plan", "$.prepared.shards", at_once=SHARDS_PLANNED_AT_ONCE, item=item)
        compare = self._task("Compare", "plan", into="DISCARD", level=_NUMBER("$.level"), shard=_NUMBER("$.shard"))
        compare.next(self._end("Compared", "$.shard"))
        plan.item_processor(compare)
        return plan

    def _apply(self) -> sfn.Choice:
        apply = self._applied("Apply", "$.round.shards")
        review = self._caught(
            "Review", "review", into="$.round", level=_NUMBER("$.prepared.level"), round=_NUMBER("$.round.round")
        )
        again = sfn.Choice(self._scope, "Again?")
        again.when(sfn.Condition.boolean_equals("$.round.again", True), apply).otherwise(self._finish)  # noqa: FBT003 - CDK's signature
        apply.next(review).next(again)
        canary = self._applied("Canary", "$.round.canary")
        answer = self._caught(
            "Answer", "answer", into="$.canary", level=_NUMBER("$.prepared.level"), shards=_list("$.round.canary")
        )
        well = sfn.Choice(self._scope, "Canary well?")
        well.when(sfn.Condition.boolean_equals("$.canary.ok", True), apply).otherwise(self._finish)  # noqa: FBT003 - CDK's signature
        canary.next(answer).next(well)
        go = sfn.Choice(self._scope, "Go?")
        go.when(sfn.Condition.boolean_equals("$.round.go", False), self._finish)  # noqa: FBT003 - CDK's signature
        return go.when(sfn.Condition.is_present("$.round.canary[0]"), canary).otherwise(apply)

    def _applied(self, name: str, shards: str) -> sfn.DistributedMap:
        """Return the map that works on shards until each is done. `Review` judges by the ledgers what has failed."""
        item = {
            "level.$": "$.prepared.level",
            "shard.$": "$$.Map.Item.Value",
            "round.$": "$.round.round",
            "rate.$": "$.round.rate",
        }
        applied = self._map(name, shards, at_once=self._at_once, item=item, tolerated=100)
        numbers = {each: _NUMBER(f"$.{each}") for each in ("level", "shard", "round", "rate")}
        work = self._task(f"Work ({name})", "work", into="$.did", **numbers)
        pause = sfn.Wait(self._scope, f"Wait ({name})", time=sfn.WaitTime.seconds_path("$.did.wait"))
        done = sfn.Choice(self._scope, f"Done? ({name})")
        done.when(sfn.Condition.boolean_equals("$.did.done", True), self._end(f"Done ({name})", "$.shard"))  # noqa: FBT003 - CDK's signature
        done.when(sfn.Condition.number_greater_than("$.did.wait", 0), pause.next(work)).otherwise(work)
        work.next(done)
        applied.item_processor(work)
        return applied

    def _map(
        self, name: str, items: str, *, at_once: int, item: Mapping[str, Any], tolerated: int | None = None
    ) -> sfn.DistributedMap:
        made = sfn.DistributedMap(
            self._scope,
            name,
            map_execution_type=sfn.StateMachineType.STANDARD,
            label=name,
            items_path=items,
            item_selector={"fleet.$": "$.fleet", "run.$": "$.run", **item},
            max_concurrency=at_once,
            tolerated_failure_percentage=tolerated,
            result_path=sfn.JsonPath.DISCARD,
        )
        # The role's permission to start children may not have taken effect yet.
        made.add_retry(errors=["States.Permissions"], interval=Duration.seconds(10), max_attempts=6, backoff_rate=1)
        made.add_catch(self._finish, result_path="$.error")
        return made

    def _caught(self, name: str, action: str, *, into: str, **more: Any) -> tasks.LambdaInvoke:
        """Return a task after whose failure the run is finished, so that CloudFormation gets an answer."""
        task = self._task(name, action, into=into, **more)
        task.add_catch(self._finish, result_path="$.error")
        return task

    def _task(self, name: str, action: str, *, into: str, **more: Any) -> tasks.LambdaInvoke:
        payload = {"action": action, "fleet": _TEXT("$.fleet"), "run": _TEXT("$.run"), **more}
        task = tasks.LambdaInvoke(
            self._scope,
            name,
            lambda_function=self._worker,
            payload=sfn.TaskInput.from_object(payload),
            payload_response_only=True,
            retry_on_service_exceptions=False,
            result_path=sfn.JsonPath.DISCARD if into == "DISCARD" else into,
            task_timeout=sfn.Timeout.duration(_TASK_TIMEOUT),
        )
        task.add_retry(errors=["States.ALL"], interval=Duration.seconds(5), max_attempts=_RETRIES, backoff_rate=2)
        return task

    def _end(self, name: str, output: str) -> sfn.Pass:
        """Return the last state of a child, whose output is one number: all outputs together must fit 256 KiB."""
        return sfn.Pass(self._scope, name, output_path=output)


def _list(path: str) -> Any:
    return sfn.JsonPath.object_at(path)
