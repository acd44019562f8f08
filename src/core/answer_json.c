/* answer_json.c - see answer_json.h.  Numbers keep all 17 digits, witnesses all bits. */
#include "core/answer_json.h"
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

json_t *gull__number(double v) { return isfinite(v) ? json_real(v) : json_null(); }

char *gull__base64(const void *data, size_t size) {
    char *text = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);
    if (!text) return NULL;
    base64_encode_raw(text, size, data);
    text[BASE64_ENCODE_RAW_LENGTH(size)] = 0;
    return text;
}

/* Infinity as a word: JSON has none, and the journal must tell it from "unknown" (NaN). */
static json_t *exactly(double v) { return isinf(v) ? json_string("inf") : gull__number(v); }
static double number(const json_t *v) {
    return json_is_string(v) ? INFINITY : json_is_number(v) ? json_number_value(v) : NAN;
}

json_t *gull__answer_pack(const gull_answer *a, size_t methods, const double *witness,
                          size_t dim) {
    json_t *list = json_array();
    for (size_t k = 0; k < methods; k++) {
        const gull_outcome *o = &a->outcome[k];
        json_array_append_new(list, json_pack("[bbooIfiiiII]", o->ran, o->bounded, exactly(o->upper),
                                              exactly(o->lower), (json_int_t)o->queries,
                                              o->seconds, o->status, (int)o->skip, (int)o->rounds,
                                              (json_int_t)o->gradients, (json_int_t)o->flat));
    }
    char *text = isfinite(a->upper) ? gull__base64(witness, dim * sizeof *witness) : NULL;
    json_t *all = json_pack("[Iiiiooiooiib]", (json_int_t)a->number, a->label, a->predicted,
                            a->becomes, exactly(a->confidence),
                            exactly(a->confidence_after), (int)a->status,
                            exactly(a->lower), exactly(a->upper), a->lower_by, a->upper_by,
                            a->contradiction);
    if (all) {
        json_array_append_new(all, json_integer((json_int_t)a->queries));
        json_array_append_new(all, json_real(a->seconds));
        json_array_append_new(all, exactly(a->noise));
        json_array_append_new(all, json_boolean(a->noise_tried));
        json_array_append(all, list);
        json_array_append_new(all, text ? json_string(text) : json_null());
    }
    const bool whole = json_array_size(list) == methods && json_array_size(all) == 18 &&
                       (text || !isfinite(a->upper));
    json_decref(list);
    free(text);
    if (whole) return all;
    json_decref(all); /* out of memory */
    return NULL;
}

static bool read_witness(const json_t *v, double *witness, size_t dim) {
    struct base64_decode_ctx c;
    if (json_is_null(v)) return true;
    size_t n = json_string_length(v), size = 0;
    if (!json_is_string(v) || n != BASE64_ENCODE_RAW_LENGTH(dim * sizeof *witness)) return false;
    uint8_t *raw = malloc(BASE64_DECODE_LENGTH(n));
    if (!raw) return false;
    base64_decode_init(&c);
    size = BASE64_DECODE_LENGTH(n);
    const bool good = base64_decode_update(&c, &size, raw, n, json_string_value(v)) &&
                      base64_decode_final(&c) && size == dim * sizeof *witness;
    if (good) memcpy(witness, raw, size);
    free(raw);
    return good;
}

static bool read_outcome(json_t *v, gull_outcome *o) {
    if (json_array_size(v) != 11) return false;
    const json_int_t skip = json_integer_value(json_array_get(v, 7));
    if (skip < 0 || skip > GULL_SKIP_UNNEEDED) return false;
    o->ran = json_is_true(json_array_get(v, 0));
    o->bounded = json_is_true(json_array_get(v, 1));
    o->upper = number(json_array_get(v, 2));
    o->lower = number(json_array_get(v, 3));
    o->queries = (uint64_t)json_integer_value(json_array_get(v, 4));
    o->seconds = json_number_value(json_array_get(v, 5));
    o->status = (int)json_integer_value(json_array_get(v, 6));
    o->skip = (gull_skip)skip;
    o->rounds = (unsigned)json_integer_value(json_array_get(v, 8));
    o->gradients = (uint64_t)json_integer_value(json_array_get(v, 9));
    o->flat = (uint64_t)json_integer_value(json_array_get(v, 10));
    return true;
}

bool gull__answer_unpack(json_t *v, gull_answer *a, size_t methods, double *witness,
                         size_t dim) {
    if (json_array_size(v) != 18) return false;
#define AT(i) json_array_get(v, i)
    json_t *list = AT(16);
    if (json_array_size(list) != methods) return false;
    a->number = (size_t)json_integer_value(AT(0));
    a->label = (int)json_integer_value(AT(1));
    a->predicted = (int)json_integer_value(AT(2));
    a->becomes = (int)json_integer_value(AT(3));
    a->confidence = number(AT(4));
    a->confidence_after = number(AT(5));
    a->lower = number(AT(7));
    a->upper = number(AT(8));
    a->lower_by = (int)json_integer_value(AT(9));
    a->upper_by = (int)json_integer_value(AT(10));
    a->contradiction = json_is_true(AT(11));
    a->queries = (uint64_t)json_integer_value(AT(12));
    a->seconds = json_number_value(AT(13));
    a->noise = number(AT(14));
    a->noise_tried = json_is_true(AT(15));
    for (size_t k = 0; k < methods; k++)
        if (!read_outcome(json_array_get(list, k), &a->outcome[k])) return false;
    if (json_is_null(AT(17)) != !isfinite(a->upper) || !read_witness(AT(17), witness, dim))
        return false;
    const json_int_t status = json_integer_value(AT(6));
    if (status <= GULL_NOT_DONE || status > GULL_UNDECIDED) return false;
    a->status = (gull_answer_status)status;
    return true;
#undef AT
}
