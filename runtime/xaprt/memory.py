"""memcpy, memmove, memset, memcmp and bcmp, which LLVM calls unasked.

Every access is aligned to its size (ABI.md section 1, clause 2), so only operands that are equally
aligned can move eight bytes at a time: bytes up to the boundary, words, bytes. Registers: x0 the
result, x3 and x1 walk along destination and source, x2 what is left, x5 the data.
"""

_FORWARD = """
        eor  x4, x0, x1
        mov  x3, x0
        tst  x4, #7
        b.ne bytes
    head:
        tst  x3, #7
        b.eq words
        cbz  x2, done
        ldrb w5, [x1], #1
        strb w5, [x3], #1
        sub  x2, x2, #1
        b    head
    word:
        ldr  x5, [x1], #8
        str  x5, [x3], #8
    words:
        subs x2, x2, #8
        b.hs word
        add  x2, x2, #8
        b    bytes
    byte:
        ldrb w5, [x1], #1
        strb w5, [x3], #1
        sub  x2, x2, #1
    bytes:
        cbnz x2, byte
    done:
        ret
"""

# Forward wherever the destination does not begin inside the source.
_MOVE = """
        sub  x3, x0, x1
        cmp  x3, x2
        b.lo backward
        b    @memcpy
    backward:
        add  x1, x1, x2
        add  x3, x0, x2
        eor  x4, x1, x3
        tst  x4, #7
        b.ne bytes
    head:
        tst  x3, #7
        b.eq words
        cbz  x2, done
        ldrb w5, [x1, #-1]!
        strb w5, [x3, #-1]!
        sub  x2, x2, #1
        b    head
    word:
        ldr  x5, [x1, #-8]!
        str  x5, [x3, #-8]!
    words:
        subs x2, x2, #8
        b.hs word
        add  x2, x2, #8
        b    bytes
    byte:
        ldrb w5, [x1, #-1]!
        strb w5, [x3, #-1]!
        sub  x2, x2, #1
    bytes:
        cbnz x2, byte
    done:
        ret
"""

_SET = """
        and  x5, x1, #0xff
        orr  x4, xzr, #0x0101010101010101
        mul  x5, x5, x4
        mov  x3, x0
    head:
        tst  x3, #7
        b.eq words
        cbz  x2, done
        strb w5, [x3], #1
        sub  x2, x2, #1
        b    head
    word:
        str  x5, [x3], #8
    words:
        subs x2, x2, #8
        b.hs word
        add  x2, x2, #8
        b    bytes
    byte:
        strb w5, [x3], #1
        sub  x2, x2, #1
    bytes:
        cbnz x2, byte
    done:
        ret
"""

# Words that differ are compared again as bytes, to find the first.
_COMPARE = """
        eor  x4, x0, x1
        tst  x4, #7
        b.ne bytes
    head:
        tst  x0, #7
        b.eq words
        cbz  x2, equal
        ldrb w3, [x0], #1
        ldrb w4, [x1], #1
        sub  x2, x2, #1
        subs w3, w3, w4
        b.eq head
        b    done
    word:
        ldr  x3, [x0]
        ldr  x4, [x1]
        cmp  x3, x4
        b.ne bytes
        add  x0, x0, #8
        add  x1, x1, #8
        sub  x2, x2, #8
    words:
        cmp  x2, #8
        b.hs word
    bytes:
        cbz  x2, equal
        ldrb w3, [x0], #1
        ldrb w4, [x1], #1
        sub  x2, x2, #1
        subs w3, w3, w4
        b.eq bytes
        b    done
    equal:
        mov  w3, #0
    done:
        mov  w0, w3
        ret
"""

SOURCES = {
    "memcpy": _FORWARD,
    "memmove": _MOVE,
    "memset": _SET,
    "memcmp": _COMPARE,
    "bcmp": _COMPARE,
}
