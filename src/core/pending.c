/* pending.c - a weak stand-in until the report lands; removed then. */
#include "gull/gull.h"
__attribute__((weak)) int gull_report_html(const char *const *j, size_t n, char **h, gull_error *e) { (void)j, (void)n, (void)e; *h = NULL; return GULL_EUNSUPPORTED; }
