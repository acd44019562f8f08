/* products32.c - products of a float pass. */
#define GULL_REAL32
#include "graph/products.h"
