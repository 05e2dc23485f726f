/* Writes blocks of one cut-out as zstd sequences, known from where it was pasted, without painting the pictures.

What is written is the input of ZSTD_compressSequencesAndLiterals: sequences of "so many literals, then so many bytes from
so far back", blocks of at most 128 KiB each ended by a delimiter, and the literals. A match never reaches back further
than `window` and has 3 bytes at least. The caller gives room for as many literals as the images have bytes, and for a
ninth as many sequences, which are as many as masks can have; images that have more are handed back. */

#include "sequences.h"
#include "../painting/vectorised.h"

#define LEAST_PART_PX 2   /* fewer opaque or transparent pixels in a row are looked at one by one */
#define LEAST_REPEAT 8    /* bytes of a background that are looked up */
#define TABLE_LOG 16
#define SUMMABLE 32768    /* squares of levels that 31 bits hold; a block has no more placements */

/* Raised with every change of what known_matches.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 4; }

/* Repeats within a picture */

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
    Rows rows;
    const Pasted *pasted;
    Part *parts;
    int32_t *part_ends;         /* (cut-out's height + 1) */
    uint8_t *cutout, *mixed;    /* (cut-out's height, 3 * width) what is opaque of it; (placements, mixed_bytes) blends */
    int32_t *added, *squares;   /* (row_bytes) what placements have more than the background, not yet in the sums */
    uint32_t *row_sums;         /* (width + 1, 6) of the background's row, see sum_row */
    Count mixed_bytes;
} Work;

static int untouched(const Rows *rows, Count y, Count k, Count start, Count end) {
    Count at = y * rows->frame->placements + k;
    return rows->starts[at] >= end || rows->ends[at] <= start;
}

/* Background that no placement of this row has shown yet. */
static void put_unseen(const Rows *rows, Count y, Count k, Count start, Count end) {
    const Frame *frame = rows->frame;
    const uint8_t *row = frame->background + y * frame->row_bytes;
    Count K = frame->placements;
    for (Count i = frame->repeat_ends[y]; i < frame->repeat_ends[y + 1] && frame->repeats[i].start < end; i++) {
        const Repeat *repeat = frame->repeats + i;
        Count first = most(repeat->start, start), last = least(repeat->start + repeat->length, end);
        if (last - first < WORTH_MATCHING) continue;
        Count from_row = repeat->from_row, from = repeat->from + first - repeat->start;
        Count until = from + last - first, shown = -1;
        for (Count j = k; j >= 0 && shown < 0; j--)
            if (untouched(rows, from_row, j, from, until)) shown = j;
        for (Count j = k + 1; from_row < y && j < K && shown < 0; j++)
            if (untouched(rows, from_row, j, from, until)) shown = j;
        if (shown < 0) continue;
        put_literals(rows->out, row + start, first - start);
        put_match(rows->out, ((y - from_row) * K + k - shown) * frame->row_bytes + first - from, last - first);
        start = last;
    }
    put_literals(rows->out, row + start, end - start);
}

/* Background that placements before may have shown, in the same bytes of the row; LEAST_MATCH bytes at least. */
void put_background(const Rows *rows, Count y, Count k, Count start, Count end) {
    Count bytes = rows->frame->row_bytes;
    for (Count j = k - 1; j >= 0; j--)
        if (untouched(rows, y, j, start, end)) {
            put_match(rows->out, (k - j) * bytes, end - start);
            return;
        }
    const int32_t *starts = rows->starts + y * rows->frame->placements, *ends = rows->ends + y * rows->frame->placements;
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
            put_unseen(rows, y, k, start, until);
        else
            put_match(rows->out, (k - shown) * bytes, until - start);
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
    for (int i = 0; i < 6; i++) work->rows.out->sums[i] += (int64_t)sums[i] - (uint32_t)(right[i] - left[i]);
}

