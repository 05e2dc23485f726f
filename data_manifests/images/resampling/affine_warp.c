/* Turns and scales a picture as affine_warp.py writes down. */

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

/* Raised with every change of what affine_warp.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 1; }

/* Where the new pixels look: those of row Y and column X at (u, v) + X * (cos, sin) + Y * (-sin, cos), in 65,536ths of an
old pixel. */
typedef struct {
    int64_t u, v, cos, sin;
} Placing;

/* The mean of four pixels of four bytes, weighted in 1,024ths, half up. */
#ifdef __SSE2__
static __m128i weighted(const uint32_t *pair, uint32_t weights) {
    __m128i both = _mm_loadl_epi64((const __m128i *)(const void *)pair);
    __m128i beside = _mm_unpacklo_epi8(_mm_unpacklo_epi8(both, _mm_srli_si128(both, 4)), _mm_setzero_si128());
    return _mm_madd_epi16(beside, _mm_set1_epi32((int)weights));
}

static uint32_t mean_of_four(const uint32_t *upper, const uint32_t *lower, uint32_t fx, uint32_t fy) {
    uint32_t across = (SUBPIXELS - fx) | fx << 16;
    __m128i sums = _mm_add_epi32(weighted(upper, across * (SUBPIXELS - fy)), weighted(lower, across * fy));
    sums = _mm_srli_epi32(_mm_add_epi32(sums, _mm_set1_epi32(512)), 10);
    sums = _mm_packs_epi32(sums, sums);
    return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sums, sums));
}
#else
static uint32_t mean_of_four(const uint32_t *upper, const uint32_t *lower, uint32_t fx, uint32_t fy) {
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
static void clip(int64_t first, int64_t step, int64_t limit, Count *start, Count *end) {
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

/* Fill (new_height, new_width) pixels of `channels` bytes, 1 or 4, from (height, width) of them; 0, or -1 for want of memory. */
int warp(const uint8_t *pixels, Count height, Count width, Count channels, const Placing *placing, uint8_t *warped,
         Count new_height, Count new_width) {
    Count stride = width + 2; /* with nothing all around */
    uint8_t *padded = calloc((size_t)((height + 2) * stride), (size_t)channels);
    if (!padded) return -1;
    for (Count y = 0; y < height; y++)
        memcpy(padded + ((y + 1) * stride + 1) * channels, pixels + y * width * channels, (size_t)(width * channels));
    memset(warped, 0, (size_t)(new_height * new_width * channels));
    uint32_t *warped_pixels = (uint32_t *)(void *)warped;
    for (Count y = 0; y < new_height; y++) {
        int64_t u = placing->u - y * placing->sin, v = placing->v + y * placing->cos;
        Count start = 0, end = new_width;
        clip(u + ONE, placing->cos, (int64_t)(width + 1) * ONE, &start, &end);
        clip(v + ONE, placing->sin, (int64_t)(height + 1) * ONE, &start, &end);
        for (Count x = start; x < end; x++) {
            int64_t right = (u + x * placing->cos) >> PLACE_BITS, down = (v + x * placing->sin) >> PLACE_BITS;
            uint32_t fx = (uint32_t)right & (SUBPIXELS - 1), fy = (uint32_t)down & (SUBPIXELS - 1);
            Count at = ((Count)(down >> SUBPIXEL_BITS) + 1) * stride + (Count)(right >> SUBPIXEL_BITS) + 1;
            if (channels == 1) {
                const uint8_t *upper = padded + at, *lower = upper + stride;
                uint32_t top = upper[0] * (SUBPIXELS - fx) + upper[1] * fx, bottom = lower[0] * (SUBPIXELS - fx) + lower[1] * fx;
                warped[y * new_width + x] = (uint8_t)((top * (SUBPIXELS - fy) + bottom * fy + 512) >> 10);
            } else {
                const uint32_t *upper = (const uint32_t *)(const void *)padded + at, *lower = upper + stride;
                if (upper[0] | upper[1] | lower[0] | lower[1])
                    warped_pixels[y * new_width + x] = mean_of_four(upper, lower, fx, fy);
            }
        }
    }
    free(padded);
    return 0;
}
