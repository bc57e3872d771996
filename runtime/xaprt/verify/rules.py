"""The rules that an image is held to, and what is said when one is broken."""

from enum import Enum


class Rule(Enum):
    """Identifier (stable: tools may match on it), clause of ABI.md, meaning."""

    IMAGE = ("image", "1", "the ELF file, its notes and its manifest are whole and within limits")
    ROUTE = ("route", "4.2", "no route takes identifiers that are the hypervisor's own")

    ENTRY = ("entry", "1.3", "the entry point is an instruction of the text")
    PRIVILEGED = ("privileged", "1.2", "no instruction needs more than EL0")
    INDIRECT = ("indirect-branch", "1.3", "no indirect branch but `ret`: the stack bound is proven")
    FP_SIMD = ("fp-simd", "1.2", "general registers only")
    EXCLUSIVE = ("exclusive", "1.2", "no exclusives")
    ATOMIC = ("atomic", "1.2", "no atomic read-modify-write: memory may be Device-typed")
    WAIT = ("wait", "1.2", "no WFI, WFE, nor the events that WFE waits for")
    COUNTER = ("counter", "1.2", "no counter, timer or performance monitor")
    CACHE = ("cache", "1.2", "no cache maintenance, prefetch or cache geometry")
    DEBUG = ("debug", "1.2", "no debug, trace or profiling instruction")
    EXTENSION = ("extension", "1.2", "no instruction that Armv8.0-A does not have")
    UNALLOCATED = ("unallocated", "1.2", "every word of the text is an instruction of Armv8.0-A")
    UNPREDICTABLE = ("unpredictable", "1.2", "no encoding that is CONSTRAINED UNPREDICTABLE")
    SVC = ("svc", "3", "system calls are `svc #0`")
    BRK = ("brk", "5.1", "`brk` is #(0x5500 | reason) of a known reason")

    BRANCH = ("branch", "1.1", "branches go to instructions of the text")
    FALL_OFF = ("fall-off", "1.1", "control does not run off the text or into padding")
    RECURSION = ("recursion", "1.3", "the call graph has no cycle")
    ENTRY_RETURN = ("entry-return", "2.2", "the entry point, which has no caller, does not return")
    RETURN_ADDRESS = ("return-address", "1.3", "`ret` finds the return address of its function")
    EFFORT = ("effort", "1.4", "the proof ends within bounds on time and depth")

    SP_UNKNOWN = ("sp-unknown", "1.3", "the stack pointer is known wherever it is used")
    SP_UNBALANCED = ("sp-unbalanced", "1.3", "a function returns with the stack pointer it got")
    SP_ALIGNED = ("sp-aligned", "1.2", "the stack pointer is 16-byte aligned at accesses and calls")
    BELOW_SP = ("below-sp", "1.3", "nothing is accessed below the stack pointer")
    ABOVE_STACK = ("above-stack", "2.1", "nothing is accessed above the top of the stack")
    STACK_BOUND = ("stack-bound", "1.3", "the stack bound is within the manifest's")

    MISALIGNED = ("misaligned", "1.2", "accesses are aligned to their size")
    ADDRESS = ("address", "1.1", "constant addresses lie inside the image, written ones in state")

    def __init__(self, identifier: str, clause: str, meaning: str) -> None:
        self.identifier = identifier
        self.clause = clause
        self.meaning = meaning


class Refusal(ValueError):
    """The image is refused. `str()` is one line; the parts are None where they do not apply.

    `address` is relative to the image; `word` is the instruction there and `mnemonic` its name;
    `function` comes from a symbol of the image, which nobody vouches for.
    """

    def __init__(
        self,
        rule: Rule,
        detail: str,
        address: int | None = None,
        *,
        word: int | None = None,
        mnemonic: str | None = None,
        function: str | None = None,
        line: str | None = None,
    ) -> None:
        super().__init__(rule, detail, address)
        self.rule = rule
        self.detail = detail
        self.address = address
        self.word = word
        self.mnemonic = mnemonic
        self.function = function
        self.line = line

    def __str__(self) -> str:
        rule = self.rule
        broken = f"[{rule.identifier}: {rule.meaning}, ABI.md {rule.clause}]"
        return f"{self._place()}{self.detail} {broken}"

    def _place(self) -> str:
        if self.address is None:
            return ""
        place = f"{self.address:#x}"
        if self.function is not None:
            place += f" in {self.function}"
        if self.line is not None:
            place += f" ({self.line})"
        if self.word is not None:
            place += f": {self.word:08x} {self.mnemonic}"
        return place + ": "
