"""What the template promises, read from it."""

import ast
import json
import re
from collections.abc import Iterator

import msgspec
import pytest

from bot.settings import MORE, PREFIX, Settings
from infra.filling import LEFT_OUT, ROOT
from rag_core.backends.dynamodb.table import TABLE, TTL
from tests.infra.settling import settled
from tests.infra.templates import FOLDER, Json, every, nested, read, resources, translated

FIELDS = {field.name for field in msgspec.structs.fields(Settings)}
FUNCTIONS = resources("AWS::Serverless::Function", read())
VARIABLES = read()["Globals"]["Function"]["Environment"]["Variables"]
# Actions that AWS offers no resource for: https://docs.aws.amazon.com/service-authorization/
ANYWHERE = {
    "bedrock:Rerank": "its model is checked by bedrock:InvokeModel",
    "ce:GetCostAndUsage": "a bill is the account's",
    "ec2:AssignPrivateIpAddresses": "Lambda makes a function's network interfaces in its name",
    "ec2:CreateNetworkInterface": "as above",
    "ec2:DeleteNetworkInterface": "as above",
    "ec2:DescribeNetworkInterfaces": "as above",
    "ec2:DescribeSubnets": "as above",
    "ec2:UnassignPrivateIpAddresses": "as above",
    "textract:GetDocumentAnalysis": "a job is no resource",
    "textract:StartDocumentAnalysis": "a job is no resource",
    "xray:PutTelemetryRecords": "a trace is no resource",
    "xray:PutTraceSegments": "a trace is no resource",
}

CALLED = {"dynamodb", "s3", "secretsmanager", "sqs", "textract", "bedrock"}  # by the code; others are AWS's own needs
AS = {
    "bedrock:InvokeModelWithResponseStream": "converse_stream",
    "s3:ListBucket": "list_objects_v2",
    "bedrock:ApplyGuardrail": "guardrailConfig",
}
BY_LAMBDA = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}  # which reads a queue for a function


def test_no_role_may_do_more_than_is_named() -> None:
    found = list(statements())
    assert len(found) > 40
    for statement in found:
        for action in actions(statement):
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action), statement
            assert "*" not in resources_of(statement) or action in ANYWHERE, statement


def test_what_may_be_done_anywhere_is_done() -> None:
    assert {action for each in statements() if "*" in resources_of(each) for action in actions(each)} == set(ANYWHERE)


def test_what_the_roles_may_do_with_the_stores_is_what_the_code_does() -> None:
    code = "\n".join(
        path.read_text("utf-8") for folder in ("bot", "rag_core") for path in (ROOT / folder).rglob("*.py")
    )
    stores = {each for one in statements() for each in actions(one) if each.partition(":")[0] in CALLED}
    assert len(stores) > 15
    for action in stores - BY_LAMBDA:
        name = action.partition(":")[2]
        called = AS.get(action, re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower())
        assert re.search(rf"\b{called}\b|\"{name}\"", code), action


@pytest.mark.parametrize(("role", "sends"), [("ScheduleRole", "sqs:SendMessage"), ("TextractRole", "sns:Publish")])
def test_who_sends_to_what_a_key_encrypts_may_use_the_key(role: str, sends: str) -> None:
    for key in ("", "arn:aws:kms:eu-central-1:123456789012:key/k"):
        properties = settled(translated(), {"Textract": "true", "KeyArn": key})["Resources"][role]["Properties"]
        allowed = [each for each in every(properties["Policies"]) if each.get("Effect") == "Allow"]
        may = {action for each in allowed for action in actions(each)}
        assert sends in may
        assert (may >= {"kms:Decrypt", "kms:GenerateDataKey"}) is bool(key)


def test_every_limit_of_an_alarm_can_be_stated_and_is_by_default_the_same() -> None:
    ours, theirs = read()["Parameters"], read("observing.yaml")["Parameters"]
    passed = read()["Resources"]["ObservingStack"]["Properties"]["Parameters"]
    assert passed.keys() == theirs.keys()
    for name in (theirs.keys() & ours.keys()) - {"Stage", "AnswerModel"}:
        assert passed[name] == {"Ref": name}
        assert ours[name]["Default"] == theirs[name]["Default"]


def test_further_buckets_are_read_and_may_tell_of_changes() -> None:
    named = "SourceBuckets"
    assert named not in json.dumps(settled(translated(), {})["Resources"])
    found = settled(translated(), {named: "arn:aws:s3:::one,arn:aws:s3:::two"})["Resources"]
    own = found["IngestRole"]["Properties"]["Policies"]
    further = [each for each in every(own) if "Further" in str(each.get("Sid"))]
    assert [each["Action"] for each in further] == [["s3:GetObject"], ["s3:ListBucket"]]
    assert all(named in str(each["Resource"]) for each in further)
    assert named in json.dumps(found["IngestionsPolicy"])


