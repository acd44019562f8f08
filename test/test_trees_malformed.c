/* test_trees_malformed.c - XGBoost JSON that lies: every file is refused with a sentence
 * that names it, or read; none crashes.  Small models with known margins are read right.
 */
#include "trees_ask.h"
#include "core/registry.h"

static const char *const good =
    "{\"learner\":{\"attributes\":{},\"feature_names\":[\"a\",\"b\"],\"feature_types\":[]"
    ","
    "\"gradient_booster\":{\"model\":{\"gbtree_model_param\":{\"num_trees\":\"2\"},"
    "\"tree_info\":[0,0],\"trees\":["
    "{\"default_left\":[1,0,0],\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],"
    "\"split_indices\":[1,0,0],\"split_conditions\":[5E-1,-2E0,3E0],\"split_type\":[0,0,"
    "0],"
    "\"tree_param\":{\"num_nodes\":\"3\",\"size_leaf_vector\":\"0\"}},"
    "{\"default_left\":[0],\"left_children\":[-1],\"right_children\":[-1],"
    "\"split_indices\":[0],\"split_conditions\":[1E0],\"split_type\":[0],"
    "\"tree_param\":{\"num_nodes\":\"1\",\"size_leaf_vector\":\"1\"}}]},"
    "\"name\":\"gbtree\"},"
    "\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\","
    "\"num_feature\":\"2\",\"num_target\":\"1\"},"
    "\"objective\":{\"name\":\"binary:logistic\"}},\"version\":[1,7,4]}";

static int read_text(const char *text, size_t size, gull_model **m, gull_error *err) {
    gull_bytes bytes = {.data = (const uint8_t *)text, .size = size, .path = "m.json"};
    for (size_t i = 0; gull_readers[i]; i++)
        if (!strcmp(gull_readers[i]->name, "xgboost")) {
            if (!gull_readers[i]->probe(&bytes)) return GULL_EFORMAT;
            return gull_readers[i]->read(&bytes, m, err);
        }
    return GULL_EUNSUPPORTED;
}

static char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    if (!at) return NULL;
    char *out = malloc(strlen(text) + strlen(to) + 1);
    const size_t head = (size_t)(at - text);
    memcpy(out, text, head);
    strcpy(out + head, to);
    strcat(out, at + strlen(from));
    return out;
}

typedef struct lie {
    const char *from, *to;
    int status;
} lie;

