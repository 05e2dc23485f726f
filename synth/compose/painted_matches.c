/* Writes painted images of a block as zstd sequences: what shows the background is known to repeat, the rest is searched.

What is looked up are 8 bytes at whole pixels, fewer of them the longer nothing is found; a table remembers where they were
last. */

#include "level_sums.h"
#include "sequences.h"

#define LEAST_REPEAT 8 /* bytes */
#define TABLE_LOG 14
#define PATIENCE_LOG 4 /* of pixels without a match, in any rows, before more of them are passed over */
#define MOST_PASSED_OVER 16
#define MISSED_FOR_BYTE 4 /* so many pixels without a match are made good by a byte of one */

typedef struct {
    Rows rows;
    const Patch *patches; /* (placements) */
    uint64_t *table;      /* where in the images bytes were last seen, modulo 2^32, and above that the first four of them */
    Tally tally;
    Count missed;             /* pixels that were looked up in vain, less those made good */
} Search;

/* Byte x of row y of a placement, within its patch. */
static const uint8_t *patch_byte(const Patch *patch, Count y, Count x) {
    return patch->pixels + (y - patch->box.top) * patch->stride + x - 3 * patch->box.left;
}

/* Bytes that were put before. */
typedef struct {
    const uint8_t *bytes; /* NULL where nothing is known of them */
    Count back, before, after; /* how far back they are, and how many bytes there are to either side of `bytes` */
} Seen;

/* Look up eight bytes of a row, the first one being the images' byte `at`, and remember them. */
static Seen look_up(Search *search, const uint8_t *row, Count at) {
    const Frame *frame = search->rows.frame;
    uint64_t now = eight_bytes(row), *entry = search->table + ((now * 0x9E3779B97F4A7C15u) >> (64 - TABLE_LOG)), seen = *entry;
    *entry = now << 32 | (uint32_t)at;
    Count back = (Count)(uint32_t)((uint64_t)at - seen), from = at - back;
    if (seen >> 32 != (uint32_t)now || !back || back > least(frame->window, at)) return (Seen){0};
    Count x = from % frame->row_bytes, y = from / frame->row_bytes / frame->placements;
    const Patch *patch = search->patches + from / frame->row_bytes % frame->placements;
    Count before = x - 3 * patch->box.left, after = 3 * patch->box.right - x;
    if (y < patch->box.top || y >= patch->box.bottom || before < 0 || after < LEAST_REPEAT) return (Seen){0};
    const uint8_t *bytes = patch_byte(patch, y, x);
    return eight_bytes(bytes) == now ? (Seen){bytes, back, before, after} : (Seen){0};
}

/* Bytes that may differ from the background. */
static void put_changed(Search *search, Count y, Count k, Count start, Count end) {
    const Frame *frame = search->rows.frame;
    const uint8_t *row = patch_byte(search->patches + k, y, start), *bare = frame->background + y * frame->row_bytes + start;
    Count first = (y * frame->placements + k) * frame->row_bytes + start, count = end - start, written = 0;
    for (Count i = (3 - start % 3) % 3; i + LEAST_REPEAT <= count;) {
        Seen same = {bare + i, 0, i - written, count - i};
        if (eight_bytes(row + i) != eight_bytes(bare + i)) {
            same = look_up(search, row + i, first + i);
            if (!same.bytes) {
                i += 3 * (1 + least(MOST_PASSED_OVER, search->missed++ >> PATIENCE_LOG));
                continue;
            }
        }
        Count length = common(row + i, same.bytes, least(count - i, same.after)), before = least(i - written, same.before);
        before = common_at_end(row + i - before, same.bytes - before, before);
        put_literals(search->rows.out, row + written, i - before - written);
        if (same.back) {
            put_match(search->rows.out, same.back, length + before);
            search->missed = most(0, search->missed - MISSED_FOR_BYTE * (length + before));
        } else {
            put_background(&search->rows, y, k, start + i - before, start + i + length);
        }
        written = i + length;
        i = written + (3 - (start + written) % 3) % 3;
    }
    put_literals(search->rows.out, row + written, count - written);
}

static void put_row(Search *search, Count y, Count k) {
    Count bytes = search->rows.frame->row_bytes, at = y * search->rows.frame->placements + k;
    Count start = search->rows.starts[at], end = search->rows.ends[at];
    if (start >= end) {
        put_background(&search->rows, y, k, 0, bytes);
        return;
    }
    const Patch *patch = search->patches + k;
    Count left = patch->box.left, right = least(patch->box.right, (end + 2) / 3);
    tally_changed(&search->tally, patch_byte(patch, y, 3 * left), search->rows.frame->background + y * bytes + 3 * left,
                  most(0, start / 3 - left), right - left, patch->box.right - left, search->rows.out->sums);
    if (start) put_background(&search->rows, y, k, 0, start);
    put_changed(search, y, k, start, end);
    if (end < bytes) put_background(&search->rows, y, k, end, bytes);
}

/* Find the bytes of row y of each placement that differ from the background; too few for a match at either end of the row
are taken for different. */
static void find_changed(Search *search, Count y) {
    const Frame *frame = search->rows.frame;
    for (Count k = 0; k < frame->placements; k++) {
        Count at = y * frame->placements + k, start = frame->row_bytes, end = 0;
        const Patch *patch = search->patches + k;
        if (y >= patch->box.top && y < patch->box.bottom) {
            Count left = 3 * patch->box.left, count = 3 * patch->box.right - left;
            const uint8_t *row = patch_byte(patch, y, left), *bare = frame->background + y * frame->row_bytes + left;
            for (Count i = 0; i < count; i += 64) __builtin_prefetch(row + patch->stride + i);
            Count same = common(row, bare, count);
            if (same < count) {
                start = left + same < LEAST_MATCH ? 0 : left + same;
                end = left + count - common_at_end(row + same, bare + same, count - same);
                if (frame->row_bytes - end < LEAST_MATCH) end = frame->row_bytes;
            }
        }
        search->rows.starts[at] = (int32_t)start;
        search->rows.ends[at] = (int32_t)end;
    }
}

/* Write the images of a block, and what their sums and sums of squares have more than bare backgrounds; 0, or 1 where
there are more sequences than there is room for, or -1 for want of memory. */
int write_painted_images(const Patch *patches, const Frame *frame, Output *out) {
    Count H = frame->height, K = frame->placements, unit = frame->row_bytes, block_bytes = 0;
    int result = -1;
    Search search = {{frame, out, NULL, NULL}, patches, NULL, {{0}, {0}, 0}, 0};
    search.rows.starts = malloc(sizeof(int32_t) * 2 * (size_t)(H * K));
    search.table = calloc((size_t)1 << TABLE_LOG, sizeof(uint64_t));
    if (search.rows.starts && search.table) {
        search.rows.ends = search.rows.starts + H * K;
        result = 0;
        for (Count i = 0; i < H * K && !result; i++) {
            Count y = i / K, k = i % K;
            if (k == 0) find_changed(&search, y);
            if (out->sequence_count + unit / LEAST_MATCH + 2 > out->sequence_room) result = 1;
            if (!result) put_row(&search, y, k);
            block_bytes += unit;
            if (!result && (block_bytes + unit > frame->block_bytes || i == H * K - 1)) {
                end_block(out);
                block_bytes = 0;
            }
        }
        add_tally(&search.tally, out->sums);
    }
    free(search.rows.starts), free(search.table);
    return result;
}
