import json
import os

import boto3
import pytest

CHANGES = {"QueueArn": "arn:aws:sqs:eu-central-1:123456789012:changes", "Events": ["s3:ObjectCreated:*"]}
HERE = {"LocationConstraint": "eu-central-1"}


@pytest.mark.parametrize("name", ["first", "second"])
def test_each_test_finds_an_empty_account(aws_url: str, name: str) -> None:
    objects = boto3.client("s3", endpoint_url=aws_url)
    assert objects.list_buckets()["Buckets"] == []
    objects.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)


@pytest.mark.usefixtures("aws_url")
def test_an_object_is_told_to_a_queue() -> None:
    objects, queues = boto3.client("s3"), boto3.client("sqs")
    queue = queues.create_queue(QueueName="changes")["QueueUrl"]
    objects.create_bucket(Bucket="pages", CreateBucketConfiguration=HERE)
    told = {"QueueConfigurations": [CHANGES]}
    objects.put_bucket_notification_configuration(Bucket="pages", NotificationConfiguration=told)
    objects.put_object(Bucket="pages", Key="refunds.md", Body=b"Thirty days.")
    messages = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    records = [record for message in messages for record in json.loads(message["Body"]).get("Records", [])]
    assert [record["s3"]["object"]["key"] for record in records] == ["refunds.md"]


def test_the_endpoint_is_set_only_for_a_test_that_asks() -> None:
    assert "AWS_ENDPOINT_URL" not in os.environ
