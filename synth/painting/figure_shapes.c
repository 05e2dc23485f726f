/* Gives cut-outs the shape in which they are pasted, as affine_warp.py writes down. */

#include "scenes.h"

#define HALF (ONE / 2)
#define ONE_BITS (PLACE_BITS + SUBPIXEL_BITS)

/* The mean of four pixels, half up, a byte at a time. */
static uint32_t mean_of_block(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    const uint32_t pairs = 0x00FF00FF, twos = 0x00020002;
    uint32_t even = (a & pairs) + (b & pairs) + (c & pairs) + (d & pairs) + twos;
    uint32_t odd = (a >> 8 & pairs) + (b >> 8 & pairs) + (c >> 8 & pairs) + (d >> 8 & pairs) + twos;
    return (even >> 2 & pairs) | (odd >> 2 & pairs) << 8;
}

/* Halve a picture with nothing all around into another one, which may be the same. */
static void halve(const uint32_t *pixels, Count height, Count width, uint32_t *halved) {
    Count stride = width + 2, new_height = (height + 1) / 2, new_width = (width + 1) / 2, new_stride = new_width + 2;
    memset(halved, 0, sizeof *halved * (size_t)new_stride);
    for (Count y = 0; y < new_height; y++) {
        const uint32_t *upper = pixels + (2 * y + 1) * stride + 1, *lower = upper + stride;
        uint32_t *row = halved + (y + 1) * new_stride;
        row[0] = 0;
        for (Count x = 0; x < new_width; x++)
            row[x + 1] = mean_of_block(upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]);
        row[new_width + 1] = 0;
    }
    memset(halved + (new_height + 1) * new_stride, 0, sizeof *halved * (size_t)new_stride);
}

static void put_pixel(Shape *shape, Count at, uint32_t pixel) {
    memcpy(shape->rgb + 3 * at, &pixel, sizeof pixel); /* the next one takes the last byte */
    shape->alpha[at] = (uint8_t)(pixel >> 24);
}

static double size_of(double number) { return number < 0 ? -number : number; }

static Count whole_px(double side) {
    Count px = (Count)(side -= 1.0 / 200); /* rounded up, but for less than this share of a pixel */
    if ((double)px < side) px++;
    return px > 1 ? px : 1;
}

/* As affine_warp.py has it, operation by operation. */
Warping warping_of(const Paste *paste) {
    Count height = paste->figure->height, width = paste->figure->width;
    double cos_share = size_of(paste->cos) * paste->scale / 1000, sin_share = size_of(paste->sin) * paste->scale / 1000;
    Warping warping = {0, {0}, whole_px((double)height * cos_share + (double)width * sin_share),
                       whole_px((double)width * cos_share + (double)height * sin_share)};
    while ((int64_t)paste->scale << warping.halvings <= 500) warping.halvings++;
    double share = (double)((int64_t)paste->scale << warping.halvings);
    int64_t cos = (int64_t)nearest(HALF * paste->cos * 1000 / share), sin = (int64_t)nearest(HALF * paste->sin * 1000 / share);
    int64_t across = 1 - warping.width, down = 1 - warping.height, rounding = (1 << (PLACE_BITS - 1)) - HALF;
    warping.placing = (Placing){((width * HALF) >> warping.halvings) + rounding + across * cos - down * sin,
                                ((height * HALF) >> warping.halvings) + rounding + across * sin + down * cos, 2 * cos, 2 * sin};
    return warping;
}

/* The pixels of a row that see something: from the first one to after the last one. */
typedef struct {
    Count first, last;
} Span;

static inline void see(Span *span, Count x, Count end) {
    if (span->first > x) span->first = x;
    span->last = end;
}

/* Fill pixels [start, end) of a row. */
static void warp_pixels(const Placing *placing, const Row *row, const uint32_t *pixels, Count stride, Count start,
                        Shape *shape, Count at, Span *span) {
    for (Count x = start; x < row->end; x++) {
        Place place = place_of(placing, row, x, stride);
        const uint32_t *upper = pixels + place.at, *lower = upper + stride;
        uint32_t pixel = 0;
        if (upper[0] | upper[1] | lower[0] | lower[1]) {
            pixel = mean_of_four(upper, lower, place.fx, place.fy);
            see(span, x, x + 1);
        }
        put_pixel(shape, at + x, pixel);
    }
}

#ifdef WIDE
#define EIGHT 8

