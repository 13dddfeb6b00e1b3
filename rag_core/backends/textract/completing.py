"""What Textract says when it is done: a message on an SNS topic, which a queue carries to us.

https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html
"""

import json

from rag_core.errors import RejectedError
from rag_core.scans import RecognitionId


def completed(body: str) -> tuple[RecognitionId, str]:
    """Which recognition is over, well or not, and its key. Raises RejectedError for any other message."""
    try:
        message = json.loads(body)
        if message.get("Type") == "Notification":  # where the subscription is not raw
            message = json.loads(message["Message"])
        recognition, key = message["JobId"], message["JobTag"]
        if message["API"] != "StartDocumentAnalysis" or not (isinstance(recognition, str) and isinstance(key, str)):
            raise ValueError("API")
        return RecognitionId(recognition), key
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RejectedError(f"a message is none of Textract's ({type(error).__name__})") from None