def test_who_deploys_may_write_the_index_beside_the_function_that_ingests() -> None:
    for admin in ("", "arn:aws:iam::123456789012:role/Admin"):
        found = settled(translated(), {"Admins": admin})["Resources"]["SearchStack"]["Properties"]["Parameters"]
        assert "IngestRole" in str(found["Writers"])
        assert ("${Admins}" in str(found["Writers"])) is bool(admin)
    policy, names = read("search.yaml")["Resources"]["Data"]["Properties"]["Policy"]["Fn::Sub"]
    assert policy.count("${Writing}") == 1
    assert names["Writing"] == {"Fn::Join": ['","', {"Ref": "Writers"}]}


def statements() -> Iterator[Json]:
    """Of every role, with those of either branch of a condition."""
    for name in (None, *nested()):
        template = translated() if name is None else read(name)
        for resource in template["Resources"].values():
            if resource["Type"] in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"}:
                trust = resource["Properties"].pop("AssumeRolePolicyDocument", None)
                assert trust is None or "*" not in str(trust)
                assert not any("arn:" in str(arn) for arn in resource["Properties"].get("ManagedPolicyArns", []))
                yield from (each for each in every(resource) if each.get("Effect") == "Allow")


def actions(statement: Json) -> list[str]:
    found = statement["Action"]
    return [found] if isinstance(found, str) else list(found)


def resources_of(statement: Json) -> list[object]:
    found = statement["Resource"]
    return list(found) if isinstance(found, list) else [found]


def test_each_function_has_a_role_and_a_log_of_its_own() -> None:
    roles = [str(each["Properties"]["Role"]) for each in FUNCTIONS.values()]
    logs = [str(each["Properties"]["LoggingConfig"]) for each in FUNCTIONS.values()]
    assert len(set(roles)) == len(set(logs)) == len(FUNCTIONS) == 4


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_runs_a_handler_that_the_package_has(name: str) -> None:
    module, _, function = FUNCTIONS[name]["Properties"]["Handler"].rpartition(".")
    file = f"{module.replace('.', '/')}.py"
    assert file not in LEFT_OUT
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert any(isinstance(each, ast.FunctionDef) and each.name == function for each in tree.body)


def test_every_variable_is_a_setting_and_every_setting_can_be_stated() -> None:
    names = {name.removeprefix(PREFIX).lower() for name in VARIABLES}
    assert names - {MORE.lower()} <= FIELDS
    assert f"{PREFIX}{MORE}" in VARIABLES  # any other setting


def test_every_variable_that_is_set_is_read() -> None:
    read_by = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "bot").rglob("*.py")
        if path.name not in {"settings.py"} and not any(path.is_relative_to(ROOT / each) for each in LEFT_OUT)
    )
    for name in VARIABLES:
        setting = name.removeprefix(PREFIX).lower()
        used = re.search(rf"\b(?:settings|SETTINGS|self|stated)\.{setting}\b|\"{setting}\"", read_by)
        elsewhere = setting in {"home", MORE.lower()}  # by `folder`, and by `load`
        assert elsewhere or used, f"{name} is set and nobody reads it"


def test_variables_leave_room_for_what_an_admin_adds() -> None:
    """Lambda takes 4 KB of them, with everything switched on."""
    everything = {"Slack": "true", "Zendesk": "true", "Textract": "true", "Guardrail": "true", "Cache": "serverless"}
    there = settled(translated(), everything)["Resources"]["Query"]["Properties"]["Environment"]["Variables"]
    assert there.keys() == VARIABLES.keys()
    assert sum(len(name) + length(value) for name, value in there.items()) < 3_400


def length(value: object) -> int:
    """As it is filled in, roughly: a url or an ARN for a reference, a name for what stands within a text."""
    if isinstance(value, dict):
        ((function, stated),) = value.items()
        return len(stated) + 10 * stated.count("$") if function == "Fn::Sub" else 70
    return len(str(value))


def test_every_secret_that_is_named_is_a_field_of_the_secret_which_make_deploy_asks_for() -> None:
    named = set(re.findall(r"supportbot/\$\{Stage\}#(\w+)", (FOLDER / "template.yaml").read_text("utf-8")))
    assert named <= FIELDS
    assert "slack_signing_secret" in named


def test_a_queue_delivers_again_when_a_function_must_be_dead_and_puts_aside_what_fails_five_times() -> None:
    queues = resources("AWS::SQS::Queue", read())
    for name, function in (("Jobs", "Worker"), ("Ingestions", "Ingest")):
        properties = queues[name]["Properties"]
        assert properties["VisibilityTimeout"] >= 6 * FUNCTIONS[function]["Properties"]["Timeout"]
        assert properties["RedrivePolicy"]["maxReceiveCount"] == Settings().deliveries
        dead = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert queues[dead]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400
        source = FUNCTIONS[function]["Properties"]["Events"][name]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_only_a_worker_whose_admin_wishes_it_reads_the_bill_and_only_its_schedule_asks_it_to() -> None:
    for wished in ("true", "false"):
        main = settled(translated(), {"DailyCosts": wished})["Resources"]
        reads = {name for name, each in main.items() if "ce:GetCostAndUsage" in json.dumps(each)}
        assert reads == ({"WorkerRole"} if wished == "true" else set())
        beside = settled(read("observing.yaml"), {"DailyCosts": wished, "Jobs": "arn:jobs"})["Resources"]
        made = {name for name in beside if name.startswith("Costs")}
        assert made == ({"CostsSchedule", "CostsRole"} if wished == "true" else set())