/* Four times two pixels beside one another; on some machines faster than to gather them by one instruction. */
WIDE static inline __m256i four_pairs(const uint32_t *origin, const int32_t places[4]) {
    __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)(origin + places[0]));
    __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)(origin + places[1]));
    __m128i c = _mm_loadl_epi64((const __m128i *)(const void *)(origin + places[2]));
    __m128i d = _mm_loadl_epi64((const __m128i *)(const void *)(origin + places[3]));
    return _mm256_set_m128i(_mm_unpacklo_epi64(c, d), _mm_unpacklo_epi64(a, b));
}

/* The means of four times four pixels, weighted by `across` (32nds of the left and the right one as bytes) and `along` (of
the upper and the lower one as 16 bits): the first two in the lower half, the others in the upper one, 8 bytes each. */
WIDE static inline __m256i four_means(__m256i upper, __m256i lower, __m128i across, __m128i along) {
    const __m256i pairs = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15));
    const __m256i repeated = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 8, 9, 8, 9, 8, 9, 8, 9));
    const __m256i half = _mm256_set1_epi32(512);
    __m256i weights = _mm256_shuffle_epi8(_mm256_cvtepu32_epi64(across), repeated), wide = _mm256_cvtepu32_epi64(along);
    __m256i top = _mm256_maddubs_epi16(_mm256_shuffle_epi8(upper, pairs), weights);
    __m256i bottom = _mm256_maddubs_epi16(_mm256_shuffle_epi8(lower, pairs), weights);
    __m256i even = _mm256_madd_epi16(_mm256_unpacklo_epi16(top, bottom), _mm256_shuffle_epi32(wide, 0x00));
    __m256i odd = _mm256_madd_epi16(_mm256_unpackhi_epi16(top, bottom), _mm256_shuffle_epi32(wide, 0xAA));
    even = _mm256_srli_epi32(_mm256_add_epi32(even, half), 10), odd = _mm256_srli_epi32(_mm256_add_epi32(odd, half), 10);
    return _mm256_packs_epi32(even, odd);
}

/* The same by eight pixels at a time, as many as there are; return where it ends. */
WIDE static Count warp_eights(const Placing *placing, const Row *row, const uint32_t *pixels, Count stride, Shape *shape,
                              Count at, Span *span) {
    const __m256i rgb = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const __m256i fraction = _mm256_set1_epi32(SUBPIXELS - 1), all = _mm256_set1_epi32(SUBPIXELS);
    const __m256i steps = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), width = _mm256_set1_epi32((int)stride);
    const __m256i cos = _mm256_set1_epi32((int)placing->cos), sin = _mm256_set1_epi32((int)placing->sin);
    const __m256i cos_of_eight = _mm256_slli_epi32(cos, 3), sin_of_eight = _mm256_slli_epi32(sin, 3);
    uint8_t *colours = shape->rgb + 3 * at, *alphas = shape->alpha + at;
    Count x = row->start, end = row->end;
    Span seen = *span;
    int64_t u = row->u + x * placing->cos, v = row->v + x * placing->sin;
    /* The upper left pixel where the first one looks, and how far on from there the eight look. */
    const uint32_t *origin = pixels + ((v >> ONE_BITS) + 1) * stride + (u >> ONE_BITS) + 1, *below = origin + stride;
    __m256i right = _mm256_add_epi32(_mm256_mullo_epi32(steps, cos), _mm256_set1_epi32((int)(u & (ONE - 1))));
    __m256i down = _mm256_add_epi32(_mm256_mullo_epi32(steps, sin), _mm256_set1_epi32((int)(v & (ONE - 1))));
    for (; x + EIGHT <= end; x += EIGHT) {
        int32_t places[EIGHT];
        __m256i rows = _mm256_mullo_epi32(_mm256_srai_epi32(down, ONE_BITS), width);
        _mm256_storeu_si256((__m256i *)(void *)places, _mm256_add_epi32(rows, _mm256_srai_epi32(right, ONE_BITS)));
        __m256i fx = _mm256_and_si256(_mm256_srli_epi32(right, PLACE_BITS), fraction);
        __m256i fy = _mm256_and_si256(_mm256_srli_epi32(down, PLACE_BITS), fraction);
        right = _mm256_add_epi32(right, cos_of_eight), down = _mm256_add_epi32(down, sin_of_eight);
        __m256i upper[2] = {four_pairs(origin, places), four_pairs(origin, places + 4)};
        __m256i lower[2] = {four_pairs(below, places), four_pairs(below, places + 4)};
        __m256i any = _mm256_or_si256(_mm256_or_si256(upper[0], lower[0]), _mm256_or_si256(upper[1], lower[1]));
        __m256i eight = _mm256_setzero_si256();
        if (!_mm256_testz_si256(any, any)) {
            __m256i across = _mm256_or_si256(_mm256_sub_epi32(all, fx), _mm256_slli_epi32(fx, 8));
            __m256i along = _mm256_or_si256(_mm256_sub_epi32(all, fy), _mm256_slli_epi32(fy, 16));
            __m256i former = four_means(upper[0], lower[0], _mm256_castsi256_si128(across), _mm256_castsi256_si128(along));
            __m256i latter = four_means(upper[1], lower[1], _mm256_extracti128_si256(across, 1), _mm256_extracti128_si256(along, 1));
            eight = _mm256_permute4x64_epi64(_mm256_packus_epi16(former, latter), 0xD8);
            see(&seen, x, x + EIGHT);
        }
        __m256i high = _mm256_srli_epi32(eight, 24);
        __m128i alpha = _mm_packs_epi32(_mm256_castsi256_si128(high), _mm256_extracti128_si256(high, 1));
        _mm_storel_epi64((__m128i *)(void *)(alphas + x), _mm_packus_epi16(alpha, alpha));
        __m256i packed = _mm256_shuffle_epi8(eight, rgb);
        /* The next ones take the bytes after these. */
        _mm_storeu_si128((__m128i *)(void *)(colours + 3 * x), _mm256_castsi256_si128(packed));
        _mm_storeu_si128((__m128i *)(void *)(colours + 3 * x + 12), _mm256_extracti128_si256(packed, 1));
    }
    *span = seen;
    return x;
}
#endif

