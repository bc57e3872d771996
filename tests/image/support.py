"""Objects to link (by LLVM, and by hand), and a bare processor to run images on."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import llvmlite.binding as llvm
from unicorn import (
    UC_ARCH_ARM64,
    UC_HOOK_CODE,
    UC_HOOK_INTR,
    UC_HOOK_MEM_READ,
    UC_HOOK_MEM_WRITE,
    UC_MODE_ARM,
    UC_PROT_EXEC,
    UC_PROT_READ,
    UC_PROT_WRITE,
    Uc,
)
from unicorn import arm64_const as reg
from xaprt import abi, elf, image
from xaprt.manifest import Manifest, Need, Route

FID = 0xC600_0001
APP = Manifest(
    abi_version=abi.VERSION,
    entry=0,
    uuid=bytes(range(16)),
    name="plain",
    app_version=(1, 2, 3),
    stack_bytes=0,
    routes=(Route(abi.RouteKind.SMC, FID, FID, abi.RouteFlag.NONE),),
    needs=(),
    instances=abi.Instances.SHARED,
    restart_limit=0,
    budget_us=0,
    build_id=b"",
)
COMPLETE = replace(APP, build_id=b"\x12\x34", needs=(Need(abi.NeedKind.TIMER, ()),))

# --- LLVM ------------------------------------------------------------------------------------

ATTRIBUTES = 'noinline nounwind uwtable "frame-pointer"="non-leaf" "disable-tail-calls"="true"'
FIVE = "{ i64, i64, i64, i64, i64 }"


@cache
def compiled(text: str, *, optimize: bool = False) -> bytes:
    """The object that LLVM makes of a module, as the compiler asks for it."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("aarch64-none-elf").create_target_machine(
        cpu="generic",
        features="-neon,-fp-armv8,+strict-align",
        opt=2,
        reloc="pic",
        codemodel="small",
    )
    module = llvm.parse_assembly(f'target triple = "aarch64-none-elf"\n{text}')
    module.verify()
    if optimize:
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def function(name: str, body: str, params: str = "", result: str = "i64") -> str:
    linkage = "" if name.startswith("xap_entry") else "internal "
    return (
        f'define {linkage}{result} @"{name}"({params}) {ATTRIBUTES} '
        f'section ".text.{name}" align 4 {{\n{body}\n}}\n'
    )


def entry(body: str, *, count: int = 8, values: Sequence[str] = ("0",) * 5) -> str:
    """`xap_entry` that ends with `values` in x0..x4."""
    made = "poison"
    lines = [body]
    for number, value in enumerate(values):
        lines.append(f"%end{number} = insertvalue {FIVE} {made}, i64 {value}, {number}")
        made = f"%end{number}"
    lines.append(f"ret {FIVE} {made}")
    name = "xap_entry" if count == 8 else "xap_entry9"
    params = ", ".join(f"i64 %x{n}" for n in range(count))
    return function(name, "\n".join(lines), params, FIVE)


# --- objects by hand -------------------------------------------------------------------------

TEXT = elf.SHF_ALLOC | elf.SHF_EXECINSTR
RET = 0xD65F03C0
BRK = 0xD420_0000 | (abi.BRK_CHECK | abi.Reason.PANIC) << 5


@dataclass
class Part:
    """A section to be; `relocations` are (offset, type, symbol, addend)."""

    name: str
    data: bytes = b""
    flags: int = TEXT
    type: int = elf.SHT_PROGBITS
    align: int = 4
    relocations: Sequence[tuple[int, int, str, int]] = ()


@dataclass
class Label:
    """A symbol to be: of a section by its name, of a reserved index, or undefined."""

    name: str
    section: str | int = ""
    value: int = 0
    size: int = 4
    type: int = elf.STT_FUNC
    binding: int = elf.STB_GLOBAL


def words(*code: int) -> bytes:
    return struct.pack(f"<{len(code)}I", *code)


