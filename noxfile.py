"""Everything that is done here has a session: ``nox --list``."""

from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
# A session's environment is kept; pip only adds what a change of pyproject.toml asks for.
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests"]

PROJECT = nox.project.load_toml("pyproject.toml")


def install(session, *groups):
    """What the project itself needs, and groups of what its tools need."""
    packages = list(PROJECT["project"]["dependencies"])
    for group in groups:
        packages += nox.project.dependency_groups(PROJECT, group)
    session.install("--quiet", *packages)


def run(session, *command, **options):
    """A program that ends by itself when Ctrl-C comes, and must not be killed while it saves what stands."""
    session.run(*command, interrupt_timeout=None, terminate_timeout=None, **options)


@nox.session
def simulate(session):
    """The main job: play a song through the chip. Options and another FILE after ``--``."""
    install(session)
    report = Path("build", "report.html")
    report.parent.mkdir(exist_ok=True)
    # Of two reports the last one named is written.
    run(session, "python", "-m", "sim", "play", "--report", str(report), *session.posargs)


@nox.session
def sweep(session):
    """How much baud error, distortion, glitches and hops the hardware stands. What, and options, after ``--``."""
    install(session)
    run(session, "python", "-m", "sim", "sweep", *session.posargs)


@nox.session
def chain(session):
    """Sixteen thrus of each kind in a row, 10,000 bytes at full rate; latency per hop, and the hop that fails."""
    install(session)
    run(session, "python", "-m", "tests.chain", *(session.posargs or ("--bytes", "10000")))


@nox.session
def tests(session):
    """All tests, on all cores. Options of pytest after ``--``."""
    install(session, "tests")
    # A file's benches share their runs of the simulator, so a file stays on one core.
    run(session, "pytest", "--numprocesses=auto", "--dist=loadfile", *session.posargs)


@nox.session
def lint(session):
    """Form and likely mistakes."""
    install(session, "lint")
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@nox.session
def bench(session):
    """Logic cells and fmax of every component, and bytes simulated a second. ``--json OUT`` after ``--``."""
    install(session, "synthesis")
    run(session, "python", "-m", "tests.benchmark", *session.posargs)


@nox.session
def conformance(session):
    """Byte streams that four other projects wrote, through the model and the hardware; each deviation with its rule."""
    install(session)
    run(session, "python", "-m", "tests.conformance", *session.posargs)


@nox.session
def verilog(session):
    """A component as Verilog: ``nox -s verilog -- port --clk-freq 12e6 -o port.v``."""
    install(session)
    run(session, "python", "-m", "hdl.verilog", *session.posargs)


@nox.session
def build(session):
    """A design for a board: ``nox -s build -- BOARD [DESIGN]``; ``nox -s build`` lists the boards."""
    install(session, "board")
    run(session, "python", "-m", "board", *(("build", *session.posargs) if session.posargs else ("list",)))


@nox.session
def flash(session):
    """Build it if need be, and flash the board: ``nox -s flash -- BOARD [DESIGN]``."""
    install(session, "board")
    run(session, "python", "-m", "board", "flash", *session.posargs)


@nox.session
def host(session):
    """The computer's end of the interface: ``nox -s host -- connect``, ``record``, ``play`` or ``monitor``."""
    install(session, "host")
    run(session, "python", "-m", "board", "host", *session.posargs)


@nox.session
def soak(session):
    """The interface for long, both ways at once, with a host that stops at random: 100,000 bytes each way."""
    install(session)
    run(session, "python", "-m", "tests.soak", *(session.posargs or ("--bytes", "100000")))


@nox.session
def gates(session):
    """Benches of port, packet port and interface on netlists, placed designs and bitstreams, all their cases."""
    install(session, "board")
    run(session, "python", "-m", "tests.gate_level", *session.posargs)


@nox.session
def formal(session):
    """What is proved of each component, for every input and for all time. Names, and options, after ``--``."""
    install(session, "formal")
    run(session, "python", "-m", "tests.formal", *session.posargs)


@nox.session
def mutation(session):
    """Small faults in the hardware, one at a time: do the benches see them? ``COMPONENT ...``, options after ``--``."""
    install(session, "synthesis")
    run(session, "python", "-m", "tests.mutation", *session.posargs)


@nox.session
def fuzz(session):
    """Rough lines through models and hardware in lock-step: 200,000 bytes, 10,000,000. ``--bytes N`` after ``--``."""
    install(session)
    run(session, "python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def coverage(session):
    """What the benches reach of the hardware and of the protocol, as a page. COMPONENTS and options after ``--``."""
    install(session)
    report = Path("build", "coverage.html")
    report.parent.mkdir(exist_ok=True)
    run(session, "python", "-m", "tests.coverage", "--report", str(report), *session.posargs)


@nox.session
def trust(session):
    """All campaigns anew, which takes hours, and docs/trust.md from what they find. Names of campaigns after ``--``."""
    install(session, "board", "formal")
    run(session, "python", "-m", "docs.trust", "--measure", *session.posargs)


@nox.session
def lab(session):
    """Grade a lab: ``nox -s lab -- 1``, another file ``-- 1 FILE``, a class ``-- all FOLDER --report OUT``."""
    # Lab 7 alone asks a solver.
    install(session, *(("formal",) if session.posargs[:1] in (["7"], ["all"]) else ()))
    # Less than a full grade is no failure of the session.
    run(session, "python", "-m", "tests.lab", *(session.posargs or ("--help",)), success_codes=[0, 1])


@nox.session
def docs(session):
    """The site, in build/site: every waveform and table made anew, every link inside followed."""
    install(session, "circuit", "board", "docs")
    run(session, "python", "-m", "docs.site")
    run(session, "python", "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "build/site-source", "build/site")
    print("build/site/index.html")
