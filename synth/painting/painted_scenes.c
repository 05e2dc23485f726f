/* Paints the scenes of a block: each on the part of the background that it changes, and its mask into a frame.

The order and the rounding are those of varied_block.py, shadow.py and blend.py, which are slower. */

#include "patches.h"
#include "scenes.h"

#define CHUNK 32 /* pixels that are looked at together */

/* Raised with every change of what painted_scenes.py hands over, which refuses what was compiled of another one. */
int interface_version(void) { return 2; }

/* Gaussians by the width of what stands on the ground: those of width n are from starts[n] to before starts[n + 1]. */
typedef struct {
    const int32_t *values, *starts;
} Bells;

typedef struct {
    const uint8_t *background; /* (height, width) RGB */
    Count height, width, placements;
    uint8_t *pixels, *masks, *instances; /* (placements, height, width) RGB of patches; masks; instances or NULL */
    Patch *patches;                      /* (placements) those of the block before, and then of this one */
    const LabTables *tables;
    Bells across, down;
} Canvas;

/* A soft shadow where a figure stands; nothing where `width` is 0. */
typedef struct {
    const int32_t *across, *down;
    Count x, y, width, height;
    int32_t darkness;
} Shadow;

/* What is pasted, and its part of the frame. */
typedef struct {
    const Paste *paste;
    Warping warping;
    Shape shape;
    Count place; /* of its shape in the arena */
    Shadow shadow;
} Layer;

typedef struct {
    Room room;
    Layer *layers; /* of all scenes */
    uint8_t *arena, *remaining; /* shapes of a scene; (height, width) of the alpha of what is seen as an instance */
} Studio;

static inline Count lesser(Count a, Count b) { return a < b ? a : b; }
static inline Count larger(Count a, Count b) { return a > b ? a : b; }

/* round(level * transparency / 255), see blend.py. */
static inline uint8_t shining_through(uint8_t level, uint8_t transparency) {
    uint16_t value = (uint16_t)(level * transparency + 128);
    return (uint8_t)((uint16_t)(value + (value >> 8)) >> 8);
}

VECTORISED static void blend(uint8_t *restrict under, const uint8_t *restrict over, const uint8_t *restrict alpha, Count count) {
    uint8_t transparency[3 * CHUNK];
    for (Count i = 0; i < count; i++)
        transparency[3 * i] = transparency[3 * i + 1] = transparency[3 * i + 2] = (uint8_t)(255 - alpha[i]);
    for (Count i = 0; i < 3 * count; i++) under[i] = (uint8_t)(over[i] + shining_through(under[i], transparency[i]));
}

static void lay_row(uint8_t *under, const uint8_t *over, const uint8_t *alpha, Count count) {
    for (Count start = 0; start < count; start += CHUNK) {
        Count some = lesser(CHUNK, count - start);
        uint64_t all = ~(uint64_t)0, any = 0;
        for (Count i = 0; i + 8 <= some; i += 8) {
            uint64_t eight;
            memcpy(&eight, alpha + start + i, sizeof eight);
            all &= eight, any |= eight;
        }
        if (some == CHUNK && !any) continue;
        if (some == CHUNK && !~all)
            memcpy(under + 3 * start, over + 3 * start, 3 * CHUNK);
        else
            blend(under + 3 * start, over + 3 * start, alpha + start, some);
    }
}

VECTORISED static void shade_row(uint8_t *restrict under, const int32_t *restrict across, int32_t dark, Count count) {
    uint8_t transparency[3 * CHUNK];
    for (Count start = 0; start < count; start += CHUNK) {
        Count some = lesser(CHUNK, count - start);
        for (Count i = 0; i < some; i++) {
            uint8_t through = (uint8_t)(255 - ((dark * across[start + i] + (1 << 19)) >> 20));
            transparency[3 * i] = transparency[3 * i + 1] = transparency[3 * i + 2] = through;
        }
        for (Count i = 0; i < 3 * some; i++) under[3 * start + i] = shining_through(under[3 * start + i], transparency[i]);
    }
}

VECTORISED static uint8_t largest(const uint8_t *bytes, Count count) {
    uint8_t most = 0;
    for (Count i = 0; i < count; i++) most = bytes[i] > most ? bytes[i] : most;
    return most;
}

static int has_opaque(const Layer *layer, Count y) {
    Count first = layer->shape.spans[2 * y], last = layer->shape.spans[2 * y + 1];
    return largest(layer->shape.alpha + y * layer->shape.width + first, last - first) >= OPAQUE;
}

