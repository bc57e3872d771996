"""The structs of the language itself (LANGUAGE.md section 5)."""

from xapc.types import U8, U16, U32, U64, StructType, Type


def _struct(name: str, *fields: tuple[str, Type], default: int | None) -> StructType:
    made = StructType(name)
    for field_name, type in fields:
        made.add(field_name, type, default)
    return made


CALLER = _struct("Caller", ("domid", U16), ("vcpu", U16), default=None)
SMC_CALL = _struct(
    "SmcCall",
    ("fid", U32),
    *((f"x{n}", U64) for n in range(1, 8)),
    ("caller", CALLER),
    default=None,
)
MMIO_ACCESS = _struct(
    "MmioAccess",
    ("offset", U64),
    ("width", U8),
    ("caller", CALLER),
    default=None,
)
SMC_RESULT = _struct("SmcResult", *((f"x{n}", U64) for n in range(4)), default=0)
SMC_RESULT_8 = _struct("SmcResult8", *((f"x{n}", U64) for n in range(8)), default=0)
