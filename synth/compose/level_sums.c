/* Sums levels and their squares: of masks, and what pictures have more than their backgrounds. */

#include "level_sums.h"
#include "../painting/wide.h"

#define MOST_TALLIED 32768 /* squares of levels that 31 bits hold */
#define MOST_AT_ONCE 128   /* levels that 15 bits hold */
#define TOGETHER 32        /* levels of masks that are added together */

static void add_changed(const uint8_t *now, const uint8_t *before, Count count, int64_t sums[6]) {
    int64_t levels[3] = {0}, squares[3] = {0};
    for (Count i = 0; i < count; i++)
        for (int c = 0; c < 3; c++) {
            int32_t more = now[3 * i + c] - before[3 * i + c];
            levels[c] += more, squares[c] += more * (now[3 * i + c] + before[3 * i + c]);
        }
    for (int c = 0; c < 3; c++) sums[c] += levels[c], sums[3 + c] += squares[c];
}

static void add_rows(const uint8_t *rows, Count height, Count stride, Count count, int64_t sums[6]) {
    for (Count y = 0; y < height; y++, rows += stride)
        for (Count i = 0; i < count; i++) sums[0] += rows[i], sums[3] += rows[i] * rows[i];
}

/* Where byte `i` of TALLIED_PX pixels is tallied, and which of them is tallied there: AVX2 unpacks sixteen so that the
second four and the third four change places. */
static int place_of_byte(int i) { return (i & 12) == 4 || (i & 12) == 8 ? i ^ 12 : i; }

void add_tally(Tally *tally, int64_t sums[6]) {
    for (int i = 0; i < 3 * TALLIED_PX; i++) {
        sums[place_of_byte(i) % 3] += tally->levels[i], sums[3 + place_of_byte(i) % 3] += tally->squares[i];
        tally->levels[i] = tally->squares[i] = 0;
    }
    tally->tallied = 0;
}

#ifdef WIDE
WIDE static inline __m256i sixteen(const uint8_t *bytes) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

WIDE static inline void add_eight(int32_t *sums, __m256i eight) {
    __m256i *at = (__m256i *)(void *)sums;
    _mm256_storeu_si256(at, _mm256_add_epi32(_mm256_loadu_si256(at), eight));
}

/* So many times TALLIED_PX pixels, at most MOST_AT_ONCE. */
WIDE static void tally_sixteens(Tally *tally, const uint8_t *now, const uint8_t *before, Count times) {
    __m256i levels[3], low[3], high[3];
    for (int c = 0; c < 3; c++) levels[c] = low[c] = high[c] = _mm256_setzero_si256();
    for (Count i = 0; i < times; i++, now += 3 * TALLIED_PX, before += 3 * TALLIED_PX)
        for (int c = 0; c < 3; c++) {
            __m256i a = sixteen(now + 16 * c), b = sixteen(before + 16 * c);
            __m256i more = _mm256_sub_epi16(a, b), both = _mm256_add_epi16(a, b);
            /* a² - b² = (a - b) (a + b), the lower and the upper halves */
            __m256i lower = _mm256_mullo_epi16(more, both), upper = _mm256_mulhi_epi16(more, both);
            levels[c] = _mm256_add_epi16(levels[c], more);
            low[c] = _mm256_add_epi32(low[c], _mm256_unpacklo_epi16(lower, upper));
            high[c] = _mm256_add_epi32(high[c], _mm256_unpackhi_epi16(lower, upper));
        }
    for (int c = 0; c < 3; c++) {
        __m256i sign = _mm256_srai_epi16(levels[c], 15);
        add_eight(tally->levels + 16 * c, _mm256_unpacklo_epi16(levels[c], sign));
        add_eight(tally->levels + 16 * c + 8, _mm256_unpackhi_epi16(levels[c], sign));
        add_eight(tally->squares + 16 * c, low[c]);
        add_eight(tally->squares + 16 * c + 8, high[c]);
    }
    tally->tallied += times;
}

/* Rows of so many times TOGETHER bytes. */
WIDE static void add_rows_together(const uint8_t *rows, Count height, Count stride, Count times, int64_t sums[6]) {
    __m256i levels = _mm256_setzero_si256(), squares = levels;
    uint64_t fours[2][4];
    for (Count y = 0; y < height; y++, rows += stride) {
        __m256i of_row = _mm256_setzero_si256();
        for (Count i = 0; i < times; i++) {
            __m256i low = sixteen(rows + TOGETHER * i), high = sixteen(rows + TOGETHER * i + 16);
            __m256i all = _mm256_loadu_si256((const __m256i *)(const void *)(rows + TOGETHER * i));
            levels = _mm256_add_epi64(levels, _mm256_sad_epu8(all, _mm256_setzero_si256()));
            of_row = _mm256_add_epi32(of_row, _mm256_add_epi32(_mm256_madd_epi16(low, low), _mm256_madd_epi16(high, high)));
        }
        squares = _mm256_add_epi64(squares, _mm256_unpacklo_epi32(of_row, _mm256_setzero_si256()));
        squares = _mm256_add_epi64(squares, _mm256_unpackhi_epi32(of_row, _mm256_setzero_si256()));
    }
    _mm256_storeu_si256((__m256i *)(void *)fours[0], levels), _mm256_storeu_si256((__m256i *)(void *)fours[1], squares);
    for (int i = 0; i < 4; i++) sums[0] += (int64_t)fours[0][i], sums[3] += (int64_t)fours[1][i];
}
#endif

void tally_changed(Tally *tally, const uint8_t *now, const uint8_t *before, Count start, Count end, Count width, int64_t sums[6]) {
#ifdef WIDE
    if (has_wide()) {
        Count times = (end - start + TALLIED_PX - 1) / TALLIED_PX;
        if (times * TALLIED_PX > width) times--;
        if (start + times * TALLIED_PX > width) start = width - times * TALLIED_PX;
        while (times > 0) {
            Count some = times < MOST_AT_ONCE ? times : MOST_AT_ONCE;
            if (tally->tallied + some > MOST_TALLIED) add_tally(tally, sums);
            tally_sixteens(tally, now + 3 * start, before + 3 * start, some);
            start += some * TALLIED_PX, times -= some;
        }
    }
#else
    (void)tally, (void)width;
#endif
    if (start < end) add_changed(now + 3 * start, before + 3 * start, end - start, sums);
}

void add_levels(const uint8_t *rows, Count height, Count stride, Count count, Count before, Count after, int64_t sums[6]) {
#ifdef WIDE
    Count times = (count + TOGETHER - 1) / TOGETHER, more = times * TOGETHER - count;
    if (has_wide() && times <= 1 << 14 && more <= before + after) {
        add_rows_together(rows - (more > after ? more - after : 0), height, stride, times, sums);
        return;
    }
#else
    (void)before, (void)after;
#endif
    add_rows(rows, height, stride, count, sums);
}
