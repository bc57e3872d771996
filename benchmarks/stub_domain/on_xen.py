"""`python -m benchmarks.stub_domain.on_xen XEN`: what a switch of vCPUs costs on real Xen.

XEN is an arm64 image of Xen (Debian: /boot/xen-4.17-arm64 of xen-hypervisor-4.17-arm64). Needs
qemu-system-aarch64 and dtc. Two guests of a few instructions run on one CPU without a dom0, and
one of them counts: with `-icount shift=0` a nanosecond of the timer is an instruction.
"""

import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xap_harness.emulator.assembler import assemble, load_immediate

ROUNDS = 4096
NS_PER_TICK = 16
"""Of QEMU's timer: 62.5 MHz."""

RAM = 0x4000_0000
"""Where Xen loads an image of a guest, and the guest's RAM."""
HEADER = 64
DATA = RAM + 0x8000
SHARED_INFO = 0x4800_0000
"""Where the guest asks for it: outside of its RAM."""
PENDING, MASK = SHARED_INFO + 48, SHARED_INFO + 48 + 512
"""Of event channels, the first 64 (public/xen.h, with one vCPU in `shared_info`)."""

HYPERCALL = "hvc #0xea1"
YIELD = f"mov x0, #0; mov x16, #29; {HYPERCALL};"
PLAIN_SMC = "mov x0, #0x84000000; smc #0;"

# SCHEDOP_yield 0, SCHEDOP_poll 3; EVTCHNOP_send 4; XENMEM_add_to_physmap 7 (public/*.h).
DATA_BYTES = struct.pack("<QQIIQ", 0, DATA, 1, 0, 0)  # port; sched_poll: ports, nr, timeout
PHYSMAP = struct.pack("<HHIQQ", 0x7FF0, 0, 0, 0, SHARED_INFO >> 12)  # DOMID_SELF, shared_info
EXIT = struct.pack("<QQ", 0x20026, 0)
DATA_EXIT, DATA_CHARACTER, DATA_PHYSMAP = DATA + 64, DATA + 80, DATA + 96


@dataclass(frozen=True)
class Pair:
    """Two guests: `counts` is the loop that the first one counts, `other` the whole second."""

    what: str
    counts: str
    other: str
    setup: str = ""


def _wait(port: int, label: str) -> str:
    """Until the event channel is pending, which then it is no more."""
    return f"""
        b {label}_look
    {label}:
        mov x0, #3
        {load_immediate("x1", DATA + 8)}
        mov x16, #29
        {HYPERCALL}
    {label}_look:
        {load_immediate("x9", PENDING)}
        ldr x10, [x9]
        tbz x10, #{port}, {label}
        mov x11, #{1 << port}
    {label}_clear:
        ldxr x10, [x9]
        bic x10, x10, x11
        stxr w12, x10, [x9]
        cbnz w12, {label}_clear
    """


_SEND = f"mov x0, #4; {load_immediate('x1', DATA)}; mov x16, #32; {HYPERCALL};"


def _events(port: int) -> str:
    """The shared page, the channel masked there (it is only polled), and its number."""
    return f"""
        mov x0, #7
        {load_immediate("x1", DATA_PHYSMAP)}
        mov x16, #12
        {HYPERCALL}
        {load_immediate("x9", MASK)}
        mov x10, #{1 << port}
        str x10, [x9]
        {load_immediate("x9", DATA)}
        mov w10, #{port}
        str w10, [x9]
    """


ASKS, ANSWERS = 10, 11
PAIRS = (
    Pair("an SMC that Xen answers", PLAIN_SMC, "idle: wfi; b idle;"),
    Pair("a yield to the other domain and back", YIELD, f"again: {YIELD} b again;"),
    Pair(
        "an event channel to the other domain and one back",
        _SEND + _wait(ASKS, "wait"),
        f"{_events(ANSWERS)} again: {_wait(ANSWERS, 'wait')} {_SEND} b again;",
        _events(ASKS),
    ),
)


def counting(pair: Pair) -> str:
    """Prints what ROUNDS take, in ticks and hexadecimal, and ends QEMU by semihosting."""
    return f"""
        {pair.setup}
        mov x19, #{ROUNDS}
        isb
        mrs x21, cntvct_el0
    again:
        {pair.counts}
        subs x19, x19, #1
        b.ne again
        isb
        mrs x22, cntvct_el0
        sub x21, x22, x21
        {load_immediate("x24", DATA_CHARACTER)}
        mov x23, #28
    digit:
        lsr x2, x21, x23
        and x2, x2, #15
        add x3, x2, #48
        add x4, x2, #87
        cmp x2, #10
        csel x2, x3, x4, lo
        strb w2, [x24]
        mov x0, #3
        mov x1, x24
        hlt #0xf000
        subs x23, x23, #4
        b.ge digit
        mov x0, #0x18
        {load_immediate("x1", DATA_EXIT)}
        hlt #0xf000
    """


