"""STS as far as scripts ask it first: GetCallerIdentity, in AWS's Query protocol.

There is one account and one user here. It hands out no credentials: AssumeRole and the others are
answered as operations that do not exist.
"""

from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from aiohttp import web

from ecstui.base.ids import Ids, Namespace
from ecstui.serve.callers import caller_of

USER_ID = "AIDAECSTUILOCALUSER00"
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_LONGEST_SHOWN = 100


def is_query(http: web.Request) -> bool:
    """Whether a request is of the Query protocol: an Action in the URL or in a form."""
    if http.method == "GET":
        return "Action" in http.query
    is_form = http.content_type == "application/x-www-form-urlencoded"
    return is_form and "X-Amz-Target" not in http.headers


class StsDoor:
    """Answers who the caller is."""

    def __init__(self, names: Namespace, ids: Ids) -> None:
        """`names`: the account that callers belong to."""
        self._names = names
        self._ids = ids

    async def answer(self, http: web.Request) -> web.Response:
        """Carry out one request."""
        try:
            body = (await http.read()).decode()
        except UnicodeDecodeError:
            return query_error("MalformedInput", "The form is no UTF-8.", 400, self._ids())
        except web.HTTPRequestEntityTooLarge:
            words = "A request may have 1 MiB at most."
            return query_error("RequestEntityTooLarge", words, 413, self._ids())
        given = {**dict(http.query), **dict(parse_qsl(body))}
        action = given.get("Action", "")
        if action != "GetCallerIdentity":
            words = f"Could not find operation {action[:_LONGEST_SHOWN] or '(none)'}: ecstui has "
            words += "GetCallerIdentity of STS, and the operations of ECS."
            return query_error("InvalidAction", words, 400, self._ids())
        text = (
            f'<GetCallerIdentityResponse xmlns="{_NAMESPACE}"><GetCallerIdentityResult>'
            f"<Arn>{self._names.user(caller_of(http))}</Arn><UserId>{USER_ID}</UserId>"
            f"<Account>{self._names.account}</Account></GetCallerIdentityResult>"
            f"<ResponseMetadata><RequestId>{self._ids()}</RequestId></ResponseMetadata>"
            "</GetCallerIdentityResponse>"
        )
        return web.Response(text=text, content_type="text/xml")


def query_error(code: str, message: str, status: int, request_id: str) -> web.Response:
    """A refusal in the form of the Query protocol."""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in message)
    text = (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(shown)}</Message></Error><RequestId>{request_id}</RequestId>"
        "</ErrorResponse>"
    )
    return web.Response(text=text, content_type="text/xml", status=status)
