"""What clang makes of C, at -O0 and -O2: apps to link, and what an image cannot hold."""

from dataclasses import dataclass
from pathlib import Path

from tests.lld.zig import run

LEVELS = ("-O0", "-O2")
_FLAGS = (
    "-ffreestanding", "-fPIE", "-fvisibility=hidden", "-mgeneral-regs-only", "-mstrict-align",
    "-mno-outline-atomics", "-ffunction-sections", "-fdata-sections", "-fno-jump-tables",
)  # fmt: skip
_HEAD = """
typedef unsigned long u64;
typedef unsigned int u32;
#ifdef __cplusplus
extern "C" {
#define _Noreturn __attribute__((noreturn))
#endif
_Noreturn void xap_sys_return(u64 status, u64 r0, u64 r1, u64 r2, u64 r3);
u64 xap_sys_log(const char *text, u64 size, u64 level);
__attribute__((visibility("default"))) _Noreturn void xap_entry(u64 code, u64 a, u64 b, u64 c);
#ifdef __cplusplus
}
#endif
#define NOINLINE __attribute__((noinline))
"""


@dataclass(frozen=True)
class Source:
    """`body` is an expression of the arguments a, b, c that is the answer."""

    text: str
    body: str
    flags: tuple[str, ...] = ()
    refused: str = ""
    """What the project's linker says of it, a pattern; nothing if it links it."""

    @property
    def whole(self) -> str:
        entry = f"""
void xap_entry(u64 code, u64 a, u64 b, u64 c) {{
    xap_sys_return(0, (u64)({self.body}), 0, 0, 0);
}}
"""
        return _HEAD + self.text + entry


def compiled(source: Source, level: str, folder: Path) -> bytes:
    """The object. Raises ToolError."""
    language = "c++" if "c++" in source.flags else "c"
    text, made = folder / f"app.{language}", folder / "app.o"
    text.write_text(source.whole)
    run(
        "clang", "--target=aarch64-linux-gnu", *_FLAGS, level, *source.flags, "-c", text, "-o", made
    )  # fmt: skip
    return made.read_bytes()


_POINTER = "absolute address of .* would need a relocation by the loader"

LINKED = {
    "state": Source(
        "static u64 count = 5; static u64 zeroed[9];"
        "static const unsigned short table[4] = {7, 9, 11, 13};",
        "(count += a, zeroed[b & 7] += count, zeroed[a & 7] * table[c & 3])",
    ),
    "every width": Source(
        "static unsigned char b1[3]; static unsigned short b2[3]; static u32 b4[3];"
        "static u64 b8[3]; static signed char s1[3] = {-1}; static int s4[2] = {-7, 7};",
        "(b1[1] += a) + (b2[1] += b) + (b4[1] += c) + (b8[1] += a) + s1[0] + s4[c & 1]",
    ),
    "calls": Source(
        "NOINLINE static u64 twice(u64 x) { return 2 * x; }"
        "NOINLINE static u64 both(u64 x, u64 y) { return twice(x) - twice(y) + 1; }",
        "both(a, b) ^ twice(c)",
    ),
    "memory routines": Source(
        "struct Big { u64 words[40]; }; static struct Big one, other;"
        "NOINLINE static u64 copy(u64 x) { other = one; one.words[x % 40] += x;"
        " struct Big local = one; __builtin_memset(&one, x & 1, sizeof one);"
        " return local.words[x % 40] + other.words[3]; }",
        "copy(a) + copy(b)",
    ),
    "strings": Source(
        'NOINLINE static u64 say(const char *text) { return xap_sys_log(text, 5, 2); }',
        'say("first") + say("other") + say("rst")',
    ),
    "distances in data": Source(
        "static u64 here = 3; __attribute__((visibility(\"hidden\"))) extern const int to_here[];"
        "__asm__("
        '".section .rodata.to_here, \\"a\\"; .balign 8; to_here: .word here - ., 0;"'
        '".quad here - . + 8; .previous");'
        "static u64 *found(void) { return (u64 *)((const char *)to_here + to_here[0]); }",
        "*found() + a + (here += b)",
    ),
    "without pic": Source("u64 shared = 4;", "shared += a", ("-fno-pic", "-fno-pie")),
    "tiny code": Source("static u64 near[8] = {1};", "near[a & 7] += b", ("-mcmodel=tiny",)),
    "aliases and weak": Source(
        "NOINLINE u64 one(u64 x) { return x + 1; }"
        'u64 same(u64 x) __attribute__((alias("one")));'
        "__attribute__((weak)) NOINLINE u64 may(u64 x) { return x * 3; }",
        "same(a) + one(b) + may(c)",
    ),
    "branch protection": Source(
        "NOINLINE static u64 twice(u64 x) { return 2 * x; }"
        "NOINLINE static u64 both(u64 x) { return twice(x) - 1; }",
        "both(a)",
        ("-mbranch-protection=bti",),
    ),
    "lines, DWARF 4": Source("NOINLINE static u64 f(u64 x) { return x / 3; }"
                             "u64 dead(u64 x) { return x; }", "f(a)", ("-gdwarf-4",)),
    "lines, DWARF 5": Source("NOINLINE static u64 f(u64 x) { return x / 3; }"
                             "u64 dead(u64 x) { return x; }", "f(a)", ("-gdwarf-5",)),
}  # fmt: skip

