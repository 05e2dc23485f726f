/* Which bytes of a mask are as others before them: a bit each, from the lowest one of the first word on. */

#ifndef BGFG_MASK_BITS_H
#define BGFG_MASK_BITS_H

#include "sequences.h"

#define WORD 64
#define WORDS(count) ((count) / WORD + 2) /* one more than needed, of zeros */

static inline uint64_t same_bits(const uint8_t *now, const uint8_t *other, Count count) {
    uint64_t bits = 0;
#ifdef __SSE2__
    if (count == WORD) {
        for (Count i = 0; i < WORD; i += 16) bits |= (uint64_t)(sixteen_differing(now + i, other + i) ^ 0xFFFF) << i;
        return bits;
    }
#endif
    for (Count i = 0; i < count; i++) bits |= (uint64_t)(now[i] == other[i]) << i;
    return bits;
}

/* Set the bits of `count` bytes that are the same `offset` bytes before. */
static inline void find_same(const uint8_t *bytes, Count count, Count offset, uint64_t *bits) {
    for (Count i = 0; i < WORDS(count); i++) {
        Count left = most(0, least(WORD, count - WORD * i));
        bits[i] = left ? same_bits(bytes + WORD * i, bytes + WORD * i - offset, left) : 0;
    }
}

/* Where eight ones begin, of a word and the next one. */
static inline uint64_t eights(uint64_t word, uint64_t next) {
    word &= word >> 1 | next << 63, next &= next >> 1;
    word &= word >> 2 | next << 62, next &= next >> 2;
    return word & (word >> 4 | next << 60);
}

/* The first bit from `at` on that is one, or none, where `flipped` is all ones; the bits' number where there is none. */
static inline Count next_bit(const uint64_t *bits, Count at, Count count, uint64_t flipped) {
    if (at >= count) return count;
    Count i = at / WORD;
    uint64_t word = (bits[i] ^ flipped) >> (at % WORD);
    if (word) return least(count, at + __builtin_ctzll(word));
    for (i++; WORD * i < count; i++)
        if ((word = bits[i] ^ flipped)) return least(count, WORD * i + __builtin_ctzll(word));
    return count;
}

#endif
