"""A component as Verilog text, for simulators and for anyone who does not use Amaranth.

``python -m hdl.verilog port --clk-freq 12e6 -o port.v``; ``python -m hdl.verilog --help`` lists the components. This is
the one place that finds Yosys: that of ``amaranth[builtin-yosys]``, or what ``AMARANTH_USE_YOSYS`` says.
"""

import argparse
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
from pathlib import Path

from amaranth.back import rtlil, verilog
from amaranth.lib import wiring

import hdl

__all__ = ["components", "convert", "intermediate", "main", "members"]


def convert(component, name):
    """Verilog of a component, as a module called ``name``; above it, what each port is for."""
    text = verilog.convert(component, name=name, emit_src=False, strip_internal_attrs=True)
    return "\n".join((*_header(component, name), text))


def intermediate(component, name):
    """The same in Yosys' own RTLIL: quick to make, and equal for equal designs."""
    return rtlil.convert(component, name=name, emit_src=False)


def components():
    """All components by the name the command line knows them by, e.g. ``port`` for :class:`hdl.port.Port`."""
    found = {}
    for place in pkgutil.iter_modules(hdl.__path__, "hdl."):
        if place.name in (__name__, "hdl.verilog"):
            continue
        module = importlib.import_module(place.name)
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            if inspect.isclass(member) and issubclass(member, wiring.Component):
                found[re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()] = member
    return found


def members(component):
    """The text of each member of a component, read off its docstring."""
    found, names = {}, []
    section = re.search(r"Members\n-+\n(.*?)(?:\n\n\w+\n-+\n|\Z)", inspect.getdoc(component) or "", re.DOTALL)
    for line in section[1].splitlines() if section else ():
        if line.startswith(" "):
            for name in names:
                found[name] += " " + line.strip()
        elif line:
            names = [name.strip() for name in line.partition(" : ")[0].split(",")]
            found.update(dict.fromkeys(names, ""))
    # What is markup in a docstring is noise in a Verilog comment.
    return {name: re.sub(r":\w+:|`", "", text).strip() for name, text in found.items()}


def _header(component, name):
    yield f"// {name}: {(inspect.getdoc(component) or name).splitlines()[0]}"
    yield "//"
    yield "// clk: Rising edge. rst: Synchronous, active high. A component without registers has neither."
    yield "// A stream x is x__valid, x__payload and x__ready; a transfer takes place when both valid and ready are."
    yield "// Of an array of ports x each is x__0, x__1 and so on."
    for port, text in members(component).items():
        yield from textwrap.wrap(f"{port}: {text}", 110, initial_indent="// ", subsequent_indent="//     ")
    yield ""


class _ArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        raise ValueError(f"{message}; {self.prog} --help lists what there is")


def _argument_parser():
    found = components()
    parser = _ArgumentParser(prog="python -m hdl.verilog", description=__doc__.splitlines()[0])
    choices = parser.add_subparsers(dest="component", metavar="COMPONENT", required=True)
    for name, component in sorted(found.items()):
        summary = inspect.getdoc(component).splitlines()[0]
        sub = choices.add_parser(name, help=summary, description=summary)
        for key, parameter in inspect.signature(component).parameters.items():
            _add_option(sub, key, parameter.default, found)
        sub.add_argument("-o", "--output", metavar="FILE", help="where to write; default: standard output")
        sub.add_argument("--name", default=name, help="name of the module; default: %(default)s")
    return parser


def _add_option(parser, key, default, found):
    option = "--" + key.replace("_", "-")
    if default is inspect.Parameter.empty:
        parser.add_argument(option, type=_number, required=True, metavar="N", help="required")
    elif isinstance(default, bool):
        parser.add_argument(option, action=argparse.BooleanOptionalAction, default=default)
    elif isinstance(default, (int, float)):
        parser.add_argument(option, type=_number, default=default, metavar="N", help=f"default: {_whole(default)}")
    elif default in found.values():
        # A component that can be exchanged for another of its row.
        names = {name: component for name, component in found.items() if component.__module__ == default.__module__}
        normal = next(name for name, component in names.items() if component is default)
        parser.add_argument(option, choices=names, default=normal, help=f"default: {normal}")


def _number(text):
    """A number as it was meant: 12e6 is a whole one."""
    try:
        return _whole(float(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number such as 12e6, not {text!r}") from None


def _whole(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_option(key, value):
    option = key.replace("_", "-")
    if isinstance(value, bool):
        return f"--{option}" if value else f"--no-{option}"
    return f"--{option} {_whole(value)}"


def main(arguments=None):
    """The command line; returns the exit status: 0, or 2 with one line on what was wrong."""
    try:
        options = vars(_argument_parser().parse_args(arguments))
        component, output, name = (options.pop(key) for key in ("component", "output", "name"))
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            raise ValueError(f"Module name must be a Verilog identifier, not {name!r}")
        values = " ".join(_as_option(key, value) for key, value in options.items())
        found = components()
        made = found[component](**{key: found.get(value, value) for key, value in options.items()})
        text = f"// Made by: python -m hdl.verilog {component} {values}".rstrip() + f"\n{convert(made, name)}"
        if output is None:
            print(text, end="")
        else:
            Path(output).write_text(text)
    except OSError as error:
        print(f"error: {output} must be a file that can be written: {error.strerror}", file=sys.stderr)
        return 2
    except (ValueError, verilog.YosysError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
