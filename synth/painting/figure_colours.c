/* Gives cut-outs the colours in which they are pasted, as colour_match.py writes down. */

#include "scenes.h"

#define CHUNK 64 /* pixels whose colours are looked at together */
#define SHIFT 14
#define MOST_CONTRAST 2.0 /* as colour_match.py has it */
#define LINEAR 3390 /* up to it CIELAB goes in a straight line */

/* The cube of a 16,384th, in 16,384ths. */
static inline int32_t cubed(int32_t f) {
    return f > LINEAR ? (((f * f) >> SHIFT) * f) >> SHIFT : f * 108 / 841 - 290;
}

static inline int32_t linear_level(const int32_t *row, int32_t x, int32_t y, int32_t z) {
    int32_t level = (row[0] * x + row[1] * y + row[2] * z + (1 << (SHIFT - 1))) >> SHIFT;
    return level < 0 ? 0 : level > 4095 ? 4095 : level;
}

typedef struct {
    int32_t x[CHUNK], y[CHUNK], z[CHUNK], r[CHUNK], g[CHUNK], b[CHUNK];
} Chunk;

VECTORISED static void to_linear(Chunk *chunk, const int32_t *matrix) {
    for (int i = 0; i < CHUNK; i++) {
        int32_t x = cubed(chunk->x[i]), y = chunk->y[i], z = cubed(chunk->z[i]);
        chunk->r[i] = linear_level(matrix, x, y, z);
        chunk->g[i] = linear_level(matrix + 3, x, y, z);
        chunk->b[i] = linear_level(matrix + 6, x, y, z);
    }
}

/* round(level * alpha / 255), see blend.py. */
static inline uint32_t premultiplied(uint32_t level, uint32_t alpha) {
    uint32_t value = level * alpha + 128;
    return (value + (value >> 8)) >> 8;
}

/* What becomes of the levels of a channel, cut to bytes and rounded. */
static void match_levels(const Paste *paste, int channel, int32_t *levels) {
    const double mean = paste->figure->mean[channel], aside = paste->around_mean[channel] - mean;
    double contrast = paste->around_deviation[channel] / paste->figure->deviation[channel];
    contrast = contrast < 1 / MOST_CONTRAST ? 1 / MOST_CONTRAST : contrast > MOST_CONTRAST ? MOST_CONTRAST : contrast;
    const double gain = 1 + paste->share * (contrast - 1), centre = mean + paste->share * aside;
    for (int v = 0; v < 256; v++) {
        double level = (v - mean) * gain + centre;
        level = level < 0 ? 0 : level > 255 ? 255 : level;
        levels[v] = (int32_t)rounded(level);
    }
}

void colour_figure(const Paste *paste, const LabTables *tables, uint32_t *coloured) {
    const Figure *figure = paste->figure;
    int32_t y[256], fy[256], a[256], b[256], levels[3][256];
    for (int c = 0; c < 3; c++) match_levels(paste, c, levels[c]);
    for (int v = 0; v < 256; v++) {
        y[v] = tables->y[levels[0][v]], fy[v] = tables->fy[levels[0][v]];
        a[v] = tables->a[levels[1][v]], b[v] = tables->b[levels[2][v]];
    }
    Chunk chunk = {0};
    for (Count start = 0; start < figure->seen_count; start += CHUNK) {
        const uint32_t *lab = figure->lab + start;
        const int32_t *seen = figure->seen + start;
        Count count = figure->seen_count - start < CHUNK ? figure->seen_count - start : CHUNK;
        for (Count i = 0; i < count; i++) {
            uint32_t light = lab[i] & 255;
            chunk.y[i] = y[light];
            chunk.x[i] = fy[light] + a[lab[i] >> 8 & 255];
            chunk.z[i] = fy[light] - b[lab[i] >> 16 & 255];
        }
        to_linear(&chunk, tables->matrix);
        for (Count i = 0; i < count; i++) {
            uint32_t alpha = lab[i] >> 24;
            uint32_t r = tables->levels[chunk.r[i]], g = tables->levels[chunk.g[i]], b = tables->levels[chunk.b[i]];
            if (alpha < 255) r = premultiplied(r, alpha), g = premultiplied(g, alpha), b = premultiplied(b, alpha);
            coloured[seen[i]] = r | g << 8 | b << 16 | alpha << 24;
        }
    }
}
