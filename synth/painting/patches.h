/* Patches: what of the pictures of a block isn't their background. */

#ifndef BGFG_PATCHES_H
#define BGFG_PATCHES_H

#include <stddef.h>
#include <stdint.h>

/* Rows and columns in px. */
typedef struct {
    int32_t top, bottom, left, right;
} Box;

/* The part of a picture outside which it is its background. */
typedef struct {
    const uint8_t *pixels; /* RGB, rows `stride` bytes apart */
    ptrdiff_t stride;
    Box box;
} Patch;

#endif
