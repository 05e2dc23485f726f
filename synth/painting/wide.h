/* Functions for registers of 32 bytes, to be called where the machine has them. */

#ifndef BGFG_WIDE_H
#define BGFG_WIDE_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(WITHOUT_WIDE)
#include <immintrin.h>
#define WIDE __attribute__((target("avx2")))
static inline int has_wide(void) { return __builtin_cpu_supports("avx2"); }
#else
static inline int has_wide(void) { return 0; }
#endif

#endif
