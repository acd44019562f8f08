/* softmax_state.h - along which numbers a Softmax or LogSoftmax sums: the state of both
 * operators, which heads of networks look at. */
#ifndef GULL_GRAPH_SOFTMAX_STATE_H
#define GULL_GRAPH_SOFTMAX_STATE_H
#include <stddef.h>

typedef struct softmax_state {
    size_t outer, length, inner; /* of a row's numbers; outer x inner sums of length terms */
} softmax_state;
#endif
