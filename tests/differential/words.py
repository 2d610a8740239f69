"""Cuts random texts with Python's jieba and with `unroll data tokenize --tokenizer jieba`: both must find the same words.

python3 words.py PROGRAM [TEXTS [SEED]]

Texts are made of words of jieba's dictionary, of surnames before characters that are no word together, of numbers, Latin
words, marks and other scripts. White space is no token of ours, so it is left out of jieba's. Status 77: there is no jieba.
"""
import logging
import os
import random
import subprocess
import sys
import tempfile

try:
    import jieba
except ImportError:
    print("there is no jieba for this Python")
    sys.exit(77)

program = sys.argv[1]
texts = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
jieba.setLogLevel(logging.ERROR)
folder = os.path.dirname(jieba.__file__)
with open(os.path.join(folder, "dict.txt"), encoding="utf-8") as file:
    WORDS = rng.sample([line.split(" ")[0] for line in file], 5000)
OTHERS = ["的", "了", "很", "不", "3.14%", "iPhone12", "C++", "a_b", "，", "。", "！", "……", " ", "  ", "ＡＢＣ", "é", "👍", "カタカナ", "㐀",
          "２０２４年", "-", "10:30", "@", "no-one"]
SURNAMES, NAMES = "王李张刘陈杨赵黄周吴", "小明丽华军伟芳娜秀英敏静强磊洋艳勇杰娟涛超"


def piece():
    kind = rng.random()
    if kind < 0.6:
        return rng.choice(WORDS)
    if kind < 0.7:
        return rng.choice(SURNAMES) + "".join(rng.choice(NAMES) for _ in range(rng.randint(1, 2)))
    if kind < 0.8:
        return chr(rng.randint(0x4E00, 0x9FD5))
    return rng.choice(OTHERS)


lines = ["".join(piece() for _ in range(rng.randint(1, 25))) for _ in range(texts)]
with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", suffix=".txt") as file:
    file.write("".join(line + "\n" for line in lines))
    file.flush()
    output = subprocess.run([program, "data", "tokenize", file.name, "--tokenizer", "jieba", "--no-fold", "--dictionary", folder],
                            check=True, stdout=subprocess.PIPE).stdout.decode().split("\n")
theirs = [" ".join(word for word in jieba.lcut(line) if not word.isspace()) for line in lines]
different = [(line, a, b) for line, a, b in zip(lines, theirs, output) if a != b]
for line, a, b in different[:5]:
    print(f"text  {line}\njieba {a}\nours  {b}\n")
print(f"{len(lines)} texts, {len(different)} cut otherwise")
sys.exit(1 if different or len(output) != len(lines) + 1 else 0)
