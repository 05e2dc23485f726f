/* Writes painted images of a block as zstd sequences: what shows the background is known to repeat, the rest is searched.

What is looked up are 8 bytes at whole pixels, fewer of them the longer nothing is found; a table remembers where they were
last. */

#include "sequences.h"

#define LEAST_REPEAT 8 /* bytes */
#define TABLE_LOG 14
#define PATIENCE_LOG 4 /* of pixels in a row without a match before more of them are passed over */
#define SUMMABLE 32768 /* squares of levels that 31 bits hold; a block has no more placements */

typedef struct {
    Rows rows;
    const uint8_t *painted; /* (height, placements, row_bytes) */
    uint64_t *table;        /* where in it bytes were last seen, modulo 2^32, and above that the first four of them */
    int32_t *added, *squares; /* (row_bytes) what placements have more than the background, not yet in the sums */
} Search;

/* Bytes that may differ from the background. */
static void put_changed(Search *search, Count y, Count k, Count start, Count end) {
    const Frame *frame = search->rows.frame;
    Count bytes = frame->row_bytes, first = (y * frame->placements + k) * bytes, written = start, missed = 0;
    const uint8_t *row = search->painted + first, *bare = frame->background + y * bytes;
    for (Count i = start + (3 - start % 3) % 3; i + LEAST_REPEAT <= end;) {
        Count back = 0;
        const uint8_t *same = bare;
        uint64_t now = eight_bytes(row + i);
        if (now != eight_bytes(bare + i)) {
            uint64_t *entry = search->table + ((now * 0x9E3779B97F4A7C15u) >> (64 - TABLE_LOG)), seen = *entry;
            *entry = now << 32 | (uint32_t)(first + i);
            back = (uint32_t)((uint64_t)(first + i) - seen);
            same = row - back;
            if (seen >> 32 != (uint32_t)now || !back || back > least(frame->window, first + i) ||
                now != eight_bytes(same + i)) {
                i += 3 * (1 + (missed++ >> PATIENCE_LOG));
                continue;
            }
        }
        Count length = common(row + i, same + i, end - i);
        Count before = common_at_end(row + written, same + written, i - written);
        if (back > first + i - before) before = first + i - back;
        put_literals(search->rows.out, row + written, i - before - written);
        if (back)
            put_match(search->rows.out, back, length + before);
        else
            put_background(&search->rows, y, k, i - before, i + length);
        written = i + length;
        i = written + (3 - written % 3) % 3;
        missed = 0;
    }
    put_literals(search->rows.out, row + written, end - written);
}

static void add_to_sums(Search *search) {
    int64_t *sums = search->rows.out->sums;
    for (Count c = 0; c < search->rows.frame->row_bytes; c++) {
        sums[c % 3] += search->added[c];
        sums[3 + c % 3] += search->squares[c];
        search->added[c] = search->squares[c] = 0;
    }
}

static void put_row(Search *search, Count y, Count k) {
    Count bytes = search->rows.frame->row_bytes, at = y * search->rows.frame->placements + k;
    Count start = search->rows.starts[at], end = search->rows.ends[at];
    if (start >= end) {
        put_background(&search->rows, y, k, 0, bytes);
        return;
    }
    const uint8_t *bare = search->rows.frame->background + y * bytes;
    count_changed(search->painted + at * bytes + start, bare + start, search->added + start, search->squares + start, end - start);
    if (start) put_background(&search->rows, y, k, 0, start);
    put_changed(search, y, k, start, end);
    if (end < bytes) put_background(&search->rows, y, k, end, bytes);
}

/* Find the bytes of row y of each placement that differ from the background; too few for a match at either end of the row
are taken for different. */
static void find_changed(Search *search, const Box *boxes, Count y) {
    const Frame *frame = search->rows.frame;
    const uint8_t *bare = frame->background + y * frame->row_bytes;
    for (Count k = 0; k < frame->placements; k++) {
        Count at = y * frame->placements + k, start = frame->row_bytes, end = 0;
        const uint8_t *row = search->painted + at * frame->row_bytes;
        Count left = 3 * boxes[k].left, right = 3 * boxes[k].right;
        if (y >= boxes[k].top && y < boxes[k].bottom) left += common(row + left, bare + left, right - left);
        if (y >= boxes[k].top && y < boxes[k].bottom && left < right) {
            start = left < LEAST_MATCH ? 0 : left;
            end = right - common_at_end(row + left, bare + left, right - left);
            if (frame->row_bytes - end < LEAST_MATCH) end = frame->row_bytes;
        }
        search->rows.starts[at] = (int32_t)start;
        search->rows.ends[at] = (int32_t)end;
    }
}

/* Write the images of a block, and what their sums and sums of squares have more than bare backgrounds; 0, or 1 where
there are more sequences than there is room for, or -1 for want of memory. Outside its box each is its background. */
int write_painted_images(const uint8_t *painted, const Box *boxes, const Frame *frame, Output *out) {
    Count H = frame->height, K = frame->placements, unit = frame->row_bytes, rows_summable = most(1, SUMMABLE / K);
    Count block_bytes = 0;
    int result = -1;
    Search search = {{frame, out, NULL, NULL}, painted, NULL, NULL, NULL};
    search.rows.starts = malloc(sizeof(int32_t) * 2 * (size_t)(H * K));
    search.table = calloc((size_t)1 << TABLE_LOG, sizeof(uint64_t));
    search.added = calloc(2 * (size_t)unit, sizeof(int32_t));
    if (search.rows.starts && search.table && search.added) {
        search.rows.ends = search.rows.starts + H * K;
        search.squares = search.added + unit;
        result = 0;
        for (Count i = 0; i < H * K && !result; i++) {
            Count y = i / K, k = i % K;
            if (k == 0 && y % rows_summable == 0) add_to_sums(&search);
            if (k == 0) find_changed(&search, boxes, y);
            if (out->sequence_count + unit / LEAST_MATCH + 2 > out->sequence_room) result = 1;
            if (!result) put_row(&search, y, k);
            block_bytes += unit;
            if (!result && (block_bytes + unit > frame->block_bytes || i == H * K - 1)) {
                end_block(out);
                block_bytes = 0;
            }
        }
        add_to_sums(&search);
    }
    free(search.rows.starts), free(search.table), free(search.added);
    return result;
}
