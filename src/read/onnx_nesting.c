/* onnx_nesting.c - walks the wire format of protocol buffers by the schema's descriptors
 * and refuses deep nesting, which would exhaust the stack of the generated parser. */
#include "read/onnx.h"

enum { DEEPEST = 24 };

/* Reads a base-128 number; false at the end of the data. */
static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *out) {
    *out = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *out |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128)) return true;
    }
    return false;
}

static const ProtobufCMessageDescriptor *child(const ProtobufCMessageDescriptor *d,
                                               uint64_t field) {
    const ProtobufCFieldDescriptor *f =
        field < 1u << 29 ? protobuf_c_message_descriptor_get_field(d, (unsigned)field) : NULL;
    return f && f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
}

typedef struct level {
    const ProtobufCMessageDescriptor *type;
    const uint8_t *end;
} level;

static int damaged(const uint8_t *data, const uint8_t *at, gull_error *err) {
    return gull__fail(err, GULL_EFORMAT, "damaged or cut off at byte %zu",
                      (size_t)(at - data));
}

int gull__onnx_check_nesting(const uint8_t *data, size_t size, gull_error *err) {
    level stack[DEEPEST] = {{&onnx__model_proto__descriptor, data + size}};
    const uint8_t *at = data;
    int depth = 0;
    while (depth >= 0) {
        uint64_t tag, length = 0;
        if (at == stack[depth].end) {
            depth--;
            continue;
        }
        if (!varint(&at, stack[depth].end, &tag)) return damaged(data, at, err);
        const unsigned wire = tag & 7;
        if (wire == 0 ? !varint(&at, stack[depth].end, &length)
                      : wire == 2 && !varint(&at, stack[depth].end, &length))
            return damaged(data, at, err);
        if (wire == 0) continue;
        if (wire == 1 || wire == 5) length = wire == 1 ? 8 : 4;
        if ((wire != 1 && wire != 2 && wire != 5) ||
            length > (uint64_t)(stack[depth].end - at))
            return damaged(data, at, err);
        const ProtobufCMessageDescriptor *type =
            wire == 2 ? child(stack[depth].type, tag >> 3) : NULL;
        if (!type) {
            at += length;
            continue;
        }
        if (++depth == DEEPEST)
            return gull__fail(err, GULL_EFORMAT, "messages nested more than %d deep",
                              DEEPEST);
        stack[depth] = (level){type, at + length};
    }
    return GULL_OK;
}
