"""Integers: arithmetic with its checks, bits, shifts, comparison, conversion, methods.

LLVM's operators are undefined or poison where Python raises, so each check comes before.
"""

from xaprt.abi import Reason

from xapc.lower.body import Body
from xapc.lower.ir import integer, is_signed, ssa
from xapc.tree import Arith, Bits, Cmp, Fit, IntMethod, Shift
from xapc.types import BOOL, EnumType, IntType, Type

_WITH_OVERFLOW = {Arith.ADD: "add", Arith.SUB: "sub", Arith.MUL: "mul"}
_PREDICATES = {Cmp.EQ: "eq", Cmp.NE: "ne", Cmp.LT: "lt", Cmp.LE: "le", Cmp.GT: "gt", Cmp.GE: "ge"}


def arith(body: Body, op: Arith, type: IntType, a: str, b: str, *, wrapping: bool) -> str:
    if op is Arith.FLOORDIV:
        return _divide(body, type, a, b)
    if op is Arith.MOD:
        return _modulo(body, type, a, b)
    if wrapping:
        return body.op(f"{_WITH_OVERFLOW[op]} i{type.bits} {a}, {b}")
    return checked(body, _WITH_OVERFLOW[op], type, a, b)


def checked(
    body: Body, name: str, type: IntType, a: str, b: str, reason: Reason = Reason.OVERFLOW
) -> str:
    width = f"i{type.bits}"
    pair_type = f"{{ {width}, i1 }}"
    kind = f"{'s' if type.signed else 'u'}{name}.with.overflow.{width}"
    pair = body.intrinsic(pair_type, kind, f"{width} {a}", f"{width} {b}")
    overflow = body.op(f"extractvalue {pair_type} {pair}, 1")
    body.check(body.op(f"xor i1 {overflow}, true"), reason)
    return body.op(f"extractvalue {pair_type} {pair}, 0")


def _divide(body: Body, type: IntType, a: str, b: str) -> str:
    """Floors, as Python does."""
    width = f"i{type.bits}"
    body.check(body.op(f"icmp ne {width} {b}, 0"), Reason.DIVISION_BY_ZERO)
    if not type.signed:
        return body.op(f"udiv {width} {a}, {b}")
    lowest = body.op(f"icmp eq {width} {a}, {type.min}")
    minus = body.op(f"icmp eq {width} {b}, -1")
    both = body.op(f"and i1 {lowest}, {minus}")
    body.check(body.op(f"xor i1 {both}, true"), Reason.OVERFLOW)
    quotient = body.op(f"sdiv {width} {a}, {b}")
    below = _is_below(body, width, body.op(f"srem {width} {a}, {b}"), b)
    return body.op(f"add {width} {quotient}, {body.op(f'sext i1 {below} to {width}')}")


def _modulo(body: Body, type: IntType, a: str, b: str) -> str:
    width = f"i{type.bits}"
    body.check(body.op(f"icmp ne {width} {b}, 0"), Reason.DIVISION_BY_ZERO)
    if not type.signed:
        return body.op(f"urem {width} {a}, {b}")
    # MIN % -1 is 0 and undefined for srem; every x % 1 is 0, too.
    minus = body.op(f"icmp eq {width} {b}, -1")
    divisor = body.op(f"select i1 {minus}, {width} 1, {width} {b}")
    rest = body.op(f"srem {width} {a}, {divisor}")
    below = _is_below(body, width, rest, b)
    moved = body.op(f"add {width} {rest}, {b}")
    return body.op(f"select i1 {below}, {width} {moved}, {width} {rest}")


def _is_below(body: Body, width: str, rest: str, divisor: str) -> str:
    """Whether truncation went above the floor: a rest, of the other sign than the divisor."""
    some = body.op(f"icmp ne {width} {rest}, 0")
    signs = body.op(f"xor {width} {rest}, {divisor}")
    differ = body.op(f"icmp slt {width} {signs}, 0")
    return body.op(f"and i1 {some}, {differ}")


def bits(body: Body, op: Bits, type: Type, a: str, b: str) -> str:
    name = {Bits.AND: "and", Bits.OR: "or", Bits.XOR: "xor"}[op]
    return body.op(f"{name} {ssa(type)} {a}, {b}")


def shift(body: Body, op: Shift, type: IntType, a: str, count: str, count_type: IntType) -> str:
    wide = f"i{max(type.bits, count_type.bits)}"
    moved = extend(body, count, count_type, wide)
    # Unsigned, so that a negative count is too large.
    body.check(body.op(f"icmp ult {wide} {moved}, {type.bits}"), Reason.SHIFT)
    width = f"i{type.bits}"
    moved = body.cast("trunc", moved, wide, width)
    name = "shl" if op is Shift.LEFT else "ashr" if type.signed else "lshr"
    return body.op(f"{name} {width} {a}, {moved}")


