/* real.h - included by each file of graph/ops/, which is compiled twice: GULL_REAL32
 * gives the deployed float evaluator, otherwise double. */
#ifndef GULL_REAL_H
#define GULL_REAL_H
#include "graph/graph.h"

#ifdef GULL_REAL32
typedef float real;
typedef gull_pass32 gull_pass;
#define GULL_OP(name) gull_op_##name##_f32
#define GULL_PAYLOAD(tensor) ((tensor)->f32)
#else
typedef double real;
typedef gull_pass64 gull_pass;
#define GULL_OP(name) gull_op_##name##_f64
#define GULL_PAYLOAD(tensor) ((tensor)->f64)
#endif
#endif