static const lie lies[] = {
    {"\"left_children\":[1,", "\"left_children\":[0,", GULL_EFORMAT}, /* its own child */
    {"\"right_children\":[2,", "\"right_children\":[1,", GULL_EFORMAT},
    {"\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1]",
     "\"left_children\":[1,2,1],\"right_children\":[2,1,2]", GULL_EFORMAT},
    {"\"left_children\":[1,", "\"left_children\":[3,", GULL_EFORMAT},
    {"\"left_children\":[1,", "\"left_children\":[-2,", GULL_EFORMAT},
    {"\"left_children\":[1,", "\"left_children\":[4294967297,", GULL_EFORMAT},
    {"\"left_children\":[1,", "\"left_children\":[1.5,", GULL_EFORMAT},
    {"\"left_children\":[1,", "\"left_children\":[null,", GULL_EFORMAT},
    {"\"right_children\":[2,", "\"right_children\":[-1,", GULL_EFORMAT},
    {"\"right_children\":[2,-1,-1]", "\"right_children\":[2,-1]", GULL_EFORMAT},
    {"\"right_children\":[2,-1,-1]", "\"right_children\":{}", GULL_EFORMAT},
    {"\"left_children\":[1,-1,-1]", "\"left_children\":[]", GULL_EFORMAT},
    {"\"split_indices\":[1,", "\"split_indices\":[2,", GULL_EFORMAT},
    {"\"split_indices\":[1,", "\"split_indices\":[-1,", GULL_EFORMAT},
    {"\"split_indices\":[1,", "\"split_indices\":[\"1\",", GULL_EFORMAT},
    {"\"split_conditions\":[5E-1,", "\"split_conditions\":[NaN,", GULL_EFORMAT},
    {"\"split_conditions\":[5E-1,", "\"split_conditions\":[null,", GULL_EFORMAT},
    {"\"split_conditions\":[5E-1,", "\"split_conditions\":[1e39,", GULL_EFORMAT},
    {"\"split_conditions\":[5E-1,-2E0", "\"split_conditions\":[5E-1,1e999", GULL_EFORMAT},
    {"\"split_type\":[0,0,0]", "\"split_type\":[1,0,0]", GULL_EUNSUPPORTED},
    {"\"split_type\":[0,0,0]", "\"split_type\":[0]", GULL_EFORMAT},
    {"\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"3\"", GULL_EUNSUPPORTED},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0]", GULL_EFORMAT},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,1]", GULL_EFORMAT},
    {"\"tree_info\":[0,0]", "\"tree_info\":[0,-1]", GULL_EFORMAT},
    {"\"tree_info\":[0,0]", "\"tree_info\":0", GULL_EFORMAT},
    {"\"name\":\"gbtree\"", "\"name\":\"gblinear\"", GULL_EUNSUPPORTED},
    {"\"name\":\"gbtree\"", "\"name\":\"dart\"", GULL_EFORMAT},
    {"\"name\":\"gbtree\"", "\"name\":7", GULL_EFORMAT},
    {"binary:logistic", "reg:squarederror", GULL_EUNSUPPORTED},
    {"binary:logistic", "rank:ndcg", GULL_EUNSUPPORTED},
    {"binary:logistic", "multi:softprob", GULL_EFORMAT}, /* of no classes */
    {"{\"name\":\"binary:logistic\"}", "[]", GULL_EFORMAT},
    {"\"num_class\":\"0\"", "\"num_class\":\"3\"", GULL_EFORMAT},
    {"\"num_class\":\"0\"", "\"num_class\":\"1e300\"", GULL_EFORMAT},
    {"\"num_class\":\"0\"", "\"num_class\":\"-1\"", GULL_EFORMAT},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"99999999999999999999\"", GULL_EFORMAT},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"0\"", GULL_EFORMAT},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"nan\"", GULL_EFORMAT},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"\"", GULL_EFORMAT},
    {"\"num_feature\":\"2\"", "\"num_feature\":\"2x\"", GULL_EFORMAT},
    {"\"num_target\":\"1\"", "\"num_target\":\"2\"", GULL_EUNSUPPORTED},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"1.5\"", GULL_EFORMAT},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"0\"", GULL_EFORMAT},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"[5E-1,5E-1]\"", GULL_EFORMAT},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"[[5E-1]]\"", GULL_EFORMAT},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"[\"", GULL_EFORMAT},
    {"\"base_score\":\"5E-1\"", "\"base_score\":\"inf\"", GULL_EFORMAT},
    {"\"base_score\":\"5E-1\"", "\"base_score\":{}", GULL_EFORMAT},
    {"\"learner\":{", "\"learner\":[{", GULL_EFORMAT},
    {"\"model\":{", "\"mode\":{", GULL_EFORMAT},
};

static void test_lies(void) {
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        char *text = replaced(good, lies[i].from, lies[i].to);
        gull_model *m = NULL;
        gull_error err = {0, ""};
        const int status = text ? read_text(text, strlen(text), &m, &err) : 1;
        tap_ok(status == lies[i].status && !m && !strncmp(err.text, "m.json: ", 8),
               "%s: %s", lies[i].to, err.text);
        if (m) gull_model_close(&m);
        free(text);
    }
}

