"""kcat: lines to Kafka as they are, no parse."""

from peers import Run, find

NAME = "kcat"


def available():
    return find(NAME, "kcat") is not None


def ship(folder, file, brokers, topic):
    path, env = find(NAME, "kcat")
    options = ["-z", "lz4", "-X", "acks=all", "-X", "queue.buffering.max.messages=100000"]
    return Run([path, "-P", "-b", brokers, "-t", topic, *options, "-l", file], env, ends=True)
