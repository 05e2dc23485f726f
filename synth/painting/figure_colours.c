/* Gives cut-outs the colours in which they are pasted, as colour_match.py writes down. */

#include "scenes.h"

#define CHUNK 64 /* pixels whose colours are looked at together */
#define SHIFT 14
#define LINEAR 3390       /* up to it CIELAB goes in a straight line */
#define MOST_CONTRAST 2.0 /* as colour_match.py has it */
#define BIAS 16384        /* of roots in 16 bits, so that none is below 0 */

/* What levels of CIELAB add to the cube roots of X and Z, in 16,384ths and BIAS more, and to Y: 16 bits of each. */
typedef struct {
    uint64_t light[256], a[256], b[256];
} Roots;

typedef struct {
    uint64_t roots[CHUNK];
    uint16_t linear[3][CHUNK]; /* RGB, in 4,096ths */
    uint32_t rgb[CHUNK];
} Chunk;

/* The cube of a 16,384th, in 16,384ths. */
static inline int32_t cubed(int32_t f) {
    return f > LINEAR ? (((f * f) >> SHIFT) * f) >> SHIFT : f * 108 / 841 - 290;
}

static inline uint16_t linear_level(const int32_t *row, int32_t x, int32_t y, int32_t z) {
    int32_t level = (row[0] * x + row[1] * y + row[2] * z + (1 << (SHIFT - 1))) >> SHIFT;
    return (uint16_t)(level < 0 ? 0 : level > 4095 ? 4095 : level);
}

static void to_linear(Chunk *chunk, const int32_t *matrix) {
    for (int i = 0; i < CHUNK; i++) {
        int32_t x = cubed((int32_t)(chunk->roots[i] & 0xFFFF) - BIAS), y = (int32_t)(chunk->roots[i] >> 16 & 0xFFFF);
        int32_t z = cubed((int32_t)(chunk->roots[i] >> 32) - BIAS);
        for (int c = 0; c < 3; c++) chunk->linear[c][i] = linear_level(matrix + 3 * c, x, y, z);
    }
}

#ifdef WIDE
/* (a * b) >> 14 of 16 bits each, the upper half of the product in `high`, too. */
WIDE static inline __m256i product(__m256i a, __m256i b, __m256i *high) {
    *high = _mm256_mulhi_epu16(a, b);
    return _mm256_or_si256(_mm256_slli_epi16(*high, 2), _mm256_srli_epi16(_mm256_mullo_epi16(a, b), SHIFT));
}

/* Sixteen cubes; those of which 15 bits don't hold it have something in `beyond`. */
WIDE static inline __m256i sixteen_cubed(__m256i f, __m256i *beyond) {
    __m256i is_curved = _mm256_cmpgt_epi16(f, _mm256_set1_epi16(LINEAR)), high;
    __m256i cube = product(product(f, f, &high), f, &high), size = _mm256_abs_epi16(f);
    *beyond = _mm256_and_si256(is_curved, _mm256_srli_epi16(high, 13));
    if (_mm256_movemask_epi8(is_curved) == -1) return cube;
    /* A quotient that may be one too small, and what is left of the division. */
    __m256i share = _mm256_srli_epi16(_mm256_mulhi_epu16(_mm256_slli_epi16(size, 3), _mm256_set1_epi16((short)33664)), 5);
    __m256i rest = _mm256_sub_epi16(_mm256_mullo_epi16(size, _mm256_set1_epi16(108)), _mm256_mullo_epi16(share, _mm256_set1_epi16(841)));
    share = _mm256_sub_epi16(share, _mm256_cmpgt_epi16(rest, _mm256_set1_epi16(840)));
    __m256i straight = _mm256_sub_epi16(_mm256_sign_epi16(share, f), _mm256_set1_epi16(290));
    return _mm256_blendv_epi8(straight, cube, is_curved);
}

WIDE static inline __m256i sixteen_levels(const int32_t *row, const __m256i xy[2], const __m256i z1[2]) {
    __m256i of_xy = _mm256_set1_epi32((int)((uint32_t)row[1] << 16 | (uint16_t)row[0]));
    __m256i of_z1 = _mm256_set1_epi32(1 << (SHIFT - 1) << 16 | (uint16_t)row[2]), sums[2];
    for (int i = 0; i < 2; i++)
        sums[i] = _mm256_srai_epi32(_mm256_add_epi32(_mm256_madd_epi16(xy[i], of_xy), _mm256_madd_epi16(z1[i], of_z1)), SHIFT);
    __m256i level = _mm256_max_epi16(_mm256_packs_epi32(sums[0], sums[1]), _mm256_setzero_si256());
    return _mm256_min_epi16(level, _mm256_set1_epi16(4095));
}

/* Roots of pixels i and i + 1, and of i + 8 and i + 9. */
WIDE static inline __m256i two_and_two(const uint64_t *roots) {
    __m128i near = _mm_loadu_si128((const __m128i *)(const void *)roots);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(near), _mm_loadu_si128((const __m128i *)(const void *)(roots + 8)), 1);
}

