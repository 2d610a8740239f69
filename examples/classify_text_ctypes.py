#!/usr/bin/env python3
"""Classifies lines of standard input by libunroll_c and Python's ctypes, without any package:

    classify_text_ctypes.py LIBUNROLL_C MODEL <texts.txt

It prints a label and its probability for each line. (The package `unroll` does more: docs/python.md.)
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_float, c_int32, c_size_t, c_uint32, c_void_p

ABI_VERSION = 1  # of the declarations below: UNROLL_ABI_VERSION in unroll/c.h


def load_library(path):
    library = ctypes.CDLL(path)
    library.unroll_check_abi.argtypes = [c_uint32]
    library.unroll_error.restype = c_char_p
    library.unroll_open.argtypes = [c_char_p, POINTER(c_void_p)]
    library.unroll_free.argtypes = [c_void_p]
    library.unroll_label_count.argtypes = [c_void_p]
    library.unroll_label_count.restype = c_size_t
    library.unroll_label.argtypes = [c_void_p, c_int32]
    library.unroll_label.restype = c_char_p
    library.unroll_predict_batch.argtypes = [
        c_void_p, POINTER(c_char_p), POINTER(c_size_t), c_size_t, POINTER(c_int32), POINTER(c_float)]
    return library


class Model:
    def __init__(self, library, path):
        self.library, self.model = library, c_void_p()
        self.check(library.unroll_check_abi(ABI_VERSION))
        self.check(library.unroll_open(path.encode(), byref(self.model)))
        count = library.unroll_label_count(self.model)
        self.labels = [library.unroll_label(self.model, k).decode() for k in range(count)]

    def __del__(self):
        self.library.unroll_free(self.model)

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.library.unroll_error().decode())

    def predict(self, texts):
        """(label, probability) of each text."""
        count, bytes_of_texts = len(texts), [text.encode() for text in texts]
        sizes = (c_size_t * count)(*map(len, bytes_of_texts))
        labels = (c_int32 * count)()
        probabilities = (c_float * (count * len(self.labels)))()
        self.check(self.library.unroll_predict_batch(
            self.model, (c_char_p * count)(*bytes_of_texts), sizes, count, labels, probabilities))
        return [(self.labels[label], probabilities[k * len(self.labels) + label]) for k, label in enumerate(labels)]


def main():
    model = Model(load_library(sys.argv[1]), sys.argv[2])
    for label, probability in model.predict(sys.stdin.read().splitlines()):
        print(f"{label}\t{probability:.6f}")


if __name__ == "__main__":
    sys.exit(main() if len(sys.argv) == 3 else __doc__)
