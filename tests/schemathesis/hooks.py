"""What schemathesis cannot know about the shop, and one promise of ours that it has no check for."""

import json
import os
import subprocess

import schemathesis
from schemathesis.core.failures import Failure

OWN_ID = int(os.environ.get("API_OWN_ID", "0"))
# Set where requests end the session or the account that sends them: then each of them is sent by
# an account of this role that exists for nothing else.
THROW_AWAY_ROLE = os.environ.get("API_THROW_AWAY_ROLE")


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Two of three times a user is the caller: other people's carts only ever answer 403."""
    for name in ("user_id", "user"):
        value = path_parameters.get(name) if path_parameters else None
        if OWN_ID and isinstance(value, int) and not isinstance(value, bool) and value > 0 and value % 3:
            path_parameters[name] = OWN_ID
    return path_parameters


@schemathesis.check
def documented_code(ctx, response, case):
    """The `code` of a refusal is one of those that the document lists for its status."""
    # 405 belongs to no operation.
    if response.status_code < 400 or response.status_code == 405:
        return None
    responses = case.operation.definition.raw["responses"]
    documented = responses.get(str(response.status_code), {})
    if "$ref" in documented:
        name = documented["$ref"].rsplit("/", 1)[1]
        documented = case.operation.schema.raw_schema["components"]["responses"][name]
    codes = documented.get("x-codes")
    try:
        code = json.loads(response.content or b"null")["code"]
    except (ValueError, TypeError, KeyError):
        return None
    # Text in a path parameter can make the path another one.
    if codes is not None and code not in codes and code != "unknown-route":
        raise Failure(
            operation=case.operation.label,
            title="Undocumented code",
            message=f"{response.status_code} {code}: documented are {', '.join(codes)}",
        )
    return None


def cartwright(*arguments, stdin=None):
    """What the command line prints about the shop under test."""
    command = [os.environ["API_PROGRAM"], *arguments, "--data", os.environ["API_SHOP"]]
    return subprocess.run(command, input=stdin, capture_output=True, check=True, text=True).stdout


class Credentials:
    """A token of the run's account, or of one that is used until it is refused; a trolley's key."""

    count = 0
    token = os.environ.get("API_TOKEN")

    def get(self, case, context):
        if THROW_AWAY_ROLE and not Credentials.token:
            Credentials.count += 1
            name = f"gone-{THROW_AWAY_ROLE}-{Credentials.count}"
            role = ("--role", THROW_AWAY_ROLE, "--password-stdin")
            cartwright("user", "add", "--username", name, *role, stdin="Nine-lemons-in-a-row")
            Credentials.token = cartwright("user", "token", "--username", name).strip()
        return Credentials.token

    def set(self, case, data, context):
        schemes = {name for it in case.operation.definition.raw["security"] for name in it}
        if "bearer" in schemes:
            case.headers["Authorization"] = f"Bearer {data}"
        elif "deviceKey" in schemes:
            case.headers["X-API-Key"] = os.environ["API_DEVICE_KEY"]


if THROW_AWAY_ROLE or Credentials.token:
    schemathesis.auth(refresh_interval=None)(Credentials)

if THROW_AWAY_ROLE:

    @schemathesis.hook
    def after_call(context, case, response):
        """What was fulfilled or refused may have ended the session: the next one has another."""
        if response.status_code in (200, 401):
            Credentials.token = None
