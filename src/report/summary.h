/* summary.h - what all rows say together. */
#ifndef GULL_SUMMARY_H
#define GULL_SUMMARY_H
#include "core/result.h"

enum { GULL_CURVE = 101, GULL_TABLE = 8 };

typedef struct gull_point {
    double eps, fooled, proved, noise; /* shares of all rows; noise NaN: not tried */
} gull_point;
typedef struct gull_summary {
    size_t rows, misread, count[GULL_UNDECIDED + 1]; /* rows done; by status */
    uint64_t queries;
    double median_upper, median_lower; /* over rows read right; NaN: unknown */
    gull_point at;                     /* at the greatest asked distance, or the median */
    gull_point curve[GULL_CURVE], table[GULL_TABLE];
    size_t curve_count, table_count;
    size_t closest; /* index of the row read right with the least upper; SIZE_MAX: none */
} gull_summary;
int gull__summarise(const gull_result *, gull_summary *); /* GULL_OK or GULL_ENOMEM */
gull_point gull__point_at(const gull_result *, double eps);
#endif
