/* Classifies lines of standard input in C: classify_text_c MODEL <texts.txt. It prints what
 * `unroll predict MODEL - --prob` prints: the label, its probability and nothing else; of a model
 * whose texts may have any number of labels, these labels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unroll/c.h"

static int fail(void) {
  fprintf(stderr, "classify_text_c: %s\n", unroll_error());
  return 1;
}

/* The labels of a text that may have any number of them, with a space between. */
static int print_labels(const unroll_model* model, const float* probabilities) {
  int32_t* labels = malloc(unroll_label_count(model) * sizeof *labels);
  if (labels == NULL) return 1;
  const size_t count = unroll_labels_of(model, probabilities, 0.5, labels);
  for (size_t k = 0; k < count; ++k) printf(k == 0 ? "%s" : " %s", unroll_label(model, labels[k]));
  putchar('\n');
  free(labels);
  return 0;
}

static int classify(const unroll_model* model, const char* line, float* probabilities) {
  int32_t label;
  if (unroll_predict(model, line, UNROLL_TO_ZERO, &label, probabilities) != UNROLL_OK) return fail();
  if (unroll_has_any_number_of_labels(model)) return print_labels(model, probabilities);
  printf("%s\t%f\n", unroll_label(model, label), (double)probabilities[label]);
  return 0;
}

static int classify_lines(const unroll_model* model) {
  char line[65536];
  float* probabilities = malloc(unroll_label_count(model) * sizeof *probabilities);
  int status = probabilities == NULL;
  while (status == 0 && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\r\n")] = '\0';
    status = classify(model, line, probabilities);
  }
  free(probabilities);
  return status;
}

int main(int argc, char** argv) {
  unroll_model* model;
  if (argc != 2) {
    fprintf(stderr, "classify_text_c MODEL <texts.txt\n");
    return 2;
  }
  if (unroll_check_abi(UNROLL_ABI_VERSION) != UNROLL_OK) return fail();
  if (unroll_open(argv[1], &model) != UNROLL_OK) return fail();
  if (unroll_warning(model) != NULL) fprintf(stderr, "warning: %s\n", unroll_warning(model));
  const int status = classify_lines(model);
  unroll_free(model);
  return status;
}
