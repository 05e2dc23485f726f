/* Writes masks of a block as zstd sequences: one placement after the other. */

#include "level_sums.h"
#include "mask_bits.h"

#define WORTH_MATCHING_MASK 8

typedef struct {
    Output *out;
    const uint8_t *masks;
    Count position, block_left, block_bytes;
} Stream;

/* Go on by so many bytes: as a match of this offset, as literals where it is 0 or the block leaves too few bytes. */
static void put_bytes(Stream *stream, Count offset, Count count) {
    while (count) {
        Count piece = least(count, stream->block_left);
        if (offset && piece >= LEAST_MATCH)
            put_match(stream->out, offset, piece);
        else
            put_literals(stream->out, stream->masks + stream->position, piece);
        stream->position += piece;
        stream->block_left -= piece;
        count -= piece;
        if (!stream->block_left) {
            end_block(stream->out);
            stream->block_left = stream->block_bytes;
        }
    }
}

#ifdef __SSE2__
#define AT_ONCE (16 - WORTH_MATCHING_MASK + 1)

/* Where of sixteen places matches begin, a bit each of AT_ONCE. */
static inline unsigned matches_beginning(const uint8_t *at, Count offset) {
    unsigned same = sixteen_differing(at, at - offset) ^ 0xFFFF;
    same &= same >> 1, same &= same >> 2;
    return same & same >> 4;
}
#endif

/* How many bytes there are before one where a match of one of the offsets begins, the last of which is 1. */
static Count count_unmatched(const uint8_t *masks, Count start, Count end, const Count offsets[3]) {
    Count at = most(start, 1);
    Count first = offsets[0] && offsets[0] <= at ? offsets[0] : 1, second = offsets[1] <= at ? offsets[1] : 1;
#ifdef __SSE2__
    for (; at + 16 <= end; at += AT_ONCE) {
        const uint8_t *now = masks + at;
        unsigned found = matches_beginning(now, first) | matches_beginning(now, second) | matches_beginning(now, 1);
        if (found) return at - start + __builtin_ctz(found);
    }
#endif
    for (; at + WORTH_MATCHING_MASK <= end; at++) {
        uint64_t eight = eight_bytes(masks + at);
        int by_first = eight == eight_bytes(masks + at - first), by_second = eight == eight_bytes(masks + at - second);
        if (by_first | by_second | (eight == eight_bytes(masks + at - 1))) return at - start;
    }
    return end - start;
}

/* What lies at each of these offsets, of which the first may be 0 for none, is tried; the longest match is taken. */
static void put_shape(Stream *stream, Count end, const Count offsets[3]) {
    while (stream->position < end) {
        put_bytes(stream, 0, count_unmatched(stream->masks, stream->position, end, offsets));
        Count at = stream->position, longest = 0, offset = 0;
        const uint8_t *now = stream->masks + at;
        for (int i = 0; i < 3 && longest < end - at; i++) {
            if (!offsets[i] || offsets[i] > at || now[longest] != now[longest - offsets[i]]) continue;
            Count length = common(now, now - offsets[i], end - at);
            if (length > longest) longest = length, offset = offsets[i];
        }
        put_bytes(stream, offset, longest);
    }
}

/* The same, where the byte before and the one above in rows of `width` bytes are all that is tried: found by bits, of which
there is room for three times WORDS of the area. Both are there for all bytes. */
static void put_ragged(Stream *stream, Count end, Count width, uint64_t *bits) {
    const uint8_t *bytes = stream->masks + stream->position;
    Count count = end - stream->position, words = WORDS(count);
    uint64_t *before = bits, *above = bits + words, *begins = above + words;
    find_same(bytes, count, 1, before);
    find_same(bytes, count, width, above);
    for (Count i = 0; i + 1 < words; i++) begins[i] = eights(before[i], before[i + 1]) | eights(above[i], above[i + 1]);
    for (Count at = 0; at < count;) {
        Count next = next_bit(begins, at, count, 0);
        put_bytes(stream, 0, next - at);
        Count as_before = next_bit(before, next, count, ~(uint64_t)0), as_above = next_bit(above, next, count, ~(uint64_t)0);
        at = most(as_before, as_above);
        put_bytes(stream, as_above >= as_before ? width : 1, at - next);
    }
}

static void put_zeros(Stream *stream, Count end) {
    if (stream->position < end && (!stream->position || stream->masks[stream->position - 1])) put_bytes(stream, 0, 1);
    put_bytes(stream, 1, end - stream->position);
}

/* Rows and columns of the cut-out that a placement leaves in the frame. */
static Box visible_box(const Frame *frame, const Pasted *pasted, Count k) {
    Count x = pasted->x[k], y = pasted->y[k], width = frame->row_bytes / 3;
    return (Box){(int32_t)most(0, -y), (int32_t)least(pasted->height, frame->height - y), (int32_t)most(0, -x),
                 (int32_t)least(pasted->width, width - x)};
}

static int is_whole(const Pasted *pasted, Box box) {
    return !box.top && !box.left && box.bottom == pasted->height && box.right == pasted->width;
}

/* Add the box's alpha to the sums. */
static void add_alpha(const Pasted *pasted, Box box, int64_t sums[2]) {
    for (Count r = box.top; r < box.bottom; r++)
        for (Count c = box.left; c < box.right; c++) {
            int64_t alpha = pasted->alpha[r * pasted->alpha_stride + c];
            sums[0] += alpha;
            sums[1] += alpha * alpha;
        }
}

