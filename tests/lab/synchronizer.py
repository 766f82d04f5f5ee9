"""Looks whether a pin of the outside world passes two flip-flops before anything else sees it.

No simulation shows a missing synchronizer, so this reads the netlist. That of Amaranth is no public interface, which is
why the version in ``pyproject.toml`` has an upper bound and why a test holds that this finds what it should.
"""

from amaranth.hdl import ClockDomain, Fragment, Module, Value
from amaranth.hdl._ir import PortDirection, build_netlist
from amaranth.hdl._nir import AssignmentList, FlipFlop, Net, Operator

__all__ = ["flip_flops_before_logic"]


def flip_flops_before_logic(component, pin):
    """How many flip-flops in a row ``pin`` passes before logic sees it: 0, 1, or 2 for two and more.

    Parameters
    ----------
    component : :class:`amaranth.lib.wiring.Component`
        The design.
    pin : :class:`str`
        Name of one of its inputs, one bit wide.
    """
    m = Module()
    # A reset would stand between a register and what it takes.
    m.domains.sync = ClockDomain(reset_less=True)
    m.submodules.component = component
    ports = {}
    for path, member, value in component.signature.flatten(component):
        direction = PortDirection.Input if member.flow.name == "In" else PortDirection.Output
        ports["__".join(map(str, path))] = (Value.cast(value), direction)
    netlist = build_netlist(Fragment.get(m, None), ports)
    users = _users(netlist)
    (net,) = netlist.signals[Value.cast(getattr(component, pin))]
    nets, passed = {netlist.resolve_net(net)}, 0
    while passed < 2:
        found = [_follow(net, users) for net in nets]
        nets = {at for reached, _ in found for at in reached}
        if any(logic for _, logic in found) or not nets:
            return passed
        passed += 1
    return passed


def _users(netlist):
    """For each net, what it feeds: pairs of a cell with the net that it makes of it."""
    users = {}
    for number, cell in enumerate(netlist.cells):
        if isinstance(cell, FlipFlop):
            edges = [(net, out) for net, out in zip(cell.data, _outputs(number, len(cell.data)), strict=True)]
        elif isinstance(cell, AssignmentList):
            # What is assigned passes as it is; a condition is logic.
            edges = [
                (net, out if net != cond else None)
                for bit, out in enumerate(_outputs(number, len(cell.default)))
                for net, cond in _assigned(cell, bit)
            ]
        elif isinstance(cell, Operator) and cell.operator == "~":
            edges = list(zip(cell.inputs[0], _outputs(number, cell.width), strict=True))
        else:
            edges = [(net, None) for net in cell.input_nets()]
        for net, out in edges:
            users.setdefault(net, []).append((cell, out))
    return users


def _outputs(number, width):
    return [Net.from_cell(number, bit) for bit in range(width)]


def _assigned(cell, bit):
    yield cell.default[bit], None
    for assignment in cell.assignments:
        if assignment.start <= bit < assignment.start + len(assignment.value):
            yield assignment.value[bit - assignment.start], None
            yield assignment.cond, assignment.cond


def _follow(net, users):
    """Outputs of the flip-flops that take this net as it is, and whether anything else looks at it."""
    reached, logic, waiting, seen = set(), False, [net], set()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for cell, out in users.get(at, ()):
            if out is None:
                logic = True
            elif isinstance(cell, FlipFlop):
                reached.add(out)
            else:
                waiting.append(out)
    return reached, logic
