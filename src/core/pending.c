/* pending.c - weak stand-ins until the rooms that own these land; removed then. */
#include "gull/gull.h"
#include <string.h>
__attribute__((weak)) int gull_data_open(gull_data **o, const char *p, const char *l, gull_error *e) { (void)p, (void)l, (void)e; *o = NULL; return GULL_EUNSUPPORTED; }
__attribute__((weak)) void gull_data_close(gull_data **d) { (void)d; }
__attribute__((weak)) size_t gull_data_rows(const gull_data *d) { (void)d; return 0; }
__attribute__((weak)) int gull_report_html(const char *const *j, size_t n, char **h, gull_error *e) { (void)j, (void)n, (void)e; *h = NULL; return GULL_EUNSUPPORTED; }
