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
        for name in module.__all__:
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
    for port, text in members(component).items():
        yield from textwrap.wrap(f"{port}: {text}", 110, initial_indent="// ", subsequent_indent="//     ")
    yield ""


def _argument_parser():
    parser = argparse.ArgumentParser(prog="python -m hdl.verilog", description=__doc__.splitlines()[0])
    parser.suggest_on_error = True
    choices = parser.add_subparsers(dest="component", metavar="COMPONENT", required=True)
    for name, component in sorted(components().items()):
        summary = inspect.getdoc(component).splitlines()[0]
        sub = choices.add_parser(name, help=summary, description=summary)
        for key, parameter in inspect.signature(component).parameters.items():
            option, default = "--" + key.replace("_", "-"), parameter.default
            if default is parameter.empty:
                sub.add_argument(option, type=float, required=True, metavar="N", help="required")
            elif isinstance(default, (int, float)):
                sub.add_argument(option, type=float, default=default, metavar="N", help=f"default: {default:g}")
        sub.add_argument("-o", "--output", metavar="FILE", help="where to write; default: standard output")
        sub.add_argument("--name", default=name, help="name of the module; default: %(default)s")
    return parser


def main(arguments=None):
    """The command line; returns the exit status: 0, or 2 with one line on what was wrong."""
    options = vars(_argument_parser().parse_args(arguments))
    component, output, name = (options.pop(key) for key in ("component", "output", "name"))
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        print(f"error: Module name must be a Verilog identifier, not {name!r}", file=sys.stderr)
        return 2
    try:
        text = convert(components()[component](**options), name)
        values = " ".join(f"--{key.replace('_', '-')} {value:g}" for key, value in options.items())
        text = f"// Made by: python -m hdl.verilog {component} {values}\n{text}"
        if output is None:
            print(text, end="")
        else:
            Path(output).write_text(text)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
