"""What a proof is made of: a component, what is claimed of it, and what is taken for granted about its inputs.

A statement is built by a plain function, which gets an empty :class:`Statement` and the parameters of the component.
"""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from amaranth.back import rtlil
from amaranth.hdl import C, Cat, ClockDomain, Fragment, Instance, Module, Mux, Shape, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

__all__ = ["CANARY", "DIVISORS", "Bug", "Proof", "Statement", "parameters_as_text"]

DIVISORS = ({"divisor": 9}, {"divisor": 16}, {"divisor": 3200})
"""More clocks a bit: the smallest odd number, that of most benches, and 100 MHz."""

CANARY = "must_fail"
"""Name of the assertion that is in every proof and must fail: three clocks never pass."""


@dataclass(frozen=True)
class Bug:
    """A bug to be planted: in the module of ``component``, the text ``right`` becomes ``wrong``.

    It shows within ``reach`` steps from reset, or within those of the proof that it belongs to. If it is ``guided``, it
    is looked for first where the lemmas hold; one that breaks a lemma long before a claim is found sooner without.
    """

    component: type
    right: str
    wrong: str
    reach: int | None = None
    guided: bool = True

    @property
    def broken(self):
        """The module with the bug."""
        module = sys.modules[self.component.__module__]
        source = inspect.getsource(module)
        if self.right not in source:
            raise ValueError(f"{module.__name__} must contain {self.right!r} for this bug to be planted")
        spec = importlib.util.spec_from_loader("broken", loader=None)
        broken = importlib.util.module_from_spec(spec)
        exec(compile(source.replace(self.right, self.wrong), f"{module.__file__} with a bug", "exec"), broken.__dict__)
        return broken


@dataclass(frozen=True)
class Proof:
    """A statement and how it is proved.

    Parameters
    ----------
    name : :class:`str`
        What it is called on the command line; begins with the stage's name.
    components : tuple of component classes
        What it is a proof of.
    state : function
        Called as ``state(statement, **parameters)``: makes the component and says what is claimed.
    parameters : mapping
        Those that it is proved with, such as ``divisor=384``.
    small : mapping
        The same, and those with which the covers are reached and the planted bugs are found, from reset.
    also : tuple of mappings
        More that it is proved with.
    depth : :class:`int`
        Steps of the induction.
    reach : :class:`int`
        Steps from reset in which all covers are reached with ``small``, and all planted bugs show.
    planted : mapping
        A :class:`Bug` by what is wrong; each must give a counterexample.
    """

    name: str
    components: tuple
    state: Callable
    parameters: Mapping
    small: Mapping
    depth: int = 1
    reach: int = 20
    planted: Mapping = field(default_factory=dict)
    also: tuple = ()

    @property
    def variants(self):
        """All parameters that it is proved with."""
        found = []
        for parameters in (self.parameters, self.small, *self.also):
            if dict(parameters) not in found:
                found.append(dict(parameters))
        return found

    @property
    def variants_as_text(self):
        """The same for people."""
        return "; ".join(map(parameters_as_text, self.variants))

    def statement(self, parameters, bug=None):
        """The statement with these parameters, of the components or of a broken one."""
        statement = Statement(bug)
        self.state(statement, **parameters)
        return statement


def parameters_as_text(parameters):
    """Parameters for people, e.g. ``divisor 384``."""
    texts = {key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in parameters.items()}
    return ", ".join(f"{key} {text}" for key, text in texts.items())


