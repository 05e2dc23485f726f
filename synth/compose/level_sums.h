/* Sums and sums of squares of levels. */

#ifndef BGFG_LEVEL_SUMS_H
#define BGFG_LEVEL_SUMS_H

#include <stddef.h>
#include <stdint.h>

typedef ptrdiff_t Count;

#define TALLIED_PX 16 /* pixels that are tallied together */

/* What pictures have more than their backgrounds, each byte of TALLIED_PX pixels by itself, not yet in the sums. */
typedef struct {
    int32_t levels[3 * TALLIED_PX], squares[3 * TALLIED_PX];
    Count tallied; /* how often TALLIED_PX pixels were added */
} Tally;

/* Add what pixels [start, end) of a row have more than those of the background under it, to the tally or to the sums. All
of the row's `width` pixels are there, and the others are the same as there. */
void tally_changed(Tally *tally, const uint8_t *now, const uint8_t *before, Count start, Count end, Count width, int64_t sums[6]);

/* Add a tally to the sums of RGB and of their squares, and empty it. */
void add_tally(Tally *tally, int64_t sums[6]);

/* Add levels of rows that lie `stride` bytes apart, and their squares, to the sums of the first channel. The rows are
`count` bytes; there may be some left and right of them that are read, too, and are 0: `before` and `after`. */
void add_levels(const uint8_t *rows, Count height, Count stride, Count count, Count before, Count after, int64_t sums[6]);

#endif
