/* Writes blocks of one cut-out as zstd sequences, known from where it was pasted, without painting the pictures.

What is written is the input of ZSTD_compressSequencesAndLiterals: sequences of "so many literals, then so many bytes from
so far back", blocks of at most 128 KiB each ended by a delimiter, and the literals. A match never reaches back further
than `window` and has 3 bytes at least. The caller gives room for as many literals as the images have bytes, and for a
ninth as many sequences, which are as many as masks can have; images that have more are handed back. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_MATCH 3     /* zstd's */
#define WORTH_MATCHING 6  /* bytes; a sequence takes three to five */
#define LEAST_PART_PX 2   /* fewer opaque or transparent pixels in a row are looked at one by one */
#define LEAST_REPEAT 8    /* bytes of a background that are looked up */
#define WORTH_MATCHING_MASK 4
#define TABLE_LOG 16
#define SUMMABLE 32768    /* squares of levels that 31 bits hold; a block has no more placements */

typedef ptrdiff_t Count;

/* Raised with every change of what known_matches.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 2; }

typedef struct {
    uint32_t offset, literals, length, repeat_code; /* ZSTD_Sequence; zstd itself finds the repeated offsets */
} Sequence;

typedef struct {
    int32_t start, length, from_row, from; /* bytes of a row that an earlier place of the picture has, too */
} Repeat;

typedef struct {
    Sequence *sequences;
    uint8_t *literals;
    Count sequence_room, sequence_count, literal_count;
    int64_t sums[6]; /* sums of RGB, sums of squares */
    Count pending, first; /* literals since the last sequence; the block's first sequence */
} Output;

typedef struct {
    const uint8_t *background; /* (height, row_bytes) RGB */
    Count height, row_bytes, placements;
    Count window, block_bytes;
    const Count *repeat_ends; /* (height + 1): the repeats of row y are those from [y] to before [y + 1] */
    const Repeat *repeats;
} Frame;

typedef struct {
    const uint16_t *premultiplied, *transparency; /* (height, 3 * width), rows `colour_stride` apart */
    const uint8_t *alpha;                         /* (height, width), rows `alpha_stride` apart */
    Count height, width, colour_stride, alpha_stride;
    const int32_t *x, *y; /* (placements) top-left corners in px, anywhere */
} Pasted;

static Count least(Count a, Count b) { return a < b ? a : b; }
static Count most(Count a, Count b) { return a > b ? a : b; }

static void put_match(Output *out, Count offset, Count length) {
    Count i = out->sequence_count;
    if (!out->pending && i > out->first && out->sequences[i - 1].offset == (uint32_t)offset) {
        out->sequences[i - 1].length += (uint32_t)length;
        return;
    }
    out->sequences[i] = (Sequence){(uint32_t)offset, (uint32_t)out->pending, (uint32_t)length, 0};
    out->sequence_count = i + 1;
    out->pending = 0;
}

static void put_literals(Output *out, const uint8_t *bytes, Count count) {
    memcpy(out->literals + out->literal_count, bytes, (size_t)count);
    out->literal_count += count;
    out->pending += count;
}

static void end_block(Output *out) {
    out->sequences[out->sequence_count++] = (Sequence){0, (uint32_t)out->pending, 0, 0};
    out->pending = 0;
    out->first = out->sequence_count;
}

/* Repeats within a picture */

