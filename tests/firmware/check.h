/* A harness of forty lines: a check that fails says where, and the program ends with 1. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks_done;

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        checks_done += 1;                                                                         \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, __func__, #condition); \
            exit(1);                                                                              \
        }                                                                                         \
    } while (0)

#define CHECK_TEXT(found, expected)                                                               \
    do {                                                                                          \
        checks_done += 1;                                                                         \
        if (strcmp((found), (expected)) != 0) {                                                   \
            fprintf(stderr, "%s:%d: %s: found '%s', expected '%s'\n", __FILE__, __LINE__,         \
                    __func__, (found), (expected));                                               \
            exit(1);                                                                              \
        }                                                                                         \
    } while (0)

#define CHECK_NUMBER(found, expected)                                                             \
    do {                                                                                          \
        const long long found_value = (long long)(found);                                         \
        const long long expected_value = (long long)(expected);                                   \
        checks_done += 1;                                                                         \
        if (found_value != expected_value) {                                                      \
            fprintf(stderr, "%s:%d: %s: found %lld, expected %lld\n", __FILE__, __LINE__,         \
                    __func__, found_value, expected_value);                                       \
            exit(1);                                                                              \
        }                                                                                         \
    } while (0)

#endif