/* The shadow under the middle of the lowest opaque rows, see shadow.py; what of it darkens nothing is cut off. */
static Shadow shadow_of(const Layer *layer, const Canvas *canvas) {
    const Paste *paste = layer->paste;
    Count bottom = layer->shape.height - 1, top = 0, left = layer->shape.width, right = 0;
    if (!paste->darkness) return (Shadow){0};
    while (bottom >= 0 && !has_opaque(layer, bottom)) bottom--;
    if (bottom < 0) return (Shadow){0};
    while (!has_opaque(layer, top)) top++;
    for (Count y = bottom - (bottom - top + 1) / 12; y <= bottom; y++) {
        const uint8_t *alpha = layer->shape.alpha + y * layer->shape.width;
        Count x = layer->shape.spans[2 * y], last = layer->shape.spans[2 * y + 1];
        while (x < lesser(left, last) && alpha[x] < OPAQUE) x++;
        if (x < lesser(left, last)) left = x;
        while (last > right && last > x && alpha[last - 1] < OPAQUE) last--;
        if (last > right && last > x) right = last;
    }
    const int32_t *across = canvas->across.starts + (right - left), *down = canvas->down.starts + (right - left);
    Shadow shadow = {canvas->across.values + across[0], canvas->down.values + down[0], 0, 0, across[1] - across[0],
                     down[1] - down[0], paste->darkness};
    shadow.x = paste->x + (left + right - 1) / 2 - shadow.width / 2;
    shadow.y = paste->y + bottom - shadow.height / 2;
    int32_t darkest = (shadow.down[shadow.height / 2] * shadow.darkness + 512) >> 10;
    while (shadow.width && darkest * shadow.across[0] < 1 << 19) /* the same at either end */
        shadow.across++, shadow.x++, shadow.width = larger(0, shadow.width - 2);
    return shadow;
}

static void grow(Box *box, const Canvas *canvas, Count x, Count y, Count width, Count height) {
    Count top = larger(0, y), bottom = lesser(canvas->height, y + height);
    Count left = larger(0, x), right = lesser(canvas->width, x + width);
    if (top >= bottom || left >= right) return;
    if (box->top >= box->bottom) {
        *box = (Box){(int32_t)top, (int32_t)bottom, (int32_t)left, (int32_t)right};
        return;
    }
    *box = (Box){(int32_t)lesser(box->top, top), (int32_t)larger(box->bottom, bottom), (int32_t)lesser(box->left, left),
                 (int32_t)larger(box->right, right)};
}

static void grow_by_shape(Box *box, const Canvas *canvas, const Layer *layer) {
    Count top = layer->shape.height, bottom = 0, left = layer->shape.width, right = 0;
    for (Count y = 0; y < layer->shape.height; y++) {
        Count first = layer->shape.spans[2 * y], last = layer->shape.spans[2 * y + 1];
        if (first >= last) continue;
        top = lesser(top, y), bottom = y + 1, left = lesser(left, first), right = larger(right, last);
    }
    grow(box, canvas, layer->paste->x + left, layer->paste->y + top, right - left, bottom - top);
}

/* The pixel of a patch that shows row y and column x of the frame. */
static uint8_t *patch_pixel(const Patch *patch, Count y, Count x) {
    return (uint8_t *)patch->pixels + (y - patch->box.top) * patch->stride + 3 * (x - patch->box.left);
}

static void lay_shadow(const Shadow *shadow, const Canvas *canvas, const Patch *patch) {
    Count left = larger(0, shadow->x), right = lesser(canvas->width, shadow->x + shadow->width);
    for (Count y = larger(0, shadow->y); y < lesser(canvas->height, shadow->y + shadow->height) && left < right; y++) {
        int32_t dark = (shadow->down[y - shadow->y] * shadow->darkness + 512) >> 10;
        if (dark << 10 >= 1 << 19)
            shade_row(patch_pixel(patch, y, left), shadow->across + (left - shadow->x), dark, right - left);
    }
}

/* Let alpha shine through what a mask has already. */
VECTORISED static void add_to_mask(uint8_t *restrict mask, const uint8_t *restrict alpha, Count count) {
    for (Count i = 0; i < count; i++)
        mask[i] = (uint8_t)(255 - shining_through((uint8_t)(255 - mask[i]), (uint8_t)(255 - alpha[i])));
}

/* Of what was seen as an instance remains what a later one lets through. */
static void add_to_instances(uint8_t *instances, uint8_t *remaining, const uint8_t *alpha, Count count, uint8_t number) {
    for (Count i = 0; i < count; i++) {
        if (!alpha[i]) continue;
        remaining[i] = shining_through(remaining[i], (uint8_t)(255 - alpha[i]));
        if (remaining[i] < OPAQUE) instances[i] = 0;
        if (alpha[i] >= OPAQUE) instances[i] = number, remaining[i] = alpha[i];
    }
}

static void lay_figure(const Layer *layer, const Canvas *canvas, const Patch *patch, Count k, uint8_t number, uint8_t *remaining) {
    const Paste *paste = layer->paste;
    for (Count y = larger(0, paste->y); y < lesser(canvas->height, paste->y + layer->shape.height); y++) {
        Count row = y - paste->y, at = (k * canvas->height + y) * canvas->width;
        Count first = larger(layer->shape.spans[2 * row], -(Count)paste->x);
        Count last = lesser(layer->shape.spans[2 * row + 1], canvas->width - paste->x), x = paste->x + first;
        if (first >= last) continue;
        const uint8_t *alpha = layer->shape.alpha + row * layer->shape.width + first;
        lay_row(patch_pixel(patch, y, x), layer->shape.rgb + 3 * (row * layer->shape.width + first), alpha, last - first);
        if (number == 1)
            memcpy(canvas->masks + at + x, alpha, (size_t)(last - first));
        else if (number)
            add_to_mask(canvas->masks + at + x, alpha, last - first);
        if (number && remaining)
            add_to_instances(canvas->instances + at + x, remaining + y * canvas->width + x, alpha, last - first, number);
    }
}