static uint64_t eight_bytes(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Find what each row has in common with what comes before it, at most `most_rows` above; return how many, -1 for want
of memory. `repeats` has room for one in LEAST_REPEAT bytes. */
Count find_repeats(const uint8_t *picture, Count height, Count row_bytes, Count most_rows, Count *repeat_ends,
                   Repeat *repeats) {
    Count *table = malloc(sizeof(Count) << TABLE_LOG), count = 0;
    if (!table) return -1;
    for (Count i = 0; i < (Count)1 << TABLE_LOG; i++) table[i] = -1;
    repeat_ends[0] = 0;
    for (Count y = 0; y < height; y++) {
        const uint8_t *row = picture + y * row_bytes;
        Count end = 0; /* of the repeat before */
        for (Count i = 0; i + LEAST_REPEAT <= row_bytes;) {
            Count *entry = table + ((eight_bytes(row + i) * 0x9E3779B97F4A7C15u) >> (64 - TABLE_LOG));
            Count from = *entry, from_row = from / row_bytes, length = 0;
            *entry = y * row_bytes + i;
            if (from >= 0 && y - from_row <= most_rows) {
                Count left = from % row_bytes, room = row_bytes - most(i, left);
                while (length < room && picture[from + length] == row[i + length]) length++;
                if (length >= LEAST_REPEAT) {
                    Count back = 0, before = least(i - end, left);
                    while (back < before && picture[from - back - 1] == row[i - back - 1]) back++;
                    repeats[count++] = (Repeat){(int32_t)(i - back), (int32_t)(length + back), (int32_t)from_row,
                                                (int32_t)(left - back)};
                    end = i += length;
                    continue;
                }
            }
            i++;
        }
        repeat_ends[y + 1] = count;
    }
    free(table);
    return count;
}

/* Images: row y of the K placements side by side */

enum { BACKGROUND, CUTOUT, MIXED };

typedef struct {
    int32_t start, end; /* bytes of the cut-out's row */
    int32_t kind;
    Count mixed; /* where its bytes are among a placement's mixed ones */
    uint32_t sums[6]; /* of what is opaque */
} Part;

typedef struct {
    const Frame *frame;
    const Pasted *pasted;
    Output *out;
    int32_t *starts, *ends; /* (height, placements): the bytes of a row that the cut-out touches */
    Part *parts;
    int32_t *part_ends;         /* (cut-out's height + 1) */
    uint8_t *cutout, *mixed;    /* (cut-out's height, 3 * width) what is opaque of it; (placements, mixed_bytes) blends */
    int32_t *added, *squares;   /* (row_bytes) what placements have more than the background, not yet in the sums */
    uint32_t *row_sums;         /* (width + 1, 6) of the background's row, see sum_row */
    Count mixed_bytes;
} Work;

static int untouched(const Work *work, Count y, Count k, Count start, Count end) {
    Count at = y * work->frame->placements + k;
    return work->starts[at] >= end || work->ends[at] <= start;
}

/* Background that no placement of this row has shown yet. */
static void put_unseen(Work *work, Count y, Count k, Count start, Count end) {
    const Frame *frame = work->frame;
    const uint8_t *row = frame->background + y * frame->row_bytes;
    Count K = frame->placements;
    for (Count i = frame->repeat_ends[y]; i < frame->repeat_ends[y + 1] && frame->repeats[i].start < end; i++) {
        const Repeat *repeat = frame->repeats + i;
        Count first = most(repeat->start, start), last = least(repeat->start + repeat->length, end);
        if (last - first < WORTH_MATCHING) continue;
        Count from_row = repeat->from_row, from = repeat->from + first - repeat->start;
        Count until = from + last - first, shown = -1;
        for (Count j = k; j >= 0 && shown < 0; j--)
            if (untouched(work, from_row, j, from, until)) shown = j;
        for (Count j = k + 1; from_row < y && j < K && shown < 0; j++)
            if (untouched(work, from_row, j, from, until)) shown = j;
        if (shown < 0) continue;
        put_literals(work->out, row + start, first - start);
        put_match(work->out, ((y - from_row) * K + k - shown) * frame->row_bytes + first - from, last - first);
        start = last;
    }
    put_literals(work->out, row + start, end - start);
}

/* Background that placements before may have shown, in the same bytes of the row; LEAST_MATCH bytes at least. */
static void put_background(Work *work, Count y, Count k, Count start, Count end) {
    Count bytes = work->frame->row_bytes;
    for (Count j = k - 1; j >= 0; j--)
        if (untouched(work, y, j, start, end)) {
            put_match(work->out, (k - j) * bytes, end - start);
            return;
        }
    const int32_t *starts = work->starts + y * work->frame->placements, *ends = work->ends + y * work->frame->placements;
    while (start < end) {
        Count shown = -1, until = end;
        for (Count j = k - 1; j >= 0 && shown < 0; j--) {
            if (start >= starts[j] && start < ends[j]) {
                until = least(until, ends[j]);
            } else {
                Count free_until = start < starts[j] ? least(starts[j], end) : end;
                if (free_until - start >= WORTH_MATCHING) shown = j, until = free_until;
            }
        }
        if (shown < 0)
            put_unseen(work, y, k, start, until);
        else
            put_match(work->out, (k - shown) * bytes, until - start);
        start = until;
    }
}

static void count_levels(uint32_t sums[6], const uint8_t *levels, Count count) {
    for (Count i = 0; i < count; i++) {
        sums[i % 3] += levels[i];
        sums[3 + i % 3] += (uint32_t)levels[i] * levels[i];
    }
}

/* Sums and sums of squares of RGB left of each column of a row: (width + 1, 6), right modulo 2^32. */
static void sum_row(uint32_t *sums, const uint8_t *row, Count width) {
    uint32_t r = 0, g = 0, b = 0, rr = 0, gg = 0, bb = 0;
    for (Count c = 0; c <= width; c++, row += 3, sums += 6) {
        sums[0] = r, sums[1] = g, sums[2] = b, sums[3] = rr, sums[4] = gg, sums[5] = bb;
        if (c == width) break;
        r += row[0], g += row[1], b += row[2];
        rr += (uint32_t)row[0] * row[0], gg += (uint32_t)row[1] * row[1], bb += (uint32_t)row[2] * row[2];
    }
}

/* Count what an opaque part has more than the background under it. */
static void count_opaque(Work *work, const Part *part, const uint8_t *opaque, Count start, Count count) {
    const uint32_t *left = work->row_sums + 2 * start, *right = left + 2 * count, *sums = part->sums;
    uint32_t clipped[6] = {0};
    if (count < part->end - part->start) count_levels(clipped, opaque, count), sums = clipped;
    for (int i = 0; i < 6; i++) work->out->sums[i] += (int64_t)sums[i] - (uint32_t)(right[i] - left[i]);
}

/* Blend mixed bytes as blend.py does, and count what they have more than the background under them. */
static void blend(uint8_t *restrict now, const uint8_t *restrict before, const uint16_t *restrict premultiplied,
                  const uint16_t *restrict transparency, int32_t *restrict added, int32_t *restrict squares,
                  Count count) {
    for (Count i = 0; i < count; i++) {
        uint16_t value = (uint16_t)(before[i] * transparency[i] + premultiplied[i]);
        now[i] = (uint8_t)((uint16_t)(value + (value >> 8)) >> 8);
    }
    for (Count i = 0; i < count; i++) {
        int32_t more = now[i] - before[i];
        added[i] += more;
        squares[i] += more * (now[i] + before[i]);
    }
}

/* The run of matches that isn't written yet, for what follows may prolong it. */
typedef struct {
    int kind;
    Count start, end;
} Run;

static void put_run(Work *work, Count y, Count k, Run run, Count offset) {
    if (run.end == run.start) return;
    if (run.kind == BACKGROUND)
        put_background(work, y, k, run.start, run.end);
    else
        put_match(work->out, offset, run.end - run.start);
}

/* How many bytes two places have in common, before `end` of them. */
static Count common(const uint8_t *a, const uint8_t *b, Count end) {
    Count count = 0;
    while (count + 8 <= end && eight_bytes(a + count) == eight_bytes(b + count)) count += 8;
    while (count < end && a[count] == b[count]) count++;
    return count;
}

static Count common_at_end(const uint8_t *a, const uint8_t *b, Count count) {
    Count left = count;
    while (left > 0 && a[left - 1] == b[left - 1]) left--;
    return count - left;
}

/* What is between two runs: mixed pixels that may still be the background, or as in the placement that is copied. */
static void put_mixed(Work *work, Count y, Count k, Count start, Count count, const uint8_t *now, const uint8_t *row,
                      const uint8_t *copied, Count offset) {
    Count written = 0;
    for (Count i = 0; i + WORTH_MATCHING <= count;) {
        Count as_background = common(now + i, row + i, count - i);
        Count as_copied = copied ? common(now + i, copied + i, count - i) : 0, length = most(as_background, as_copied);
        if (length < WORTH_MATCHING) {
            i += most(3, length);
            continue;
        }
        put_literals(work->out, now + written, i - written);
        Run run = {as_copied > as_background ? CUTOUT : BACKGROUND, start + i, start + i + length};
        put_run(work, y, k, run, offset);
        written = i += length;
    }
    put_literals(work->out, now + written, count - written);
}

/* The earlier placement that lies nearest above, of which the same part of cut-out row r is in the frame; -1: none. */
static Count copied_placement(const Work *work, const Count *before, Count k, Count r, Count start, Count end,
                              Count *offset) {
    const Frame *frame = work->frame;
    const int32_t *x = work->pasted->x, *y = work->pasted->y;
    for (Count j = before[k]; j >= 0; j = before[j]) {
        Count aside = 3 * ((Count)x[k] - x[j]);
        *offset = (((Count)y[k] - y[j]) * frame->placements + k - j) * frame->row_bytes + aside;
        if (*offset > frame->window) return -1;
        if (*offset > 0 && y[j] + r >= 0 && start - aside >= 0 && end - aside <= frame->row_bytes) return j;
    }
    return -1;
}

static void put_pasted_row(Work *work, const Count *before, Count y, Count k) {
    const Frame *frame = work->frame;
    const Pasted *pasted = work->pasted;
    Count at = y * frame->placements + k, left = work->starts[at], right = work->ends[at], bytes = frame->row_bytes;
    Count r = y - pasted->y[k], x = 3 * (Count)pasted->x[k], offset = 0;
    Count copied = copied_placement(work, before, k, r, left, right, &offset);
    const uint8_t *row = frame->background + y * bytes, *opaque = work->cutout + r * 3 * pasted->width;
    const uint16_t *premultiplied = pasted->premultiplied + r * pasted->colour_stride;
    const uint16_t *transparency = pasted->transparency + r * pasted->colour_stride;
    Run run = {BACKGROUND, 0, left};
    for (Count i = work->part_ends[r]; i < work->part_ends[r + 1]; i++) {
        const Part *part = work->parts + i;
        Count start = most(left, x + part->start), end = least(right, x + part->end), count = end - start;
        if (count <= 0) continue;
        if (part->kind != MIXED) {
            if (part->kind == CUTOUT) count_opaque(work, part, opaque + (start - x), start, count);
            if (part->kind == CUTOUT && copied < 0) {
                put_run(work, y, k, run, offset);
                put_literals(work->out, opaque + (start - x), count);
                run = (Run){BACKGROUND, end, end};
            } else if (part->kind == run.kind) {
                run.end = end;
            } else {
                put_run(work, y, k, run, offset);
                run = (Run){part->kind, start, end};
            }
            continue;
        }
        Count mixed = part->mixed + start - x - part->start;
        uint8_t *now = work->mixed + k * work->mixed_bytes + mixed;
        const uint8_t *same = copied < 0 ? NULL : work->mixed + copied * work->mixed_bytes + mixed;
        blend(now, row + start, premultiplied + (start - x), transparency + (start - x), work->added + start,
              work->squares + start, count);
        Count of_run = 0, of_next = 0;
        if (run.end > run.start && (run.kind == BACKGROUND || same))
            of_run = common(now, run.kind == BACKGROUND ? row + start : same, count);
        run.end += of_run;
        if (of_run == count) continue;
        /* What follows is background after the last part, and nothing where the frame ends. */
        int last = i + 1 == work->part_ends[r + 1], next = last ? BACKGROUND : work->parts[i + 1].kind;
        Count following = (last ? bytes : right) - end;
        if (next == BACKGROUND || same)
            of_next = common_at_end(now + of_run, next == BACKGROUND ? row + start + of_run : same + of_run, count - of_run);
        if (of_next + following < LEAST_MATCH) of_next = 0;
        put_run(work, y, k, run, offset);
        put_mixed(work, y, k, start + of_run, count - of_run - of_next, now + of_run, row + start + of_run,
                  same ? same + of_run : NULL, offset);
        run = (Run){next, end - of_next, end};
    }
    if (run.kind == CUTOUT) {
        put_run(work, y, k, run, offset);
        run = (Run){BACKGROUND, right, right};
    }
    run.end = bytes;
    put_run(work, y, k, run, offset);
}

/* Divide the rows of the cut-out into parts; transparent pixels at the ends of a row belong to none. */
static void find_parts(Work *work) {
    const Pasted *pasted = work->pasted;
    Count count = 0;
    work->part_ends[0] = 0;
    for (Count r = 0; r < pasted->height; r++) {
        const uint8_t *alpha = pasted->alpha + r * pasted->alpha_stride;
        const uint16_t *premultiplied = pasted->premultiplied + r * pasted->colour_stride;
        uint8_t *cutout = work->cutout + r * 3 * pasted->width;
        Count start = 0, end = pasted->width, first = count;
        while (start < end && !alpha[start]) start++;
        while (end > start && !alpha[end - 1]) end--;
        while (start < end) {
            Count until = start + 1;
            int kind = MIXED;
            if (alpha[start] == 0 || alpha[start] == 255) {
                while (until < end && alpha[until] == alpha[start]) until++;
                if (until - start >= LEAST_PART_PX) kind = alpha[start] ? CUTOUT : BACKGROUND;
            }
            if (kind == MIXED && count > first && work->parts[count - 1].kind == MIXED) {
                work->parts[count - 1].end = (int32_t)(3 * until);
            } else {
                work->parts[count++] = (Part){(int32_t)(3 * start), (int32_t)(3 * until), kind, work->mixed_bytes, {0}};
            }
            if (kind == MIXED) work->mixed_bytes += 3 * (until - start);
            if (kind == CUTOUT) {
                for (Count i = 3 * start; i < 3 * until; i++) cutout[i] = (uint8_t)(premultiplied[i] / 255);
                count_levels(work->parts[count - 1].sums, cutout + 3 * start, 3 * (until - start));
            }
            start = until;
        }
        work->part_ends[r + 1] = (int32_t)count;
    }
}

/* Find the bytes of each row of each placement that the cut-out touches. */
static void find_touched(Work *work) {
    const Frame *frame = work->frame;
    const Pasted *pasted = work->pasted;
    for (Count y = 0; y < frame->height; y++)
        for (Count k = 0; k < frame->placements; k++) {
            Count at = y * frame->placements + k, r = y - pasted->y[k], start = frame->row_bytes, end = 0;
            if (r >= 0 && r < pasted->height && work->part_ends[r] < work->part_ends[r + 1]) {
                Count x = 3 * (Count)pasted->x[k];
                start = most(0, x + work->parts[work->part_ends[r]].start);
                end = least(frame->row_bytes, x + work->parts[work->part_ends[r + 1] - 1].end);
                if (start >= end) start = frame->row_bytes, end = 0;
            }
            work->starts[at] = (int32_t)start;
            work->ends[at] = (int32_t)end;
        }
}

/* For each placement the one before it by (y, k), -1 for the first. */
static void find_before(const Pasted *pasted, Count placements, Count *order, Count *before) {
    for (Count k = 0; k < placements; k++) {
        Count i = k;
        for (; i > 0 && pasted->y[order[i - 1]] > pasted->y[k]; i--) order[i] = order[i - 1];
        order[i] = k;
    }
    for (Count i = 0; i < placements; i++) before[order[i]] = i ? order[i - 1] : -1;
}

static void add_to_sums(Work *work) {
    Output *out = work->out;
    for (Count c = 0; c < work->frame->row_bytes; c++) {
        out->sums[c % 3] += work->added[c];
        out->sums[3 + c % 3] += work->squares[c];
        work->added[c] = work->squares[c] = 0;
    }
}

/* Write the images of a block, and what their sums and sums of squares have more than bare backgrounds; 0, or 1 where
there are more sequences than there is room for, or -1 for want of memory. */
int write_images(const Frame *frame, const Pasted *pasted, Output *out) {
    Count H = frame->height, K = frame->placements, area = pasted->height * pasted->width, result = -1;
    Count blocks_bytes = 0, unit = frame->row_bytes, rows_summable = most(1, SUMMABLE / K);
    Work work = {frame, pasted, out, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0};
    Count *order = malloc(sizeof(Count) * 2 * (size_t)K);
    work.starts = malloc(sizeof(int32_t) * 2 * (size_t)(H * K));
    work.parts = malloc(sizeof(Part) * (size_t)(area + 1));
    work.part_ends = malloc(sizeof(int32_t) * (size_t)(pasted->height + 1));
    work.cutout = malloc((size_t)(3 * area + 1));
    work.added = calloc(2 * (size_t)unit, sizeof(int32_t));
    work.row_sums = malloc(sizeof(uint32_t) * 6 * (size_t)(unit / 3 + 1));
    if (order && work.starts && work.parts && work.part_ends && work.cutout && work.added && work.row_sums) {
        work.ends = work.starts + H * K;
        work.squares = work.added + unit;
        find_parts(&work);
        find_touched(&work);
        find_before(pasted, K, order, order + K);
        work.mixed = malloc((size_t)(K * work.mixed_bytes + 1));
    }
    if (work.mixed) {
        result = 0;
        for (Count y = 0; y < H && !result; y++) {
            if (y % rows_summable == 0) add_to_sums(&work);
            sum_row(work.row_sums, frame->background + y * unit, unit / 3);
            for (Count k = 0; k < K; k++) {
                if (out->sequence_count + unit / LEAST_MATCH + 2 > out->sequence_room) {
                    result = 1;
                    break;
                }
                if (work.ends[y * K + k])
                    put_pasted_row(&work, order + K, y, k);
                else
                    put_background(&work, y, k, 0, unit);
                blocks_bytes += unit;
                if (blocks_bytes + unit > frame->block_bytes || (y == H - 1 && k == K - 1)) {
                    end_block(out);
                    blocks_bytes = 0;
                }
            }
        }
        add_to_sums(&work);
    }
    free(order), free(work.starts), free(work.parts), free(work.part_ends), free(work.cutout), free(work.added);
    free(work.row_sums), free(work.mixed);
    return (int)result;
}

/* Masks: one placement after the other, all of them in the sparse buffer `masks` */

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

/* What lies at each of these offsets is tried, the longest match is taken. */
static void put_shape(Stream *stream, Count end, const Count offsets[3]) {
    while (stream->position < end) {
        Count longest = 0, offset = 0;
        const uint8_t *now = stream->masks + stream->position;
        for (int i = 0; i < 3 && longest < end - stream->position; i++) {
            if (!offsets[i] || offsets[i] > stream->position) continue;
            Count length = common(now, now - offsets[i], end - stream->position);
            if (length > longest) longest = length, offset = offsets[i];
        }
        if (longest >= WORTH_MATCHING_MASK)
            put_bytes(stream, offset, longest);
        else
            put_bytes(stream, 0, 1);
    }
}

static void put_zeros(Stream *stream, Count end) {
    if (stream->position < end && (!stream->position || stream->masks[stream->position - 1])) put_bytes(stream, 0, 1);
    put_bytes(stream, 1, end - stream->position);
}

/* Rows and columns of the cut-out that a placement leaves in the frame. */
typedef struct {
    Count top, bottom, left, right;
} Box;

static Box visible_box(const Frame *frame, const Pasted *pasted, Count k) {
    Count x = pasted->x[k], y = pasted->y[k], width = frame->row_bytes / 3;
    Box box = {most(0, -y), least(pasted->height, frame->height - y), most(0, -x), least(pasted->width, width - x)};
    return box;
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

/* Paint one placement's alpha; return the first byte of its shape and the one after its last. */
static Run paint_mask(const Frame *frame, const Pasted *pasted, Count k, Box box, uint8_t *masks) {
    Count W = frame->row_bytes / 3, corner = (k * frame->height + pasted->y[k]) * W + pasted->x[k];
    Run shape = {CUTOUT, -1, -1};
    if (box.left >= box.right || box.top >= box.bottom) return shape;
    for (Count r = box.top; r < box.bottom; r++)
        memcpy(masks + (corner + r * W + box.left), pasted->alpha + r * pasted->alpha_stride + box.left,
               (size_t)(box.right - box.left));
    Count start = corner + box.top * W + box.left, end = corner + (box.bottom - 1) * W + box.right;
    while (start < end && !masks[start]) start++;
    while (end > start && !masks[end - 1]) end--;
    return start < end ? (Run){CUTOUT, start, end} : shape;
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
    add_alpha(pasted, (Box){0, pasted->height, 0, pasted->width}, whole);
    for (Count k = 0; k < K; k++) {
        Box box = visible_box(frame, pasted, k);
        int64_t clipped[2] = {0, 0}, *sums = is_whole(pasted, box) ? whole : clipped;
        if (sums == clipped) add_alpha(pasted, box, clipped);
        out->sums[0] += sums[0];
        out->sums[3] += sums[1];
        Run shape = paint_mask(frame, pasted, k, box, masks);
        if (shape.start >= 0) {
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
