/* What an import notes of a sample, in one pass over each array: sums, squares, and where its mask is seen. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../painting/wide.h"

#define TOGETHER 48        /* bytes of an image that are summed beside one another: sixteen pixels */
#define BESIDE 32          /* levels of a plane, likewise */
#define OPAQUE 128
#define MOST_AT_ONCE 32768 /* wide codes whose sum 32 bits hold */
#define MOST_LEVELS 256    /* levels that 16 bits hold */
#define INLINE static inline __attribute__((always_inline))

typedef ptrdiff_t Count;

/* Of sample_levels.py. */
typedef struct {
    int64_t image[6], mask[2], depth[2], known, visible, box[4];
} Levels;

typedef struct {
    const uint8_t *image, *mask;
    const void *codes;
    Count code_bytes;
} Sample;

/* Raised with every change of what sample_levels.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 2; }

INLINE void sum_image(const uint8_t *image, Count bytes, int64_t sums[6]) {
    while (bytes >= TOGETHER) {
        uint16_t levels[TOGETHER] = {0};
        uint32_t squares[TOGETHER] = {0};
        Count times = bytes / TOGETHER < MOST_LEVELS ? bytes / TOGETHER : MOST_LEVELS;
        for (Count t = 0; t < times; t++, image += TOGETHER)
            for (int i = 0; i < TOGETHER; i++) levels[i] += image[i], squares[i] += (uint16_t)(image[i] * image[i]);
        for (int i = 0; i < TOGETHER; i++) sums[i % 3] += levels[i], sums[3 + i % 3] += squares[i];
        bytes -= times * TOGETHER;
    }
    for (Count i = 0; i < bytes; i++) sums[i % 3] += image[i], sums[3 + i % 3] += image[i] * image[i];
}

/* Add up levels and squares, and how many levels reach one. */
INLINE void sum_plane(const uint8_t *plane, Count count, uint8_t least, int64_t *sum, int64_t *square, int64_t *reaching) {
    while (count >= BESIDE) {
        uint16_t levels[BESIDE] = {0}, reached[BESIDE] = {0};
        uint32_t squares[BESIDE] = {0};
        Count times = count / BESIDE < MOST_LEVELS ? count / BESIDE : MOST_LEVELS;
        for (Count t = 0; t < times; t++, plane += BESIDE)
            for (int i = 0; i < BESIDE; i++) {
                levels[i] += plane[i], reached[i] += plane[i] >= least;
                squares[i] += (uint16_t)(plane[i] * plane[i]);
            }
        for (int i = 0; i < BESIDE; i++) *sum += levels[i], *square += squares[i], *reaching += reached[i];
        count -= times * BESIDE;
    }
    for (Count i = 0; i < count; i++) *sum += plane[i], *square += plane[i] * plane[i], *reaching += plane[i] >= least;
}

/* `columns` has room for the highest level of each column. */
INLINE void look_at_mask(const uint8_t *mask, Count height, Count width, uint8_t *columns, Levels *found) {
    Count top = height, bottom = 0, left = 0, right = width;
    sum_plane(mask, height * width, OPAQUE, &found->mask[0], &found->mask[1], &found->visible);
    if (!found->visible) return;
    memset(columns, 0, (size_t)width);
    for (Count y = 0; y < height; y++, mask += width) {
        uint8_t highest = 0;
        for (Count x = 0; x < width; x++) {
            highest = mask[x] > highest ? mask[x] : highest;
            columns[x] = mask[x] > columns[x] ? mask[x] : columns[x];
        }
        if (highest >= OPAQUE) bottom = y + 1, top = top < y ? top : y;
    }
    while (columns[left] < OPAQUE) left++;
    while (columns[right - 1] < OPAQUE) right--;
    found->box[0] = left, found->box[1] = top, found->box[2] = right - left, found->box[3] = bottom - top;
}

INLINE void sum_wide_codes(const uint16_t *codes, Count count, Levels *found) {
    for (Count start = 0; start < count; start += MOST_AT_ONCE) {
        Count end = count - start < MOST_AT_ONCE ? count : start + MOST_AT_ONCE;
        uint32_t levels = 0, known = 0;
        uint64_t squares = 0;
        for (Count i = start; i < end; i++) {
            levels += codes[i], known += codes[i] != 0;
            squares += (uint64_t)((uint32_t)codes[i] * (uint32_t)codes[i]);
        }
        found->depth[0] += levels, found->depth[1] += (int64_t)squares, found->known += known;
    }
}

INLINE void look_at(const Sample *sample, Count height, Count width, uint8_t *columns, Levels *found) {
    sum_image(sample->image, 3 * height * width, found->image);
    look_at_mask(sample->mask, height, width, columns, found);
    if (sample->codes && sample->code_bytes == 2) sum_wide_codes(sample->codes, height * width, found);
    else if (sample->codes) sum_plane(sample->codes, height * width, 1, &found->depth[0], &found->depth[1], &found->known);
}

#ifdef WIDE
WIDE static void look_at_widely(const Sample *sample, Count height, Count width, uint8_t *columns, Levels *found) {
    look_at(sample, height, width, columns, found);
}
#endif

/* Of (height, width, 3) and (height, width), and of codes of that shape, of 1 or 2 bytes each, where there are any. */
void look_at_sample(const uint8_t *image, const uint8_t *mask, const void *codes, Count code_bytes, Count height, Count width, uint8_t *columns, Levels *found) {
    Sample sample = {image, mask, codes, code_bytes};
    memset(found, 0, sizeof *found);
#ifdef WIDE
    if (has_wide()) {
        look_at_widely(&sample, height, width, columns, found);
        return;
    }
#endif
    look_at(&sample, height, width, columns, found);
}