/* Fill the span of a row of a shape from a picture with nothing all around. */
static void warp_row(const Placing *placing, const uint32_t *pixels, Count height, Count width, Count y, Shape *shape) {
    Count at = y * shape->width;
    Span span = {shape->width, 0};
    Row row = row_of(placing, y, shape->width, height, width);
    if (row.start > row.end) row.start = row.end;
    Count x = row.start;
#ifdef WIDE
    if (has_wide() && (height + 2) * (width + 2) < 1 << 28 && shape->width < 1 << 12) /* so that 31 bits hold all places */
        x = warp_eights(placing, &row, pixels, width + 2, shape, at, &span);
#endif
    warp_pixels(placing, &row, pixels, width + 2, x, shape, at, &span);
    shape->spans[2 * y] = (int32_t)span.first, shape->spans[2 * y + 1] = (int32_t)span.last;
}

static int is_as_it_was(const Placing *placing) {
    return placing->sin == 0 && placing->cos == ONE && placing->u >> PLACE_BITS == 0 && placing->v >> PLACE_BITS == 0;
}

static void copy_row(const uint32_t *pixels, Count width, Count y, Shape *shape) {
    Count first = 0, last = width;
    const uint32_t *row = pixels + (y + 1) * (width + 2) + 1;
    while (first < last && !row[first]) first++;
    while (last > first && !row[last - 1]) last--;
    for (Count x = 0; x < width; x++) put_pixel(shape, y * width + x, row[x]);
    shape->spans[2 * y] = (int32_t)first, shape->spans[2 * y + 1] = (int32_t)last;
}

void shape_figure(const Paste *paste, const Warping *warping, const LabTables *tables, Room *room, Shape *shape) {
    const Figure *figure = paste->figure;
    const uint32_t *pixels = figure->pixels;
    Count height = figure->height, width = figure->width;
    if (paste->share > 0) {
        if (room->latest != figure) memset(room->coloured, 0, sizeof *pixels * (size_t)((height + 2) * (width + 2)));
        room->latest = figure;
        colour_figure(paste, tables, room->coloured);
        pixels = room->coloured;
    }
    for (int i = 0; i < warping->halvings; i++) {
        halve(pixels, height, width, room->halved);
        pixels = room->halved, height = (height + 1) / 2, width = (width + 1) / 2;
    }
    if (!warping->halvings && is_as_it_was(&warping->placing))
        for (Count y = 0; y < shape->height; y++) copy_row(pixels, width, y, shape);
    else
        for (Count y = 0; y < shape->height; y++) warp_row(&warping->placing, pixels, height, width, y, shape);
}
