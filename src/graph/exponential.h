/* exponential.h - exp and exp - 1 of floats in loops that compilers turn into vectors:
 * x = n log 2 + r, |r| <= log(2) / 2, and the Taylor polynomial of degree 8 of exp(r) - 1
 * (Cody and Waite, "Software Manual for the Elementary Functions", 1980).  Off by at most
 * two units in the last place, from overflow to the least subnormal. */
#ifndef GULL_EXPONENTIAL_H
#define GULL_EXPONENTIAL_H
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct gull_power {
    float left, right, rest; /* exp(x) = left right (1 + rest); left right = 2^n */
} gull_power;

static inline float gull__two_to(uint32_t n) {
    const uint32_t bits = (n + 127) << 23;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Adding 1.5 2^23 rounds to a whole number and leaves it in the last bits. */
static inline gull_power gull__power(float x) {
    const float shift = 12582912, at = x * 1.44269504f + shift, n = at - shift;
    const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f; /* log 2 in two parts */
    int32_t bits, zero;
    memcpy(&bits, &at, sizeof bits);
    memcpy(&zero, &shift, sizeof zero);
    const int32_t whole = (int32_t)((uint32_t)bits - (uint32_t)zero), half = whole / 2;
    const float q = 1 / 2.f + r * (1 / 6.f + r * (1 / 24.f + r * (1 / 120.f +
                    r * (1 / 720.f + r * (1 / 5040.f + r * (1 / 40320.f))))));
    return (gull_power){gull__two_to((uint32_t)half), gull__two_to((uint32_t)(whole - half)),
                        r + r * r * q};
}

/* Where exp is 0 or infinite it is so at these ends already; NaN stays. */
static inline float gull__exp32(float x) {
    const float y = x > 90 ? 90 : x < -110 ? -110 : x;
    const gull_power p = gull__power(y);
    return (1 + p.rest) * p.left * p.right;
}

static inline float gull__expm32(float x) {
    const float y = x > 90 ? 90 : x < -60 ? -60 : x;
    const gull_power p = gull__power(y);
    const float scale = p.left * p.right; /* 2^128 is infinite */
    return y > 88 ? (1 + p.rest) * p.left * p.right : scale * p.rest + (scale - 1);
}
#endif