def image(source: str) -> bytes:
    """With the header of an arm64 Linux image, which Xen looks for."""
    branch = 0x1400_0000 | HEADER // 4
    header = struct.pack("<II6Q4sI", branch, 0, 0, 0x10000, 0xA, 0, 0, 0, b"ARM\x64", 0)
    code = (header + assemble(source, RAM + HEADER)).ljust(DATA - RAM, b"\0")
    return code + (DATA_BYTES.ljust(64, b"\0") + EXIT + bytes(16) + PHYSMAP)


# --- Xen in QEMU ----------------------------------------------------------------------------


MACHINE = ["-M", "virt,virtualization=on,gic-version=3", "-cpu", "cortex-a57", "-m", "1G",
           "-nic", "none", "-display", "none"]  # fmt: skip
MODULES = (0x5000_0000, 0x5100_0000)
NAMES = ("first", "second")


def device_tree(folder: Path, scheduler: str) -> Path:
    """QEMU's own, with the two domains and an event channel between them."""
    base, source, tree = (folder / name for name in ("base.dtb", "tree.dts", "tree.dtb"))
    dump = [*MACHINE, "-machine", f"dumpdtb={base}"]
    subprocess.run(["qemu-system-aarch64", *dump], check=True, capture_output=True)
    subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", "-o", source, base], check=True)
    domains = "".join(
        f"""{name} {{
            compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>;
            memory = <0 0x8000>; cpus = <1>;
            module@{address:x} {{
                compatible = "multiboot,kernel", "multiboot,module";
                reg = <0 {address:#x} 0 0x10000>;
            }};
            {name}_channel: evtchn {{
                compatible = "xen,evtchn-v1"; xen,evtchn = <{port} &{other}_channel>;
            }};
        }};"""
        for name, other, address, port in zip(
            NAMES, reversed(NAMES), MODULES, (ASKS, ANSWERS), strict=True
        )
    )
    arguments = f"console=dtuart dtuart=/pl011@9000000 maxcpus=1 sched={scheduler}"
    chosen = f"""chosen {{
        #address-cells = <2>; #size-cells = <2>; xen,xen-bootargs = "{arguments}";
        {domains}
    }};"""
    text = re.sub(r"chosen \{.*?\};", lambda _: chosen, source.read_text(), flags=re.DOTALL)
    source.write_text(text)
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree, source], check=True)
    return tree


def measure(xen: Path, pair: Pair, scheduler: str) -> float:
    """Instructions of one round, those of the loop included. Raises RuntimeError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = ["qemu-system-aarch64", *MACHINE, "-serial", "file:/dev/null", "-monitor",
                   "none", "-no-reboot", "-semihosting-config", "enable=on,chardev=out", "-chardev",
                   f"file,id=out,path={folder / 'out'}", "-icount", "shift=0,sleep=off",
                   "-kernel", str(xen), "-dtb", str(device_tree(folder, scheduler))]  # fmt: skip
        for source, address in zip((counting(pair), pair.other), MODULES, strict=True):
            file = folder / f"{address:x}"
            file.write_bytes(image(source))
            command += ["-device", f"loader,file={file},addr={address:#x},force-raw=on"]
        subprocess.run(command, check=True, timeout=300, stdin=subprocess.DEVNULL)
        printed = (folder / "out").read_text()
    if not re.fullmatch("[0-9a-f]{8}", printed):
        raise RuntimeError(f"the guest printed {printed!r}")
    return int(printed, 16) * NS_PER_TICK / ROUNDS


def main(argv: Sequence[str]) -> int:
    missing = [tool for tool in ("qemu-system-aarch64", "dtc") if shutil.which(tool) is None]
    if len(argv) != 1 or missing:
        print(f"usage: python -m benchmarks.stub_domain.on_xen XEN; not found: {missing}")
        return 1
    print("| one round, in instructions | credit | credit2 |\n|---|---:|---:|")
    for pair in PAIRS:
        counts = (measure(Path(argv[0]), pair, scheduler) for scheduler in ("credit", "credit2"))
        print(f"| {pair.what} | {' | '.join(f'{count:.0f}' for count in counts)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
