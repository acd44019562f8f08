/* onnx.c - reads ONNX files (opsets 7 and later) by the format's own schema. */
#include "core/model.h"
#include "model/network.h"
#include "read/onnx.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No magic number: the name, or the first fields of a ModelProto. */
static int onnx_probe(const gull_bytes *head) {
    const size_t n = head->path ? strlen(head->path) : 0;
    const bool named = n > 5 && !strcmp(head->path + n - 5, ".onnx");
    const bool fields = head->size > 4 && head->data[0] == 0x08 && head->data[1] < 32 &&
                        strchr("\x12\x1a\x22\x28\x32\x3a\x42", head->data[2]);
    return named ? 90 : fields ? 40 : 0;
}

static int64_t opset_of(const Onnx__ModelProto *m) {
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *o = m->opset_import[i];
        if (!o->domain || !*o->domain || !strcmp(o->domain, "ai.onnx")) return o->version;
    }
    return 1;
}

/* 5998 -> "5,998" */
static void with_commas(size_t v, char out[32]) {
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%zu", v);
    int k = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = 0;
}

/* Which output was read, where the file has several. */
static void note_output(const onnx_build *b, char *detail, size_t size) {
    const size_t at = strlen(detail);
    const bool only = b->proto->n_output == 1 && b->proto->output[0]->name &&
                      !strcmp(b->proto->output[0]->name, b->output);
    if (!only) snprintf(detail + at, size - at, " · output '%.40s'", b->output);
}

static gull_model_facts facts_of(const onnx_build *b) {
    const gull_graph *g = b->graph;
    const gull_tensor *in = &g->tensor[g->input];
    gull_model_facts f = {.classes = (int)g->tensor[g->output].size, .dim = in->size,
                          .f32 = !b->f64, .scores = "logits"};
    char parameters[32];
    const int first = g->unbatched && in->rank == 4 && in->dims[0] == 1 ? 1 : 0;
    if (in->rank - first == 3) {
        f.rank = 3;
        for (int i = 0; i < 3; i++) f.shape[i] = (size_t)in->dims[first + i];
    }
    with_commas(b->parameters, parameters);
    snprintf(f.detail, sizeof f.detail,
             "%zu nodes · %s parameters · opset %" PRId64 "%s%s", b->proto->n_node, parameters,
             g->opset, b->stripped ? " · scores before the final " : "",
             b->stripped ? b->stripped : "");
    note_output(b, f.detail, sizeof f.detail);
    snprintf(f.output, sizeof f.output, "%s", b->output);
    snprintf(f.head, sizeof f.head, "logits");
    f.cut = b->cut;
    if (b->settings) gull__onnx_front_facts(b->settings, &f);
    return f;
}

/* The graph passes to the model, or is freed. */
static int model_of(const onnx_build *b, gull_model **out, gull_error *err) {
    gull_model_facts facts = facts_of(b);
    int status = b->settings ? gull__onnx_head_facts(b->settings, &facts) : GULL_OK;
    if (status >= 0) status = gull__onnx_affine(b->graph, &facts, out, err);
    if (status < 0 || *out)
        gull_graph_free(b->graph);
    else
        status = gull__network_new(out, &facts, b->graph, b->f64 ? "f64" : NULL, err);
    for (int k = 0; status < 0 && facts.class_names && k < facts.classes; k++)
        free(facts.class_names[k]);
    if (status < 0) free(facts.class_names);
    return status;
}

static int build_model(const Onnx__ModelProto *m, const gull_bytes *bytes, gull_model **out,
                       gull_error *err) {
    char others[65] = "";
    const gull_settings *how = bytes->settings;
    onnx_build b = {.proto = m->graph, .settings = how, .path = bytes->path, .others = others};
    if (!m->graph) return gull__fail(err, GULL_EFORMAT, "it holds no graph");
    TRY(gull__onnx_linear_classifier(m->graph, out, err));
    if (*out && how) {
        gull_model_close(out);
        return gull__fail(err, GULL_EUNSUPPORTED, "a LinearClassifier takes no --output, --head, "
                          "--scale, --mean, --std or --layout; leave them out");
    }
    if (*out) return GULL_OK;
    int status = gull__onnx_build(&b, opset_of(m), err);
    free(b.name);
    if (status >= 0) status = model_of(&b, out, err);
    else gull_graph_free(b.graph);
    if (status >= 0) memcpy((*out)->sha256, others, sizeof others);
    return status;
}

static int read_model(const gull_bytes *bytes, gull_model **out, gull_error *err) {
    TRY(gull__onnx_check_nesting(bytes->data, bytes->size, err));
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, bytes->size, bytes->data);
    if (!m) return gull__fail(err, GULL_EFORMAT, "not an ONNX file, or a damaged one");
    const int status = build_model(m, bytes, out, err);
    onnx__model_proto__free_unpacked(m, NULL);
    return status;
}

static int onnx_read(gull_bytes *bytes, gull_model **out, gull_error *err) {
    gull_error inner = {0, ""};
    *out = NULL;
    const int status = read_model(bytes, out, &inner);
    if (status < 0)
        return gull__fail(err, status, "%s: %s", bytes->path,
                          inner.text[0] ? inner.text : gull_status_text(status));
    return GULL_OK;
}

extern const gull_reader gull_reader_onnx;
const gull_reader gull_reader_onnx = {
    "onnx", "ONNX networks (opset 7 and later) and linear classifiers", onnx_probe, onnx_read, true};
