"""Constants of the SMC Calling Convention (Arm DEN0028) and of TRNG (Arm DEN0098).

Return codes are signed: `i64(smccc.NOT_SUPPORTED)` fills x0 as the convention wants it.
"""

from typing import Final

# Return codes (DEN0028 section 7.1).
SUCCESS: Final = 0
NOT_SUPPORTED: Final = -1
NOT_REQUIRED: Final = -2
INVALID_PARAMETER: Final = -3

# Parts of a function identifier (DEN0028 section 2.5).
FAST_CALL: Final = 1 << 31
CALL_64: Final = 1 << 30
OWNER_SHIFT: Final = 24
OWNER_MASK: Final = 0x3F
SVE_HINT: Final = 1 << 16
FUNCTION_MASK: Final = 0xFFFF

# Owning entities (DEN0028 table 6-2).
OWNER_ARCH: Final = 0
OWNER_CPU: Final = 1
OWNER_SIP: Final = 2
OWNER_OEM: Final = 3
OWNER_STANDARD_SECURE: Final = 4
OWNER_STANDARD_HYPERVISOR: Final = 5
OWNER_VENDOR_HYPERVISOR: Final = 6
OWNER_TRUSTED_APP_FIRST: Final = 48
OWNER_TRUSTED_APP_LAST: Final = 49
OWNER_TRUSTED_OS_FIRST: Final = 50
OWNER_TRUSTED_OS_LAST: Final = 63

# General service queries: function numbers of every owner but 0 (DEN0028 section 6.2).
CALL_COUNT: Final = 0xFF00
CALL_UID: Final = 0xFF01
CALL_REVISION: Final = 0xFF03

# Arm architecture calls (DEN0028 section 7).
VERSION: Final = 0x8000_0000
ARCH_FEATURES: Final = 0x8000_0001
ARCH_SOC_ID: Final = 0x8000_0002
ARCH_WORKAROUND_3: Final = 0x8000_3FFF
ARCH_WORKAROUND_2: Final = 0x8000_7FFF
ARCH_WORKAROUND_1: Final = 0x8000_8000

# True Random Number Generator firmware interface (DEN0098 section 2).
TRNG_VERSION: Final = 0x8400_0050
TRNG_FEATURES: Final = 0x8400_0051
TRNG_GET_UUID: Final = 0x8400_0052
TRNG_RND32: Final = 0x8400_0053
TRNG_RND64: Final = 0xC400_0053
TRNG_SUCCESS: Final = 0
TRNG_NOT_SUPPORTED: Final = -1
TRNG_INVALID_PARAMETERS: Final = -2
TRNG_NO_ENTROPY: Final = -3
