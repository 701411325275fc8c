"""What `ecstui instance` and `ecstui engine` understand; loads nothing that carries it out."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

MOST = 2_147_483_647
"""CPU units or MiB, as ECS's integers have it."""


def add_instance_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`ecstui instance`: `common` holds what may stand behind every command."""
    instance = commands.add_parser("instance", help="container instances: list, register, drain…")
    verbs = instance.add_subparsers(dest="verb", metavar="VERB", required=True)

    listed = verbs.add_parser("list", parents=[common], help="every container instance")
    _add_cluster(listed, "every cluster")

    register = verbs.add_parser("register", parents=[common], help="a slice of an engine")
    _add_cluster(register, "default")
    register.add_argument(
        "--cpu", type=_amount, required=True, metavar="UNITS", help="1024 is one vCPU"
    )
    register.add_argument("--memory", type=_amount, required=True, metavar="MIB")
    register.add_argument(
        "--engine",
        dest="on_engine",
        metavar="NAME",
        help="which engine (default: that with most room)",
    )
    _add_traits(register)

    for verb, words in (
        ("drain", "set it to DRAINING: its service tasks are replaced elsewhere"),
        ("activate", "take it back from draining"),
        ("deregister", "take it out of its cluster"),
    ):
        one = verbs.add_parser(verb, parents=[common], help=words)
        one.add_argument("instance", metavar="NAME", help="name, id or ARN")
        _add_cluster(one, "every cluster")
        if verb == "deregister":
            one.add_argument("--force", action="store_true", help="also while tasks run on it")
            _add_yes(one)


def add_engine_words(commands: "Commands", common: argparse.ArgumentParser) -> None:
    """`ecstui engine`."""
    engine = commands.add_parser("engine", help="other Docker Engines: list, add, remove")
    verbs = engine.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("list", parents=[common], help="every engine and how it is")

    add = verbs.add_parser("add", parents=[common], help="use another engine, at once")
    add.add_argument("name", metavar="NAME")
    add.add_argument("address", metavar="ADDRESS", help="tcp://host:2376 or ssh://user@host")
    for option, words in (
        ("--ca", "who vouches for it: a CA certificate; over ssh a file of known hosts"),
        ("--cert", "client certificate"),
        ("--key", "its key; over ssh the identity"),
    ):
        add.add_argument(option, metavar="FILE", default="", type=_whole_path, help=words)
    _add_cluster(add, "default")
    add.add_argument(
        "--cpu", type=int, default=0, metavar="UNITS", help="(default: all that it has)"
    )
    add.add_argument(
        "--memory", type=int, default=0, metavar="MIB", help="(default: all that it has)"
    )
    _add_traits(add)

    remove = verbs.add_parser("remove", parents=[common], help="use an engine no more")
    remove.add_argument("name", metavar="NAME")
    _add_yes(remove)


def _amount(text: str) -> int:
    # No int() of what may be a million digits, and a mistake is told by the option's name.
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 1 <= int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a whole number from 1 to {MOST}")
    return int(text)


def _whole_path(text: str) -> str:
    import os.path

    from ecstui.plan.role_setting import expanded

    try:
        return os.path.abspath(expanded(text)) if text else ""  # noqa: PTH100
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_cluster(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--cluster", metavar="NAME", help=f"default: {default}")


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_traits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--zone", metavar="NAME", help="(default: that with fewest instances)")
    parser.add_argument(
        "--attribute", metavar="NAME=VALUE", action="append", default=[], help="may be repeated"
    )
    parser.add_argument(
        "--reserve-port",
        metavar="PORT",
        type=int,
        action="append",
        default=[],
        help="a TCP port that tasks may not have; may be repeated",
    )
