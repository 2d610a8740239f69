/**
 * unroll in C: a trained model, opened from a file or from memory, which gives texts their labels.
 *
 *     unroll_model* model;
 *     int32_t label;
 *     if (unroll_open("runs/reviews", &model) != UNROLL_OK) return fail(unroll_error());
 *     if (unroll_predict(model, "A lovely film.", UNROLL_TO_ZERO, &label, NULL) == UNROLL_OK)
 *       puts(unroll_label(model, label));
 *     unroll_free(model);
 *
 * A function that can fail returns an unroll_status. If that is not UNROLL_OK, unroll_error() says what
 * was expected, what was found, and what to do. No C++ exception leaves the library, and it prints
 * nothing. Texts are UTF-8. A model is not changed by its use: any number of threads may use one at
 * the same time. Only unroll_free must come last.
 */
#ifndef UNROLL_C_H
#define UNROLL_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Rises when a function, a type or a value below changes its meaning or goes, and with it the
 * SONAME of the library. New functions do not change it. */
#define UNROLL_ABI_VERSION 1

/** What a call came to. The numbers are the exit statuses of the program `unroll`. */
typedef enum unroll_status {
  UNROLL_OK = 0,
  UNROLL_INTERNAL_ERROR = 1, /**< a mistake in the library: please report it */
  UNROLL_USAGE_ERROR = 2,    /**< a wrong argument, such as a null pointer */
  UNROLL_DATA_ERROR = 3,     /**< a text is not valid UTF-8 */
  UNROLL_MODEL_ERROR = 5,    /**< the model is missing, foreign, damaged, or of a later format */
  UNROLL_MEMORY_ERROR = 8    /**< there is too little memory */
} unroll_status;

/** A model that was opened. */
typedef struct unroll_model unroll_model;

/** The size of a text that ends with a zero byte. */
#define UNROLL_TO_ZERO SIZE_MAX
/** The label of a text that has none, because it could not be read. */
#define UNROLL_NO_LABEL (-1)

/** The UNROLL_ABI_VERSION of the library that is loaded. */
uint32_t unroll_abi_version(void);
/** UNROLL_USAGE_ERROR unless the library has this ABI. Give it the header's UNROLL_ABI_VERSION. */
unroll_status unroll_check_abi(uint32_t version);
/** The version of unroll, such as "0.1.0". */
const char* unroll_version(void);

/** What went wrong in this thread's last call that failed; "" if none has. Valid until the thread's
 * next call that fails. */
const char* unroll_error(void);

/** The most threads that the process's calls use together, from 1 to 1024. By default it is
 * OMP_NUM_THREADS, or the number of usable processors. Results do not depend on it. */
unroll_status unroll_set_threads(size_t count);

/** Opens a run's folder or a model file, and sets *model: to NULL if that fails. */
unroll_status unroll_open(const char* path, unroll_model** model);
/** Opens the content of a model file. The bytes may be freed when the call returns. */
unroll_status unroll_open_memory(const void* bytes, size_t size, unroll_model** model);
/** Frees a model. NULL is allowed. */
void unroll_free(unroll_model* model);

/** What somebody should know about the model, such as that another version of ICU cut its training
 * texts into words; NULL if there is nothing. Valid as long as the model. */
const char* unroll_warning(const unroll_model* model);
/** The number of labels, which is two or more. */
size_t unroll_label_count(const unroll_model* model);
/** The name of a label, from 0 on, in byte order; NULL if there is no such label. Valid as long as
 * the model. */
const char* unroll_label(const unroll_model* model, int32_t label);
/** 1 if a text may have any number of labels (unroll_labels_of), 0 if each has one. */
int unroll_has_any_number_of_labels(const unroll_model* model);

/** Predicts one text of `size` bytes, or UNROLL_TO_ZERO. `label` gets the most probable label and
 * `probabilities` one value for each label of the model; either may be NULL. */
unroll_status unroll_predict(const unroll_model* model, const char* text, size_t size,
                             int32_t* label, float* probabilities);
/** Predicts `count` texts, on several threads, with the same bits as one at a time. `sizes` may be
 * NULL if all texts end with a zero byte. `labels` gets `count` values and `probabilities` `count`
 * times the number of labels, text after text; either may be NULL. A text that is not UTF-8 gets
 * UNROLL_NO_LABEL and zeros; then the call returns UNROLL_DATA_ERROR, and the others have their
 * labels all the same. */
unroll_status unroll_predict_batch(const unroll_model* model, const char* const* texts,
                                   const size_t* sizes, size_t count, int32_t* labels,
                                   float* probabilities);
/** The labels of one text whose probability is `threshold` or more (0.5 is usual), the most probable
 * first. `probabilities` are those of one text, and `labels` has room for all labels of the model.
 * Returns how many there are: of a model whose texts have one label each, at most one. */
size_t unroll_labels_of(const unroll_model* model, const float* probabilities, double threshold,
                        int32_t* labels);

#ifdef __cplusplus
}
#endif

#endif
