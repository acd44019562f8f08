/* products64.c - products of a double pass. */
#include "graph/products.h"
