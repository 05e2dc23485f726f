/* Where the pixels of a turned and scaled picture look, and what they see there, as affine_warp.py writes down. */

#ifndef BGFG_AFFINE_WARP_H
#define BGFG_AFFINE_WARP_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PLACE_BITS 11 /* of 65,536ths of a pixel, beyond 32nds */
#define SUBPIXEL_BITS 5
#define SUBPIXELS 32
#define ONE (1 << (PLACE_BITS + SUBPIXEL_BITS))

typedef ptrdiff_t Count;

/* Where the new pixels look: those of row Y and column X at (u, v) + X * (cos, sin) + Y * (-sin, cos), in 65,536ths of an
old pixel. */
typedef struct {
    int64_t u, v, cos, sin;
} Placing;

/* The place that one new pixel looks at: that of the upper left of four pixels in a picture with nothing all around, and
how far on it is, in 32nds. */
typedef struct {
    Count at;
    uint32_t fx, fy;
} Place;

/* The new pixels [start, end) of a row look at something, beginning at (u, v); the others see nothing. */
typedef struct {
    Count start, end;
    int64_t u, v;
} Row;

/* The mean of four pixels of four bytes, weighted in 1,024ths, half up. */
#ifdef __SSE2__
static inline __m128i weighted(const uint32_t *pair, uint32_t weights) {
    __m128i both = _mm_loadl_epi64((const __m128i *)(const void *)pair);
    __m128i beside = _mm_unpacklo_epi8(_mm_unpacklo_epi8(both, _mm_srli_si128(both, 4)), _mm_setzero_si128());
    return _mm_madd_epi16(beside, _mm_set1_epi32((int)weights));
}

static inline uint32_t mean_of_four(const uint32_t *upper, const uint32_t *lower, uint32_t fx, uint32_t fy) {
    uint32_t across = (SUBPIXELS - fx) | fx << 16;
    __m128i sums = _mm_add_epi32(weighted(upper, across * (SUBPIXELS - fy)), weighted(lower, across * fy));
    sums = _mm_srli_epi32(_mm_add_epi32(sums, _mm_set1_epi32(512)), 10);
    sums = _mm_packs_epi32(sums, sums);
    return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sums, sums));
}
#else
static inline uint32_t mean_of_four(const uint32_t *upper, const uint32_t *lower, uint32_t fx, uint32_t fy) {
    uint8_t mean[4];
    for (int c = 0; c < 4; c++) {
        uint32_t top = ((const uint8_t *)upper)[c] * (SUBPIXELS - fx) + ((const uint8_t *)upper)[c + 4] * fx;
        uint32_t bottom = ((const uint8_t *)lower)[c] * (SUBPIXELS - fx) + ((const uint8_t *)lower)[c + 4] * fx;
        mean[c] = (uint8_t)((top * (SUBPIXELS - fy) + bottom * fy + 512) >> 10);
    }
    uint32_t pixel;
    memcpy(&pixel, mean, sizeof pixel);
    return pixel;
}
#endif

/* Leave of [start, end) those x of which 0 <= first + x * step < limit. */
static inline void clip(int64_t first, int64_t step, int64_t limit, Count *start, Count *end) {
    if (step < 0) first = limit - 1 - first, step = -step;
    if (step == 0) {
        if (first < 0 || first >= limit) *end = *start;
        return;
    }
    Count from = first < 0 ? (Count)((-first + step - 1) / step) : 0;
    Count until = first < limit ? (Count)((limit - 1 - first) / step + 1) : 0;
    if (from > *start) *start = from;
    if (until < *end) *end = until;
}

/* Row y of a new picture, `new_width` wide, of an old one of (height, width). */
static inline Row row_of(const Placing *placing, Count y, Count new_width, Count height, Count width) {
    Row row = {0, new_width, placing->u - y * placing->sin, placing->v + y * placing->cos};
    clip(row.u + ONE, placing->cos, (int64_t)(width + 1) * ONE, &row.start, &row.end);
    clip(row.v + ONE, placing->sin, (int64_t)(height + 1) * ONE, &row.start, &row.end);
    return row;
}

/* Where a new pixel of a row looks, `stride` pixels being a row of the old picture with nothing all around. */
static inline Place place_of(const Placing *placing, const Row *row, Count x, Count stride) {
    int64_t right = (row->u + x * placing->cos) >> PLACE_BITS, down = (row->v + x * placing->sin) >> PLACE_BITS;
    Count at = ((Count)(down >> SUBPIXEL_BITS) + 1) * stride + (Count)(right >> SUBPIXEL_BITS) + 1;
    return (Place){at, (uint32_t)right & (SUBPIXELS - 1), (uint32_t)down & (SUBPIXELS - 1)};
}

#endif
