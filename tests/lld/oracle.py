"""The image that ld.lld links from the same objects as `xaprt.link`.

The compiler's object goes in as it is. Entry stub and routines, which the project's linker has as
bytes, go in as an object of LLVM's assembler with the same bytes, symbols and branches; the notes
go in as an object of the bytes that the project's linker wrote. The script asks for the layout of
docs/architecture.md, so that every address has to be the same; only the notes have a segment of
their own, behind the others, as lld makes a PT_NOTE only of what is loaded.
"""

import tempfile
from functools import cache
from io import BytesIO
from pathlib import Path

from elftools.elf.elffile import ELFFile
from xaprt import abi, elf, memory, stub
from xaprt.image import read

from tests.image.support import Part, object_of
from tests.lld.zig import run

NOTES = (".note.xap", ".note.Xen")
"""lld wants to make the third, the build id, itself."""

OPTIONS = (
    "-pie", "--no-dynamic-linker", "--gc-sections", "--fatal-warnings", "--orphan-handling=error",
    # Not what an image may have, and nothing that the script does not say:
    "-z", "max-page-size=4096", "-z", "norelro", "-z", "noexecstack", "--hash-style=gnu",
    # The project's linker neither merges equal constants nor rewrites instructions.
    "-O0", "--no-relax",
    # By default the addresses of code that is left out become 0, which in an image is that of
    # its entry, and 1 in these lists.
    *(f"-zdead-reloc-in-nonalloc={sections}={value & (1 << 64) - 1}"
      for sections, value in ((".debug_*", -1), (".debug_ranges", -2), (".debug_loc", -2))),
)  # fmt: skip

# By flags, not by names: of state that is never written LLVM makes a constant, and calls it .data.
SCRIPT = """
ENTRY(_start)
PHDRS {
    text PT_LOAD FLAGS(5); constants PT_LOAD FLAGS(4); state PT_LOAD FLAGS(6);
    notes PT_LOAD FLAGS(4); note PT_NOTE FLAGS(4); stack PT_GNU_STACK FLAGS(6);
}
SECTIONS {
    /DISCARD/ : {
        *(.eh_frame) *(.note.GNU-stack) *(.note.gnu.property)
        *(.dynamic) *(.dynsym) *(.dynstr) *(.gnu.hash)
    }
    . = 0;
    .text : {
        *runtime.o(.text._start)
        INPUT_SECTION_FLAGS(SHF_EXECINSTR) *app.o(*)
        *runtime.o(SORT_BY_NAME(.text.*))
    } :text
    . = ALIGN(4096);
    .rodata : {
        INPUT_SECTION_FLAGS(SHF_ALLOC & !SHF_WRITE & !SHF_EXECINSTR) *app.o(*)
    } :constants
    . = ALIGN(4096);
    .data : { INPUT_SECTION_FLAGS(SHF_WRITE) *app.o(.data .data.*) } :state
    .bss : { INPUT_SECTION_FLAGS(SHF_WRITE) *app.o(.bss .bss.*) } :state
    . = ALIGN(4096);
    .note.xap : { *(.note.xap) } :notes :note
    .note.Xen : { *(.note.Xen) } :notes :note
    .note.gnu.build-id : { *(.note.gnu.build-id) } :notes :note
    .comment 0 : { *(.comment) }
    .symtab 0 : { *(.symtab) }
    .strtab 0 : { *(.strtab) }
    .shstrtab 0 : { *(.shstrtab) }
DEBUG}
"""
_DWARF = """abbrev addr aranges frame info line line_str loc loclists names ranges rnglists str
str_offsets"""
DEBUG = "".join(f"    .debug_{name} 0 : {{ *(.debug_{name}) }}\n" for name in _DWARF.split())


def link(object: bytes, ours: bytes) -> bytes:
    """`ours` is the image of the project's linker; its notes are used. Raises ToolError."""
    with tempfile.TemporaryDirectory(prefix="lld-") as name:
        folder = Path(name)
        app, runtime, notes = (folder / f"{part}.o" for part in ("app", "runtime", "notes"))
        app.write_bytes(object)
        runtime.write_bytes(_runtime(_entry(object)))
        notes.write_bytes(_notes(ours))
        script, image = folder / "app.ld", folder / "app.elf"
        script.write_text(SCRIPT.replace("DEBUG", DEBUG))
        build_id = f"--build-id=0x{read(ours).build_id}"
        run("ld.lld", *OPTIONS, build_id, "-T", script, runtime, app, notes, "-o", image)
        return image.read_bytes()


def _entry(object: bytes) -> str:
    symbols = ELFFile(BytesIO(object)).get_section_by_name(".symtab")
    [entry] = [
        name
        for name in stub.STARTS
        for symbol in symbols.get_symbol_by_name(name) or ()
        if symbol["st_shndx"] != "SHN_UNDEF"
    ]
    return entry


def _notes(image: bytes) -> bytes:
    file = ELFFile(BytesIO(image))
    return object_of(
        [
            Part(name, file.get_section_by_name(name).data(), elf.SHF_ALLOC, elf.SHT_NOTE)
            for name in NOTES
        ],
        [],
    )


# --- the runtime ------------------------------------------------------------------------------


@cache
def _runtime(entry: str) -> bytes:
    """All of it; what the app does not reach is the linker's to leave out."""
    names = [f"xap_sys_{number.name.lower()}" for number in abi.Syscall]
    routines = [stub.routine(name) for name in (*names, "xap_return8", *memory.SOURCES)]
    text = [_assembly(stub.start(entry))]
    text += [_assembly(routine) for routine in routines if routine is not None]
    with tempfile.TemporaryDirectory(prefix="lld-") as name:
        source, made = Path(name, "runtime.s"), Path(name, "runtime.o")
        source.write_text("".join(text))
        run("clang", "--target=aarch64-none-elf", "-c", source, "-o", made)
        return made.read_bytes()


def _assembly(routine: stub.Routine) -> str:
    name, branches = routine.name, dict(routine.branches)
    lines = [f'.section .text.{name}, "ax"', f".global {name}", f".type {name}, %function"]
    lines.append(f"{name}:")
    for offset in range(0, len(routine.code), 4):
        word = int.from_bytes(routine.code[offset : offset + 4], "little")
        if offset in branches:
            lines.append(f"{'bl' if word >> 31 else 'b'} {branches[offset]}")
        else:
            lines.append(f".inst {word:#010x}")
    lines.append(f".size {name}, . - {name}")
    return "\n".join([*lines, ""])