def extend(body: Body, value: str, type: IntType, target: str) -> str:
    """To a type at least as wide, by the sign of `type`."""
    return body.cast("sext" if type.signed else "zext", value, f"i{type.bits}", target)


def negate(body: Body, type: IntType, value: str, *, wrapping: bool) -> str:
    if wrapping:
        return body.op(f"sub i{type.bits} 0, {value}")
    return checked(body, "sub", type, "0", value)


def invert(body: Body, type: Type, value: str) -> str:
    mask = type.mask if isinstance(type, EnumType) else -1
    return body.op(f"xor {ssa(type)} {value}, {mask}")


def compare(body: Body, op: Cmp, type: Type, a: str, b: str) -> str:
    name = _PREDICATES[op]
    if name not in ("eq", "ne"):
        name = ("s" if is_signed(type) else "u") + name
    return body.op(f"icmp {name} {ssa(type)} {a}, {b}")


# --- conversions -----------------------------------------------------------------------------


def convert(body: Body, value: str, source: Type, target: IntType, fit: Fit) -> str:
    if source is BOOL:
        return body.op(f"zext i1 {value} to i{target.bits}")
    held = integer(source)
    if fit is Fit.CHECK:
        _require_fit(body, value, held, target)
    elif fit is Fit.SATURATE:
        value = _clamp(body, value, held, target)
    if target.bits <= held.bits:
        return body.cast("trunc", value, f"i{held.bits}", f"i{target.bits}")
    return extend(body, value, held, f"i{target.bits}")


def _require_fit(body: Body, value: str, held: IntType, target: IntType) -> None:
    width = f"i{held.bits}"
    if held.min < target.min and held.max > target.max and target.min < 0:
        # Signed to narrower signed: in range if the low bits give the value back.
        low = body.op(f"trunc {width} {value} to i{target.bits}")
        back = body.op(f"sext i{target.bits} {low} to {width}")
        body.check(body.op(f"icmp eq {width} {back}, {value}"), Reason.CONVERSION)
    elif held.max > target.max:
        # Unsigned, so that a negative value is too large.
        body.check(body.op(f"icmp ule {width} {value}, {target.max}"), Reason.CONVERSION)
    elif held.min < target.min:
        body.check(body.op(f"icmp sge {width} {value}, 0"), Reason.CONVERSION)


def _clamp(body: Body, value: str, held: IntType, target: IntType) -> str:
    width = f"i{held.bits}"
    if held.min < target.min:
        value = body.intrinsic(width, f"smax.{width}", f"{width} {value}", f"{width} {target.min}")
    if held.max > target.max:
        name = f"{'s' if held.signed else 'u'}min.{width}"
        value = body.intrinsic(width, name, f"{width} {value}", f"{width} {target.max}")
    return value


def to_enum(body: Body, type: EnumType, value: str) -> str:
    """Panics CONVERSION unless it is a member (flags: unless all bits are named)."""
    width = ssa(type)
    if type.flag:
        unnamed = body.op(f"and {width} {value}, {~type.mask}")
        body.check(body.op(f"icmp eq {width} {unnamed}, 0"), Reason.CONVERSION)
        return value
    found = ""
    for low, high in _runs(sorted(set(type.members.values()))):
        distance = body.op(f"sub {width} {value}, {low}")
        inside = body.op(f"icmp ule {width} {distance}, {high - low}")
        found = body.op(f"or i1 {found}, {inside}") if found else inside
    body.check(found, Reason.CONVERSION)
    return value


def _runs(values: list[int]) -> list[tuple[int, int]]:
    """Neighbouring values, as first and last of each run."""
    runs: list[tuple[int, int]] = []
    for value in values:
        if runs and runs[-1][1] == value - 1:
            runs[-1] = runs[-1][0], value
        else:
            runs.append((value, value))
    return runs


# --- methods ---------------------------------------------------------------------------------

_COUNTS = {
    IntMethod.COUNT_ONES: "ctpop",
    IntMethod.LEADING_ZEROS: "ctlz",
    IntMethod.TRAILING_ZEROS: "cttz",
}
_WRAPPING = {
    IntMethod.WRAPPING_ADD: "add",
    IntMethod.WRAPPING_SUB: "sub",
    IntMethod.WRAPPING_MUL: "mul",
}
_SATURATING = {IntMethod.SATURATING_ADD: "add.sat", IntMethod.SATURATING_SUB: "sub.sat"}
_ROTATING = {IntMethod.ROTATE_LEFT: "fshl", IntMethod.ROTATE_RIGHT: "fshr"}