def object_of(parts: Sequence[Part], labels: Sequence[Label]) -> bytes:
    """A relocatable object. Symbols of relocations that have no label are undefined."""
    labels = sorted(labels, key=lambda label: label.binding)
    known = {label.name for label in labels}
    wanted = dict.fromkeys(name for part in parts for _, _, name, _ in part.relocations)
    labels += [Label(name, type=0) for name in wanted if name not in known]
    numbers = {part.name: n for n, part in enumerate(parts, 1)}
    index = {label.name: n for n, label in enumerate(labels, 1)}
    strings, symbols = b"\0", bytes(elf.SYM.size)
    for label in labels:
        where = numbers[label.section] if isinstance(label.section, str) and label.section else 0
        where = label.section if isinstance(label.section, int) else where
        info = label.binding << 4 | label.type
        symbols += elf.SYM.pack(len(strings), info, 0, where, label.value, label.size)
        strings += label.name.encode() + b"\0"
    sections = [("", 0, 0, b"", 0, 0, 0)]
    sections += [(p.name, p.type, p.flags, p.data, p.align, 0, 0) for p in parts]
    table, local = len(parts) + 1, 1 + sum(label.binding == 0 for label in labels)
    sections.append((".symtab", elf.SHT_SYMTAB, 0, symbols, 8, table + 1, local))
    sections.append((".strtab", elf.SHT_STRTAB, 0, strings, 1, 0, 0))
    for part in parts:
        if part.relocations:
            made = b"".join(
                elf.RELA.pack(at, index[name] << 32 | type_, addend)
                for at, type_, name, addend in part.relocations
            )
            name = f".rela{part.name}"
            sections.append((name, elf.SHT_RELA, 0, made, 8, table, numbers[part.name]))
    names = b"\0" + b"".join(s[0].encode() + b"\0" for s in sections) + b".shstrtab\0"
    sections.append((".shstrtab", elf.SHT_STRTAB, 0, names, 1, 0, 0))
    file, headers = bytearray(elf.EHDR.size), b""
    for name, type_, flags, data, align, link, info in sections:
        file += bytes(-len(file) % (align or 1))
        at = names.index(b"\0" + name.encode() + b"\0") + 1 if name else 0
        entry_size = {elf.SHT_SYMTAB: elf.SYM.size, elf.SHT_RELA: elf.RELA.size}.get(type_, 0)
        headers += elf.SHDR.pack(
            at, type_, flags, 0, len(file), len(data), link, info, align, entry_size
        )
        file += data
    file[: elf.EHDR.size] = elf.EHDR.pack(
        elf.IDENT, elf.ET_REL, elf.EM_AARCH64, 1, 0, 0, len(file), 0, 64, 0, 0, 64,
        len(sections), len(sections) - 1,
    )  # fmt: skip
    return bytes(file) + headers


def entry_of(code: bytes, *relocations: tuple[int, int, str, int]) -> tuple[Part, Label]:
    """`xap_entry` made of these instructions."""
    part = Part(".text.xap_entry", code, relocations=relocations)
    return part, Label("xap_entry", part.name, size=len(code))


# --- a processor -----------------------------------------------------------------------------

X = [getattr(reg, f"UC_ARM64_REG_X{n}") for n in range(31)]
STACK_TOP = 0x7000_0000


@dataclass
class Run:
    """What was seen until system call 0. `calls`: number and x0..x7 of the others."""

    registers: list[int]
    instructions: int
    depth: int
    calls: list[tuple[int, list[int]]] = field(default_factory=list)


class Processor:
    """An image mapped at `base`; it checks that every access is aligned."""

    def __init__(self, data: bytes, base: int) -> None:
        self.image = image.read(data)
        self.base = base
        self.uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
        for segment in self.image.segments:
            rights = UC_PROT_READ
            rights |= UC_PROT_WRITE if segment.writable else 0
            rights |= UC_PROT_EXEC if segment.executable else 0
            self.uc.mem_map(base + segment.address, segment.size, rights)
            self.uc.mem_write(base + segment.address, segment.bytes_)
        self.uc.mem_map(STACK_TOP - abi.MAX_STACK_BYTES, abi.MAX_STACK_BYTES)
        self.uc.hook_add(UC_HOOK_INTR, self._interrupt)
        self.uc.hook_add(UC_HOOK_CODE, self._step)
        self.uc.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, require_aligned)

    def call(self, *arguments: int, answer: Sequence[int] = ()) -> Run:
        """`answer`: what x0.. hold after a system call other than 0."""
        for register, value in zip(X, [*arguments, *[0] * 31], strict=False):
            self.uc.reg_write(register, value)
        self.uc.reg_write(reg.UC_ARM64_REG_SP, STACK_TOP)
        self._answer = answer
        self._run = Run([], 0, 0)
        self.uc.emu_start(self.base + self.image.entry, 0)
        self._run.registers = [self.uc.reg_read(x) for x in X]
        return self._run

    def _interrupt(self, uc: Uc, number: int, _: object) -> None:
        assert number == 2, f"exception {number} at {uc.reg_read(reg.UC_ARM64_REG_PC):#x}"
        if uc.reg_read(X[8]) == abi.Syscall.RETURN:
            uc.emu_stop()
            return
        values = [uc.reg_read(x) for x in X[:9]]
        self._run.calls.append((values[8], values[:8]))
        for register, value in zip(X, self._answer, strict=False):
            uc.reg_write(register, value)

    def _step(self, uc: Uc, address: int, size: int, _: object) -> None:
        self._run.instructions += 1
        depth = STACK_TOP - uc.reg_read(reg.UC_ARM64_REG_SP)
        self._run.depth = max(self._run.depth, depth)


def require_aligned(uc: Uc, access: int, address: int, size: int, value: int, _: object) -> None:
    assert address % size == 0, f"{size} bytes at {address:#x}"
