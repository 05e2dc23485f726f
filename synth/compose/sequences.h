/* Sequences for zstd, as known_matches.c and painted_matches.c write them. */

#ifndef BGFG_SEQUENCES_H
#define BGFG_SEQUENCES_H

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "../painting/patches.h"

#define LEAST_MATCH 3    /* zstd's */
#define WORTH_MATCHING 6 /* bytes; a sequence takes three to five */

typedef ptrdiff_t Count;

typedef struct {
    uint32_t offset, literals, length, repeat_code; /* ZSTD_Sequence; zstd itself finds the repeated offsets */
} Sequence;

typedef struct {
    int32_t start, length, from_row, from; /* bytes of a row that an earlier place of the picture has, too */
} Repeat;

typedef struct {
    Sequence *sequences;
    uint8_t *literals;
    Count sequence_room, sequence_count, literal_count;
    int64_t sums[6]; /* sums of RGB, sums of squares */
    Count pending, first; /* literals since the last sequence; the block's first sequence */
} Output;

typedef struct {
    const uint8_t *background; /* (height, row_bytes) RGB */
    Count height, row_bytes, placements;
    Count window, block_bytes;
    const Count *repeat_ends; /* (height + 1): the repeats of row y are those from [y] to before [y + 1] */
    const Repeat *repeats;
} Frame;

typedef struct {
    const uint16_t *premultiplied, *transparency; /* (height, 3 * width), rows `colour_stride` apart */
    const uint8_t *alpha;                         /* (height, width), rows `alpha_stride` apart */
    Count height, width, colour_stride, alpha_stride;
    const int32_t *x, *y; /* (placements) top-left corners in px, anywhere */
} Pasted;

/* The images of a block, row y of the K placements side by side. */
typedef struct {
    const Frame *frame;
    Output *out;
    int32_t *starts, *ends; /* (height, placements): the bytes of a row that may differ from the background */
} Rows;

static inline Count least(Count a, Count b) { return a < b ? a : b; }
static inline Count most(Count a, Count b) { return a > b ? a : b; }

static inline void put_match(Output *out, Count offset, Count length) {
    Count i = out->sequence_count;
    if (!out->pending && i > out->first && out->sequences[i - 1].offset == (uint32_t)offset) {
        out->sequences[i - 1].length += (uint32_t)length;
        return;
    }
    out->sequences[i] = (Sequence){(uint32_t)offset, (uint32_t)out->pending, (uint32_t)length, 0};
    out->sequence_count = i + 1;
    out->pending = 0;
}

static inline void put_literals(Output *out, const uint8_t *bytes, Count count) {
    memcpy(out->literals + out->literal_count, bytes, (size_t)count);
    out->literal_count += count;
    out->pending += count;
}

static inline void end_block(Output *out) {
    out->sequences[out->sequence_count++] = (Sequence){0, (uint32_t)out->pending, 0, 0};
    out->pending = 0;
    out->first = out->sequence_count;
}

static inline uint64_t eight_bytes(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* How many of eight bytes that differ are the same before the first different one, and after the last one. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static inline Count same_before(uint64_t different) { return __builtin_ctzll(different) / 8; }
static inline Count same_after(uint64_t different) { return __builtin_clzll(different) / 8; }
#else
static inline Count same_before(uint64_t different) { return __builtin_clzll(different) / 8; }
static inline Count same_after(uint64_t different) { return __builtin_ctzll(different) / 8; }
#endif

#ifdef __SSE2__
/* Which of sixteen bytes differ, a bit each. */
static inline unsigned sixteen_differing(const uint8_t *a, const uint8_t *b) {
    __m128i here = _mm_loadu_si128((const __m128i *)(const void *)a), there = _mm_loadu_si128((const __m128i *)(const void *)b);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, there)) ^ 0xFFFF;
}
#endif

/* How many bytes two places have in common, before `end` of them. */
static inline Count common(const uint8_t *a, const uint8_t *b, Count end) {
    Count count = 0;
#ifdef __SSE2__
    for (; count + 16 <= end; count += 16) {
        unsigned different = sixteen_differing(a + count, b + count);
        if (different) return count + __builtin_ctz(different);
    }
#endif
    for (; count + 8 <= end; count += 8) {
        uint64_t different = eight_bytes(a + count) ^ eight_bytes(b + count);
        if (different) return count + same_before(different);
    }
    while (count < end && a[count] == b[count]) count++;
    return count;
}

static inline Count common_at_end(const uint8_t *a, const uint8_t *b, Count count) {
    Count left = count;
#ifdef __SSE2__
    for (; left >= 16; left -= 16) {
        unsigned different = sixteen_differing(a + left - 16, b + left - 16);
        if (different) return count - left + __builtin_clz(different << 16);
    }
#endif
    for (; left >= 8; left -= 8) {
        uint64_t different = eight_bytes(a + left - 8) ^ eight_bytes(b + left - 8);
        if (different) return count - left + same_after(different);
    }
    while (left > 0 && a[left - 1] == b[left - 1]) left--;
    return count - left;
}

/* Background that placements before may have shown, in the same bytes of the row; LEAST_MATCH bytes at least. */
void put_background(const Rows *rows, Count y, Count k, Count start, Count end);

#endif
