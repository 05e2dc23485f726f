/* Turns and scales a picture as affine_warp.py writes down. */

#include "affine_warp.h"

/* Raised with every change of what affine_warp.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 1; }

/* Fill (new_height, new_width) pixels of `channels` bytes, 1 or 4, from (height, width) of them; 0, or -1 for want of memory. */
int warp(const uint8_t *pixels, Count height, Count width, Count channels, const Placing *placing, uint8_t *warped,
         Count new_height, Count new_width) {
    Count stride = width + 2; /* with nothing all around */
    uint8_t *padded = calloc((size_t)((height + 2) * stride), (size_t)channels);
    if (!padded) return -1;
    for (Count y = 0; y < height; y++)
        memcpy(padded + ((y + 1) * stride + 1) * channels, pixels + y * width * channels, (size_t)(width * channels));
    memset(warped, 0, (size_t)(new_height * new_width * channels));
    uint32_t *warped_pixels = (uint32_t *)(void *)warped;
    for (Count y = 0; y < new_height; y++) {
        Row row = row_of(placing, y, new_width, height, width);
        for (Count x = row.start; x < row.end; x++) {
            Place place = place_of(placing, &row, x, stride);
            if (channels == 1) {
                const uint8_t *upper = padded + place.at, *lower = upper + stride;
                uint32_t top = upper[0] * (SUBPIXELS - place.fx) + upper[1] * place.fx;
                uint32_t bottom = lower[0] * (SUBPIXELS - place.fx) + lower[1] * place.fx;
                warped[y * new_width + x] = (uint8_t)((top * (SUBPIXELS - place.fy) + bottom * place.fy + 512) >> 10);
            } else {
                const uint32_t *upper = (const uint32_t *)(const void *)padded + place.at, *lower = upper + stride;
                if (upper[0] | upper[1] | lower[0] | lower[1])
                    warped_pixels[y * new_width + x] = mean_of_four(upper, lower, place.fx, place.fy);
            }
        }
    }
    free(padded);
    return 0;
}
