/* Lays cut-outs and shades over pictures, in place, as layers.py does. */

#include <stddef.h>
#include <stdint.h>

#define CHUNK 64 /* pixels whose transparency is repeated for each channel at a time */

typedef ptrdiff_t Count;

/* Raised with every change of what layers.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 2; }

/* round(level * transparency / 255), see blend.py. */
static uint8_t shining_through(uint8_t level, uint8_t transparency) {
    uint16_t value = (uint16_t)(level * transparency + 128);
    return (uint8_t)((uint16_t)(value + (value >> 8)) >> 8);
}

/* Lay (height, width, 4) premultiplied RGBA over (height, width, 3), rows so many bytes apart. */
void lay_cutout(uint8_t *image, Count image_stride, const uint8_t *pixels, Count pixel_stride, Count height, Count width) {
    for (Count y = 0; y < height; y++) {
        uint8_t *under = image + y * image_stride;
        const uint8_t *over = pixels + y * pixel_stride, *end = over + 4 * width;
        for (; over < end; over += 4, under += 3) {
            uint8_t transparency = (uint8_t)(255 - over[3]);
            if (!transparency) {
                under[0] = over[0], under[1] = over[1], under[2] = over[2];
            } else if (over[0] | over[1] | over[2] | over[3]) {
                for (int c = 0; c < 3; c++) {
                    int level = over[c] + shining_through(under[c], transparency);
                    under[c] = (uint8_t)(level < 255 ? level : 255);
                }
            }
        }
    }
}

/* Lay black of (height, width) alpha over (height, width, 3), rows so many bytes apart. */
void lay_shade(uint8_t *image, Count image_stride, const uint8_t *alpha, Count alpha_stride, Count height, Count width) {
    uint8_t transparency[3 * CHUNK];
    for (Count y = 0; y < height; y++)
        for (Count start = 0; start < width; start += CHUNK) {
            Count count = width - start < CHUNK ? width - start : CHUNK;
            const uint8_t *shade = alpha + y * alpha_stride + start;
            uint8_t *under = image + y * image_stride + 3 * start;
            for (Count i = 0; i < count; i++)
                transparency[3 * i] = transparency[3 * i + 1] = transparency[3 * i + 2] = (uint8_t)(255 - shade[i]);
            for (Count i = 0; i < 3 * count; i++) under[i] = shining_through(under[i], transparency[i]);
        }
}

/* Fill (height, width) with down * across * darkness in 1,024ths each, rounded after the first product and at the end. */
void multiply_bells(const int32_t *down, Count height, const int32_t *across, Count width, int32_t darkness, uint8_t *shade) {
    for (Count y = 0; y < height; y++) {
        int32_t dark = (down[y] * darkness + 512) >> 10;
        for (Count x = 0; x < width; x++) shade[y * width + x] = (uint8_t)((dark * across[x] + (1 << 19)) >> 20);
    }
}

/* Give blurred RGBA back the colours of opaque pixels, on their way to the alpha that they have now, as blends.py does in
single precision; 2^23 and a half of it, added and taken away again, leave the nearest whole number, of two the even one. */
void keep_own_colours(const uint8_t *pixels, uint8_t *soft, Count count) {
    const float whole = 12582912.0f;
    for (Count i = 0; i < 4 * count; i += 4) {
        if (pixels[i + 3] < 128) continue;
        float share = (float)soft[i + 3] / (float)pixels[i + 3];
        for (int c = 0; c < 3; c++) soft[i + c] = (uint8_t)(int)((float)pixels[i + c] * share + whole - whole);
    }
}