def method(body: Body, name: IntMethod, types: list[IntType], args: list[str]) -> str:
    """A method of the first argument, which has `types[0]`."""
    type, width = types[0], f"i{types[0].bits}"
    typed = [f"{width} {a}" for a in args]
    sign = "s" if type.signed else "u"
    if name in _WRAPPING:
        return body.op(f"{_WRAPPING[name]} {typed[0]}, {args[1]}")
    if name in _SATURATING:
        return body.intrinsic(width, f"{sign}{_SATURATING[name]}.{width}", *typed)
    if name in _ROTATING:
        return _rotate(body, name, types, args)
    if name in _COUNTS:
        return _count(body, name, type, args[0])
    if name in (IntMethod.MIN, IntMethod.MAX):
        found = typed[0]
        for each in typed[1:]:
            one = body.intrinsic(width, f"{sign}{name.value}.{width}", found, each)
            found = f"{width} {one}"
        return found.split(" ", 1)[1]
    match name:
        case IntMethod.ABS:
            return _absolute(body, type, args[0])
        case IntMethod.BYTESWAP if type.bits == 8:
            return args[0]
        case IntMethod.BYTESWAP:
            return body.intrinsic(width, f"bswap.{width}", typed[0])
        case IntMethod.MUL_WIDE:
            return _multiply_wide(body, type, args)
        case _:
            return _field(body, name, types, args)


def _absolute(body: Body, type: IntType, value: str) -> str:
    if not type.signed:
        return value
    width = f"i{type.bits}"
    body.check(body.op(f"icmp ne {width} {value}, {type.min}"), Reason.OVERFLOW)
    return body.intrinsic(width, f"abs.{width}", f"{width} {value}", "i1 false")


def _rotate(body: Body, name: IntMethod, types: list[IntType], args: list[str]) -> str:
    """Modulo the width, which is a power of two: the low bits of the count are enough."""
    width, count = f"i{types[0].bits}", types[1]
    moved = args[1]
    if count.bits > types[0].bits:
        moved = body.op(f"trunc i{count.bits} {moved} to {width}")
    else:
        moved = extend(body, moved, count, width)
    typed = f"{width} {args[0]}"
    return body.intrinsic(width, f"{_ROTATING[name]}.{width}", typed, typed, f"{width} {moved}")


def _count(body: Body, name: IntMethod, type: IntType, value: str) -> str:
    """A u32."""
    width = f"i{type.bits}"
    args = (
        [f"{width} {value}"] if name is IntMethod.COUNT_ONES else [f"{width} {value}", "i1 false"]
    )
    found = body.intrinsic(width, f"{_COUNTS[name]}.{width}", *args)
    if type.bits > 32:
        return body.op(f"trunc {width} {found} to i32")
    return body.cast("zext", found, width, "i32")


def _multiply_wide(body: Body, type: IntType, args: list[str]) -> str:
    width, wide = f"i{type.bits}", f"i{2 * type.bits}"
    a, b = (extend(body, each, type, wide) for each in args)
    product = body.op(f"mul {wide} {a}, {b}")
    high = body.op(f"trunc {wide} {body.op(f'lshr {wide} {product}, {type.bits}')} to {width}")
    low = body.op(f"trunc {wide} {product} to {width}")
    return pair(body, f"{{ {width}, {width} }}", width, high, low)


def pair(body: Body, type: str, width: str, first: str, second: str) -> str:
    half = body.op(f"insertvalue {type} poison, {width} {first}, 0")
    return body.op(f"insertvalue {type} {half}, {width} {second}, 1")


def _field(body: Body, name: IntMethod, types: list[IntType], args: list[str]) -> str:
    """`bit(n)`; `bits(hi, lo)` and `with_bits(hi, lo, v)`, whose positions are constants."""
    type = types[0]
    width, value = f"i{type.bits}", args[0]
    if name is IntMethod.BIT:
        # As a shift of the bits, whatever the sign.
        unsigned = IntType(f"u{type.bits}", type.bits, False)
        moved = shift(body, Shift.RIGHT, unsigned, value, args[1], types[1])
        return body.op(f"trunc {width} {moved} to i1")
    high, low = int(args[1]), int(args[2])
    mask = (1 << (high - low + 1)) - 1
    if name is IntMethod.BITS:
        moved = body.op(f"lshr {width} {value}, {low}")
        return body.op(f"and {width} {moved}, {mask}")
    given = args[3]
    body.check(body.op(f"icmp ule {width} {given}, {mask}"), Reason.CONVERSION)
    rest = body.op(f"and {width} {value}, {type.wrap(~(mask << low))}")
    moved = body.op(f"shl {width} {given}, {low}")
    return body.op(f"or {width} {rest}, {moved}")