REFUSED = {
    "got": Source(
        '__attribute__((visibility("default"))) u64 shared;', "shared += a", ("-fPIC",),
        "cannot resolve R_AARCH64_(ADR_GOT_PAGE|LD64_GOT_LO12_NC)",
    ),
    "got, tiny": Source(
        '__attribute__((visibility("default"))) u64 shared;', "shared += a",
        ("-fPIC", "-mcmodel=tiny"), "cannot resolve R_AARCH64_GOT_LD_PREL19",
    ),
    "large code": Source(
        "static u64 far;", "far += a", ("-mcmodel=large", "-fno-pic", "-fno-pie"),
        "cannot resolve R_AARCH64_MOVW_UABS_G",
    ),
    "undefined": Source("u64 other(u64);", "other(a)", (), "other is not defined"),
    "undefined and weak": Source(
        "__attribute__((weak)) u64 other(u64);", "other ? other(a) : b", (), "other is not defined"
    ),
    "pointer in state": Source(
        "static u64 x; static u64 *volatile p = &x;", "*p + a", (), _POINTER
    ),
    "table of functions": Source(
        "static u64 f(u64 x) { return x; } static u64 g(u64 x) { return x * 2; }"
        "static u64 (*const volatile table[2])(u64) = {f, g};",
        "table[a & 1](b)", (), _POINTER,
    ),
    "pointer to a function": Source(
        "static u64 f(u64 x) { return x; } static u64 g(u64 x) { return x * 2; }"
        "static u64 (*volatile chosen)(u64);",
        "(chosen = a ? f : g)(b)", (), "indirect",
    ),
    "jump table": Source(
        "NOINLINE static u64 pick(u64 x, u64 y) { switch (x) {"
        + "".join(f"case {n}: return y {'+-*/^%|&'[n % 8]} {n * n + 3};" for n in range(24))
        + "default: return 1; } }",
        "pick(a, b)", ("-fjump-tables",), "indirect",
    ),
    "thread-local": Source("static __thread u64 t;", "t += a", (), "thread-local storage"),
    "constructor": Source(
        "static u64 x; __attribute__((constructor)) static void set(void)"
        ' { __asm__("" : "=r"(x)); }',
        "x + a", (), "constructors",
    ),
    "destructor": Source(
        "static u64 x; __attribute__((destructor)) static void set(void) { x = 1; }",
        "x + a", (), "destructors",
    ),
    "ifunc": Source(
        "static u64 f(u64 x) { return x; } static u64 (*resolve(void))(u64) { return f; }"
        'u64 g(u64) __attribute__((ifunc("resolve")));',
        "g(a)", (), "an indirect function",
    ),
    "common": Source("u64 shared;", "shared += a", ("-fcommon",), "a common symbol"),
    "section group": Source(
        "inline NOINLINE u64 f(u64 x) { return x * 3; }", "f(a)", ("-x", "c++"), "a section group"
    ),
    "stack protector": Source(
        "NOINLINE static u64 f(u64 x) { volatile char s[32]; s[x & 31] = 1; return s[3]; }",
        "f(a)", ("-fstack-protector-all", "-mstack-protector-guard=global"),
        "cannot resolve R_AARCH64_ADR_GOT_PAGE|__stack_chk_(guard|fail) is not defined",
    ),
    "compact relocations": Source(
        "static u64 x;", "x += a", ("-Wa,--crel,--allow-experimental-crel",), "compact relocations"
    ),
    "exclusives": Source(
        "static u64 x;", "__atomic_fetch_add(&x, a, 0)", (), "exclusive"
    ),
    "system register": Source(
        "static u64 now(void) { u64 t; __asm__ volatile(\"mrs %0, cntvct_el0\" : \"=r\"(t));"
        " return t; }", "now()", (), "counter",
    ),
}  # fmt: skip