/* The same by sixteen pixels at a time; 0 where one is too blue for that. */
WIDE static int to_linear_by_sixteens(Chunk *chunk, const int32_t *matrix) {
    const __m256i bias = _mm256_set1_epi16(BIAS), one = _mm256_set1_epi16(1);
    for (int i = 0; i < CHUNK; i += 16) {
        __m256i halves[2], zs[2], beyond_x, beyond_z;
        for (int k = 0; k < 2; k++) {
            __m256i a = two_and_two(chunk->roots + i + 4 * k), b = two_and_two(chunk->roots + i + 4 * k + 2);
            __m256i low = _mm256_unpacklo_epi16(a, b), high = _mm256_unpackhi_epi16(a, b);
            halves[k] = _mm256_unpacklo_epi16(low, high), zs[k] = _mm256_unpackhi_epi16(low, high);
        }
        __m256i x = _mm256_unpacklo_epi64(halves[0], halves[1]), y = _mm256_unpackhi_epi64(halves[0], halves[1]);
        __m256i z = _mm256_unpacklo_epi64(zs[0], zs[1]);
        x = sixteen_cubed(_mm256_sub_epi16(x, bias), &beyond_x), z = sixteen_cubed(_mm256_sub_epi16(z, bias), &beyond_z);
        beyond_x = _mm256_or_si256(beyond_x, beyond_z);
        if (!_mm256_testz_si256(beyond_x, beyond_x)) return 0;
        const __m256i xy[2] = {_mm256_unpacklo_epi16(x, y), _mm256_unpackhi_epi16(x, y)};
        const __m256i z1[2] = {_mm256_unpacklo_epi16(z, one), _mm256_unpackhi_epi16(z, one)};
        for (int c = 0; c < 3; c++)
            _mm256_storeu_si256((__m256i *)(void *)(chunk->linear[c] + i), sixteen_levels(matrix + 3 * c, xy, z1));
    }
    return 1;
}
#else
static int to_linear_by_sixteens(Chunk *chunk, const int32_t *matrix) { return (void)chunk, (void)matrix, 0; }
#endif

/* Multiply RGB by the alpha of CIELAB, round(level * alpha / 255), see blend.py. */
VECTORISED static void premultiply(const uint32_t *restrict rgb, const uint32_t *restrict lab, uint32_t *restrict coloured, Count count) {
    const uint32_t pairs = 0x00FF00FF;
    for (Count i = 0; i < count; i++) {
        uint32_t alpha = lab[i] >> 24, rb = (rgb[i] & pairs) * alpha + 0x00800080, g = (rgb[i] >> 8 & 0xFF) * alpha + 128;
        rb = (rb + (rb >> 8 & pairs)) >> 8 & pairs;
        coloured[i] = rb | ((g + (g >> 8)) & 0xFF00) | alpha << 24;
    }
}

/* What becomes of the levels of a channel, cut to bytes and rounded. */
static void match_levels(const Paste *paste, int channel, uint8_t *levels) {
    const double mean = paste->figure->mean[channel], aside = paste->around_mean[channel] - mean;
    double contrast = paste->around_deviation[channel] / paste->figure->deviation[channel];
    contrast = contrast < 1 / MOST_CONTRAST ? 1 / MOST_CONTRAST : contrast > MOST_CONTRAST ? MOST_CONTRAST : contrast;
    const double gain = 1 + paste->share * (contrast - 1), centre = mean + paste->share * aside;
    for (int v = 0; v < 256; v++) {
        double level = (v - mean) * gain + centre;
        level = level < 0 ? 0 : level > 255 ? 255 : level;
        levels[v] = (uint8_t)(int32_t)nearest(level);
    }
}

static void find_roots(const Paste *paste, const LabTables *tables, Roots *roots) {
    uint8_t levels[3][256];
    for (int c = 0; c < 3; c++) match_levels(paste, c, levels[c]);
    for (int v = 0; v < 256; v++) {
        uint64_t root = (uint64_t)tables->fy[levels[0][v]];
        roots->light[v] = root | (uint64_t)tables->y[levels[0][v]] << 16 | root << 32;
        roots->a[v] = (uint64_t)(BIAS + tables->a[levels[1][v]]);
        roots->b[v] = (uint64_t)(BIAS - tables->b[levels[2][v]]) << 32;
    }
}

void colour_figure(const Paste *paste, const LabTables *tables, uint32_t *coloured) {
    const Figure *figure = paste->figure;
    Roots roots;
    Chunk chunk = {{0}, {{0}}, {0}};
    const int wide = has_wide();
    find_roots(paste, tables, &roots);
    for (const Run *run = figure->seen; run < figure->seen + figure->seen_count; run++)
        for (Count start = run->start; start < run->end; start += CHUNK) {
            Count count = run->end - start < CHUNK ? run->end - start : CHUNK;
            const uint8_t *lab = (const uint8_t *)(figure->lab + start);
            for (Count i = 0; i < count; i++)
                chunk.roots[i] = roots.light[lab[4 * i]] + roots.a[lab[4 * i + 1]] + roots.b[lab[4 * i + 2]];
            if (!wide || !to_linear_by_sixteens(&chunk, tables->matrix)) to_linear(&chunk, tables->matrix);
            for (Count i = 0; i < count; i++) {
                uint32_t r = tables->levels[chunk.linear[0][i]], g = tables->levels[chunk.linear[1][i]];
                chunk.rgb[i] = r | g << 8 | (uint32_t)tables->levels[chunk.linear[2][i]] << 16;
            }
            premultiply(chunk.rgb, figure->lab + start, coloured + start, count);
        }
}