class Statement:
    """Collects what is said of a component. ``m`` is the module that it is said in; its clock is the component's.

    Inputs that nothing drives are free, reset among them: whatever is proved holds with a reset at any time.
    """

    def __init__(self, bug=None):
        self.m = Module()
        self.m.domains.sync = self._domain = ClockDomain()
        self.clk, self.rst = self._domain.clk, self._domain.rst
        self.components = []
        self.claims, self.covers, self.premises, self.lemmas = [], [], [], {}
        self._bug = bug
        self._broken = bug and bug.broken
        self._inside = {}
        # A clock that is no port is tied to 0, nothing ever changes, and every claim would hold.
        self._ports = [self.clk, self.rst]
        self._in_reset = C(0)
        self._count = 0

    def component(self, cls, *args, name="component", **options):
        """Construct a component and put it into the design; its inputs become ports."""
        if self._bug and cls.__module__ == self._bug.component.__module__:
            cls = getattr(self._broken, cls.__name__)
        component = cls(*args, **options)
        self.components.append(component)
        self.m.submodules[name] = self._elaborated(component)
        # What is driven elsewhere becomes no input all the same; an output that nothing drives must not become one.
        inputs = (value for _, member, value in component.signature.flatten(component) if member.flow is In)
        self._ports += map(Value.cast, inputs)
        return component

    def _elaborated(self, component):
        # What a component calls its registers is known only to its ``elaborate``; an invariant has to speak of them.
        def listen(frame, event, _):
            names = dict(frame.f_locals) if event == "return" and frame.f_code.co_name == "elaborate" else {}
            if "self" in names and not isinstance(names["self"], (Memory, Module)):
                self._inside[id(names["self"])] = names
                # Each memory gets two more ports: what lies in it can be seen, and nothing else changes.
                for name, memory in frame.f_locals.items():
                    if isinstance(memory, Memory):
                        names[f"{name}_windows"] = [memory.read_port(domain="comb") for _ in range(2)]

        before = sys.getprofile()
        sys.setprofile(listen)
        try:
            return Fragment.get(component, None)
        finally:
            sys.setprofile(before)

    def inside(self, component):
        """What a component that was put into the design, or is part of one, has inside, by the names in its source.

        Of a memory called ``x``, ``x_windows`` are two ports that show any place of it.
        """
        return SimpleNamespace(**self._inside[id(component)])

    def free(self, shape, name):
        """A signal that may be anything in each clock."""
        signal = Signal(shape, name=name)
        self._ports.append(signal)
        return signal

    def constant(self, shape, name):
        """A signal that may be anything but never changes: with a range as its shape, anything in that."""
        signal, chosen = Signal(shape, name=name), Signal(Shape.cast(shape), name=f"{name}_chosen")
        self.m.submodules[name] = Instance("$anyconst", p_WIDTH=len(signal), o_Y=chosen)
        inside = chosen < shape.stop if isinstance(shape, range) else C(1)
        self.m.d.comb += signal.eq(Mux(inside, chosen, 0))
        return signal

    def before(self, value, init=0, name=None, reset_less=False):
        """What the value was in the clock before; ``init`` in the first one after reset, or after power-up only."""
        value = Value.cast(value)
        name = name or f"before_{self._number()}"
        signal = Signal(value.shape(), init=init, name=name, reset_less=reset_less)
        self.m.d.sync += signal.eq(value)
        return signal

    def reset_lasts(self, clocks):
        """Take for granted that reset is high from power-up on, and for so many clocks whenever it is.

        What is claimed is claimed for all clocks but those of reset.
        """
        first = Signal(init=1, reset_less=True, name="power_up")
        before = [Signal(reset_less=True, name=f"reset_before_{n}") for n in range(clocks)]
        self.m.d.sync += [first.eq(0), Cat(before).eq(Cat(self.rst, before))]
        self.premise(
            f"reset is high at power-up, and always for {clocks} clocks or more",
            Mux(first, self.rst, self.rst | ~before[0] | Cat(before).all()),
        )
        self._in_reset = self.rst

    def claim(self, words, condition):
        """Say what must hold in every clock."""
        self._check("$assert", f"claim_{len(self.claims)}", condition)
        self.claims.append(words)

    def lemma(self, *conditions):
        """Say what must hold in every clock so that the claims can be proved: how registers hang together."""
        caller = sys._getframe(1)
        for number, condition in enumerate(conditions):
            name = f"lemma_{len(self.lemmas)}"
            place = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
            self.lemmas[name] = f"lemma {number} of those at {place}"
            self._check("$assert", name, condition)

    def premise(self, words, condition):
        """Say what is taken for granted."""
        self._check("$assume", f"premise_{len(self.premises)}", condition)
        self.premises.append(words)

    def cover(self, words, condition):
        """Say what must be able to happen, or the proof would be empty: that it does not is an assertion to fail."""
        self._check("$assert", f"cover_{len(self.covers)}", ~Value.cast(condition).bool())
        self.covers.append(words)

    def _check(self, kind, name, condition):
        # A signal of its own, so that a trace shows it by name.
        signal = Signal(name=f"{name}_holds")
        excused = self._in_reset if kind == "$assert" else C(0)
        self.m.d.comb += signal.eq(Value.cast(condition).bool() | excused)
        self.m.submodules[name] = Instance(kind, i_A=signal, i_EN=C(1))

    def holds_stream(self, name, stream, about=1):
        """Claim the rules of a stream that the component offers; of its payload, where the claim is ``about`` it."""
        steady, waiting = self._steady(stream, about)
        self.claim(f"{name}: what is offered stays, and does not change, until it is taken", steady)
        self.cover(f"{name}: something waits for a clock and is taken then", waiting & stream.valid & stream.ready)

    def feeds_stream(self, name, stream):
        """Take the rules of a stream that the component is offered for granted."""
        self.premise(
            f"{name}: what is offered stays, and does not change, until it is taken", self._steady(stream, 1)[0]
        )

    def _steady(self, stream, about):
        payload = Value.cast(stream.payload)
        waiting = self.before(stream.valid & ~stream.ready)
        # Whoever resets the component begins anew, too.
        same = (payload == self.before(payload)) | ~Value.cast(about).bool()
        return ~waiting | (stream.valid & same), waiting

    def happened(self, condition):
        """Whether something was in an earlier clock since reset."""
        was = Signal(name=f"happened_{self._number()}")
        with self.m.If(condition):
            self.m.d.sync += was.eq(1)
        return was

    def _number(self):
        self._count += 1
        return self._count

    def since(self, condition, limit, init=None):
        """Clocks since something last was, 1 in the clock after, not counted beyond ``limit``.

        In the clock after reset it is ``init``, by default ``limit``.
        """
        clocks = Signal(range(limit + 1), init=limit if init is None else init, name=f"since_{self._number()}")
        self.m.d.sync += clocks.eq(Mux(condition, 1, Mux(clocks == limit, limit, clocks + 1)))
        self.lemma(clocks <= limit)
        return clocks

    def text(self):
        """The statement in RTLIL, as module ``top``."""
        clocks = Signal(2)
        self.m.d.sync += clocks.eq(Mux(clocks == 3, 3, clocks + 1))
        self._check("$assert", CANARY, clocks != 3)
        text = rtlil.convert(self.m, name="top", ports=self._ports, emit_src=False)
        # Amaranth takes the cells for modules of somebody else.
        return text.replace("cell \\$", "cell $")
