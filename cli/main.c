#include "gull/gull.h"
#include <stdio.h>
int main(void) {
    printf("%s\n", gull_version());
    return 0;
}