/* Truths: other forms of the same model. */
static void test_truths(void) {
    static const struct {
        const char *from, *to;
        double margin; /* at (0, 0.25) */
    } truth[] = {
        {"\"version\"", "\"version\"", -1},
        {"\"base_score\":\"5E-1\"", "\"base_score\":0.5", -1},
        {"\"base_score\":\"5E-1\"", "\"base_score\":\"[5E-1]\"", -1},
        {"\"base_score\":\"5E-1\"", "\"base_score\":\"5.000000e-01\"", -1},
        {"\"base_score\":\"5E-1\"", "\"base_score\":\"8E-1\"", -1 + 1.3862943611198906},
        {"binary:logistic", "binary:logitraw", -0.5},
        {"binary:logistic", "binary:hinge", -0.5},
        {"\"default_left\":[1,0,0]", "\"default_left\":[true,false,false]", -1},
        {"\"split_type\":[0,0,0],", "", -1},
        {"\"split_conditions\":[5E-1,-2E0", "\"split_conditions\":[0.25,-2E0", 4},
        {"\"split_conditions\":[5E-1,-2E0", "\"split_conditions\":[0.250001,-2", -1},
    };
    for (size_t i = 0; i < sizeof truth / sizeof *truth; i++) {
        char *text = replaced(good, truth[i].from, truth[i].to);
        gull_model *m = NULL;
        gull_error err = {0, ""};
        double s[2] = {0, NAN};
        const double x[2] = {0, 0.25};
        if (read_text(text, strlen(text), &m, &err) == GULL_OK)
            trees_scores(m, x, 1, false, s);
        tap_ok(tap_near(s[1], truth[i].margin, 1e-6) && s[0] == 0, "%s: margin %g %s",
               truth[i].to, s[1], err.text);
        if (m) gull_model_close(&m);
        free(text);
    }
}

/* Missing values, by both evaluators. */
static void test_missing(void) {
    gull_model *m = NULL;
    gull_error err = {0, ""};
    char *text = replaced(good, "\"default_left\":[1", "\"default_left\":[0");
    const double x[2] = {0, NAN};
    double s[4] = {0};
    if (read_text(good, strlen(good), &m, &err) == GULL_OK) {
        trees_scores(m, x, 1, false, s);
        trees_scores(m, x, 1, true, s + 2);
        gull_model_close(&m);
    }
    tap_ok(s[1] == -1 && s[3] == -1, "missing goes left by default");
    if (read_text(text, strlen(text), &m, &err) == GULL_OK) {
        trees_scores(m, x, 1, false, s);
        trees_scores(m, x, 1, true, s + 2);
        gull_model_close(&m);
    }
    tap_ok(s[1] == 4 && s[3] == 4, "missing goes right by default");
    free(text);
}

static void test_cut_and_flipped(void) {
    const size_t size = strlen(good);
    size_t read = 0, unnamed = 0, flips = 0;
    uint64_t state = 7;
    for (size_t n = 0; n < size; n++) {
        gull_model *m = NULL;
        gull_error err = {0, ""};
        char *cut = malloc(n + 1); /* so that reading beyond the end is seen */
        memcpy(cut, good, n);
        read += read_text(cut, n, &m, &err) == GULL_OK;
        if (m) gull_model_close(&m);
        free(cut);
    }
    tap_ok(!read, "cut at each of %zu bytes: refused", size);
    char *copy = malloc(size + 1);
    for (int i = 0; i < 20000; i++) {
        gull_model *m = NULL;
        gull_error err = {0, ""};
        memcpy(copy, good, size + 1);
        for (int k = 0; k <= i % 3; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            copy[(state >> 33) % size] = "0123456789-\"[]{},.:eE"[(state >> 20) % 21];
        }
        const int status = read_text(copy, size, &m, &err);
        flips += status == GULL_OK;
        if (status < 0 && err.text[0] && strncmp(err.text, "m.json: ", 8)) unnamed++;
        if (m) gull_model_close(&m);
    }
    free(copy);
    tap_ok(!unnamed, "20000 files with changed bytes: %zu read, none crashes", flips);
}

int main(void) {
    test_truths();
    test_missing();
    test_lies();
    test_cut_and_flipped();
    return tap_done();
}
