/* ABI 1 of libunroll_c as it was published, written down a second time: this file compiles only against a header that still
 * says the same. A function that changes needs a new UNROLL_ABI_VERSION, and a copy of this file for it; a new function is a
 * line more. abi_test.sh reads the names of the functions from here. */
#include "unroll/c.h"

#define IS(NAME, TYPE) _Static_assert(_Generic(&NAME, TYPE: 1, default: 0), "the signature of " #NAME " has changed")

IS(unroll_abi_version, uint32_t (*)(void));
IS(unroll_check_abi, unroll_status (*)(uint32_t));
IS(unroll_version, const char* (*)(void));
IS(unroll_error, const char* (*)(void));
IS(unroll_set_threads, unroll_status (*)(size_t));
IS(unroll_open, unroll_status (*)(const char*, unroll_model**));
IS(unroll_open_memory, unroll_status (*)(const void*, size_t, unroll_model**));
IS(unroll_free, void (*)(unroll_model*));
IS(unroll_warning, const char* (*)(const unroll_model*));
IS(unroll_label_count, size_t (*)(const unroll_model*));
IS(unroll_label, const char* (*)(const unroll_model*, int32_t));
IS(unroll_has_any_number_of_labels, int (*)(const unroll_model*));
IS(unroll_predict, unroll_status (*)(const unroll_model*, const char*, size_t, int32_t*, float*));
IS(unroll_predict_batch,
   unroll_status (*)(const unroll_model*, const char* const*, const size_t*, size_t, int32_t*, float*));
IS(unroll_labels_of, size_t (*)(const unroll_model*, const float*, double, int32_t*));

#define VALUE(NAME, NUMBER) _Static_assert((NAME) == (NUMBER), #NAME " has changed")
VALUE(UNROLL_ABI_VERSION, 1);
VALUE(UNROLL_OK, 0);
VALUE(UNROLL_INTERNAL_ERROR, 1);
VALUE(UNROLL_USAGE_ERROR, 2);
VALUE(UNROLL_DATA_ERROR, 3);
VALUE(UNROLL_MODEL_ERROR, 5);
VALUE(UNROLL_MEMORY_ERROR, 8);
VALUE(UNROLL_TO_ZERO, SIZE_MAX);
VALUE(UNROLL_NO_LABEL, -1);
VALUE(sizeof(unroll_status), 4);
