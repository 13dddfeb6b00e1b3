"""What Textract works with: scanned documents, and a moto account with a bucket, a topic and a queue."""

import io
from typing import Any, cast

import boto3
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.services.aws import REGION

ROLE = "arn:aws:iam::123456789012:role/textract"


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("L", (2, 2)).save(made, "png")
    return made.getvalue()


def pdf(*pages: str) -> bytes:
    """Each page its text; "scan": a picture, "stamped": one with a page number, "": an empty page."""
    made = io.BytesIO()
    canvas = Canvas(made)
    for text in pages:
        if text in ("scan", "stamped"):
            canvas.drawImage(ImageReader(io.BytesIO(picture())), 0, 0, 500, 700)
        if text == "stamped":
            canvas.drawString(300, 20, "Page 7")
        elif text not in ("", "scan"):
            canvas.setFont("Helvetica-Bold", 20)
            canvas.drawString(50, 750, text)
            canvas.setFont("Helvetica", 11)
            canvas.drawString(50, 700, f"All about {text.lower()} in plain words, as one reads it.")
        canvas.showPage()
    canvas.save()
    return made.getvalue()


class Account:
    """A moto account with what Textract needs, and Textract."""

    def __init__(self, url: str) -> None:
        make = cast(Any, boto3).client
        self.s3, self.sns, self.sqs = (
            make(name, endpoint_url=url, region_name=REGION) for name in ("s3", "sns", "sqs")
        )
        self.s3.create_bucket(Bucket="scratch", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.topic = self.sns.create_topic(Name="done")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="done")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def messages(self) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in found]

    def kept(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket="scratch").get("Contents", [])]
