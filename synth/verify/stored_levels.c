/* Exact sums of the levels of a block and of their squares, and how often each code occurs. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../painting/wide.h"

#define GROUP 96         /* bytes that are summed beside one another: a number of whole pixels, and of registers */
#define MOST_AT_ONCE 256 /* levels that 16 bits hold */
#define TABLES 4         /* counts of neighbours, which are often equal, don't wait for one another */

typedef ptrdiff_t Count;

/* Raised with every change of what stored_levels.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 1; }

#ifdef WIDE
#define REGISTERS 3 /* of a group, 32 bytes each */

WIDE static inline void add_up(__m256i *total, __m256i more) { *total = _mm256_add_epi32(*total, more); }

/* Add squares of 16-bit values that lie at the same places of two registers: of even places and of odd ones. */
WIDE static inline void add_squares(__m256i totals[2], __m256i a, __m256i b) {
    __m256i even = _mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xAA);
    __m256i odd = _mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xAA);
    add_up(&totals[0], _mm256_madd_epi16(even, even)), add_up(&totals[1], _mm256_madd_epi16(odd, odd));
}

/* Two groups so many times, at most half of MOST_AT_ONCE. Of a register even bytes are summed in one and odd bytes in
another, in 16 bits each, and their squares in two more each, in 32. */
WIDE static void sum_pairs_of_groups(const uint8_t *bytes, Count times, Count channels, int64_t *sums) {
    __m256i levels[REGISTERS][2], squares[REGISTERS][2][2], low_bytes = _mm256_set1_epi16(255);
    memset(levels, 0, sizeof levels), memset(squares, 0, sizeof squares);
    for (Count t = 0; t < times; t++, bytes += 2 * GROUP)
        for (int r = 0; r < REGISTERS; r++) {
            __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32 * r));
            __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + GROUP + 32 * r));
            __m256i a_even = _mm256_and_si256(a, low_bytes), b_even = _mm256_and_si256(b, low_bytes);
            __m256i a_odd = _mm256_srli_epi16(a, 8), b_odd = _mm256_srli_epi16(b, 8);
            levels[r][0] = _mm256_add_epi16(levels[r][0], _mm256_add_epi16(a_even, b_even));
            levels[r][1] = _mm256_add_epi16(levels[r][1], _mm256_add_epi16(a_odd, b_odd));
            add_squares(squares[r][0], a_even, b_even), add_squares(squares[r][1], a_odd, b_odd);
        }
    for (int r = 0; r < REGISTERS; r++)
        for (int odd = 0; odd < 2; odd++) {
            uint16_t of_levels[16];
            uint32_t of_squares[2][8];
            memcpy(of_levels, &levels[r][odd], sizeof of_levels), memcpy(of_squares, squares[r][odd], sizeof of_squares);
            for (int i = 0; i < 16; i++) {
                Count channel = (32 * r + 2 * i + odd) % channels;
                sums[channel] += of_levels[i], sums[channels + channel] += of_squares[i % 2][i / 2];
            }
        }
}
#endif

/* Add up `count` bytes and their squares: channel by channel the sums, then the squares. There are 1 or 3 channels. */
void sum_levels(const uint8_t *bytes, Count count, Count channels, int64_t *sums) {
#ifdef WIDE
    while (has_wide() && count >= 2 * GROUP) {
        Count times = count / (2 * GROUP) < MOST_AT_ONCE / 2 ? count / (2 * GROUP) : MOST_AT_ONCE / 2;
        sum_pairs_of_groups(bytes, times, channels, sums);
        bytes += times * 2 * GROUP, count -= times * 2 * GROUP;
    }
#endif
    for (Count i = 0; i < count; i++) sums[i % channels] += bytes[i], sums[channels + i % channels] += bytes[i] * bytes[i];
}

/* Count how often each of 256 codes occurs. */
void count_codes(const uint8_t *codes, Count count, int64_t *counts) {
    int64_t tables[TABLES][256];
    memset(tables, 0, sizeof tables);
    Count i = 0;
    for (; i + TABLES <= count; i += TABLES)
        for (int t = 0; t < TABLES; t++) tables[t][codes[i + t]]++;
    for (; i < count; i++) tables[0][codes[i]]++;
    for (int code = 0; code < 256; code++)
        for (int t = 0; t < TABLES; t++) counts[code] += tables[t][code];
}
