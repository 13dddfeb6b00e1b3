"""The settings of an installation in AWS, for the command on this machine: `supportbot --stage dev status`.

A cache of theirs, which only their network reaches, is down from here. Answers do without, what it must forget
it is told by the functions; the doctor, who would find no more than that, leaves it out.
"""

from collections.abc import Mapping
from typing import Any, cast

from bot.settings import PREFIX, REGIONS
from rag_core.errors import MisconfiguredError

INSIDE = f"{PREFIX}REDIS_"


def settings_of(stage: str, *, cache: bool = True) -> Mapping[str, str]:
    """As variables, those of the region too; without what is not to be reached. Raises MisconfiguredError."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError as error:
        raise MisconfiguredError(
            f"this needs {error.name}: install it with pip install 'supportbot[aws,slack,zendesk]'"
        ) from error
    name, session = f"supportbot-{stage}-query", boto3.session.Session()
    try:
        found = cast(Any, session).client("lambda").get_function_configuration(FunctionName=name)
    except ClientError as error:
        said = error.response["Error"]
        raise MisconfiguredError(
            f"the settings of {stage} cannot be read from its function {name} in {session.region_name}: AWS says "
            f"{said['Code']}; check the stage, AWS_PROFILE and AWS_REGION"
        ) from error
    except BotoCoreError as error:
        raise MisconfiguredError(
            f"the settings of {stage} cannot be read: sign in (aws sso login, or AWS_PROFILE), name a region "
            f"(AWS_REGION), and try again ({type(error).__name__})"
        ) from error
    left_out = not cache and bool(found.get("VpcConfig", {}).get("SubnetIds"))
    stated = found.get("Environment", {}).get("Variables", {})
    given = {name: "" if left_out and name.startswith(INSIDE) else str(value) for name, value in stated.items()}
    return dict.fromkeys(REGIONS, session.region_name) | given
