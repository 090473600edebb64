"""What all commands share: --config, --json, help with examples and exit codes, and errors that end in one line."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec

import click

from digest import __version__
from digest.cli.exits import MEANINGS, Exit, exit_of, explain
from digest.cli.output import complain, print_json, steady_streams
from digest.model.edition import EditionId
from digest.model.errors import DigestError

if TYPE_CHECKING:
    from digest.ports import App
    from digest.settings import Settings
    from digest.store.tx import Store

P = ParamSpec("P")
HELP = {"help_option_names": ["-h", "--help"]}
DEBUG = "DIGEST_DEBUG"
"""Set to 1, an unexpected error shows where it happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a command: what every command is told."""

    config: Path
    json: bool

    def settings(self) -> Settings:
        """The configuration. Raises ConfigError."""
        from digest.settings import load_settings

        return load_settings(self.config)

    @contextmanager
    def app(self, settings: Settings | None = None, *, make: bool = True) -> Iterator[App]:
        """Everything a workflow function may use, with progress on stderr. `make` as for `store`."""
        from digest.cli.progress import TerminalProgress
        from digest.wiring import open_app

        settings = settings or self.settings()
        with TerminalProgress() as progress, open_app(settings, progress=progress, make=make) as app:
            yield app

    @contextmanager
    def store(self, settings: Settings | None = None, *, make: bool = True) -> Iterator[Store]:
        """The database alone: what is only looked at needs no provider and no key.

        A command that only looks says `make=False`: where there is no database it makes none. Raises NotFound.
        """
        from digest.wiring import open_store

        with open_store(settings or self.settings(), make=make) as store:
            yield store


class DigestCommand(click.Command):
    """A command whose help ends with examples and the exit codes it can end with."""

    def __init__(self, *args: Any, examples: Sequence[str], exits: Sequence[Exit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        always = (Exit.FAILED, Exit.USAGE, Exit.INTERRUPTED)
        self.exits = tuple(sorted({Exit.DONE, *exits, *always}))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, then the exit codes."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), MEANINGS[code]) for code in self.exits])


def command(
    name: str, *, examples: Sequence[str], exits: Sequence[Exit] = ()
) -> Callable[[Callable[Concatenate[Call, P], Exit]], DigestCommand]:
    """Make a command of a function that gets a Call first and returns its exit code."""

    def decorate(work: Callable[Concatenate[Call, P], Exit]) -> DigestCommand:
        @functools.wraps(work)
        def called(config: Path, as_json: bool, **arguments: Any) -> Exit:
            return work(Call(config=config, json=as_json), **arguments)  # type: ignore[call-arg]

        own = getattr(work, "__click_params__", [])
        # Click reads this list from its end: what all commands share comes last in the help.
        called.__click_params__ = [_json_option(), _config_option(), *own]  # type: ignore[attr-defined]
        made = click.command(name, cls=DigestCommand, examples=examples, exits=exits, context_settings=HELP)
        return made(called)

    return decorate


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        default=Path("config.yaml"),
        envvar="DIGEST_CONFIG",
        metavar="FILE",
        help="The configuration; config.yaml, or what DIGEST_CONFIG names.",
    )


def _json_option() -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help="Print JSON for programs instead of text.")


class Root(click.Group):
    """`digest`: the commands under their headings, and the one place where errors become exit codes."""

    def __init__(self, headings: Mapping[str, Sequence[click.Command]]) -> None:
        super().__init__(
            "digest",
            help="Picks the day's world stories, renders one good mail, and accounts for every reader.",
            epilog="`digest init` makes a place to begin. `digest COMMAND --help` has examples and the exit codes.",
            context_settings=HELP,
            callback=help_where_nothing_is_asked,
            invoke_without_command=True,
            no_args_is_help=False,
        )
        self.headings = headings
        for commands in headings.values():
            for one in commands:
                self.add_command(one)
        self.params.append(_version_option())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by heading, in the order of a day."""
        for heading, commands in self.headings.items():
            with formatter.section(heading):
                formatter.write_dl([(one.name or "", one.get_short_help_str(limit=90)) for one in commands])

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run, and end the process with an exit code of ours. Never a traceback for what a person can cause."""
        arguments = list(sys.argv[1:] if args is None else args)
        steady_streams()
        extra["standalone_mode"] = False
        sys.exit(_guarded(lambda: super(Root, self).main(arguments, "digest", **extra), as_json="--json" in arguments))


def help_where_nothing_is_asked() -> None:
    """A group without a command is wrong usage: its help on stderr, whatever the version of Click does."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(int(Exit.USAGE))


def _version_option() -> click.Option:
    def say(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            click.echo(f"digest {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=say, help="Say the version."
    )


def _guarded(work: Callable[[], Any], *, as_json: bool) -> int:
    try:
        return int(work() or 0)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; run it again to go on", Exit.INTERRUPTED, as_json)
    except click.ClickException as error:
        return _fail(_usage(error), Exit.USAGE, as_json)
    except BrokenPipeError:
        # Whoever read our output has enough of it (`digest … | head`): no more is written, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the last door: nobody behind it could say what happened
        if os.environ.get(DEBUG):
            traceback.print_exc()
        code = exit_of(error)
        if code is not None:
            return _fail(explain(error), code, as_json)
        message = f"unexpected {type(error).__name__}: {explain(error)}; this is a defect: {DEBUG}=1 shows where"
        return _fail(message, Exit.FAILED, as_json)


def _usage(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return message + (f"; see `{context.command_path} --help`" if context is not None else "")


def _fail(message: str, code: Exit, as_json: bool) -> int:
    complain(message)
    if as_json:
        print_json({"error": message, "exit": int(code)})
    return int(code)


def _edition(_ctx: click.Context, _param: click.Parameter, value: str | None) -> EditionId | None:
    try:
        return None if value is None else EditionId.parse(value)
    except DigestError as error:
        raise click.BadParameter(str(error)) from error


def _day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date; write it as 2026-11-22") from None


edition_argument = click.argument("edition", callback=_edition, metavar="EDITION")
"""An edition by its name, such as world/2026-11-22."""

optional_edition_argument = click.argument("edition", callback=_edition, required=False, metavar="[EDITION]")


def date_option(help_text: str) -> Callable[[Callable[P, Exit]], Callable[P, Exit]]:
    """`--date YYYY-MM-DD`, given to the command as `day`."""
    return click.option("--date", "day", callback=_day, metavar="YYYY-MM-DD", help=help_text)
