/* ref64.c - the plain C kernels in double. */
#define REAL double
#define NAME(name) gull__##name##64
#define LANES 8
#define SIMD(name, isa) _mm##isa##_##name##_pd
#define VECTOR512 __m512d
#define VECTOR256 __m256d
#include "num/ref_gemm.h"
#include "num/ref_conv.h"
