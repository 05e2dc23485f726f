/* Samples of a block as what distinguishes their rows from those of a picture that most of them show. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../synth/painting/wide.h"

#define VOTERS 7 /* samples of which most show the same at nearly every place */

typedef ptrdiff_t Count;

/* Of packed_samples.py: a sample that waits. Its rows are those of `base`, but for the bytes of each from spans[2 y] to
spans[2 y + 1], which `differing` has one row after the other. */
typedef struct {
    const uint8_t *base, *differing;
    const int32_t *spans;
} Packed;

/* Where the samples of a block lie: row y of sample k at rows + y * row_stride + k * sample_stride. */
typedef struct {
    const uint8_t *rows;
    Count row_stride, sample_stride, height, row_bytes;
} Block;

/* Raised with every change of what packed_samples.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 1; }

static const uint8_t *row_of(const Block *block, Count y, Count sample) {
    return block->rows + y * block->row_stride + sample * block->sample_stride;
}

static Count first_difference(const uint8_t *a, const uint8_t *b, Count start, Count end) {
    while (start < end && a[start] == b[start]) start++;
    return start;
}

static Count last_difference(const uint8_t *a, const uint8_t *b, Count start, Count end) {
    while (end > start && a[end - 1] == b[end - 1]) end--;
    return end;
}

#ifdef WIDE
/* A bit for each of 32 bytes that differ. */
WIDE static inline uint32_t differing(const uint8_t *a, const uint8_t *b) {
    __m256i left = _mm256_loadu_si256((const __m256i *)(const void *)a);
    __m256i right = _mm256_loadu_si256((const __m256i *)(const void *)b);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(left, right));
}

WIDE static void find_span_widely(const uint8_t *a, const uint8_t *b, Count count, int32_t span[2]) {
    Count start = 0, end = count;
    while (start + 32 <= count && !differing(a + start, b + start)) start += 32;
    start = first_difference(a, b, start, count);
    while (end - 32 >= start && !differing(a + end - 32, b + end - 32)) end -= 32;
    span[0] = (int32_t)start, span[1] = (int32_t)last_difference(a, b, start, end);
}
#endif

static void find_span(const uint8_t *a, const uint8_t *b, Count count, int32_t span[2]) {
#ifdef WIDE
    if (has_wide()) {
        find_span_widely(a, b, count, span);
        return;
    }
#endif
    span[0] = (int32_t)first_difference(a, b, 0, count), span[1] = (int32_t)last_difference(a, b, span[0], count);
}

/* What most of the first samples show at each byte, by the vote of Boyer and Moore. */
void find_base(const Block *block, Count samples, uint8_t *base) {
    Count voters = samples < VOTERS ? samples : VOTERS;
    for (Count y = 0; y < block->height; y++, base += block->row_bytes)
        for (Count i = 0; i < block->row_bytes; i++) {
            int lead = 0;
            for (Count k = 0; k < voters; k++) {
                uint8_t shown = row_of(block, y, k)[i];
                if (!lead) base[i] = shown;
                lead += shown == base[i] ? 1 : -1;
            }
        }
}

/* Find the spans of some samples, (count, height, 2), and return how many bytes they have together. */
Count find_spans(const Block *block, const int64_t *samples, Count count, const uint8_t *base, int32_t *spans) {
    Count bytes = 0;
    for (Count y = 0; y < block->height; y++, base += block->row_bytes)
        for (Count i = 0; i < count; i++) {
            int32_t *span = spans + 2 * (i * block->height + y);
            find_span(row_of(block, y, samples[i]), base, block->row_bytes, span);
            bytes += span[1] - span[0];
        }
    return bytes;
}

/* Copy what spans have, and note each sample. */
void pack(const Block *block, const int64_t *samples, Count count, const uint8_t *base, const int32_t *spans, uint8_t *differing_bytes, Packed *packed) {
    for (Count i = 0; i < count; i++, packed++) {
        packed->base = base, packed->differing = differing_bytes, packed->spans = spans;
        for (Count y = 0; y < block->height; y++, spans += 2) {
            size_t bytes = (size_t)(spans[1] - spans[0]);
            memcpy(differing_bytes, row_of(block, y, samples[i]) + spans[0], bytes), differing_bytes += bytes;
        }
    }
}

/* Write samples to slots of height * row_bytes each. */
void unpack(const Packed *packed, const int64_t *slots, Count count, Count height, Count row_bytes, uint8_t *pool) {
    for (Count i = 0; i < count; i++) {
        uint8_t *row = pool + slots[i] * height * row_bytes;
        const uint8_t *differing_bytes = packed[i].differing;
        const int32_t *spans = packed[i].spans;
        memcpy(row, packed[i].base, (size_t)(height * row_bytes));
        for (Count y = 0; y < height; y++, spans += 2, row += row_bytes) {
            size_t bytes = (size_t)(spans[1] - spans[0]);
            memcpy(row + spans[0], differing_bytes, bytes), differing_bytes += bytes;
        }
    }
}
