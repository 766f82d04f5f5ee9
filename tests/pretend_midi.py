"""A sound system for mido that is not there: each port is a list of messages."""

from mido import ports

__all__ = ["PORTS", "Input", "Output", "get_devices"]

PORTS = {"Keyboard in": [], "Synth in": []}
"""Messages that wait at each input and were sent to each output."""


def get_devices(**_):
    """What mido asks for the names."""
    return [
        {"name": "Keyboard in", "is_input": True, "is_output": True},
        {"name": "Synth in", "is_input": True, "is_output": True},
    ]


class Input(ports.BaseInput):
    """An input whose messages a test has put into :data:`PORTS`."""

    def _open(self, virtual=False, **_):
        if virtual:
            PORTS.setdefault(self.name, [])

    def _receive(self, block=True):
        waiting = PORTS[self.name]
        return waiting.pop(0) if waiting else None


class Output(ports.BaseOutput):
    """An output that keeps what is sent to it under its name and ``out``."""

    def _open(self, virtual=False, **_):
        PORTS[f"{self.name} out"] = []

    def _send(self, message):
        PORTS[f"{self.name} out"].append(message)
