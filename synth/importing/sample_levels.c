/* What an import notes of a sample, in one pass over each array: sums, squares, and where its mask is seen. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../painting/wide.h"

#define TOGETHER 48        /* bytes of an image that are summed beside one another: sixteen pixels */
#define MOST_AT_ONCE 32768 /* squares of levels that 32 bits hold */
#define INLINE static inline __attribute__((always_inline))

typedef ptrdiff_t Count;

/* Of sample_levels.py. */
typedef struct {
    int64_t image[6], mask[2], depth[2], known, visible, box[4];
} Levels;

/* Raised with every change of what sample_levels.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 1; }

INLINE void sum_image(const uint8_t *image, Count bytes, int64_t sums[6]) {
    while (bytes >= TOGETHER) {
        uint32_t levels[TOGETHER] = {0}, squares[TOGETHER] = {0};
        Count times = bytes / TOGETHER < MOST_AT_ONCE ? bytes / TOGETHER : MOST_AT_ONCE;
        for (Count t = 0; t < times; t++, image += TOGETHER)
            for (int i = 0; i < TOGETHER; i++) levels[i] += image[i], squares[i] += (uint32_t)(image[i] * image[i]);
        for (int i = 0; i < TOGETHER; i++) sums[i % 3] += levels[i], sums[3 + i % 3] += squares[i];
        bytes -= times * TOGETHER;
    }
    for (Count i = 0; i < bytes; i++) sums[i % 3] += image[i], sums[3 + i % 3] += image[i] * image[i];
}

/* `columns` has room for the highest level of each column. */
INLINE void look_at_mask(const uint8_t *mask, Count height, Count width, uint8_t *columns, Levels *found) {
    Count top = height, bottom = 0, left = 0, right = width;
    memset(columns, 0, (size_t)width);
    for (Count y = 0; y < height; y++, mask += width) {
        uint32_t visible = 0;
        for (Count start = 0; start < width; start += MOST_AT_ONCE) {
            Count end = width - start < MOST_AT_ONCE ? width : start + MOST_AT_ONCE;
            uint32_t levels = 0, squares = 0;
            for (Count x = start; x < end; x++) {
                levels += mask[x], squares += (uint32_t)(mask[x] * mask[x]), visible += mask[x] >> 7;
                columns[x] = mask[x] > columns[x] ? mask[x] : columns[x];
            }
            found->mask[0] += levels, found->mask[1] += squares;
        }
        found->visible += visible;
        if (visible) bottom = y + 1, top = top < y ? top : y;
    }
    if (!bottom) return;
    while (columns[left] < 128) left++;
    while (columns[right - 1] < 128) right--;
    found->box[0] = left, found->box[1] = top, found->box[2] = right - left, found->box[3] = bottom - top;
}

INLINE void sum_codes(const uint16_t *codes, Count count, Levels *found) {
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

INLINE void look_at(const uint8_t *image, const uint8_t *mask, const uint16_t *codes, Count height, Count width, uint8_t *columns, Levels *found) {
    sum_image(image, 3 * height * width, found->image);
    look_at_mask(mask, height, width, columns, found);
    if (codes) sum_codes(codes, height * width, found);
}

#ifdef WIDE
WIDE static void look_at_widely(const uint8_t *image, const uint8_t *mask, const uint16_t *codes, Count height, Count width, uint8_t *columns, Levels *found) {
    look_at(image, mask, codes, height, width, columns, found);
}
#endif

/* Of (height, width, 3) and (height, width), and of codes of that shape, where there are any. */
void look_at_sample(const uint8_t *image, const uint8_t *mask, const uint16_t *codes, Count height, Count width, uint8_t *columns, Levels *found) {
    memset(found, 0, sizeof *found);
#ifdef WIDE
    if (has_wide()) {
        look_at_widely(image, mask, codes, height, width, columns, found);
        return;
    }
#endif
    look_at(image, mask, codes, height, width, columns, found);
}