/* Take away what the block before has in a frame. */
static void clear_frame(const Canvas *canvas, Count k, Box box) {
    for (Count y = box.top; y < box.bottom; y++) {
        Count at = (k * canvas->height + y) * canvas->width + box.left;
        memset(canvas->masks + at, 0, (size_t)(box.right - box.left));
        if (canvas->instances) memset(canvas->instances + at, 0, (size_t)(box.right - box.left));
    }
}

static void paint_scene(const Canvas *canvas, Studio *studio, Layer *layers, Count count, Count k) {
    Patch *patch = canvas->patches + k;
    clear_frame(canvas, k, patch->box);
    patch->box = (Box){0};
    for (Layer *layer = layers; layer < layers + count; layer++) {
        const Paste *paste = layer->paste;
        shape_figure(paste, &layer->warping, canvas->tables, &studio->room, &layer->shape);
        layer->shadow = shadow_of(layer, canvas);
        grow_by_shape(&patch->box, canvas, layer);
        grow(&patch->box, canvas, layer->shadow.x, layer->shadow.y, layer->shadow.width, layer->shadow.height);
    }
    Box box = patch->box;
    patch->pixels = canvas->pixels + 3 * k * canvas->height * canvas->width;
    patch->stride = 3 * (box.right - box.left);
    for (Count y = box.top; y < box.bottom; y++) {
        memcpy(patch_pixel(patch, y, box.left), canvas->background + 3 * (y * canvas->width + box.left), (size_t)patch->stride);
        if (canvas->instances) memset(studio->remaining + y * canvas->width + box.left, 0, (size_t)(box.right - box.left));
    }
    for (Count i = 0; i < count; i++) lay_shadow(&layers[i].shadow, canvas, patch);
    uint8_t number = 0;
    for (Count i = 0; i < count; i++) {
        if (layers[i].paste->is_labelled) number++;
        lay_figure(layers + i, canvas, patch, k, number, canvas->instances ? studio->remaining : NULL);
    }
}

static Count shape_bytes(const Warping *warping) {
    return (4 * warping->height * warping->width + 8 * warping->height + SPARE_BYTES + 7) / 8 * 8;
}

/* Find out the sizes of all layers of a block; make room for the largest figure and the fullest scene, whose layers lie one
after the other in the arena. -1 for want of memory. */
static int furnish(Studio *studio, const Canvas *canvas, const Paste *pastes, Count count) {
    Count figure = 1, scene = 0, fullest = 1;
    studio->layers = calloc((size_t)count + 1, sizeof(Layer));
    if (!studio->layers) return -1;
    for (Count i = 0; i < count; i++) {
        Warping warping = warping_of(pastes + i);
        if (i == 0 || pastes[i].sample != pastes[i - 1].sample) scene = 0;
        studio->layers[i] = (Layer){pastes + i, warping, {warping.height, warping.width, NULL, NULL, NULL}, scene, {0}};
        fullest = larger(fullest, scene += shape_bytes(&warping));
        figure = larger(figure, (pastes[i].figure->height + 2) * (pastes[i].figure->width + 2));
    }
    studio->room = (Room){malloc(sizeof(uint32_t) * (size_t)figure), malloc(sizeof(uint32_t) * (size_t)figure), NULL};
    studio->arena = malloc((size_t)fullest);
    studio->remaining = malloc((size_t)(canvas->height * canvas->width));
    if (!studio->room.coloured || !studio->room.halved || !studio->arena || !studio->remaining) return -1;
    for (Layer *layer = studio->layers; layer < studio->layers + count; layer++) {
        layer->shape.spans = (int32_t *)(void *)(studio->arena + layer->place);
        layer->shape.alpha = studio->arena + layer->place + 8 * layer->shape.height;
        layer->shape.rgb = layer->shape.alpha + layer->shape.height * layer->shape.width;
    }
    return 0;
}

/* Paint the scenes of a block, the samples from `first_sample` on, whose pastes come scene by scene and from the back; those
that aren't labelled first. 0, or -1 for want of memory. */
int paint_scenes(const Canvas *canvas, const Paste *pastes, Count count, Count first_sample) {
    Studio studio = {0};
    int result = furnish(&studio, canvas, pastes, count);
    Count first = 0;
    for (Count k = 0; k < canvas->placements && !result; k++) {
        Count end = first;
        while (end < count && pastes[end].sample == first_sample + k) end++;
        paint_scene(canvas, &studio, studio.layers + first, end - first, k);
        first = end;
    }
    free(studio.room.coloured), free(studio.room.halved), free(studio.layers), free(studio.arena), free(studio.remaining);
    return result;
}