/* Add what bytes have more than the background under them, and their squares. */
VECTORISED static void count_changed(const uint8_t *restrict now, const uint8_t *restrict before, int32_t *restrict added,
                              int32_t *restrict squares, Count count) {
    for (Count i = 0; i < count; i++) {
        added[i] += now[i] - before[i];
        squares[i] += (uint16_t)(now[i] * now[i]) - (uint16_t)(before[i] * before[i]); /* the square of 255 just fits */
    }
}

/* Blend mixed bytes as blend.py does, and count what they have more than the background under them. */
static void blend(uint8_t *restrict now, const uint8_t *restrict before, const uint16_t *restrict premultiplied,
                  const uint16_t *restrict transparency, int32_t *restrict added, int32_t *restrict squares,
                  Count count) {
    for (Count i = 0; i < count; i++) {
        uint16_t value = (uint16_t)(before[i] * transparency[i] + premultiplied[i]);
        now[i] = (uint8_t)((uint16_t)(value + (value >> 8)) >> 8);
    }
    count_changed(now, before, added, squares, count);
}

/* The run of matches that isn't written yet, for what follows may prolong it. */
typedef struct {
    int kind;
    Count start, end;
} Run;

static void put_run(Work *work, Count y, Count k, Run run, Count offset) {
    if (run.end == run.start) return;
    if (run.kind == BACKGROUND)
        put_background(&work->rows, y, k, run.start, run.end);
    else
        put_match(work->rows.out, offset, run.end - run.start);
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
        put_literals(work->rows.out, now + written, i - written);
        Run run = {as_copied > as_background ? CUTOUT : BACKGROUND, start + i, start + i + length};
        put_run(work, y, k, run, offset);
        written = i += length;
    }
    put_literals(work->rows.out, now + written, count - written);
}

/* The earlier placement that lies nearest above, of which the same part of cut-out row r is in the frame; -1: none. */
static Count copied_placement(const Work *work, const Count *before, Count k, Count r, Count start, Count end,
                              Count *offset) {
    const Frame *frame = work->rows.frame;
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
    const Frame *frame = work->rows.frame;
    const Pasted *pasted = work->pasted;
    Count at = y * frame->placements + k, left = work->rows.starts[at], right = work->rows.ends[at], bytes = frame->row_bytes;
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
                put_literals(work->rows.out, opaque + (start - x), count);
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
    const Frame *frame = work->rows.frame;
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
            work->rows.starts[at] = (int32_t)start;
            work->rows.ends[at] = (int32_t)end;
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
    Output *out = work->rows.out;
    for (Count c = 0; c < work->rows.frame->row_bytes; c++) {
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
    Work work = {{frame, out, NULL, NULL}, pasted, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0};
    Count *order = malloc(sizeof(Count) * 2 * (size_t)K);
    work.rows.starts = malloc(sizeof(int32_t) * 2 * (size_t)(H * K));
    work.parts = malloc(sizeof(Part) * (size_t)(area + 1));
    work.part_ends = malloc(sizeof(int32_t) * (size_t)(pasted->height + 1));
    work.cutout = malloc((size_t)(3 * area + 1));
    work.added = calloc(2 * (size_t)unit, sizeof(int32_t));
    work.row_sums = malloc(sizeof(uint32_t) * 6 * (size_t)(unit / 3 + 1));
    if (order && work.rows.starts && work.parts && work.part_ends && work.cutout && work.added && work.row_sums) {
        work.rows.ends = work.rows.starts + H * K;
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
                if (work.rows.ends[y * K + k])
                    put_pasted_row(&work, order + K, y, k);
                else
                    put_background(&work.rows, y, k, 0, unit);
                blocks_bytes += unit;
                if (blocks_bytes + unit > frame->block_bytes || (y == H - 1 && k == K - 1)) {
                    end_block(out);
                    blocks_bytes = 0;
                }
            }
        }
        add_to_sums(&work);
    }
    free(order), free(work.rows.starts), free(work.parts), free(work.part_ends), free(work.cutout), free(work.added);
    free(work.row_sums), free(work.mixed);
    return (int)result;
}
