/* settings.h - how a file is opened: which output of a network, what its numbers mean, how
 * pixels become its input. */
#ifndef GULL_SETTINGS_H
#define GULL_SETTINGS_H
#include "core/plugin.h"

typedef enum { GULL_HEAD_LOGITS, GULL_HEAD_BINARY, GULL_HEAD_DETECT, GULL_HEAD_RANGE } gull_head_kind;
typedef struct gull_head {
    gull_head_kind kind;
    int index;        /* detect: the class; binary, range: which number of the output; -1: none */
    double threshold; /* binary, detect: above it the answer is yes; NAN: not given */
    double lo, hi;    /* range */
    char text[100];   /* as it was written */
} gull_head;

enum { GULL_MOST_CHANNELS = 64 };
typedef struct gull_channels { /* a number for all channels, or one for each */
    double value[GULL_MOST_CHANNELS];
    size_t count; /* 0: not given */
} gull_channels;

/* In front of the network: (pixel * scale - mean) / std, then the order of the axes. */
struct gull_settings {
    char *output;
    gull_head head;
    bool has_head, has_layout, channels_last;
    gull_channels scale, mean, std;
    size_t width, height; /* resize; 0: not asked */
    bool by_area;
};
/* Whether any of them is about models. */
bool gull__settings_touch_models(const gull_settings *);
/* What is done to pixels, for people: "(x - 127) / 128"; empty when nothing. */
void gull__settings_front_text(const gull_settings *, char *out, size_t room);
#endif
