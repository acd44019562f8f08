/* ref32.c - the plain C kernels in float. */
#define REAL float
#define NAME(name) gull__##name##32
#define LANES 16
#define SIMD(name, isa) _mm##isa##_##name##_ps
#define VECTOR512 __m512
#define VECTOR256 __m256
#include "num/ref_gemm.h"
#include "num/ref_conv.h"
