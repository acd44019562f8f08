/* onnx_tensor.c - the numbers of a TensorProto, sizes checked against the payload. */
#include "read/onnx.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const int64_t LIMIT = 1 << 28;

/* IEEE 754 half precision and bfloat16, exactly. */
static double half(uint16_t h) {
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double sign = h & 0x8000 ? -1 : 1;
    if (exponent == 31) return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24));
}

static double brain(uint16_t b) {
    const uint32_t bits = (uint32_t)b << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

#define DT(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

static size_t width_of(int type) {
    switch (type) {
    case DT(DOUBLE): case DT(INT64): case DT(UINT64): return 8;
    case DT(FLOAT): case DT(INT32): case DT(UINT32): return 4;
    case DT(FLOAT16): case DT(BFLOAT16): case DT(INT16): case DT(UINT16): return 2;
    case DT(INT8): case DT(UINT8): case DT(BOOL): return 1;
    }
    return 0;
}

/* One number of raw_data, little endian as this machine. */
static double raw_number(int type, const uint8_t *p) {
    union {
        float f; double d; int64_t i64; uint64_t u64; int32_t i32; uint32_t u32;
        int16_t i16; uint16_t u16; int8_t i8; uint8_t u8;
    } v = {0};
    memcpy(&v, p, width_of(type));
    switch (type) {
    case DT(FLOAT): return v.f;
    case DT(DOUBLE): return v.d;
    case DT(INT64): return (double)v.i64;
    case DT(UINT64): return (double)v.u64;
    case DT(INT32): return v.i32;
    case DT(UINT32): return v.u32;
    case DT(INT16): return v.i16;
    case DT(UINT16): return v.u16;
    case DT(FLOAT16): return half(v.u16);
    case DT(BFLOAT16): return brain(v.u16);
    case DT(INT8): return v.i8;
    }
    return v.u8;
}

static size_t typed_count(const Onnx__TensorProto *t) {
    switch (t->data_type) {
    case DT(FLOAT): return t->n_float_data;
    case DT(DOUBLE): return t->n_double_data;
    case DT(INT64): return t->n_int64_data;
    case DT(UINT64): case DT(UINT32): return t->n_uint64_data;
    }
    return t->n_int32_data;
}

static double typed_number(const Onnx__TensorProto *t, size_t i) {
    switch (t->data_type) {
    case DT(FLOAT): return t->float_data[i];
    case DT(DOUBLE): return t->double_data[i];
    case DT(INT64): return (double)t->int64_data[i];
    case DT(UINT64): case DT(UINT32): return (double)t->uint64_data[i];
    case DT(FLOAT16): return half((uint16_t)t->int32_data[i]);
    case DT(BFLOAT16): return brain((uint16_t)t->int32_data[i]);
    }
    return t->int32_data[i];
}

static int check_shape(const Onnx__TensorProto *t, int *rank, int64_t *dims, size_t *count,
                       gull_error *err) {
    int64_t size = 1;
    if (t->n_dims > ONNX_RANK)
        return gull__fail(err, GULL_EUNSUPPORTED, "%zu dimensions, at most %d", t->n_dims,
                          ONNX_RANK);
    *rank = (int)t->n_dims;
    for (size_t i = 0; i < t->n_dims; i++) {
        dims[i] = t->dims[i];
        if (dims[i] < 0 || dims[i] > LIMIT / (size ? size : 1))
            return gull__fail(err, GULL_EUNSUPPORTED, "dimension %zu is %" PRId64, i + 1,
                              dims[i]);
        size *= dims[i];
    }
    *count = (size_t)size;
    return GULL_OK;
}

static int type_of(int type) {
    switch (type) {
    case DT(FLOAT): case DT(FLOAT16): case DT(BFLOAT16): return GULL_F32;
    case DT(DOUBLE): return GULL_F64;
    case DT(BOOL): return GULL_BOOL;
    }
    return GULL_INT;
}

static int check_type(const Onnx__TensorProto *t, gull_error *err) {
    if (t->has_data_type && width_of(t->data_type)) return GULL_OK;
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(
        &onnx__tensor_proto__data_type__descriptor, t->has_data_type ? t->data_type : 0);
    return gull__fail(err, GULL_EUNSUPPORTED, "elements of type %s are not supported",
                      v ? v->name : "unknown");
}

static bool is_outside(const Onnx__TensorProto *t) {
    return t->has_data_location &&
           t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

/* From raw bytes, or from the typed fields where raw is NULL. */
static int convert(const Onnx__TensorProto *t, const uint8_t *raw, size_t count,
                   double **values) {
    const size_t width = width_of(t->data_type);
    *values = malloc((count + 1) * sizeof **values);
    if (!*values) return GULL_ENOMEM;
    (*values)[count] = 0;
    for (size_t i = 0; i < count; i++)
        (*values)[i] = raw ? raw_number(t->data_type, raw + i * width) : typed_number(t, i);
    return GULL_OK;
}

int gull__onnx_tensor(const onnx_build *b, const Onnx__TensorProto *t, int *rank,
                      int64_t dims[ONNX_RANK], int *type, double **values, gull_error *err) {
    size_t count = 0;
    TRY(check_type(t, err));
    TRY(check_shape(t, rank, dims, &count, err));
    const size_t width = width_of(t->data_type);
    *type = type_of(t->data_type);
    if (is_outside(t)) {
        uint8_t *bytes = NULL;
        TRY(gull__onnx_external(b, t, count * width, &bytes, err));
        const int status = convert(t, bytes, count, values);
        free(bytes);
        return status;
    }
    const size_t have = t->has_raw_data ? t->raw_data.len / width : typed_count(t);
    if (have != count || (t->has_raw_data && t->raw_data.len % width))
        return gull__fail(err, GULL_EFORMAT, "%zu numbers, its shape wants %zu", have, count);
    return convert(t, t->has_raw_data ? t->raw_data.data : NULL, count, values);
}