/* The latest placement before k, by preference a whole one; -1 where none lies within the window. */
static Count mask_offset(const Frame *frame, const Pasted *pasted, Count k) {
    Count width = frame->row_bytes / 3, found = 0;
    for (Count j = k - 1; j >= 0; j--) {
        Count rows = (k - j) * frame->height + pasted->y[k] - pasted->y[j], offset = rows * width + pasted->x[k] - pasted->x[j];
        if (offset > frame->window) break;
        if (offset > 0 && is_whole(pasted, visible_box(frame, pasted, j))) return offset;
        if (offset > 0 && !found) found = offset;
    }
    return found;
}

/* The first byte of a shape that isn't 0, and the one after its last. */
typedef struct {
    Count start, end;
} Shape;

static Shape trimmed(const uint8_t *masks, Count start, Count end) {
    while (start + 8 <= end && !eight_bytes(masks + start)) start += 8;
    while (start < end && !masks[start]) start++;
    while (end > start && !masks[end - 1]) end--;
    return (Shape){start, end};
}

/* Paint one placement's alpha. */
static Shape paint_mask(const Frame *frame, const Pasted *pasted, Count k, Box box, uint8_t *masks) {
    Count W = frame->row_bytes / 3, corner = (k * frame->height + pasted->y[k]) * W + pasted->x[k];
    if (box.left >= box.right || box.top >= box.bottom) return (Shape){0, 0};
    for (Count r = box.top; r < box.bottom; r++)
        memcpy(masks + (corner + r * W + box.left), pasted->alpha + r * pasted->alpha_stride + box.left,
               (size_t)(box.right - box.left));
    return trimmed(masks, corner + box.top * W + box.left, corner + (box.bottom - 1) * W + box.right);
}

static void clear_mask(const Frame *frame, const Pasted *pasted, Count k, Box box, uint8_t *masks) {
    Count W = frame->row_bytes / 3, corner = (k * frame->height + pasted->y[k]) * W + pasted->x[k];
    for (Count r = box.top; r < box.bottom && box.left < box.right; r++)
        memset(masks + (corner + r * W + box.left), 0, (size_t)(box.right - box.left));
}

/* Write the masks of a block, and the sum and the sum of squares of their levels as those of the first channel; 0.

`masks` is (placements, height, width) zeros, and that again afterwards. */
int write_masks(uint8_t *masks, const Frame *frame, const Pasted *pasted, Output *out) {
    Count K = frame->placements, area = frame->height * frame->row_bytes / 3;
    Stream stream = {out, masks, 0, frame->block_bytes, frame->block_bytes};
    int64_t whole[2] = {0, 0};
    add_alpha(pasted, (Box){0, (int32_t)pasted->height, 0, (int32_t)pasted->width}, whole);
    for (Count k = 0; k < K; k++) {
        Box box = visible_box(frame, pasted, k);
        int64_t clipped[2] = {0, 0}, *sums = is_whole(pasted, box) ? whole : clipped;
        if (sums == clipped) add_alpha(pasted, box, clipped);
        out->sums[0] += sums[0];
        out->sums[3] += sums[1];
        Shape shape = paint_mask(frame, pasted, k, box, masks);
        if (shape.start < shape.end) {
            const Count offsets[3] = {mask_offset(frame, pasted, k), frame->row_bytes / 3, 1};
            put_zeros(&stream, shape.start);
            put_shape(&stream, shape.end, offsets);
        }
        put_zeros(&stream, (k + 1) * area);
    }
    if (stream.block_left < stream.block_bytes) end_block(out);
    for (Count k = 0; k < K; k++) clear_mask(frame, pasted, k, visible_box(frame, pasted, k), masks);
    return 0;
}

/* The rows of a box from the first byte that isn't 0 to the last one, added to the sums. */
static Shape painted_shape(const Frame *frame, const uint8_t *masks, Count k, Box box, int64_t sums[6]) {
    Count W = frame->row_bytes / 3, first = k * frame->height * W;
    if (box.top >= box.bottom || box.left >= box.right) return (Shape){0, 0};
    add_levels(masks + first + box.top * W + box.left, box.bottom - box.top, W, box.right - box.left, box.left, W - box.right, sums);
    return trimmed(masks, first + box.top * W + box.left, first + (box.bottom - 1) * W + box.right);
}

/* How far back the latest shape starts that is as long as shape k; 0 where none is within the window. */
static Count alike_offset(const Shape *shapes, Count k, Count window) {
    for (Count j = k - 1; j >= 0 && shapes[k].start - shapes[j].start <= window; j--)
        if (shapes[j].end - shapes[j].start == shapes[k].end - shapes[k].start) return shapes[k].start - shapes[j].start;
    return 0;
}

/* Write painted masks (placements, height, width) that are 0 outside the boxes of their patches, and sum and sum of squares as above; 0,
or -1 for want of memory. */
int write_painted_masks(const uint8_t *masks, const Patch *patches, const Frame *frame, Output *out) {
    Count K = frame->placements, W = frame->row_bytes / 3, area = frame->height * W;
    Stream stream = {out, masks, 0, frame->block_bytes, frame->block_bytes};
    Shape *shapes = malloc(sizeof(Shape) * (size_t)K);
    uint64_t *bits = malloc(sizeof(uint64_t) * 3 * (size_t)WORDS(area));
    int result = shapes && bits ? 0 : -1;
    for (Count k = 0; k < K && !result; k++) {
        shapes[k] = painted_shape(frame, masks, k, patches[k].box, out->sums);
        if (shapes[k].start < shapes[k].end) {
            const Count offsets[3] = {alike_offset(shapes, k, frame->window), W, 1};
            put_zeros(&stream, shapes[k].start);
            if (offsets[0] || shapes[k].start < W)
                put_shape(&stream, shapes[k].end, offsets);
            else
                put_ragged(&stream, shapes[k].end, W, bits);
        }
        put_zeros(&stream, (k + 1) * area);
    }
    if (stream.block_left < stream.block_bytes) end_block(out);
    free(shapes), free(bits);
    return result;
}
