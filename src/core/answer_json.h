/* answer_json.h - an answer as JSON and back: the journal's lines and the result's rows. */
#ifndef GULL_ANSWER_JSON_H
#define GULL_ANSWER_JSON_H
#include "core/result.h"

json_t *gull__number(double); /* null when it is not finite */
char *gull__base64(const void *data, size_t size); /* malloc'd, NULL when memory is out */
json_t *gull__answer_pack(const gull_answer *, size_t methods, const double *witness,
                          size_t dim);
/* Fills a zeroed answer (its outcome array is there); false when the text does not fit. */
bool gull__answer_unpack(json_t *, gull_answer *, size_t methods, double *witness,
                         size_t dim);
#endif
