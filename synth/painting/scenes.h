/* What is pasted into the scenes of a block, as painted_scenes.py hands it over. */

#ifndef BGFG_SCENES_H
#define BGFG_SCENES_H

#include "../../data_manifests/images/resampling/affine_warp.h"
#include "vectorised.h"
#include "wide.h"

#define OPAQUE 128
#define SPARE_BYTES 4 /* that are written after the pixels of a shape */

/* Pixels that follow upon one another. */
typedef struct {
    int32_t start, end;
} Run;

/* A cut-out as it was prepared. */
typedef struct {
    const uint32_t *pixels; /* (height + 2, width + 2) premultiplied RGBA, with nothing all around */
    const uint32_t *lab;    /* so many CIELAB and alpha */
    const Run *seen;        /* (seen_count) of them, outside which they are transparent */
    Count height, width, seen_count;
    double mean[3], deviation[3]; /* of its opaque pixels in CIELAB */
} Figure;

typedef struct {
    const Figure *figure;
    double around_mean[3], around_deviation[3]; /* of the colours around it in CIELAB */
    double share;                               /* of the way that its colours go to them, 0 to 1 */
    double cos, sin;                            /* of its turn, counter-clockwise */
    int32_t scale, x, y, darkness, is_labelled, sample; /* in thousandths; the top-left corner, which may lie outside the
                                                           frame; of the shadow, in 1,024ths of a level, 0 for none */
} Paste;

/* How often a picture is halved first, where the pixels look then, and how many there are. */
typedef struct {
    int halvings;
    Placing placing;
    Count height, width;
} Warping;

/* CIELAB to sRGB in whole numbers, see lab_tables.py. */
typedef struct {
    int32_t y[256], fy[256], a[256], b[256];
    int32_t matrix[9];
    uint8_t levels[4096];
} LabTables;

/* A cut-out as it is pasted. */
typedef struct {
    Count height, width;
    uint8_t *rgb, *alpha; /* (height, width) premultiplied, within the spans; SPARE_BYTES more of `rgb` are there */
    int32_t *spans;       /* (height, 2) from the first pixel of a row that isn't transparent to after the last one */
} Shape;

/* Room to shape a figure in. */
typedef struct {
    uint32_t *coloured, *halved; /* as Figure.pixels; nothing where the figure has nothing */
    const Figure *latest;        /* whose pixels are in `coloured` */
} Room;

/* The nearest whole number, of two the even one, which 2^52 and a half of it, added and taken away again, leave. */
static inline double nearest(double number) {
    const double whole = 6755399441055744.0;
    return number + whole - whole;
}

/* Fill the pixels of a figure that are seen with the colours that it gets. */
void colour_figure(const Paste *paste, const LabTables *tables, uint32_t *coloured);

/* How a paste is turned and scaled, and the box that it takes. */
Warping warping_of(const Paste *paste);

/* Fill the shape of a paste, whose size it has. */
void shape_figure(const Paste *paste, const Warping *warping, const LabTables *tables, Room *room, Shape *shape);

#endif