def test_a_large_one_has_pollers_for_as_many_workers_and_the_others_a_limit() -> None:
    """Lambda takes one of the two; a poller calls ten at once."""
    sizes = read()["Mappings"]["Sizes"]
    for size, stated in sizes.items():
        made = settled(translated(), {"Size": size})["Resources"]["WorkerJobs"]["Properties"]
        if stated["Pollers"]:
            assert "ScalingConfig" not in made
            assert set(made["ProvisionedPollerConfig"]) == {"MinimumPollers", "MaximumPollers"}
            assert 2 <= stated["Pollers"] <= 200  # as Lambda takes them
            assert stated["PollersMost"] * 10 == stated["Workers"]
        else:
            assert "ProvisionedPollerConfig" not in made
            assert set(made["ScalingConfig"]) == {"MaximumConcurrency"}


@pytest.mark.parametrize(("size", "days", "warm"), [("small", "MON-FRI", False), ("standard", "", True)])
def test_functions_are_kept_warm_by_a_part_of_its_own(size: str, days: str, warm: bool) -> None:
    found = settled(translated(), {"Size": size, "WarmDays": days, "SecretVersion": "1"})["Resources"]
    assert ("WarmingStack" in found) is warm
    assert ("ProvisionedConcurrencyConfig" in found["QueryAliaslive"]["Properties"]) is warm
    assert "WarmingStack" not in settled(translated(), {"Size": size})["Resources"]  # before there is a secret


def test_in_business_hours_functions_are_kept_warm_and_else_none_is() -> None:
    given = {"Query": "arn", "Worker": "arn", "Ingress": "arn", "Days": "MON-FRI", "Timezone": "Europe/Berlin"}
    targets = resources("AWS::ApplicationAutoScaling::ScalableTarget", settled(read("warming.yaml"), given))
    assert set(targets) == {"QueryScaling", "WorkerScaling", "IngressScaling"}
    for each in targets.values():
        warm, cold = each["Properties"]["ScheduledActions"]
        assert warm["Schedule"] == {"Fn::Sub": "cron(0 ${From} ? * ${Days} *)"}
        assert cold["Schedule"] == {"Fn::Sub": "cron(0 ${Until} ? * ${Days} *)"}
        assert warm["ScalableTargetAction"] == {
            name: each["Properties"][name] for name in ("MinCapacity", "MaxCapacity")
        }
        assert set(cold["ScalableTargetAction"].values()) == {0}
    always = settled(read("warming.yaml"), {**given, "Days": "", "Ingress": ""})
    targets = resources("AWS::ApplicationAutoScaling::ScalableTarget", always)
    assert set(targets) == {"QueryScaling", "WorkerScaling"}
    assert not [name for name, each in targets.items() if "ScheduledActions" in each["Properties"]]


def test_what_is_seen_of_it_can_be_left_out() -> None:
    def kinds(shows: str) -> set[str]:
        return {each["Type"] for each in settled(read("observing.yaml"), {"Shows": shows})["Resources"].values()}

    alarms, dashboard = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"
    assert {alarms, dashboard} <= kinds("all")
    assert (alarms in kinds("alarms"), dashboard in kinds("alarms")) == (True, False)
    assert not {alarms, dashboard, "AWS::SNS::Topic"} & kinds("none")
    assert "AWS::Logs::QueryDefinition" in kinds("none")


def test_the_table_is_the_one_that_the_code_reads() -> None:
    properties = read()["Resources"]["Table"]["Properties"]
    assert {name: properties[name] for name in TABLE} == TABLE
    assert properties["TimeToLiveSpecification"] == {"AttributeName": TTL, "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_what_people_put_in_stays_when_the_stack_goes() -> None:
    kept = {name for name, each in read()["Resources"].items() if "Retain" in each.get("DeletionPolicy", "")}
    assert kept == {"Documents", "Table"}
    for name in kept:  # what was never used is in nobody's way
        assert read()["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"


@pytest.mark.parametrize("name", ["Documents", "Staging"])
def test_a_bucket_is_private_encrypted_and_reached_by_tls_alone(name: str) -> None:
    found = read()["Resources"]
    properties = found[name]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]
    (deny,) = found[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_what_is_put_into_the_bucket_or_removed_is_told_to_the_ingest_function() -> None:
    properties = read()["Resources"]["Documents"]["Properties"]
    told = properties["NotificationConfiguration"]["QueueConfigurations"]
    assert {each["Event"] for each in told} == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}
    assert {str(each["Queue"]) for each in told} == {"{'Fn::GetAtt': ['Ingestions', 'Arn']}"}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
