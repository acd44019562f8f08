/* test_report_memory.c - the page when memory runs out at any allocation: GULL_ENOMEM or a
 * whole page, nothing leaked; and when it is asked for nothing. */
#include "gull/gull.h"
#include "tap.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(SANITIZED)
#define COUNTED
#endif

#ifdef COUNTED
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t), __libc_free(void *);
static long left = -1, live; /* allocations until the failing one; blocks in use */

static bool refuse(void) { return left >= 0 && left-- == 0; }

static void *counted(void *block) {
    live += block != NULL;
    return block;
}

void *malloc(size_t n) { return refuse() ? NULL : counted(__libc_malloc(n)); }
void *calloc(size_t n, size_t m) { return refuse() ? NULL : counted(__libc_calloc(n, m)); }
void *realloc(void *old, size_t n) {
    if (refuse()) return NULL;
    void *block = __libc_realloc(old, n);
    live += block && !old;
    return block;
}
void free(void *block) {
    live -= block != NULL;
    __libc_free(block);
}
#endif

static const char result[] =
    "{\"gull\":{\"version\":\"0\",\"schema\":1,\"command\":\"gull\",\"seed\":1},"
    "\"model\":{\"path\":\"a/<b>.onnx\",\"family\":\"network\",\"classes\":2,\"features\":4,"
    "\"shape\":[1,2,2]},\"data\":{\"range\":[0,1]},\"question\":{\"norm\":\"l2\"},"
    "\"summary\":{\"rows\":2,\"clean\":1,\"eps\":0.5,\"fooled\":0.5,\"proved\":0.5,"
    "\"undecided\":0,\"curve\":[{\"eps\":0,\"fooled\":0,\"proved\":1},"
    "{\"eps\":0.5,\"fooled\":0.5,\"proved\":0.5}],"
    "\"table\":[{\"eps\":0.5,\"fooled\":0.5,\"proved\":0.5}]},\"cases\":[{\"row\":0,"
    "\"label\":0,\"predicted\":0,\"becomes\":1,\"distance\":0.5,\"attack\":\"pgd\","
    "\"original\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"witness\":\"AAAAPwAAAAAAAAAAAAAAAA==\"}],"
    "\"inputs\":[{\"row\":0,\"label\":0,\"predicted\":0,\"status\":\"exact\",\"lower\":0.5,"
    "\"upper\":0.5}]}";

static int make(char **html) {
    const char *texts[] = {result, result};
    gull_error err;
    return gull_report_html(texts, 2, html, &err);
}

static void test_whole(void) {
    char *html = NULL;
    tap_ok(make(&html) == GULL_OK && html, "a page is made");
    tap_ok(html && strstr(html, "&lt;b&gt;.onnx") && !strstr(html, "<b>.onnx"),
           "a name with markup is escaped");
    tap_ok(html && strstr(html, "data:image/png;base64,iVBOR"), "a picture is in it");
    tap_ok(html && strstr(html, "</html>\n"), "it is whole");
    gull_free(html);
}

static void test_nothing(void) {
    char *html = NULL;
    gull_error err = {0};
    tap_ok(gull_report_html(NULL, 0, &html, &err) == GULL_EFORMAT && !html && err.text[0],
           "no results: a sentence, no page");
    const char *deep = "[[[[{}]]]]";
    tap_ok(gull_report_html(&deep, 1, &html, NULL) == GULL_EFORMAT, "no gull_error: no crash");
}

#ifdef COUNTED
static void test_out_of_memory(void) {
    long tried = 0, wrong = 0, leaks = 0, format = 0;
    for (bool done = false; !done && tried < 100000; ++tried) {
        char *html = NULL;
        const long before = live;
        left = tried;
        const int status = make(&html);
        done = left >= 0; /* the failing one was not reached */
        left = -1;
        /* jansson calls an allocation that fails inside a token a syntax error */
        const bool good = status == GULL_OK
                              ? html && strstr(html, "</html>")
                              : (status == GULL_ENOMEM || status == GULL_EFORMAT) && !html;
        format += status == GULL_EFORMAT;
        if (!good) printf("# allocation %ld: status %d\n", tried, status), ++wrong;
        gull_free(html);
        leaks += live != before;
    }
    tap_ok(tried > 100 && tried < 100000 && !wrong,
           "%ld allocations failed in turn: a whole page or GULL_ENOMEM each time", tried - 1);
    tap_ok(2 * format < tried, "most are told as what they are (%ld are not)", format);
    tap_ok(!leaks, "nothing is leaked (%ld times)", leaks);
}
#endif

int main(void) {
    test_whole();
    test_nothing();
#ifdef COUNTED
    const char *preload = getenv("LD_PRELOAD"); /* valgrind's allocator takes the place of ours */
    if (preload && strstr(preload, "vgpreload"))
        tap_skip("memory runs out", "another allocator is in place");
    else
        test_out_of_memory();
#else
    tap_skip("memory runs out", "needs glibc without a sanitizer");
#endif
    return tap_done();
}
